import { assertEquals } from "@std/assert";
import type { UnitState } from "../plan/mod.ts";
import type { UnitOutcome } from "./outcome.ts";
import { statusText, untilSettled } from "./systemd_status.ts";

function unit(
  name: string,
  state: UnitState,
  more: Partial<UnitOutcome> = {},
): UnitOutcome {
  return {
    name,
    state,
    held: undefined,
    code: undefined,
    task: false,
    ...more,
  };
}

const running = (ready: boolean, since = 0): UnitState => ({
  kind: "running",
  ready,
  since,
});
const BACKOFF: UnitState = {
  kind: "backoff",
  attempt: 1,
  until: 0,
  restartsLeft: undefined,
  cause: "crashed",
};
const FAILED = unit("db", { kind: "failed", message: "gave up" });
const BLOCKED = unit("api", { kind: "waiting" }, {
  held: { kind: "blocked", by: [] },
});
const WAITING = unit("web", { kind: "waiting" });
const MIGRATE = unit("migrate", running(true), { task: true });
const LOOP = unit("loop", BACKOFF, { code: 1 });
/** Those that do not count. */
const OVER = [
  unit("idle", { kind: "idle" }),
  unit("done", { kind: "done" }, { code: 0, task: true }),
  unit("ended", { kind: "ended" }, { code: 0 }),
  unit("stopped", { kind: "stopped" }, { code: 143 }),
];

Deno.test("untilSettled() is over when all are ready, completed or failed", () => {
  assertEquals(untilSettled([], 0), 0);
  const there = [...OVER, FAILED, BLOCKED, unit("old", running(true))];
  assertEquals(untilSettled(there, 1_000), 0);
  // What ends at once was never up.
  assertEquals(
    untilSettled([...there, unit("a", running(true, 900))], 1_000),
    150,
  );
  // It would be tried for ever.
  assertEquals(untilSettled([unit("a", BACKOFF, { code: 127 })], 0), 0);
});

Deno.test("untilSettled() waits for what can still get there by itself", () => {
  const coming = [
    WAITING,
    MIGRATE,
    LOOP,
    unit("a", running(false)),
    unit("a", { kind: "starting" }),
    unit("a", { kind: "stopping" }),
  ];
  for (const each of coming) {
    assertEquals(
      untilSettled([FAILED, each], 1_000),
      Infinity,
      each.state.kind,
    );
  }
});

Deno.test("statusText() counts what is ready, and names what is not", () => {
  const ready = unit("cache", running(true));
  const slow = unit("slow", running(false));
  const cases: [units: UnitOutcome[], text: string][] = [
    [[], "No process is running"],
    [OVER, "No process is running"],
    [[...OVER, ready], "1 of 1 ready"],
    [[ready, FAILED], "1 of 2 ready, db failed"],
    [[ready, slow, MIGRATE], "1 of 3 ready, slow not ready, migrate running"],
    [
      [WAITING, LOOP, BLOCKED],
      "0 of 3 ready, api blocked, web waiting, loop restarting",
    ],
    [
      [WAITING, slow, MIGRATE, LOOP, FAILED],
      "0 of 5 ready, db failed, web waiting, slow not ready, 2 more not ready",
    ],
    [[unit("job", { kind: "ended" }, { code: 3 })], "0 of 1 ready, job failed"],
  ];
  for (const [units, text] of cases) assertEquals(statusText(units), text);
});
