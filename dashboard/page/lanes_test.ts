import { assertEquals } from "@std/assert";
import { isCrash, type Lane, laneOf as made } from "./lanes.ts";
import type { EventView, ProcessView } from "./source.ts";

const NOTHING: ProcessView = {
  name: "api",
  entry: "api",
  type: "service",
  labels: [],
  command: ["api"],
  state: "idle",
  ready: null,
  pid: null,
  since: null,
  until: null,
  run: 0,
  restarts: 0,
  restartsLeft: null,
  last: null,
  dependencies: [],
  schedule: null,
  why: "api is not started",
  usage: null,
};

type Step = readonly [
  kind: string,
  time: number,
  details?: Record<string, unknown>,
];

function eventsOf(steps: readonly Step[]) {
  return steps.map(([kind, time, details = {}], index): EventView => ({
    id: index + 1,
    kind,
    time,
    name: "api",
    text: `api ${kind}`,
    details,
  }));
}

function laneOf(steps: readonly Step[], now: Partial<ProcessView> = {}): Lane {
  return made("api", eventsOf(steps), { ...NOTHING, ...now });
}

function drawn({ segments }: Lane): unknown[] {
  return segments.map(({ kind, from, to }) => [kind, from, to]);
}

function marked({ markers }: Lane): unknown[] {
  return markers.map(({ kind, event }) => [kind, event.time]);
}

const crash = {
  run: 1,
  crashed: true,
  requested: false,
  durationMs: 10,
  decision: { kind: "restart", delayMs: 5, attempt: 1 },
};

Deno.test("laneOf() tells the part of a run that is ready from its start", () => {
  const lane = laneOf([
    ["start", 10, { run: 1 }],
    ["ready", 14, { run: 1, afterMs: 4 }],
    ["unready", 20, { run: 1 }],
    ["ready", 25, { run: 1, afterMs: 15 }],
  ], { state: "running", since: 10, run: 1, ready: true });
  assertEquals(drawn(lane), [
    ["starting", 10, 14],
    ["ready", 14, 20],
    ["unready", 20, 25],
    ["ready", 25, null],
  ]);
  assertEquals(marked(lane), [["unready", 20]]);
});

Deno.test("laneOf() shows crashes, backoffs, waits and giving up", () => {
  const lane = laneOf([
    ["waiting", 0, { run: 1, reason: "db" }],
    ["start", 10, { run: 1 }],
    ["exit", 20, crash],
    ["restart", 20, { decision: crash.decision }],
    ["start", 25, { run: 2 }],
    ["exit", 30, { ...crash, decision: { kind: "fail", reason: "limit" } }],
    ["failed", 30, { error: "Cannot restart" }],
  ], { state: "failed", run: 2 });
  assertEquals(drawn(lane), [
    ["waiting", 0, 10],
    ["running", 10, 20],
    ["backoff", 20, 25],
    ["running", 25, 30],
  ]);
  assertEquals(marked(lane), [["crash", 20], ["gave-up", 30]]);
  assertEquals(lane.crashes, 2);
});

Deno.test("laneOf() counts a start that failed as a crash", () => {
  const lane = laneOf([
    ["restart", 20, { decision: crash.decision, error: "no such file" }],
    ["failed", 30, { error: "no such file" }],
  ]);
  assertEquals(marked(lane), [["crash", 20], ["gave-up", 30]]);
  assertEquals(lane.markers.every(isCrash), true);
});

Deno.test("laneOf() marks a stop once, and how long it took", () => {
  const exit = { run: 1, requested: true, crashed: false, durationMs: 30 };
  const steps = (forced: boolean): Step[] => [
    ["start", 10, { run: 1 }],
    ["exit", 40, exit],
    ["stop", 42, { report: { forced, steps: [{ durationMs: 12 }] } }],
  ];
  const lane = laneOf(steps(false), { state: "stopped" });
  assertEquals(drawn(lane), [["running", 10, 30], ["stopping", 30, 42]]);
  assertEquals(marked(lane), [["stop", 42]]);
  assertEquals(marked(laneOf(steps(true))), [["killed", 42]]);
});

Deno.test("laneOf() marks a restart by request, and an end", () => {
  const lane = laneOf([
    ["start", 10, { run: 1 }],
    ["exit", 40, { run: 1, requested: true, crashed: false }],
    ["start", 41, { run: 2 }],
    ["exit", 50, { run: 2, requested: false, crashed: false }],
  ]);
  assertEquals(marked(lane), [["stop", 40], ["end", 50]]);
});

Deno.test("laneOf() draws a run that was never ready as starting", () => {
  const verdict = { reason: "not-ready", answer: "no" };
  const lane = laneOf([
    ["start", 10, { run: 1 }],
    ["exit", 20, { ...crash, verdict }],
  ]);
  assertEquals(drawn(lane), [["starting", 10, 20]]);
  const now = laneOf([["start", 10, { run: 1 }]], {
    state: "running",
    ready: false,
    since: 10,
    run: 1,
  });
  assertEquals(drawn(now), [["starting", 10, null]]);
});

Deno.test("laneOf() completes runs whose beginning is forgotten", () => {
  const alive = laneOf([], { state: "running", since: 7, run: 3, ready: true });
  assertEquals(drawn(alive), [["running", 7, null]]);
  const ended = laneOf([["exit", 40, { ...crash, durationMs: 30 }]]);
  assertEquals(drawn(ended), [["running", 10, 40]]);
  const ready = laneOf([["ready", 40, { run: 1, afterMs: 5 }]]);
  assertEquals(drawn(ready), [["starting", 35, 40], ["ready", 40, null]]);
  const waits = laneOf([], { state: "waiting", why: "api waits for db" });
  assertEquals(drawn(waits), [["waiting", null, null]]);
});

Deno.test("laneOf() survives details of any shape", () => {
  const lane = laneOf([
    ["exit", 10, { decision: [1], status: 7, stderr: "x", run: "one" }],
    ["stop", 20, { report: { steps: [null, 3] } }],
    ["other", 30],
  ]);
  assertEquals(marked(lane), [["end", 10], ["stop", 20]]);
});
