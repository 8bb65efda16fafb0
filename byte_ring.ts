/**
 * A buffer of the newest bytes of an output.
 *
 * @module
 */

import type { Chunk, OutputSource } from "./lines.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/**
 * The maximum size of a segment that small chunks are copied into, in bytes.
 */
const GATHER_BYTES = 16_384;

/** The minimum size of such a segment, in bytes. */
const FIRST_BYTES = 256;

/** How many buffers are kept for later use. */
const SPARES = 2;

/** Consecutive bytes, and marks that say where they come from. */
interface Segment {
  readonly bytes: Bytes;
  used: number;
  readonly marks: Mark[];
}

/**
 * When the bytes from `at` to the next mark arrived, and which run wrote them.
 */
type Mark = Omit<Chunk, "source" | "bytes"> & { readonly at: number };

/** Buffers the newest bytes of an output, and drops older ones. */
export class ByteRing {
  /**
   * The position of the first buffered byte, counted from the first byte added.
   */
  start = 0;
  /** The number of bytes that have been added. */
  end = 0;
  readonly #segments: Segment[] = [];
  /** The position of the first byte of the first segment. */
  #first = 0;
  readonly #spares: Bytes[] = [];

  /** Creates a ring for the newest `bufferBytes` bytes of an output. */
  constructor(readonly source: OutputSource, readonly bufferBytes: number) {}

  /**
   * Adds a chunk.
   *
   * @param chunk The chunk. Without `buffer`, the ring copies its bytes.
   * @param buffer A buffer that starts with the bytes; the ring takes it over.
   */
  add(chunk: Chunk, buffer?: Bytes): void {
    this.end += chunk.bytes.length;
    this.start = Math.max(this.start, this.end - this.bufferBytes);
    this.#trim();
    if (buffer !== undefined) this.#takeOver(chunk, buffer);
    else this.#copy(chunk);
  }

  /** Removes the newest spare buffer; returns it if it has the given size. */
  takeSpare(size: number): Bytes | undefined {
    const spare = this.#spares.pop();
    return spare?.length === size ? spare : undefined;
  }

  /**
   * Lists the buffered bytes from a position on. The caller must use them at
   * once, because the ring reuses their buffers.
   */
  *chunks(from: number = this.start): Generator<Chunk> {
    let position = this.#first;
    const first = Math.max(from, this.start);
    for (const { bytes, used, marks } of this.#segments) {
      for (const [index, { at, ...note }] of marks.entries()) {
        const end = marks[index + 1]?.at ?? used;
        const start = Math.max(at, first - position);
        if (start >= end) continue;
        const part = bytes.subarray(start, end);
        yield { source: this.source, bytes: part, ...note };
      }
      position += used;
    }
  }

  #takeOver(chunk: Chunk, buffer: Bytes): void {
    if (this.bufferBytes === 0) return this.#spare(buffer);
    const used = chunk.bytes.length;
    if (this.#segments.length === 0) this.#first = this.end - used;
    this.#segments.push({ bytes: buffer, used, marks: [mark(chunk, 0)] });
  }

  /** Copies a chunk to the end of the buffered bytes. */
  #copy(chunk: Chunk): void {
    if (this.bufferBytes === 0) return;
    let bytes = chunk.bytes.subarray(-this.bufferBytes);
    if (this.#segments.length === 0) this.#first = this.end - bytes.length;
    while (bytes.length > 0) {
      const last = this.#lastWithRoom();
      const part = bytes.subarray(0, last.bytes.length - last.used);
      last.bytes.set(part, last.used);
      const note = last.marks.at(-1);
      if (
        note?.time !== chunk.time || note.order !== chunk.order ||
        note.run !== chunk.run || note.aside !== chunk.aside
      ) last.marks.push(mark(chunk, last.used));
      last.used += part.length;
      bytes = bytes.subarray(part.length);
    }
  }

  /** Returns the last segment, or a new one if the last segment is full. */
  #lastWithRoom(): Segment {
    const last = this.#segments.at(-1);
    if (last && last.used < last.bytes.length) return last;
    const buffered = this.end - this.start;
    const size = Math.max(FIRST_BYTES, Math.min(GATHER_BYTES, buffered));
    const bytes = this.takeSpare(size) ?? new Uint8Array(size);
    const segment: Segment = { bytes, used: 0, marks: [] };
    this.#segments.push(segment);
    return segment;
  }

  /** Drops each segment whose bytes are all before the start. */
  #trim(): void {
    let first: Segment | undefined;
    while (
      (first = this.#segments[0]) !== undefined &&
      this.#first + first.used <= this.start
    ) {
      this.#segments.shift();
      this.#first += first.used;
      this.#spare(first.bytes);
    }
  }

  /** Keeps a buffer for later use, which is cheaper than allocating one. */
  #spare(bytes: Bytes): void {
    if (this.#spares.push(bytes) > SPARES) this.#spares.shift();
  }
}

function mark({ time, run, order, aside }: Chunk, at: number): Mark {
  return { at, time, run, order, aside };
}
