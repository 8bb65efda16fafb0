import { assert, assertEquals } from "@std/assert";
import { LineSplitter } from "./lines.ts";
import { type RawLines, RawSplitter } from "./raw_lines.ts";
import { seededRandom } from "./testing/mod.ts";
import { joined } from "./tools/output_testing.ts";
import { pieces } from "./tools/testing.ts";

type Bytes = Uint8Array<ArrayBuffer>;

const encoder = new TextEncoder();

/** Splits the outputs of some runs, in chunks of random lengths. */
function split(
  runs: readonly Bytes[],
  { maxLength = 1_000, most = 1_000, seed = 0 } = {},
): Bytes {
  const random = seededRandom(seed);
  const splitter = new RawSplitter("stdout", maxLength);
  const lines: RawLines[] = [];
  for (const [index, output] of runs.entries()) {
    for (const bytes of pieces(output, random, most)) {
      const run = index + 1;
      splitter.push({ source: "stdout", bytes, time: 0, run, order: 0 }, lines);
      bytes.fill(0); // their buffer is used again
    }
  }
  splitter.flush(lines);
  for (const { bytes } of lines) assertEquals(bytes.at(-1), 10);
  return joined(lines.map(({ bytes }) => bytes));
}

Deno.test("RawSplitter passes on what is not UTF-8", () => {
  const all = Uint8Array.from({ length: 256 }, (_, i) => i)
    .filter((byte) => byte !== 10 && byte !== 13);
  const broken = Uint8Array.of(0xef, 0xbb, 0xbf, 0xe4, 10, 0xb8, 0xff, 0, 10);
  const wanted = Uint8Array.of(...all, 10, ...broken, ...all, 10);
  const output = wanted.slice(0, -1); // the last line has no line break
  for (let seed = 0; seed < 20; seed++) {
    assertEquals(split([output], { most: 1 + seed, seed }), wanted);
  }
});

Deno.test("RawSplitter cuts where LineSplitter does", () => {
  const letters = [
    "a",
    "b",
    "\n",
    "\r\n",
    "\r",
    "ü",
    "€",
    "𝄞",
    "",
    "\n\n",
    "\ufeff",
  ];
  for (let seed = 0; seed < 300; seed++) {
    const random = seededRandom(seed);
    const draw = (most: number) => Math.floor(random() * most);
    const maxLength = 1 + draw(8);
    const runs = Array.from(
      { length: 1 + draw(3) },
      () =>
        Array.from({ length: draw(60) }, () => letters[draw(letters.length)])
          .join(""),
    ).map((text) => encoder.encode(text));

    const lines: string[] = [];
    const splitter = new LineSplitter("stdout", maxLength);
    for (const [index, bytes] of runs.entries()) {
      const all: { text: string }[] = [];
      const chunk = { bytes, time: 0, run: index + 1, order: 0 };
      splitter.push({ ...chunk, source: "stdout" }, all as never);
      splitter.flush(all as never);
      lines.push(...all.map(({ text }) => `${text}\n`));
    }
    const found = split(runs, { maxLength, most: 1 + draw(20), seed });
    const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
    assertEquals(decoder.decode(found), lines.join(""), `${seed}`);
  }
});

Deno.test("RawSplitter holds no more of a long line than its longest part", () => {
  const splitter = new RawSplitter("stdout", 100);
  const lines: RawLines[] = [];
  const chunk = { source: "stdout", time: 0, run: 1, order: 0 } as const;
  for (const byte of [97, 0x80, 0xff]) {
    lines.length = 0;
    const bytes = new Uint8Array(50).fill(byte);
    for (let i = 0; i < 1_000; i++) splitter.push({ ...chunk, bytes }, lines);
    assertEquals(lines.length, 1, "the line is there before its end");
    splitter.push({ ...chunk, bytes: Uint8Array.of(98, 10, 99, 10) }, lines);
    const texts = lines.map(({ bytes }) => [...bytes]);
    assertEquals(texts, [[...bytes.slice(0, 50), ...bytes, 10], [99, 10]]);
  }
});

Deno.test("RawSplitter gives many lines at once", () => {
  const splitter = new RawSplitter("stderr", 1_000);
  const lines: RawLines[] = [];
  const bytes = encoder.encode("a\n".repeat(400));
  splitter.push({ source: "stderr", bytes, time: 0, run: 1, order: 0 }, lines);
  const [first, ...more] = lines;
  assert(more.length === 0 && first?.source === "stderr");
  assertEquals(first.bytes, bytes);
});
