/**
 * The newest bytes of a source, in little memory.
 *
 * @module
 */

import type { Chunk, OutputSource } from "./lines.ts";

/** The largest segment that small chunks are gathered in. */
const GATHER_BYTES = 16_384;

/** How many buffers are kept to be used again. */
const SPARES = 2;

/** The smallest one. */
const FIRST_BYTES = 256;

/** Some bytes in a row, with notes where they come from. */
interface Segment {
  readonly bytes: Uint8Array<ArrayBuffer>;
  used: number;
  readonly marks: Mark[];
}

/** From here on, until the next mark, this is when and by whom it was written. */
type Mark = Omit<Chunk, "source" | "bytes"> & { readonly at: number };

/** The newest bytes of a source; older ones are dropped. */
export class ByteRing {
  /** How many bytes there were before the first that is kept. */
  start = 0;
  /** How many bytes there have been. */
  end = 0;
  #segments: Segment[] = [];
  /** How many bytes there were before the first segment. */
  #before = 0;
  readonly #spares: Uint8Array<ArrayBuffer>[] = [];

  /** Creates a history that keeps the newest `bufferBytes` bytes of a source. */
  constructor(readonly source: OutputSource, readonly bufferBytes: number) {}

  /**
   * Adds a chunk.
   *
   * @param chunk The chunk; its bytes are copied unless they are given away.
   * @param buffer What the bytes are the beginning of, to be given away.
   */
  add(chunk: Chunk, buffer?: Uint8Array<ArrayBuffer>): void {
    this.end += chunk.bytes.length;
    this.start = Math.max(this.start, this.end - this.bufferBytes);
    this.#trim();
    if (buffer !== undefined) this.#keep(chunk, buffer);
    else this.#gather(chunk);
  }

  /** Takes a buffer that is not needed any more, if it is of this size. */
  takeSpare(size: number): Uint8Array<ArrayBuffer> | undefined {
    const spare = this.#spares.pop();
    return spare?.length === size ? spare : undefined;
  }

  /** Lists what is kept from a position on; the bytes must be used at once. */
  *chunks(from: number = this.start): Generator<Chunk> {
    let position = this.#before;
    const first = Math.max(from, this.start);
    for (const { bytes, used, marks } of this.#segments) {
      for (const [index, { at, time, run, order }] of marks.entries()) {
        const end = marks[index + 1]?.at ?? used;
        const start = Math.max(at, first - position);
        if (start >= end) continue;
        const part = bytes.subarray(start, end);
        yield { source: this.source, bytes: part, time, run, order };
      }
      position += used;
    }
  }

  /** Takes a buffer over. */
  #keep(chunk: Chunk, buffer: Uint8Array<ArrayBuffer>): void {
    if (this.bufferBytes === 0) return this.#spare(buffer);
    const used = chunk.bytes.length;
    if (this.#segments.length === 0) this.#before = this.end - used;
    this.#segments.push({ bytes: buffer, used, marks: [mark(chunk, 0)] });
  }

  /** Copies chunks one behind the other. */
  #gather(chunk: Chunk): void {
    if (this.bufferBytes === 0) return;
    let bytes = chunk.bytes.subarray(-this.bufferBytes);
    if (this.#segments.length === 0) this.#before = this.end - bytes.length;
    while (bytes.length > 0) {
      const last = this.#room();
      const part = bytes.subarray(0, last.bytes.length - last.used);
      last.bytes.set(part, last.used);
      const note = last.marks.at(-1);
      if (
        note?.time !== chunk.time || note.order !== chunk.order ||
        note.run !== chunk.run
      ) last.marks.push(mark(chunk, last.used));
      last.used += part.length;
      bytes = bytes.subarray(part.length);
    }
  }

  /** Returns a segment that is not full. */
  #room(): Segment {
    const last = this.#segments.at(-1);
    if (last && last.used < last.bytes.length) return last;
    const kept = this.end - this.start;
    const size = Math.max(FIRST_BYTES, Math.min(GATHER_BYTES, kept));
    const bytes = this.takeSpare(size) ?? new Uint8Array(size);
    const segment: Segment = { bytes, used: 0, marks: [] };
    this.#segments.push(segment);
    return segment;
  }

  /** Drops the segments of which nothing is kept. */
  #trim(): void {
    let first: Segment | undefined;
    while (
      (first = this.#segments[0]) !== undefined &&
      this.#before + first.used <= this.start
    ) {
      this.#segments.shift();
      this.#before += first.used;
      this.#spare(first.bytes);
    }
  }

  /** Keeps a buffer to be used again, which costs less than a new one. */
  #spare(bytes: Uint8Array<ArrayBuffer>): void {
    if (this.#spares.push(bytes) > SPARES) this.#spares.shift();
  }
}

function mark({ time, run, order }: Chunk, at: number): Mark {
  return { at, time, run, order };
}
