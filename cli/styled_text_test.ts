import { assert, assertEquals } from "@std/assert";
import { clip, marked, padded, uncolored, wrapped } from "./styled_text.ts";
import { widthOf } from "./text_width.ts";

const RED = "\x1b[31m";
const OFF = "\x1b[0m";

Deno.test("clip() cuts a text with colors, tabs and wide characters", () => {
  assertEquals(clip("abcdef", 6), "abcdef");
  assertEquals(clip("abcdef", 5), "abcd…");
  assertEquals(clip("a\tb", 20), "a       b");
  assertEquals(clip(`${RED}日本語${OFF}!`, 7), `${RED}日本語${OFF}!${OFF}`);
  assertEquals(clip(`${RED}日本語${OFF}!`, 6), `${RED}日本${OFF}…`);
  assertEquals(clip("abc", 0), "");
});

Deno.test("wrapped() takes the colors into the next row", () => {
  assertEquals(wrapped("", 3), [""]);
  assertEquals(wrapped("abcdefg", 3), ["abc", "def", "g"]);
  assertEquals(wrapped("日本語", 5), ["日本", "語"]);
  assertEquals(wrapped(`${RED}abcd${OFF}ef`, 3), [
    `${RED}abc${OFF}`,
    `${RED}d${OFF}ef${OFF}`,
  ]);
});

Deno.test("marked() puts what matches in reverse, over colors", () => {
  assertEquals(
    marked(`a${RED}bc${OFF}d`, /bcd/g),
    `a${RED}\x1b[7mbc\x1b[27m${OFF}\x1b[7md\x1b[27m`,
  );
  assertEquals(marked("xyx", /x/g), "\x1b[7mx\x1b[27my\x1b[7mx\x1b[27m");
  assertEquals(marked("xyx", /z*/g), "xyx");
});

Deno.test("No row is wider than asked for", () => {
  const text = `${RED}e\u0301\t日🚀${OFF} 👨‍👩‍👧 ab🇩🇪`;
  for (let columns = 1; columns < 40; columns++) {
    for (const row of [clip(text, columns), ...wrapped(text, columns)]) {
      const width = widthOf(uncolored(row));
      assert(width <= columns, `${columns}: ${JSON.stringify(row)}`);
      assertEquals(widthOf(uncolored(padded(row, columns))), columns);
    }
  }
});
