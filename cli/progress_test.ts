import { assertEquals } from "@std/assert";
import type { ProcessView, StateName } from "../control/client.ts";
import { complaints, type Goal, progressOf, STEADY_MS } from "./progress.ts";

/** A view of a process. */
function view(state: StateName, more: Partial<ProcessView> = {}): ProcessView {
  return {
    name: "api",
    entry: "api",
    type: "service",
    labels: [],
    command: ["api"],
    state,
    ready: state === "running" ? true : null,
    pid: null,
    since: 0,
    until: null,
    run: 1,
    restarts: 0,
    restartsLeft: null,
    last: null,
    dependencies: [],
    schedule: null,
    why: `api is ${state}`,
    usage: null,
    ...more,
  };
}

const last = (crashed: boolean, stderr: string[] = []) => ({
  run: 1,
  time: 0,
  code: crashed ? 1 : 0,
  signal: null,
  crashed,
  requested: false,
  reason: "",
  stderr,
});

/** Returns where one process is. */
function far(one: ProcessView, goal: Goal, time = 10_000) {
  const { missing, failed, again } = progressOf([one], goal, time);
  if (failed.length > 0) return "failed";
  return again ?? (missing.length > 0 ? "coming" : "there");
}

Deno.test("progressOf() knows when a process has been started", () => {
  const expected: [ProcessView, unknown][] = [
    [view("running"), "there"],
    [view("running", { ready: false }), "there"],
    [view("running", { since: 9_900 }), 9_900 + STEADY_MS],
    [view("completed"), "there"],
    [view("ended", { last: last(false) }), "there"],
    [view("ended", { last: last(true) }), "failed"],
    [view("failed"), "failed"],
    [view("backoff"), "failed"],
    [view("waiting"), "coming"],
    [view("waiting", { why: "api is blocked: db failed" }), "failed"],
    [view("starting"), "coming"],
    [view("stopping"), "coming"],
    [view("stopped"), "there"],
  ];
  for (const [one, where] of expected) {
    assertEquals(far(one, "started"), where, one.state);
  }
});

Deno.test("progressOf() waits through backoff until a process is ready", () => {
  assertEquals(far(view("backoff"), "ready"), "coming");
  const crash = { ...last(true), code: 1 };
  assertEquals(far(view("backoff", { last: crash }), "ready"), "coming");
  const missing = { ...last(true), code: 127 };
  assertEquals(far(view("backoff", { last: missing }), "ready"), "failed");
  assertEquals(far(view("running", { ready: false }), "ready"), "coming");
  assertEquals(far(view("running"), "ready"), "there");
  assertEquals(far(view("failed"), "ready"), "failed");
});

Deno.test("progressOf() takes a one-shot that has ended for no failure", () => {
  assertEquals(far(view("completed", { type: "task" }), "ready"), "there");
  assertEquals(far(view("ended", { last: last(false) }), "ready"), "there");
  assertEquals(far(view("running", { type: "task" }), "ready"), "coming");
});

Deno.test("complaints() shows the last lines of stderr", () => {
  const why = "api failed: crashed with code 1";
  const failed = view("failed", { why, last: last(true, ["no db", "bye"]) });
  assertEquals(
    complaints([failed]),
    "  api failed: crashed with code 1\n    api | no db\n    api | bye",
  );
});
