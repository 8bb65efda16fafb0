import { assertEquals } from "@std/assert";
import { ANSWER_BYTES, asData, fitting } from "./mcp_data.ts";

Deno.test("asData() returns texts that hide nothing", () => {
  const cases: readonly [text: string, expected: string][] = [
    ["plain", "plain"],
    ["\x1b[31mred\x1b[0m", "red"],
    ["\x1b]0;title\x07\x1b[2J.", "."],
    ["a\tb\x00c\x9bd", "a b�c�d"],
    ["two\r\nlines", "two\nlines"],
    // What looks empty on a terminal, and is read by a model.
    ["ok\u{E0049}\u{E0047}\u{E004E}\u200b\u202e\u2028\u{E0100}.", "ok."],
    // What is invisible does not part a sequence from its end.
    ["\x1b\u200b[31mred", "red"],
    ["half \ud800", "half �"],
  ];
  for (const [text, expected] of cases) assertEquals(asData(text), expected);
});

Deno.test("asData() cuts texts anywhere, and says how much is missing", () => {
  assertEquals(asData({ a: [{ b: "0123456789" }] }, 4), {
    a: [{ b: "0123… [6 more characters]" }],
  });
});

Deno.test("asData() returns times in ISO 8601", () => {
  assertEquals(
    asData({ time: 0, until: null, since: 8.64e15 + 1, run: 0 }),
    {
      time: "1970-01-01T00:00:00.000Z",
      until: null,
      since: 8.64e15 + 1,
      run: 0,
    },
  );
});

Deno.test("fitting() returns what fits, and at least one item", () => {
  const half = "x".repeat(ANSWER_BYTES / 2 - 10);
  assertEquals(fitting([half, half, half]), [half, half]);
  assertEquals(fitting([half, half], 1), [half]);
  assertEquals(fitting([half + half + half, "y"]).length, 1);
  assertEquals(fitting([]), []);
  // Bytes count, not characters.
  assertEquals(fitting(["é".repeat(ANSWER_BYTES / 2), "y"]).length, 1);
});
