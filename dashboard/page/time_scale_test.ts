import { assert, assertEquals } from "@std/assert";
import {
  LONGEST_MS,
  moved,
  placeOf,
  SHORTEST_MS,
  ticksIn,
  timeAt,
  zoomed,
} from "./time_scale.ts";

const noon = Date.UTC(2026, 5, 1, 12);
const MINUTE = 60_000;

Deno.test("placeOf() and timeAt() are each other's inverse", () => {
  const span = { from: noon, to: noon + 10 * MINUTE };
  assertEquals(placeOf(noon + 5 * MINUTE, span, 800), 400);
  assertEquals(timeAt(400, span, 800), noon + 5 * MINUTE);
  assertEquals(placeOf(noon - MINUTE, span, 800), -80);
});

Deno.test("zoomed() keeps the time under the pointer in its place", () => {
  const span = { from: noon, to: noon + 10 * MINUTE };
  const around = noon + 2 * MINUTE;
  const near = zoomed(span, 0.5, around);
  assertEquals(near, { from: noon + MINUTE, to: noon + 6 * MINUTE });
  assertEquals(placeOf(around, near, 100), placeOf(around, span, 100));
});

Deno.test("zoomed() stays between the shortest span and the longest", () => {
  const short = zoomed({ from: noon, to: noon + 6_000 }, 0.1, noon);
  assertEquals(short.to - short.from, SHORTEST_MS);
  const long = zoomed({ from: noon, to: noon + LONGEST_MS }, 2, noon);
  assertEquals(long.to - long.from, LONGEST_MS);
});

Deno.test("moved() moves by a share of the length", () => {
  assertEquals(moved({ from: 100, to: 200 }, -0.5), { from: 50, to: 150 });
});

Deno.test("ticksIn() picks round times that fit", () => {
  const labels = (minutes: number, room: number, zone = 0) =>
    ticksIn({ from: noon + 1_000, to: noon + minutes * MINUTE }, room, zone)
      .map(({ label }) => label);
  assertEquals(labels(5, 6), ["12:01", "12:02", "12:03", "12:04", "12:05"]);
  assertEquals(labels(1, 4), ["12:00:15", "12:00:30", "12:00:45", "12:01:00"]);
  assertEquals(labels(60, 4), ["12:15", "12:30", "12:45", "13:00"]);
  // Two hours ahead of UTC.
  assertEquals(labels(60, 2, -120), ["14:30", "15:00"]);
});

Deno.test("ticksIn() names the day where one begins, and goes beyond days", () => {
  const day = 24 * 60 * MINUTE;
  const night = { from: noon, to: noon + day };
  assertEquals(
    ticksIn(night, 4, 0).map(({ label }) => label),
    ["12:00", "18:00", "06-02", "06:00", "12:00"],
  );
  const month = ticksIn({ from: noon, to: noon + 30 * day }, 5, 0);
  assert(month.length <= 6, `${month.length}`);
});
