import { assertEquals, assertThrows } from "@std/assert";
import { PlanError, type UnitState } from "../plan/mod.ts";
import {
  blockedBy,
  hasFailed,
  isOver,
  statusFrom,
  type UnitOutcome,
} from "./outcome.ts";

function unit(
  state: UnitState,
  more: Partial<UnitOutcome> = {},
): UnitOutcome {
  const none = { held: undefined, code: undefined, task: false };
  return { name: "api", state, ...none, ...more };
}

const BLOCKED = unit({ kind: "waiting" }, {
  held: { kind: "blocked", by: [] },
});
const RUNNING = unit({ kind: "running", ready: true, since: 0 });
const FAILED = unit({ kind: "failed", message: "gave up" }, { code: 3 });
const DONE = unit({ kind: "done" }, { code: 0 });
const IDLE = unit({ kind: "idle" });
const STOPPED = unit({ kind: "stopped" }, { code: 143 });
const ended = (code: number) => unit({ kind: "ended" }, { code });

Deno.test("isOver() waits for what runs, and for what was stopped", () => {
  assertEquals(isOver([DONE, ended(0), FAILED, IDLE, BLOCKED]), true);
  assertEquals(isOver([DONE, RUNNING]), false);
  assertEquals(isOver([DONE, unit({ kind: "waiting" })]), false);
  // It can be started again, and what it blocks with it.
  assertEquals(isOver([STOPPED, BLOCKED]), false);
  // Nothing has been started yet.
  assertEquals(isOver([IDLE]), false);
});

Deno.test("hasFailed() takes success and a stop for no failure", () => {
  const all = [DONE, ended(0), STOPPED, IDLE, RUNNING, FAILED, ended(1)];
  assertEquals(all.filter(hasFailed), [FAILED, ended(1)]);
  assertEquals(hasFailed(BLOCKED), true);
});

Deno.test("statusFrom() is that of the last run, once no other follows", () => {
  assertEquals(statusFrom(RUNNING), undefined);
  assertEquals(statusFrom(unit({ kind: "waiting" })), undefined);
  assertEquals(statusFrom(DONE), 0);
  assertEquals(statusFrom(ended(7)), 7);
  assertEquals(statusFrom(STOPPED), 143);
  assertEquals(statusFrom(FAILED), 3);
  // It was given up after a run that had ended with success.
  assertEquals(statusFrom({ ...FAILED, code: 0 }), 1);
  assertEquals(statusFrom(BLOCKED), 1);
});

Deno.test("blockedBy() passes other errors on", () => {
  const { state, held } = BLOCKED;
  const why = {
    name: "api",
    state,
    held,
    sentence: "api is blocked: db failed",
  };
  const other = { ...why, held: undefined, sentence: "db failed: gave up" };
  assertEquals(blockedBy(new PlanError("Cannot start", [other, why])), [
    "api is blocked: db failed",
  ]);
  assertThrows(() => blockedBy(new TypeError("a mistake")), TypeError);
});
