import { assertEquals } from "@std/assert";
import type { Obstacle } from "./decide.ts";
import type { UnitState } from "./unit_state.ts";
import { explain, type Held, reasonOf } from "./why.ts";

const NOW = 100_000;

const failed: UnitState = { kind: "failed", message: "the port is in use" };

function obstacle(
  unit: string,
  when: Obstacle["when"],
  state: UnitState,
  ...behind: Obstacle[]
): Obstacle {
  return { unit, when, state, behind };
}

function backoff(inMs: number, restartsLeft?: number): UnitState {
  return {
    kind: "backoff",
    attempt: 3,
    until: NOW + inMs,
    restartsLeft,
    cause: "crashed with code 1",
  };
}

const waiting: UnitState = { kind: "waiting" };
const unready: UnitState = {
  kind: "running",
  ready: false,
  since: NOW - 2_500,
};

Deno.test("explain() says for every state why a process is in it", () => {
  const cases: [UnitState, string][] = [
    [{ kind: "idle" }, "api has not been started"],
    [waiting, "api is about to start"],
    [{ kind: "starting" }, "api is about to start"],
    [unready, "api has been running for 3 s and is not ready"],
    [
      { ...unready, answer: "status 503" },
      "api has been running for 3 s and is not ready: status 503",
    ],
    [{ ...unready, ready: true }, "api has been running for 3 s"],
    [
      { kind: "running", ready: true, since: NOW - 120_000 },
      "api has been running for 2 min",
    ],
    [
      { kind: "running", ready: true, since: NOW - 7_200_000 },
      "api has been running for 2 h",
    ],
    [
      { kind: "running", ready: true, since: NOW - 3 * 86_400_000 },
      "api has been running for 3 days",
    ],
    [{ kind: "stopping" }, "api is stopping"],
    [
      backoff(8_000),
      "api is in backoff after it crashed with code 1, attempt 3, next try in 8 s",
    ],
    [
      backoff(300, 1),
      "api is in backoff after it crashed with code 1, attempt 3, next try in 300 ms, 1 more restart allowed",
    ],
    [
      backoff(-5, 2),
      "api is in backoff after it crashed with code 1, attempt 3, next try now, 2 more restarts allowed",
    ],
    [
      {
        kind: "backoff",
        attempt: 0,
        until: NOW + 2_000,
        restartsLeft: undefined,
        cause: "ended with code 0",
      },
      "api is in backoff after it ended with code 0, next try in 2 s",
    ],
    [{ kind: "done" }, "api is completed"],
    [{ kind: "ended" }, "api has ended and is not restarted"],
    [failed, "api failed: the port is in use"],
    [{ kind: "stopped" }, "api was stopped"],
  ];
  for (const [state, sentence] of cases) {
    const why = explain("api", state, undefined, NOW);
    assertEquals(why, { name: "api", state, held: undefined, sentence });
  }
});

Deno.test("explain() says what holds back a process", () => {
  const db = obstacle("db", "ready", backoff(8_000));
  const migrate = obstacle("migrate", "completed", waiting, db);
  const cases: [Held, string][] = [
    [
      { kind: "waits", for: [db] },
      "waits for db to be ready: db is in backoff after it crashed with code 1, attempt 3, next try in 8 s",
    ],
    [
      { kind: "waits", for: [migrate] },
      "waits for migrate to complete: migrate waits for db to be ready: db is in backoff after it crashed with code 1, attempt 3, next try in 8 s",
    ],
    [
      { kind: "waits", for: [obstacle("db", "ready", unready), migrate] },
      "waits for db to be ready and for 1 other: db is running and not ready",
    ],
    [
      {
        kind: "waits",
        for: [obstacle("job", "completed", { ...unready, ready: true })],
      },
      "waits for job to complete: job is running",
    ],
    [
      { kind: "waits", for: [obstacle("db", "started", { kind: "starting" })] },
      "waits for db to start: db is about to start",
    ],
    [
      { kind: "blocked", by: [obstacle("db", "ready", failed)] },
      "is blocked: db failed: the port is in use",
    ],
    [
      {
        kind: "blocked",
        by: [
          obstacle(
            "migrate",
            "completed",
            waiting,
            obstacle("db", "ready", failed),
          ),
          db,
          db,
        ],
      },
      "is blocked: migrate is blocked (and 2 others): db failed: the port is in use",
    ],
    [
      { kind: "operation", reason: "the restart of db" },
      "waits for the restart of db",
    ],
    [
      { kind: "turn", startLimit: 1 },
      "waits for its turn: 1 process starts, and the plan allows no more at once",
    ],
    [
      { kind: "turn", startLimit: 4 },
      "waits for its turn: 4 processes start, and the plan allows no more at once",
    ],
    [
      { kind: "budget", canary: undefined },
      "waits for the restart budget of the plan",
    ],
    [
      { kind: "budget", canary: "api.3" },
      "waits for the restart budget of the plan: api.3 tried last",
    ],
  ];
  for (const [held, rest] of cases) {
    const sentence = `api.2 ${rest}`;
    assertEquals(explain("api.2", waiting, held, NOW), {
      name: "api.2",
      state: waiting,
      held,
      sentence,
    });
    assertEquals(
      `api.2 waits for ${reasonOf(held, NOW)}`.replace(
        "waits for blocked",
        "is blocked",
      ),
      sentence,
    );
  }
});

Deno.test("explain() leaves out what holds back the next run of a process that runs", () => {
  const held: Held = { kind: "operation", reason: "the restart of db" };
  assertEquals(explain("api", unready, held, NOW).held, undefined);
});
