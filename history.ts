/**
 * The newest bytes of a source, in little memory.
 *
 * @module
 */

import type { Chunk, OutputSource } from "./lines.ts";

/** The largest segment that small chunks are gathered in. */
const GATHER_BYTES = 4096;

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
export class History {
  /** How many bytes there were before the first that is kept. */
  start = 0;
  /** How many bytes there have been. */
  end = 0;
  #segments: Segment[] = [];
  #held = 0;
  #spare: Uint8Array<ArrayBuffer> | undefined;

  /** Creates a history that keeps the newest `keepBytes` bytes of a source. */
  constructor(readonly source: OutputSource, readonly keepBytes: number) {}

  /**
   * Adds a chunk.
   *
   * @param chunk The chunk; its bytes are copied unless they are given away.
   * @param buffer What the bytes are the beginning of, to be given away.
   */
  add(chunk: Chunk, buffer?: Uint8Array<ArrayBuffer>): void {
    const { bytes } = chunk;
    this.end += bytes.length;
    if (buffer !== undefined) {
      this.#segments.push({
        bytes: buffer,
        used: bytes.length,
        marks: [mark(chunk, 0)],
      });
      this.#held += bytes.length;
    } else if (this.keepBytes > 0) {
      this.#gather(chunk);
    }
    this.#trim();
  }

  /** Takes a buffer that is not needed any more, if it is of this size. */
  takeSpare(size: number): Uint8Array<ArrayBuffer> | undefined {
    const spare = this.#spare;
    this.#spare = undefined;
    return spare?.length === size ? spare : undefined;
  }

  /** Lists what is kept from a position on; the bytes must be used at once. */
  *chunks(from: number = this.start): Generator<Chunk> {
    let position = this.end - this.#held;
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

  /** Copies small chunks one behind the other. */
  #gather(chunk: Chunk): void {
    let bytes = chunk.bytes.subarray(-this.keepBytes);
    while (bytes.length > 0) {
      let last = this.#segments.at(-1);
      if (last === undefined || last.used === last.bytes.length) {
        const size = Math.max(
          FIRST_BYTES,
          Math.min(GATHER_BYTES, this.end - this.start),
        );
        last = { bytes: new Uint8Array(size), used: 0, marks: [] };
        this.#segments.push(last);
      }
      const part = bytes.subarray(0, last.bytes.length - last.used);
      last.bytes.set(part, last.used);
      const note = last.marks.at(-1);
      if (
        note?.time !== chunk.time || note.order !== chunk.order ||
        note.run !== chunk.run
      ) last.marks.push(mark(chunk, last.used));
      last.used += part.length;
      this.#held += part.length;
      bytes = bytes.subarray(part.length);
    }
  }

  #trim(): void {
    this.start = Math.max(this.start, this.end - this.keepBytes);
    let first: Segment | undefined;
    while (
      (first = this.#segments[0]) !== undefined &&
      this.#held - first.used >= this.end - this.start
    ) {
      this.#segments.shift();
      this.#held -= first.used;
      this.#spare = first.bytes;
    }
  }
}

function mark({ time, run, order }: Chunk, at: number): Mark {
  return { at, time, run, order };
}
