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
