import { assert, assertEquals } from "@std/assert";
import { LogWindow, WINDOW_CHARACTERS } from "./log_window.ts";
import type { LogItem } from "./source.ts";

/** Returns lines of a process, one each millisecond. */
function lines(process: string, from: number, to: number): LogItem[] {
  return Array.from({ length: to - from + 1 }, (_, i) => ({
    kind: "line",
    process,
    seq: from + i,
    time: from + i,
    text: `line ${from + i}`,
    run: 1,
    source: "stdout",
    truncated: false,
  }));
}

/** Returns the numbers of the lines that a window holds. */
function seqs(window: LogWindow): number[] {
  return window.items.flatMap((item) => item.kind === "line" ? item.seq : []);
}

Deno.test("LogWindow drops the oldest lines, and says how many rows", () => {
  const window = new LogWindow(true, 10);
  window.atStart = true;
  assertEquals(window.append(lines("a", 1, 8)), 0);
  assertEquals(window.append(lines("a", 9, 13)), 3);
  assertEquals(seqs(window), [4, 5, 6, 7, 8, 9, 10, 11, 12, 13]);
  assertEquals(window.rows.length, 10);
  assertEquals(window.atStart, false);
});

Deno.test("LogWindow takes each line once", () => {
  const window = new LogWindow(true, 100);
  window.append(lines("a", 5, 10));
  window.append(lines("a", 8, 12));
  assertEquals(window.prepend(lines("a", 3, 7)), { items: 2, rows: 2 });
  assertEquals(seqs(window), [3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
  assertEquals(window.prepend(lines("a", 3, 7)), { items: 0, rows: 0 });
});

Deno.test("LogWindow takes lines of another log with the same numbers", () => {
  const window = new LogWindow(true, 100);
  window.append(lines("a", 5, 6));
  const [again] = lines("a", 1, 1);
  if (again?.kind !== "line") throw new Error("no line");
  window.append([{ ...again, time: 100 }]);
  assertEquals(seqs(window), [5, 6, 1]);
});

Deno.test("LogWindow drops the newest lines when older ones are added", () => {
  const window = new LogWindow(true, 10);
  window.append(lines("a", 11, 20));
  assertEquals(window.prepend(lines("a", 7, 10)), { items: 4, rows: 4 });
  assertEquals(seqs(window), [7, 8, 9, 10, 11, 12, 13, 14, 15, 16]);
  assertEquals(window.atEnd, false);
  assertEquals(window.newer(), { since: 16 - 2_000, after: { a: 16 } });
});

Deno.test("LogWindow resumes after the last line of each recent process", () => {
  const window = new LogWindow(true);
  assertEquals(window.newer(), {});
  assertEquals(window.newer(9_000), { since: 7_000, after: {} });
  window.append([...lines("old", 1, 3), ...lines("new", 5_000, 5_001)]);
  assertEquals(window.newer(), { since: 3_001, after: { new: 5_001 } });
  const many = Array.from(
    { length: 200 },
    (_, i) => lines(`p${i}`, 6_000, 6_000),
  );
  window.append(many.flat());
  assertEquals(window.newer(), { since: 4_000 });
});

Deno.test("LogWindow asks for older lines before all that it had", () => {
  const window = new LogWindow(true, 3);
  assertEquals(window.older(), undefined);
  // The line at 50 arrived before those of an earlier time.
  window.append([...lines("a", 50, 50), ...lines("b", 10, 12)]);
  assertEquals(window.older(), { until: 51 });
});

Deno.test("LogWindow holds few lines if they are long", () => {
  const window = new LogWindow(true);
  const text = "x".repeat(WINDOW_CHARACTERS / 10);
  for (const item of lines("a", 1, 30)) {
    if (item.kind === "line") window.append([{ ...item, text }]);
  }
  assert(window.items.length < 11);
  assertEquals(seqs(window).at(-1), 30);
  assertEquals(window.rows.length, window.items.length);
});

Deno.test("LogWindow finds the row of a line, also in a fold", () => {
  const window = new LogWindow(true);
  const [first, second, third] = lines("a", 1, 3);
  if (second?.kind !== "line" || first === undefined || third === undefined) {
    throw new Error("no lines");
  }
  window.append([first, { ...second, text: "  at x" }, third]);
  assertEquals(window.rowOf("a", 2), 1);
  assertEquals(window.rowOf("a", 3), 2);
  assertEquals(window.rowOf("b", 3), -1);
  const fold = window.rows[1];
  if (fold?.kind !== "fold") throw new Error("no fold");
  window.toggle(fold);
  assertEquals(window.rowOf("a", 2), 2);
});
