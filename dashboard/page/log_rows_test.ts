import { assertEquals } from "@std/assert";
import { type Row, Rows } from "./log_rows.ts";
import type { LogItem, LogLine } from "./source.ts";

/** Returns a line. */
function line(
  process: string,
  seq: number,
  text: string,
  more: Partial<LogLine> = {},
): LogItem {
  return {
    kind: "line",
    process,
    seq,
    text,
    time: seq,
    run: 1,
    source: "stdout",
    truncated: false,
    ...more,
  };
}

/** Returns rows in short. */
function short(rows: readonly Row[]): string[] {
  return rows.map((row) => {
    switch (row.kind) {
      case "line":
        return `${row.folded ? "> " : ""}${row.line.text}`;
      case "fold":
        return `${row.open ? "v" : "+"}${row.lines.length}`;
      case "run":
        return `run ${row.run} of ${row.process}`;
      default:
        return `${row.count} missed of ${row.process}`;
    }
  });
}

function rowsOf(items: readonly LogItem[], folds = true): Rows {
  const rows = new Rows(folds, new Set());
  for (const item of items) rows.add(item);
  return rows;
}

const TRACE = [
  line("a", 1, "Error: no"),
  line("b", 1, "GET /"),
  line("a", 2, "    at parse (x.js:3:7)"),
  line("b", 2, "GET /2"),
  line("a", 3, "    at main (x.js:9:1)"),
  line("a", 4, "Caused by: other"),
  line("a", 5, "next"),
];

Deno.test("Rows folds the lines that continue a line of their process", () => {
  assertEquals(short(rowsOf(TRACE).all), [
    "Error: no",
    "GET /",
    "+3",
    "GET /2",
    "next",
  ]);
});

Deno.test("Rows opens a fold in one piece, and adds to it", () => {
  const rows = rowsOf(TRACE.slice(0, 5));
  const fold = rows.all.find((row) => row.kind === "fold");
  if (fold?.kind !== "fold") throw new Error("no fold");
  rows.toggle(fold);
  rows.add(line("a", 4, "  at more"));
  assertEquals(short(rows.all), [
    "Error: no",
    "GET /",
    "v3",
    ">     at parse (x.js:3:7)",
    ">     at main (x.js:9:1)",
    ">   at more",
    "GET /2",
  ]);
  rows.toggle(fold);
  assertEquals(short(rows.all), ["Error: no", "GET /", "+3", "GET /2"]);
});

Deno.test("Rows does not fold what does not continue", () => {
  const apart: LogItem[][] = [
    [line("a", 1, "  first")],
    [line("a", 1, "x"), line("a", 2, " late", { time: 5_000 })],
    [line("a", 1, "x"), line("a", 2, " other", { source: "stderr" })],
    [line("a", 1, "x"), line("a", 2, "   ")],
    [line("a", 1, "x"), line("a", 2, "Connected")],
  ];
  for (const items of apart) {
    assertEquals(rowsOf(items).all.length, items.length);
  }
  assertEquals(rowsOf(TRACE, false).all.length, TRACE.length);
});

Deno.test("Rows announces a run, and says where lines are missing", () => {
  const rows = rowsOf([
    line("a", 1, "one"),
    line("a", 2, "two", { run: 2 }),
    { kind: "missed", process: "a", count: 7 },
    line("a", 10, "ten", { run: 2 }),
  ]);
  assertEquals(short(rows.all), [
    "one",
    "run 2 of a",
    "two",
    "7 missed of a",
    "ten",
  ]);
});
