import { assertEquals } from "@std/assert";
import {
  type ExitEvent,
  type ProcessEvent,
  type RestartDecision,
  SpawnError,
} from "../mod.ts";
import { detailsOf, endingOf, wordsOf } from "./event_words.ts";
import {
  type History,
  NO_HISTORY,
  reasonOf,
  remember,
  renumbered,
} from "./history.ts";

const BASE = { name: "api", time: 1_000 };

const DECISION: RestartDecision = {
  kind: "restart",
  reason: "crash",
  crashed: true,
  attempt: 2,
  delayMs: 1_500,
  drawn: [],
  restartsLeft: 3,
};

function exit(more: Partial<ExitEvent> = {}): ExitEvent {
  return {
    ...BASE,
    kind: "exit",
    pid: 7,
    run: 1,
    status: { success: false, code: 1, signal: null },
    durationMs: 61_234,
    requested: false,
    crashed: true,
    decision: DECISION,
    verdict: undefined,
    stderr: [],
    outputError: undefined,
    ...more,
  };
}

const start: ProcessEvent = { ...BASE, kind: "start", pid: 7, run: 1 };
const restart: ProcessEvent = {
  ...BASE,
  kind: "restart",
  decision: DECISION,
  error: undefined,
};
const report = {
  name: "api",
  status: { success: true, code: 0, signal: null },
  steps: [],
  forced: false,
  survivors: [],
  escaped: [],
};
const stop: ProcessEvent = { ...BASE, kind: "stop", report };

function after(...events: ProcessEvent[]): History {
  return events.reduce(remember, NO_HISTORY);
}

Deno.test("remember() counts runs over all lives, and restarts after crashes", () => {
  const history = after(start, exit(), restart, start, exit(), restart, start);
  assertEquals(history.runs, 3);
  assertEquals(history.restarts, 2);
  assertEquals(history.restartsLeft, 3);
  assertEquals(history.since, 1_000);
  assertEquals(after(start, stop, start).runs, 2);
  assertEquals(
    after({
      ...restart,
      decision: { ...DECISION, reason: "exit", crashed: false },
    }).restarts,
    0,
  );
});

Deno.test("remember() keeps how the last run ended, with 20 lines of stderr", () => {
  const stderr = Array.from({ length: 30 }, (_, index) => `line ${index}`);
  const { last, since, exits } = after(start, exit({ stderr }));
  assertEquals({ ...last, stderr: last?.stderr.length }, {
    run: 1,
    time: 1_000,
    code: 1,
    signal: null,
    crashed: true,
    requested: false,
    reason: "crashed with code 1",
    stderr: 20,
  });
  assertEquals(last?.stderr.at(-1), "line 29");
  assertEquals([since, exits.crash], [null, 1]);
});

Deno.test("remember() keeps how a process was stopped the last time", () => {
  assertEquals(after(start, exit()).stop, null);
  const steps = [
    { signal: "SIGTERM", durationMs: 3_000.4 },
    { signal: "SIGKILL", durationMs: 12 },
  ] as const;
  const forced = { ...report, steps, forced: true, survivors: [8] };
  const stopped = { ...stop, time: 9_000, report: forced } as const;
  const expected = {
    time: 9_000,
    durationMs: 3_012,
    signals: ["SIGTERM", "SIGKILL"],
    forced: true,
    survivors: [8],
  };
  assertEquals(after(start, stopped).stop, expected);
  assertEquals(after(start, stopped, start, exit()).stop, expected);
});

Deno.test("remember() cuts lines of stderr that are very long", () => {
  const { last } = after(start, exit({ stderr: ["x".repeat(1_000_000)] }));
  assertEquals(last?.stderr, [`${"x".repeat(2_000)}…`]);
});

Deno.test("remember() tells a stop from an end", () => {
  assertEquals(after(start, exit({ crashed: false })).stopped, false);
  assertEquals(after(start, exit({ requested: true }), stop).stopped, true);
  assertEquals(after(stop, start).stopped, false);
});

Deno.test("remember() knows a program that could not be started", () => {
  const error = new SpawnError('Cannot start process "api": there is no api', {
    process: "api",
    program: "api",
    cause: new Deno.errors.NotFound("api"),
  });
  const expected = {
    run: 0,
    time: 1_000,
    code: 127,
    signal: null,
    crashed: true,
    requested: false,
    reason: "could not be started: there is no api",
    stderr: [],
  };
  assertEquals(after({ ...restart, error }).last, expected);
  assertEquals(after({ ...BASE, kind: "failed", error }).last, expected);
  const ended = after(start, exit(), {
    ...BASE,
    kind: "failed",
    error: new Error("the limit"),
  });
  assertEquals([ended.last?.code, ended.restartsLeft], [1, 0]);
});

Deno.test("renumbered() counts the run of an event over all lives", () => {
  assertEquals(renumbered(start, 5), { ...start, run: 5 });
  const waiting = { ...BASE, kind: "waiting", run: 1, reason: "db" } as const;
  assertEquals(renumbered(waiting, 5), { ...waiting, run: 6 });
  assertEquals(renumbered(stop, 5), stop);
});

Deno.test("reasonOf() and endingOf() say how a run ended", () => {
  const killed = { success: false, code: 137, signal: "SIGKILL" } as const;
  const well = { success: true, code: 0, signal: null };
  const cases: [Partial<ExitEvent>, string, string][] = [
    [{}, "crash", "crashed with code 1"],
    [{ status: killed }, "signal", "was killed by SIGKILL"],
    [{ status: well, crashed: false }, "success", "ended with code 0"],
    [
      { status: killed, requested: true },
      "requested",
      "was stopped by SIGKILL",
    ],
    [
      { status: well, requested: true },
      "requested",
      "was stopped and ended with code 0",
    ],
    [
      { verdict: { reason: "not-ready", answer: "no" }, requested: true },
      "not-ready",
      "was ended because it was not ready in time: no",
    ],
    [
      { verdict: { reason: "unhealthy", answer: "no" } },
      "unhealthy",
      "was ended because it was unhealthy: no",
    ],
  ];
  for (const [more, reason, words] of cases) {
    assertEquals([reasonOf(exit(more)), endingOf(exit(more))], [reason, words]);
  }
});

Deno.test("wordsOf() says what happened", () => {
  const outcome = { steps: [], forced: true, survivors: [], escaped: [] };
  const run = { ...BASE, pid: 7, run: 2 };
  const cases: [ProcessEvent, string][] = [
    [start, "api started with PID 7, run 1"],
    [
      { ...BASE, kind: "waiting", run: 1, reason: "db to be ready" },
      "api waits for db to be ready",
    ],
    [{ ...run, kind: "ready", afterMs: 300.4 }, "api is ready after 300 ms"],
    [
      { ...run, kind: "unready", reason: "no answer" },
      "api is not ready any more: no answer",
    ],
    [
      { ...run, kind: "unhealthy", failures: 1, reason: "no answer" },
      "api is unhealthy after 1 failure in a row: no answer",
    ],
    [exit(), "api crashed with code 1 after 61.2 s"],
    [
      { ...run, kind: "leftovers", ...outcome },
      "what api left behind was killed",
    ],
    [
      { ...run, kind: "leftovers", ...outcome, forced: false, survivors: [8] },
      "what api left behind was ended; still alive: 8",
    ],
    [
      restart,
      "api restarts in 1.5 s (attempt 2, 3 more restarts allowed) after a crash",
    ],
    [
      {
        ...restart,
        error: new Error("it is gone"),
        decision: { ...DECISION, attempt: 0, delayMs: 0, reason: "spawn" },
      },
      "api restarts in 0 ms after it could not be started: it is gone",
    ],
    [
      { ...BASE, kind: "failed", error: new Error("too many") },
      "api is given up: too many",
    ],
    [stop, "api was stopped"],
    [
      { ...stop, report: { ...report, forced: true, survivors: [8, 9] } },
      "api was stopped by SIGKILL; still alive: 8, 9",
    ],
    [
      { kind: "signal", signal: "SIGTERM", time: 1 },
      "the program received SIGTERM",
    ],
    [{ kind: "lost", count: 2, time: 1 }, "2 events were dropped"],
    [exit({ durationMs: 600_000 }), "api crashed with code 1 after 10 min"],
  ];
  for (const [event, words] of cases) assertEquals(wordsOf(event), words);
});

Deno.test("detailsOf() is JSON, with messages in place of errors", () => {
  const cause = new Error("first");
  const error = new AggregateError([cause, new Error("second")], "both");
  assertEquals(detailsOf({ ...BASE, kind: "failed", error }), {
    error: "both: first; second",
  });
  assertEquals(detailsOf({ kind: "signal", signal: "SIGHUP", time: 1 }), {
    signal: "SIGHUP",
  });
  assertEquals(detailsOf(exit())["decision"], { ...DECISION });
  const circle: Record<string, unknown> = { big: 1n };
  circle["circle"] = circle;
  const decision = {
    kind: "fail",
    reason: "backoff",
    crashed: true,
    attempt: 1,
    error: circle,
  } as const;
  assertEquals(detailsOf(exit({ decision }))["decision"], {
    ...decision,
    error: "[object Object]",
  });
});
