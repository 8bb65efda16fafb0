import { assertEquals } from "@std/assert";
import {
  agoText,
  bytesText,
  clockTime,
  counted,
  dateTime,
  exactDuration,
  listText,
  ordinal,
  readableTimes,
  shareText,
  shortDuration,
  untilText,
} from "./format.ts";

Deno.test("shortDuration() has up to three digits and one unit", () => {
  const table = [
    [-5, "0 s"],
    [999, "0 s"],
    [119_999, "119 s"],
    [120_000, "2 min"],
    [7_199_000, "119 min"],
    [7_200_000, "2 h"],
    [48 * 3_600_000, "2 d"],
  ] as const;
  for (const [ms, text] of table) assertEquals(shortDuration(ms), text);
});

Deno.test("exactDuration() has milliseconds only below a second", () => {
  const table = [
    [-1, "0 ms"],
    [34.6, "35 ms"],
    [8_240, "8.2 s"],
    [60_000, "1 min"],
    [90_000, "90 s"],
    [5_400_000, "90 min"],
    [7_200_000, "2 h"],
    [86_400_000, "24 h"],
    [172_800_000, "2 d"],
    [200_000, "3 min"],
  ] as const;
  for (const [ms, text] of table) assertEquals(exactDuration(ms), text);
});

Deno.test("readableTimes() writes the periods of messages in large units", () => {
  const table = [
    ["2 restarts within 60000 ms", "2 restarts within 1 min"],
    ["no answer within 1000 ms", "no answer within 1 s"],
    ["no answer within 300 ms", "no answer within 300 ms"],
    ["it says: took 1000 ms", "it says: took 1000 ms"],
  ] as const;
  for (const [text, plain] of table) assertEquals(readableTimes(text), plain);
});

Deno.test("untilText() rounds up, agoText() rounds down", () => {
  assertEquals(untilText(2_001), "3 s");
  assertEquals(untilText(-1), "0 s");
  assertEquals(agoText(999), "just now");
  assertEquals(agoText(2_999), "2 s ago");
});

Deno.test("bytesText() and shareText() have up to three digits", () => {
  assertEquals(bytesText(0), "0 B");
  assertEquals(bytesText(1_000), "1.0 KiB");
  assertEquals(bytesText(38.2 * 2 ** 20), "38.2 MiB");
  assertEquals(bytesText(400 * 2 ** 20), "400 MiB");
  assertEquals(shareText(0.004), "0.4 %");
  assertEquals(shareText(1.5), "150 %");
});

Deno.test("clockTime() and dateTime() are local", () => {
  const time = new Date(2026, 2, 1, 7, 5, 9, 42).getTime();
  assertEquals(clockTime(time), "07:05:09");
  assertEquals(clockTime(time, { ms: true }), "07:05:09.042");
  assertEquals(dateTime(time), "2026-03-01 07:05:09");
});

Deno.test("counted() knows the plural", () => {
  assertEquals(counted(1, "run"), "1 run");
  assertEquals(counted(0, "run"), "0 runs");
  assertEquals(counted(2, "process", "processes"), "2 processes");
});

Deno.test("listText() counts the names that it does not show", () => {
  const table = [
    [[], ""],
    [["a"], "a"],
    [["a", "b"], "a and b"],
    [["a", "b", "c", "d"], "a, b, c and d"],
    [["a", "b", "c", "d", "e"], "a, b, c and 2 others"],
  ] as const;
  for (const [names, text] of table) assertEquals(listText(names), text);
});

Deno.test("ordinal() is a word up to ten", () => {
  const table = [
    [1, "first"],
    [4, "fourth"],
    [11, "11th"],
    [12, "12th"],
    [21, "21st"],
    [102, "102nd"],
    [113, "113th"],
  ] as const;
  for (const [count, text] of table) assertEquals(ordinal(count), text);
});
