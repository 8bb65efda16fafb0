import { assert, assertEquals } from "@std/assert";
import { ByteRing } from "./byte_ring.ts";
import type { Chunk } from "./lines.ts";
import { seededRandom } from "./testing/mod.ts";
import { pieces } from "./tools/testing.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** Returns a chunk of stdout. */
function chunkOf(bytes: Bytes, facts: Partial<Chunk> = {}): Chunk {
  return { source: "stdout", bytes, time: 1, run: 1, order: 1, ...facts };
}

/** Copies bytes to the beginning of a buffer, and returns both. */
function inBuffer(
  bytes: Bytes,
  size: number,
): [Bytes, Bytes] {
  const buffer = new Uint8Array(size);
  buffer.set(bytes);
  return [buffer.subarray(0, bytes.length), buffer];
}

/** Returns all bytes of chunks. */
function joined(chunks: Iterable<Chunk>): number[] {
  return Array.from(chunks).flatMap(({ bytes }) => [...bytes]);
}

/** Returns random bytes. */
function randomBytes(
  length: number,
  random: () => number,
): Bytes {
  return Uint8Array.from({ length }, () => Math.floor(random() * 256));
}

for (const bufferBytes of [0, 1, 7, 256, 1_000, 4_096, 10_007, 1_000_000]) {
  Deno.test(`ByteRing buffers exactly the newest ${bufferBytes} bytes`, () => {
    const random = seededRandom(bufferBytes);
    const all = randomBytes(60_000, random);
    const ring = new ByteRing("stdout", bufferBytes);
    let added = 0;
    for (const part of pieces(all, random, 5_000)) {
      // Some are copied, others are given away in a buffer at least half full.
      if (random() < 0.5) {
        const [bytes, buffer] = inBuffer(part, part.length * (1 + random()));
        ring.add(chunkOf(bytes), buffer);
      } else {
        ring.add(chunkOf(part));
        part.fill(0); // its buffer is used again
      }
      added += part.length;
      assertEquals(ring.end, added);
      assertEquals(ring.start, Math.max(0, added - bufferBytes));
      const expected = all.subarray(ring.start, added);
      assertEquals(joined(ring.chunks()), [...expected]);
    }
  });
}

Deno.test("ByteRing gathers bytes that come one at a time", () => {
  const random = seededRandom(1);
  const all = randomBytes(3_000, random);
  const ring = new ByteRing("stdout", 100);
  for (const byte of all) ring.add(chunkOf(Uint8Array.of(byte)));
  assertEquals(joined(ring.chunks()), [...all.subarray(-100)]);
  assertEquals([...ring.chunks()].length <= 2, true);
});

Deno.test("ByteRing lists the buffered bytes from any position on", () => {
  const random = seededRandom(2);
  const all = randomBytes(2_000, random);
  const ring = new ByteRing("stdout", 1_500);
  for (const part of pieces(all, random, 300)) {
    const [bytes, buffer] = inBuffer(part, 300);
    ring.add(chunkOf(bytes), part.length > 150 ? buffer : undefined);
  }
  for (const from of [0, 499, 500, 501, 750, 1_234, 1_999, 2_000, 9_999]) {
    const expected = all.subarray(Math.max(from, 500));
    assertEquals(joined(ring.chunks(from)), [...expected], `from ${from}`);
  }
});

Deno.test("ByteRing notes when and by which run each byte was written", () => {
  const random = seededRandom(3);
  const ring = new ByteRing("stderr", 2_000);
  const notes: string[] = [];
  for (let i = 0; i < 500; i++) {
    const part = randomBytes(1 + Math.floor(random() * 40), random);
    const facts = {
      time: Math.floor(i / 5),
      run: Math.floor(i / 50),
      order: Math.floor(i / 3),
    };
    const [bytes, buffer] = inBuffer(part, 64);
    const given = random() < 0.3 ? buffer : undefined;
    ring.add(chunkOf(bytes, facts), given);
    const { time, run, order } = facts;
    for (const byte of part) notes.push(`${byte} ${time} ${run} ${order}`);
  }
  const kept = [...ring.chunks()];
  const noted = kept.flatMap(({ bytes, time, run, order }) =>
    Array.from(bytes, (byte) => `${byte} ${time} ${run} ${order}`)
  );
  assertEquals(noted, notes.slice(-2_000));
  assert(kept.every(({ source }) => source === "stderr"));
});

Deno.test("ByteRing hands out a buffer that is no longer in use", () => {
  const ring = new ByteRing("stdout", 10);
  const [first, buffer] = inBuffer(new Uint8Array(12), 16);
  ring.add(chunkOf(first), buffer);
  assertEquals(ring.takeSpare(16), undefined); // still in use
  ring.add(...givenAway(16));
  assertEquals(ring.takeSpare(16), buffer);
  assertEquals(ring.takeSpare(16), undefined); // only once
  ring.add(...givenAway(16));
  assertEquals(ring.takeSpare(32), undefined); // of another size
});

/** Returns a chunk that fills a buffer, and the buffer. */
function givenAway(size: number): [Chunk, Bytes] {
  const buffer = new Uint8Array(size);
  return [chunkOf(buffer), buffer];
}

Deno.test("ByteRing never hands out a buffer that holds buffered bytes", () => {
  const random = seededRandom(4);
  const ring = new ByteRing("stdout", 1_000);
  const all: number[] = [];
  for (let i = 0; i < 2_000; i++) {
    const buffer = ring.takeSpare(64) ?? new Uint8Array(64);
    const part = randomBytes(1 + Math.floor(random() * 64), random);
    buffer.set(part);
    const large = part.length >= 32;
    const bytes = buffer.subarray(0, part.length);
    ring.add(chunkOf(bytes), large ? buffer : undefined);
    all.push(...part);
  }
  assertEquals(joined(ring.chunks()), all.slice(-1_000));
});

Deno.test("ByteRing takes little more memory than the buffered bytes", () => {
  const cases: [number, number, number, number][] = [
    // bufferBytes, bytes of a chunk, times, most memory
    [0, 100, 1_000, 0],
    [1, 100, 1_000, 256],
    [65_536, 1, 200_000, 65_536 + 16_384],
    [65_536, 5_000, 1_000, 65_536 + 16_384],
    [65_536, 10, 20, 256],
    [65_536, 10, 200, 4_096],
  ];
  for (const [bufferBytes, length, times, most] of cases) {
    const ring = new ByteRing("stdout", bufferBytes);
    const chunk = chunkOf(new Uint8Array(length));
    for (let i = 0; i < times; i++) ring.add(chunk);
    const buffers = new Set(
      Array.from(ring.chunks(), ({ bytes }) => bytes.buffer),
    );
    const memory = [...buffers]
      .reduce((sum, { byteLength }) => sum + byteLength, 0);
    assert(memory <= most, `${memory} bytes to buffer ${bufferBytes}`);
  }
});

Deno.test("ByteRing takes at most twice the memory for buffers that are given away", () => {
  const ring = new ByteRing("stdout", 65_536);
  for (let i = 0; i < 1_000; i++) {
    const buffer = new Uint8Array(16_384);
    ring.add(chunkOf(buffer.subarray(0, 8_192)), buffer);
  }
  const buffers = new Set(
    Array.from(ring.chunks(), ({ bytes }) => bytes.buffer),
  );
  assertEquals(buffers.size * 16_384, 2 * 65_536);
});
