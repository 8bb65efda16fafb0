import { assertEquals } from "@std/assert";
import { systemClock } from "../mod.ts";
import { ExactTime, hrTime } from "./exact_time.ts";

Deno.test("ExactTime has fractions of a millisecond, and follows the system's time", () => {
  let [now, time] = [10.25, 5_000];
  const clock = { ...systemClock, now: () => now, time: () => time };
  const exact = new ExactTime(clock);
  assertEquals(exact.now(), 5_000);
  [now, time] = [10.75, 5_000];
  assertEquals(exact.now(), 5_000.5);
  // The time was rounded down by more before.
  [now, time] = [11, 5_001];
  assertEquals(exact.now(), 5_001);
  [now, time] = [12.5, 5_002];
  assertEquals(exact.now(), 5_002.5);
  assertEquals(exact.at(12.5), 5_002.5);
  // Rounding does not turn it back.
  [now, time] = [12.9, 5_001];
  assertEquals(exact.now(), 5_002.9);
  // Somebody sets the time of the system back, and forward.
  [now, time] = [13, 2_000];
  assertEquals(exact.now(), 2_000);
  [now, time] = [14, 9_000];
  assertEquals(exact.now(), 9_000);
});

Deno.test("hrTime() splits a time into seconds and nanoseconds", () => {
  assertEquals(hrTime(1_500.25), [1, 500_250_000]);
  assertEquals(hrTime(0), [0, 0]);
});
