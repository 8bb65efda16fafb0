import { assertEquals, assertThrows } from "@std/assert";
import {
  constant,
  exponential,
  type RestartOptions,
  simulate,
  type SimulatedExit,
} from "./mod.ts";

const crash = { durationMs: 50 };

Deno.test("simulate() follows the default policy", () => {
  const drawn = [0.5, 0.1, 0.9];
  const runs = simulate({ random: () => drawn.shift() ?? 0 }, [
    crash,
    crash,
    crash,
  ]);
  assertEquals(runs.map(({ startMs, endMs }) => [startMs, endMs]), [
    [0, 50],
    [2_550, 2_600],
    [3_100, 3_150],
  ]);
});

Deno.test("simulate() ends where there is no restart", () => {
  const ends = simulate({}, [crash, { durationMs: 10, code: 0 }, crash]);
  assertEquals(ends.map(({ decision }) => decision.kind), ["restart", "leave"]);
});

Deno.test("simulate() counts attempts anew after a long run", () => {
  const runs = simulate(
    { backoff: exponential({ jitter: "none" }), resetAfterMs: 1_000 },
    [crash, crash, { durationMs: 1_000 }, crash],
  );
  assertEquals(
    runs.map(({ decision }) => decision.kind === "restart" && decision.delayMs),
    [100, 200, 100, 200],
  );
});

Deno.test("simulate() gives up after crashes in a row", () => {
  const options: RestartOptions = {
    policy: "always",
    backoff: constant(600_000),
    limit: { restarts: 2 },
    resetAfterMs: 1_000,
  };
  const healthy = { durationMs: 1_000 };
  const clean = { durationMs: 5, code: 0 };
  const kinds = (exits: SimulatedExit[]) =>
    simulate(options, exits).map(({ decision }) => decision.kind);
  const go = "restart";
  assertEquals(kinds([crash, crash, crash, crash]), [go, go, "fail"]);
  assertEquals(
    kinds([crash, crash, healthy, crash, clean, crash, crash, crash]),
    [go, go, go, go, go, go, go, "fail"],
  );
});

Deno.test("simulate() tells clean ends from crashes", () => {
  const cases: [boolean, number, RestartOptions][] = [
    [false, 0, { policy: "always", stopCodes: [0] }],
    [false, 3, { successCodes: [3], stopCodes: [3] }],
    [false, 0, { policy: "always", limit: { restarts: 0, withinMs: 9 } }],
    [true, 3, { stopCodes: [3] }],
    [true, 1, { limit: { restarts: 0 } }],
  ];
  for (const [crashed, code, options] of cases) {
    const [run] = simulate(options, [{ durationMs: 5, code }]);
    assertEquals(run?.decision.crashed, crashed);
  }
});

Deno.test("simulate() refuses bad input by name", () => {
  const cases: [object, SimulatedExit[], string][] = [
    [{ polcy: 1 }, [], 'Option "restart.polcy" does not exist'],
    [
      {},
      [{ durationMs: -1 }],
      'Option "exits[0].durationMs" must be a finite number',
    ],
    [
      { backoff: constant(9), limit: { restarts: 9, withinMs: 9 } },
      [],
      'Option "restart.limit" can never be reached',
    ],
  ];
  for (const [options, exits, message] of cases) {
    assertThrows(
      () => simulate(options as RestartOptions, exits),
      Error,
      message,
    );
  }
});
