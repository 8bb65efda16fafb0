import { assert, assertEquals } from "@std/assert";
import { ansiSpans, markedSpans, plainText } from "./ansi.ts";
import {
  colorOf,
  contrast,
  pairColors,
  paletteColor,
  type Rgb,
  textColor,
} from "./colors.ts";
import { Highlight, isCheap } from "./highlight.ts";

/** Reads a color as the functions write it. */
function rgb(text: string | undefined): Rgb {
  const [, r = "", g = "", b = ""] = text?.match(/^#(..)(..)(..)$/) ?? [];
  return [parseInt(r, 16), parseInt(g, 16), parseInt(b, 16)];
}

Deno.test("plainText() removes what is for terminals alone", () => {
  const table: Record<string, string> = {
    "\x1b[31mred\x1b[0m": "red",
    "\x1b[2J\x1b[1;1Hhome": "home",
    "\x1b]0;a title\x07text": "text",
    "\x1b]8;;javascript:alert(1)\x1b\\link\x1b]8;;\x1b\\": "link",
    "\x9d8;;http://x\x9clink": "link",
    "\x1bPq#0;2;0;0;0\x1b\\text": "text",
    "\x1b_app\x1b\\\x1b^pm\x1b\\\x1bXsos\x1b\\text": "text",
    "\x9b31mred": "red",
    "\x1b7\x1b8\x1bc\x1b(Btext": "text",
    "text\r": "text",
    "a\tb": "a\tb",
  };
  for (const [line, text] of Object.entries(table)) {
    assertEquals(plainText(line), text);
    assertEquals(ansiSpans(line).map((span) => span.text).join(""), text);
  }
});

Deno.test("plainText() makes visible what could deceive", () => {
  assertEquals(plainText("user\u202etxt.exe"), "user⟨U+202E⟩txt.exe");
  assertEquals(plainText("50%\r100%"), "50%␍100%");
  assertEquals(plainText("a\x00b\x08c\x7f\x85"), "a␀b␈c␡⟨U+0085⟩");
  assertEquals(plainText("\x1b]0;without end"), "0;without end");
  assertEquals(plainText("end\x1b"), "end␛");
});

Deno.test("ansiSpans() leaves markup text", () => {
  const line = '<img src=x onerror="alert(1)">&amp; \x1b[1m<b>\x1b[0m';
  assertEquals(ansiSpans(line), [
    { text: '<img src=x onerror="alert(1)">&amp; ', classes: [] },
    { text: "<b>", classes: ["ansi-bold"] },
  ]);
});

Deno.test("ansiSpans() gives classes for colors and decorations", () => {
  assertEquals(ansiSpans("a\x1b[1;31mb\x1b[4mc\x1b[22;39md\x1b[me\x1b[94mf"), [
    { text: "a", classes: [] },
    { text: "b", classes: ["ansi-bold", "ansi-red"] },
    { text: "c", classes: ["ansi-bold", "ansi-underline", "ansi-red"] },
    { text: "d", classes: ["ansi-underline"] },
    { text: "e", classes: [] },
    { text: "f", classes: ["ansi-bright-blue"] },
  ]);
});

Deno.test("ansiSpans() shows what is hidden, and nothing that blinks", () => {
  assertEquals(ansiSpans("\x1b[8mhidden\x1b[0m\x1b[5mblinks"), [
    { text: "hidden", classes: ["ansi-dim"] },
    { text: "blinks", classes: [] },
  ]);
});

Deno.test("ansiSpans() takes true colors, with colons too", () => {
  const expected = { color: textColor([255, 200, 0]) };
  for (const code of ["38;2;255;200;0", "38:2::255:200:0", "38:2:255:200:0"]) {
    const [span] = ansiSpans(`\x1b[${code}mx`);
    assertEquals(span?.style, expected);
  }
  const [span] = ansiSpans("\x1b[38;5;196mx");
  assertEquals(span?.style, { color: textColor([255, 0, 0]) });
});

Deno.test("ansiSpans() can be read on any background", () => {
  for (let fg = 0; fg < 256; fg += 5) {
    for (let bg = 0; bg < 256; bg += 5) {
      const [span] = ansiSpans(`\x1b[38;5;${fg};48;5;${bg}mx`);
      const { color, backgroundColor } = span?.style ?? {};
      assert(contrast(rgb(color), rgb(backgroundColor)) >= 4.5, `${fg} ${bg}`);
    }
  }
  const [span] = ansiSpans("\x1b[7mx");
  assert(span?.style?.backgroundColor !== undefined);
});

Deno.test("textColor() can be read in light and in dark", () => {
  const names = Array.from({ length: 100 }, (_, i) => colorOf(`job-${i}`));
  const palette = Array.from({ length: 256 }, (_, i) => paletteColor(i));
  for (const color of [...names, ...palette]) {
    const [, light, dark] = textColor(color).match(/\((.*), (.*)\)/) ?? [];
    assert(contrast(rgb(light), [250, 250, 250]) >= 4.5);
    assert(contrast(rgb(dark), [29, 29, 33]) >= 4.5);
  }
  const pair = pairColors(undefined, [128, 128, 128]);
  assert(contrast(rgb(pair.color), [128, 128, 128]) >= 4.5);
});

Deno.test("colorOf() is the same for the same name, and differs for others", () => {
  assertEquals(colorOf("api.1"), colorOf("api.1"));
  const all = Array.from({ length: 24 }, (_, i) => `${colorOf(`job-${i}`)}`);
  assert(new Set(all).size >= 10);
});

Deno.test("markedSpans() splits pieces at the ends of ranges", () => {
  const spans = ansiSpans("ab\x1b[31mcdef");
  assertEquals(
    markedSpans(spans, [[1, 3], [5, 6]]).map(({ text, marked }) =>
      marked ? `[${text}]` : text
    ),
    ["a", "[b]", "[c]", "de", "[f]"],
  );
});

Deno.test("plainText() takes linear time for sequences without end", () => {
  for (const part of ["\x1b]a", "\x9d", "\x1b[", "\x1bP", "\x1b[38:2:"]) {
    const line = part.repeat(30_000);
    const start = performance.now();
    plainText(line);
    ansiSpans(line.slice(0, 20_000));
    assert(performance.now() - start < 2_000, JSON.stringify(part));
  }
});

Deno.test("Highlight finds matches, but runs nothing that could take long", () => {
  assertEquals(new Highlight("b+").find("abba b"), [[1, 3], [5, 6]]);
  assertEquals(new Highlight("(").find("("), []);
  assertEquals(new Highlight("(a+)+$").find("a".repeat(40) + "!"), []);
  assertEquals(isCheap("error.*timeout.*"), true);
  assertEquals(isCheap("(GET|POST) /items/\\d+"), true);
  assertEquals(isCheap("a*b*c*d"), false);
  assertEquals(isCheap("(a|a)*"), false);
  assertEquals(isCheap("(a)\\1"), false);
  assertEquals(isCheap("[(+*]x"), true);
});
