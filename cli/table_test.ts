import { assertEquals } from "@std/assert";
import {
  bytesText,
  dateTime,
  shareText,
  shortDuration,
  untilText,
} from "../control/format.ts";
import { plainText } from "./plain_text.ts";
import { type Column, tableLines } from "./table.ts";
import { widthOf } from "./text_width.ts";

const COLUMNS: Column[] = [
  { title: "NAME", least: 5 },
  { title: "PID", right: true },
  { title: "CPU", right: true, drop: 1 },
  { title: "LAST", least: 6, drop: 2 },
];

const ROWS = [
  ["api", "7", "0.1 %", "crashed with code 1"],
  ["日本語の名前", "12345", "", ""],
].map((row) => row.map((text) => ({ text })));

Deno.test("tableLines aligns texts by their widths on a terminal", () => {
  assertEquals(tableLines(COLUMNS, ROWS), [
    "NAME            PID    CPU  LAST",
    "api               7  0.1 %  crashed with code 1",
    "日本語の名前  12345",
  ]);
});

Deno.test("tableLines cuts the last columns first, then leaves some out", () => {
  assertEquals(tableLines(COLUMNS, ROWS, { width: 40 }), [
    "NAME            PID    CPU  LAST",
    "api               7  0.1 %  crashed wit…",
    "日本語の名前  12345",
  ]);
  assertEquals(tableLines(COLUMNS, ROWS, { width: 28 }), [
    "NAME      PID    CPU  LAST",
    "api         7  0.1 %  crash…",
    "日本…   12345",
  ]);
  assertEquals(tableLines(COLUMNS, ROWS, { width: 15 }), [
    "NAME        PID",
    "api           7",
    "日本語…   12345",
  ]);
});

Deno.test("tableLines never makes a line wider than the terminal", () => {
  for (let width = 12; width < 60; width++) {
    for (const line of tableLines(COLUMNS, ROWS, { width })) {
      assertEquals(widthOf(line) <= width, true, `${width}: ${line}`);
    }
  }
});

Deno.test("tableLines colors texts, and nothing but texts", () => {
  const rows = [[{ text: "a", color: 31 }, { text: "1" }]];
  const columns = [{ title: "NAME" }, { title: "PID" }];
  assertEquals(
    tableLines(columns, rows, { color: true })[1],
    "\x1b[31ma\x1b[0m     1",
  );
  assertEquals(tableLines(columns, rows)[1], "a     1");
});

Deno.test("plainText leaves nothing that a terminal obeys", () => {
  assertEquals(
    plainText("\x1b[31mred\x1b[0m \x1b]0;title\x07a\tb\x9bc\r\nd\x1b(B"),
    "red a b�c��d",
  );
});

Deno.test("Numbers and times are short", () => {
  assertEquals([0, 999, 59_999, 119_999, 120_000].map(shortDuration), [
    "0 s",
    "0 s",
    "59 s",
    "119 s",
    "2 min",
  ]);
  assertEquals([7_199_999, 7_200_000, 172_800_000].map(shortDuration), [
    "119 min",
    "2 h",
    "2 d",
  ]);
  assertEquals([-5, 1, 2_001].map(untilText), ["0 s", "1 s", "3 s"]);
  assertEquals([0, 999, 1_000, 40_000_000, 150_000_000].map(bytesText), [
    "0 B",
    "999 B",
    "1.0 KiB",
    "38.1 MiB",
    "143 MiB",
  ]);
  assertEquals([0, 0.004, 0.0996, 1.5].map(shareText), [
    "0.0 %",
    "0.4 %",
    "10 %",
    "150 %",
  ]);
  const time = new Date(2026, 2, 1, 8, 5, 9).getTime();
  assertEquals(dateTime(time), "2026-03-01 08:05:09");
});
