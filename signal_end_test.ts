import { assert, assertEquals } from "@std/assert";
import { exitSchedule } from "./signal_end.ts";
import { seededRandom } from "./testing/mod.ts";

Deno.test("exitSchedule() leaves the longest grace period and five seconds by default", () => {
  assertEquals(exitSchedule(undefined, 10_000), {
    stopMs: 4_000,
    killMs: 14_000,
    endMs: 15_000,
  });
  assertEquals(exitSchedule(undefined, 0), {
    stopMs: 4_000,
    killMs: 4_000,
    endMs: 5_000,
  });
});

Deno.test("exitSchedule() divides a deadline between onSignal() and the stop", () => {
  const cases: [deadlineMs: number, graceMs: number, ...number[]][] = [
    [28_000, 10_000, 17_000, 27_000],
    [2_000, 10_000, 500, 1_500],
    [400, 100, 200, 300],
    [0, 10_000, 0, 0],
  ];
  for (const [endMs, graceMs, stopMs = 0, killMs = 0] of cases) {
    assertEquals(exitSchedule(endMs, graceMs), { stopMs, killMs, endMs });
  }
});

Deno.test("exitSchedule() puts its steps in order", () => {
  const random = seededRandom(7);
  for (let i = 0; i < 10_000; i++) {
    const deadlineMs = random() < 0.2 ? undefined : random() ** 3 * 1e6;
    const graceMs = random() ** 3 * 1e6;
    const { stopMs, killMs, endMs } = exitSchedule(deadlineMs, graceMs);
    assert(0 <= stopMs && stopMs <= killMs && killMs <= endMs);
    assert(stopMs >= endMs / 4, "onSignal() gets a quarter");
    const wanted = Math.min(graceMs, endMs / 2);
    assert(killMs - stopMs >= wanted - 1e-6, "the stop gets what is left");
  }
});
