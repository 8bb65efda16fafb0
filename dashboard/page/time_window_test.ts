import { assert, assertEquals } from "@std/assert";
import {
  moveWindow,
  showTime,
  spanOf,
  steadyNow,
  type TimeWindow,
  zoomWindow,
} from "./time_window.ts";

const known = { knownFrom: 0, now: 1_000_000 };
const live: TimeWindow = { kind: "now", length: 300_000 };

function fixed(from: number, to: number): TimeWindow {
  return { kind: "fixed", span: { from, to } };
}

Deno.test("spanOf() follows the time, with some room after it", () => {
  const { from, to } = spanOf(live, known);
  assertEquals(to - from, 300_000);
  assert(to > known.now && to < known.now + 10_000);
  const all = spanOf({ kind: "now", length: "all" }, known);
  assert(all.from <= 0 && all.to > known.now);
  const short = spanOf({ kind: "now", length: "all" }, {
    knownFrom: 960_000,
    now: 1_000_000,
  });
  assertEquals(short.to - short.from, 60_000);
  const long = spanOf({ kind: "now", length: "all" }, {
    knownFrom: 0,
    now: 7_000_000,
  });
  assertEquals(long.to - long.from, 7_200_000);
});

Deno.test("steadyNow() is another time when a pixel has passed", () => {
  const times = (window: TimeWindow, seconds: number) =>
    new Set(
      Array.from({ length: seconds * 10 }, (_, i) => {
        const now = 3_600_000 + 100 * i;
        const steady = steadyNow(window, { knownFrom: 0, now });
        assert(steady >= now);
        return steady;
      }),
    ).size;
  assertEquals(times(live, 10), 11);
  assertEquals(times({ kind: "now", length: 3_600_000 }, 36), 11);
  assertEquals(times(fixed(0, 36_000_000), 36), 2);
});

Deno.test("moveWindow() leaves the present, and follows it again when it is back", () => {
  const back = moveWindow(live, known, -0.5);
  assertEquals(back.kind, "fixed");
  assertEquals(moveWindow(back, known, 0.5), live);
  assertEquals(moveWindow(live, known, 3), live);
});

Deno.test("zoomWindow() stays at the present, unless it is around a time", () => {
  assertEquals(zoomWindow(live, known, 0.5), { kind: "now", length: 150_000 });
  assertEquals(
    zoomWindow(live, known, 0.5, 800_000).kind,
    "fixed",
  );
  assertEquals(
    zoomWindow(fixed(100_000, 200_000), known, 2),
    fixed(50_000, 250_000),
  );
});

Deno.test("showTime() moves only to a time that is out of sight", () => {
  assertEquals(showTime(live, known, 900_000), live);
  assertEquals(showTime(live, known, 300_000), fixed(150_000, 450_000));
  assertEquals(
    showTime(fixed(0, 100_000), known, 990_000),
    { kind: "now", length: 100_000 },
  );
});
