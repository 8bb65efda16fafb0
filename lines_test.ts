import { assert, assertEquals } from "@std/assert";
import {
  type Chunk,
  type Line,
  LineReader,
  Lines,
  LineSplitter,
  type OutputSource,
} from "./lines.ts";
import { seededRandom } from "./testing/mod.ts";
import { pieces } from "./tools/testing.ts";

const encoder = new TextEncoder();

/** Returns a chunk of stdout of the first run. */
function chunkOf(
  bytes: Uint8Array<ArrayBuffer> | string,
  facts: Partial<Chunk> = {},
): Chunk {
  return {
    source: "stdout",
    bytes: typeof bytes === "string" ? encoder.encode(bytes) : bytes,
    time: 1,
    run: 1,
    order: 1,
    ...facts,
  };
}

/** Splits chunks into lines. */
function split(
  chunks: Iterable<Uint8Array<ArrayBuffer> | string>,
  maxLength = 1_000,
): Line[] {
  const splitter = new LineSplitter("stdout", maxLength);
  const lines: Line[] = [];
  for (const bytes of chunks) splitter.push(chunkOf(bytes), lines);
  splitter.flush(lines);
  return lines;
}

/** Returns the texts of lines, each with a … at its end if it was cut. */
function texts(lines: Iterable<Line>): string[] {
  return Array.from(
    lines,
    ({ text, truncated }) => truncated ? `${text}…` : text,
  );
}

/** Returns the texts of all lines that follow. */
async function textsOf(lines: AsyncIterable<Line>): Promise<string[]> {
  return texts(await Array.fromAsync(lines));
}

Deno.test("LineSplitter splits at LF and CRLF", () => {
  const cases: [string, string[]][] = [
    ["", []],
    ["a", ["a"]],
    ["a\n", ["a"]],
    ["a\nb\n", ["a", "b"]],
    ["a\nb", ["a", "b"]],
    ["\n", [""]],
    ["\n\na\n\n", ["", "", "a", ""]],
    ["a\r\nb\r\n", ["a", "b"]],
    ["\r\n\r\n", ["", ""]],
    ["a\r\r\n", ["a\r"]],
    ["a\rb\nc\r", ["a\rb", "c\r"]], // a CR alone does not end a line
    ["\r", ["\r"]],
    ["a\0b\n\x1b[31m\n", ["a\0b", "\x1b[31m"]],
    ["a\u2028b\x0bc\x0cd\u0085e\n", ["a\u2028b\x0bc\x0cd\u0085e"]],
    ["日本語\n", ["日本語"]],
  ];
  for (const [text, expected] of cases) {
    assertEquals(texts(split([text])), expected, JSON.stringify(text));
  }
});

const MIXED = "é\r\n\nπ€𝄞\n👩‍👩‍👧\r\r\nz\r\n\r\n日本\n\ufffd𐍈";

Deno.test("LineSplitter gives the same lines wherever chunks are cut", () => {
  const bytes = encoder.encode(MIXED);
  const whole = split([bytes]);
  for (let first = 0; first <= bytes.length; first++) {
    for (let second = first; second <= bytes.length; second++) {
      const cut = [
        bytes.subarray(0, first),
        bytes.subarray(first, second),
        bytes.subarray(second),
      ];
      assertEquals(texts(split(cut)), texts(whole), `${first}, ${second}`);
    }
  }
  assertEquals(texts(whole), MIXED.split(/\r?\n/));
});

Deno.test("LineSplitter agrees with a plain split of all text", () => {
  const random = seededRandom(1);
  const alphabet = ["\n", "\n", "\r\n", "\r", "a", "xyz", "é", "€", "𝄞", ""];
  for (let round = 0; round < 500; round++) {
    const text = Array.from(
      { length: random() * 60 },
      () => alphabet[Math.floor(random() * alphabet.length)],
    ).join("");
    const maxLength = 1 + Math.floor(random() * 12);
    const expected = text.split("\n").map((line, index, { length }) =>
      cut(index < length - 1 ? line.replace(/\r$/, "") : line, maxLength)
    );
    if (expected.at(-1) === "") expected.pop();
    const cuts = pieces(encoder.encode(text), random, 1 + random() * 9);
    assertEquals(
      texts(split(cuts, maxLength)),
      expected,
      JSON.stringify({ text, maxLength }),
    );
  }
});

/** Cuts a line to a length, or to one less if that splits a pair. */
function cut(line: string, length: number): string {
  if (line.length <= length) return line;
  return line.slice(0, length).replace(/[\ud800-\udbff]$/, "") + "…";
}

Deno.test("LineSplitter replaces invalid UTF-8 and goes on", () => {
  const bad = Uint8Array.of(0x61, 0xff, 0x62, 0x0a, 0xe2, 0x82, 0x0a, 0xf0);
  const expected = ["a\ufffdb", "\ufffd", "\ufffd"];
  for (let at = 0; at <= bad.length; at++) {
    const cut = [bad.subarray(0, at), bad.subarray(at)];
    assertEquals(texts(split(cut)), expected, `cut at ${at}`);
  }
});

Deno.test("LineSplitter cuts long lines", () => {
  const cases: [string[], string[]][] = [
    [["abc\n"], ["abc"]],
    [["abcd\n"], ["abc…"]],
    [["abc\r\n"], ["abc"]],
    [["abcd\r\nx\n"], ["abc…", "x"]],
    [["abc\r", "\nx\n"], ["abc", "x"]],
    [["abc\rd\nx"], ["abc…", "x"]],
    [["abc"], ["abc"]],
    [["abcd"], ["abc…"]], // as long as with a CR, though there is none
    [["abc", "d"], ["abc…"]],
    [["abc\r"], ["abc…"]],
    [["abcd", "\n", "x\n"], ["abc…", "x"]],
    [["ab", "cd", "ef", "gh\n", "x\n"], ["abc…", "x"]],
    [["abcdef", "ghi\nxy", "zw\n"], ["abc…", "xyz…"]],
    [["abcdef", "ghi"], ["abc…"]],
    [["ab😀\n"], ["ab…"]], // not half a pair
    [["a😀\n"], ["a😀"]],
    [["a😀", "😀😀\n"], ["a😀…"]],
    [["😀😀"], ["😀…"]],
  ];
  for (const [chunks, expected] of cases) {
    assertEquals(texts(split(chunks, 3)), expected, JSON.stringify(chunks));
  }
});

Deno.test("LineSplitter holds no more of a long line than its longest part", () => {
  const splitter = new LineSplitter("stdout", 100);
  const lines: Line[] = [];
  const chunk = chunkOf("x".repeat(1_000));
  for (let i = 0; i < 1_000; i++) splitter.push(chunk, lines);
  // The line is added once, as soon as it is too long.
  assertEquals(texts(lines), ["x".repeat(100) + "…"]);
  splitter.push(chunkOf("\nnext\n"), lines);
  assertEquals(texts(lines).slice(1), ["next"]);
});

Deno.test("LineSplitter ends a line with the run that wrote it", () => {
  const splitter = new LineSplitter("stderr", 1_000);
  const lines: Line[] = [];
  const half = encoder.encode("é").subarray(0, 1);
  splitter.push(chunkOf("a\nb", { time: 1, run: 1 }), lines);
  splitter.push(chunkOf(half, { time: 2, run: 1 }), lines);
  splitter.push(chunkOf("c\n", { time: 3, run: 2 }), lines);
  assertEquals(
    lines.map(({ source, text, time, run }) => [source, text, time, run]),
    [
      ["stderr", "a", 1, 1],
      ["stderr", "b\ufffd", 2, 1],
      ["stderr", "c", 3, 2],
    ],
  );
});

Deno.test("LineSplitter stops skipping a long line at the end of the run", () => {
  const splitter = new LineSplitter("stdout", 3);
  const lines: Line[] = [];
  splitter.push(chunkOf("abcdef"), lines);
  splitter.push(chunkOf("xy\n", { run: 2 }), lines);
  assertEquals(texts(lines), ["abc…", "xy"]);
});

Deno.test("LineReader.take() takes all lines at once", async () => {
  const reader = new LineReader(1_000);
  reader.push(chunkOf("a\nb\n"));
  reader.push(chunkOf("c\n", { source: "stderr" }));
  assertEquals(texts(await reader.take() ?? []), ["a", "b", "c"]);

  const taken = reader.take();
  reader.push(chunkOf("d"));
  reader.push(chunkOf("e\nf"));
  assertEquals(texts(await taken ?? []), ["de"]);

  reader.end();
  assertEquals(texts(await reader.take() ?? []), ["f"]);
  assertEquals(await reader.take(), undefined);
  assertEquals(await reader.take(), undefined);
});

Deno.test("LineReader keeps the sources apart", async () => {
  const reader = new LineReader(1_000);
  const pushed: [OutputSource, string][] = [
    ["stdout", "out"],
    ["stderr", "err\n"],
    ["stdout", "put\n"],
    ["stderr", "last"],
  ];
  for (const [source, text] of pushed) reader.push(chunkOf(text, { source }));
  reader.flush("stdout");
  reader.flush("stderr");
  const lines = await reader.take() ?? [];
  assertEquals(lines.map(({ source, text }) => [source, text]), [
    ["stderr", "err"],
    ["stdout", "output"],
    ["stderr", "last"],
  ]);
});

Deno.test("LineReader is full when many bytes have not been taken", async () => {
  const reader = new LineReader(1_000);
  const chunk = chunkOf("x".repeat(999) + "\n");
  for (let i = 0; i < 262; i++) reader.push(chunk);
  assert(!reader.full);
  reader.push(chunk);
  assert(reader.full);
  await reader.take();
  assert(!reader.full);
});

Deno.test("LineReader is not full while there is no line to take", async () => {
  const reader = new LineReader(1_048_576);
  const taken = reader.take();
  const chunk = chunkOf("x".repeat(65_536));
  for (let i = 0; i < 16; i++) {
    reader.push(chunk);
    assert(!reader.full, `after ${i} chunks`);
  }
  reader.push(chunkOf("\n"));
  assertEquals((await taken)?.[0]?.text.length, 1_048_576);
});

/** Yields batches of lines, one line per letter. */
async function* batchesOf(
  ...batches: string[]
): AsyncGenerator<Line[], void> {
  for (const batch of batches) {
    await Promise.resolve();
    yield split(batch.split(/(?<=.)/).map((letter) => `${letter}\n`));
  }
}

Deno.test("Lines iterates over single lines and batches", async () => {
  const lines = new Lines(() => batchesOf("ab", "c", "def"));
  assertEquals(await textsOf(lines), ["a", "b", "c", "d", "e", "f"]);
  const batches = await Array.fromAsync(lines.batches(), texts);
  assertEquals(batches, [["a", "b"], ["c"], ["d", "e", "f"]]);
});

Deno.test("Lines keeps the order of calls that do not wait", async () => {
  const lines = new Lines(() => batchesOf("ab", "c", "def"));
  const iterator = lines[Symbol.asyncIterator]();
  const calls = Array.from({ length: 8 }, () => iterator.next());
  const late = calls[0]?.then(() => iterator.next());
  const results = await Promise.all(calls);
  assertEquals(
    results.map(({ value }) => value?.text),
    ["a", "b", "c", "d", "e", "f", undefined, undefined],
  );
  assertEquals((await late)?.done, true);
});

Deno.test("Lines gives each concurrent call a line of its own", async () => {
  const random = seededRandom(2);
  const letters = "abcdefghijklmnopqrstuvwxyz";
  const lines = new Lines(() => batchesOf(...letters.match(/.{1,5}/g) ?? []));
  const iterator = lines[Symbol.asyncIterator]();
  const calls: ReturnType<typeof iterator.next>[] = [];
  while (calls.length < letters.length) {
    const call = iterator.next();
    calls.push(call);
    if (random() < 0.5) await calls[Math.floor(random() * calls.length)];
  }
  const results = await Promise.all(calls);
  assertEquals(results.map(({ value }) => value?.text).join(""), letters);
});

Deno.test("Lines ends when a loop over it is left", async () => {
  let left = false;
  const lines = new Lines(async function* () {
    try {
      yield* batchesOf("ab", "cd");
    } finally {
      left = true;
    }
  });
  for await (const { text } of lines) if (text === "a") break;
  assert(left);

  const iterator = lines[Symbol.asyncIterator]();
  await iterator.next();
  assertEquals(await iterator.return?.(), { done: true, value: undefined });
  assertEquals(await iterator.next(), { done: true, value: undefined });
});

Deno.test("Lines gives each reader all lines", async () => {
  const lines = new Lines(() => batchesOf("ab", "cd"));
  assertEquals(await Promise.all([textsOf(lines), textsOf(lines)]), [
    ["a", "b", "c", "d"],
    ["a", "b", "c", "d"],
  ]);
});
