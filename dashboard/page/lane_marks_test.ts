import { assert, assertEquals } from "@std/assert";
import { barsOf, marksOf } from "./lane_marks.ts";
import type { Lane, Marker, MarkerKind, Segment } from "./lanes.ts";

const span = { from: 1_000, to: 2_000 };

function segment(from: number | null, to: number | null): Segment {
  return { kind: "running", from, to, run: 1, text: "" };
}

function marker(time: number, kind: MarkerKind = "crash"): Marker {
  const event = { id: time, kind: "exit", time, name: "a", text: "" };
  return { kind, event: { ...event, details: {} } };
}

function lane(
  segments: readonly Segment[],
  markers: readonly Marker[] = [],
): Lane {
  return { name: "a", segments, markers, crashes: 0 };
}

Deno.test("barsOf() cuts bars at the edges, and says which began before", () => {
  const segments = [
    segment(0, 500),
    segment(null, 1_100),
    segment(1_200, 1_400),
    segment(1_900, null),
    segment(2_500, null),
  ];
  const bars = barsOf(lane(segments), span, 100, 1_950);
  assertEquals(
    bars.map(({ left, width, open }) => [left, width, open]),
    [[0, 10, true], [20, 20, false], [90, 5, false]],
  );
});

Deno.test("barsOf() draws no more bars than there is room for", () => {
  const short = Array.from(
    { length: 10_000 },
    (_, i) => segment(1_000 + i / 10, 1_000 + (i + 1) / 10),
  );
  assert(barsOf(lane(short), span, 100, 2_000).length <= 100);
});

Deno.test("marksOf() joins what lies close together, and puts crashes first", () => {
  const markers = [
    marker(900),
    marker(1_100),
    marker(1_110, "stop"),
    marker(1_900, "stop"),
    marker(1_905, "end"),
  ];
  const marks = marksOf(lane([], markers), span, 1_000);
  assertEquals(
    marks.map(({ markers, main, x }) => [markers.length, main.kind, x]),
    [[2, "crash", 105], [2, "end", 902.5]],
  );
});

Deno.test("marksOf() keeps apart what has room", () => {
  const markers = [marker(1_100), marker(1_200)];
  assertEquals(marksOf(lane([], markers), span, 1_000).length, 2);
  assertEquals(marksOf(lane([], markers), span, 100).length, 1);
});
