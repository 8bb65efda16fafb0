import { assertEquals } from "@std/assert";
import { harmless, prefixOf } from "./line_format.ts";

Deno.test("harmless() keeps colors, and removes what moves the cursor", () => {
  const clear = "\x1b[2J\x1b[H\x1bc\x1b[?25l\x1b]0;title\x07done\x07";
  assertEquals(harmless(clear, true), "done");
  assertEquals(harmless("\x1b[31mred", true), "\x1b[31mred\x1b[0m");
  assertEquals(harmless("\x1b[31mred\x1b[0m", false), "red");
  assertEquals(harmless("10%\r50%\r100%\r", true), "100%");
  assertEquals(harmless("a\tb\x9b2J\x08", true), "a\tb2J");
  assertEquals(harmless("cut off \x1b[3", false), "cut off 3");
  assertEquals(harmless("日本 🚀", true), "日本 🚀");
});

Deno.test("prefixOf() makes all prefixes as wide as the longest name", () => {
  assertEquals(prefixOf("db", 5, undefined), "db    | ");
  assertEquals(prefixOf("db", 2, 36), "\x1b[0;36mdb |\x1b[0m ");
});
