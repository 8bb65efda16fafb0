import { assert, assertEquals } from "@std/assert";
import { logLine } from "../tools/top_testing.ts";
import {
  type Area,
  arrived,
  type LogWindow,
  MOST_ITEMS,
  opened,
  scrolled,
  searched,
  withNewer,
  withOlder,
} from "./top_log.ts";

const AREA: Area = {
  rows: 10,
  columns: 20,
  wraps: false,
  times: false,
  color: false,
};

const lines = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, i) => logLine(from + i));

/** The number of the last line that is shown. */
function lastOf({ items, end }: LogWindow): number | undefined {
  const item = items[end - 1];
  return item?.kind === "line" ? item.seq : undefined;
}

Deno.test("A window that follows shows the newest line, and drops the oldest", () => {
  let log = opened(lines(1, 11), { atStart: true });
  for (let seq = 11; seq < 20_000; seq += 500) {
    log = arrived(log, lines(seq, seq + 500));
    assert(log.items.length <= MOST_ITEMS);
    assertEquals(lastOf(log), seq + 499);
  }
  assertEquals(log.atStart, false);
  const long = "x".repeat(1_000_000);
  const big = arrived(log, Array.from({ length: 9 }, () => logLine(1, long)));
  assert(big.items.length < 9, "long lines are dropped earlier");
});

Deno.test("A window that is scrolled keeps its place when lines are added", () => {
  const log = scrolled(opened(lines(1_000, 1_100)), -20, AREA);
  assertEquals([lastOf(log), log.follows, log.want], [1_079, false, undefined]);
  const older = withOlder(log, lines(500, 1_000), false);
  assertEquals(lastOf(older), 1_079);
  const newer = withNewer(older, lines(1_100, 1_200), true);
  assertEquals([lastOf(newer), newer.follows], [1_079, false]);
  const down = scrolled(newer, Infinity, AREA);
  assertEquals([lastOf(down), down.want], [1_199, { kind: "newer" }]);
  assertEquals(withNewer(down, [], true).follows, true);
});

Deno.test("A window asks for older lines at its top, and shows no empty rows", () => {
  const log = scrolled(opened(lines(100, 130)), -Infinity, AREA);
  assertEquals([log.end, log.want], [10, { kind: "older" }]);
  const top = withOlder(log, lines(1, 100), true);
  const first = scrolled(top, -Infinity, AREA);
  assertEquals([first.end, first.want], [10, undefined]);
  const few = opened(lines(1, 5), { atStart: true });
  assertEquals(scrolled(few, -3, AREA).follows, true);
});

Deno.test("A window scrolls by rows through lines that are wrapped", () => {
  const area = { ...AREA, wraps: true };
  const items = [...lines(1, 30), logLine(30, "y".repeat(70))];
  const log = scrolled(opened(items), -2, area);
  assertEquals([log.end, log.below], [30, 2]);
  const over = scrolled(log, -3, area);
  assertEquals([over.end, over.below], [28, 0]);
  const back = scrolled(over, 5, area);
  assertEquals([back.end, back.below], [30, 0]);
});

Deno.test("A search that leaves the window goes on in the log", () => {
  const log = opened(lines(100, 130));
  const find = (text: string) => (line: string) => line === text;
  const inside = searched(log, find("line 105"), "older", AREA);
  assertEquals([inside.found, inside.want], [105, undefined]);
  const outside = searched(log, find("line 5"), "older", AREA);
  assertEquals(outside.want, { kind: "find", direction: "older" });
  const newer = searched(inside, find("line 200"), "newer", AREA);
  assertEquals(newer.want, { kind: "find", direction: "newer" });
});
