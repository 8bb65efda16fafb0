/**
 * Writes whole lines to a terminal or a pipe.
 *
 * @module
 */

import type { Clock } from "./kernel.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** How many bytes to write at once. A pipe takes all of them or none. */
const WRITE_BYTES = 4096;

const LF = 10;

/** Time before the next attempt when the terminal is full, in milliseconds. */
const BUSY_MS = 5;

/** A stream such as the stdout of this program. */
export interface Stream {
  /** Writes some of the bytes, and returns how many. */
  write(bytes: Bytes): Promise<number>;
}

/** A stream to which whole lines are written. */
export class Destination {
  readonly #stream: Stream;
  readonly #clock: Clock;
  /** How many bytes to write at once; a line can be longer. */
  #most = WRITE_BYTES;

  /** Creates a destination; nothing is written yet. */
  constructor(stream: Stream, clock: Clock) {
    this.#stream = stream;
    this.#clock = clock;
  }

  /**
   * Writes lines, and waits while the stream is full.
   *
   * @param lines The lines, each with its line break.
   * @param failed Called with the error if the stream cannot be written.
   * @returns The bytes that were not written; empty on success.
   */
  async write(
    lines: Bytes,
    failed: (error: unknown) => void,
  ): Promise<Bytes> {
    let rest = lines;
    while (rest.length > 0) {
      const part = rest.subarray(0, fitting(rest, this.#most));
      try {
        // Not `writeSync()`: a paused terminal must not block this program.
        rest = rest.subarray(await this.#stream.write(part));
      } catch (error) {
        if (!(error instanceof Deno.errors.WouldBlock)) {
          failed(error);
          break;
        }
        // The terminal can have taken a part of the bytes, which is then
        // printed twice. From now on, each write is one line, so such a part is
        // less than a line.
        this.#most = 1;
        await this.#clock.delay(BUSY_MS);
      }
    }
    return rest;
  }
}

/**
 * Returns the length of the lines that fit into `most` bytes. If no line fits,
 * returns the length of the first one, up to `WRITE_BYTES`.
 */
function fitting(text: Uint8Array, most: number): number {
  if (text.length <= most) return text.length;
  const lines = text.lastIndexOf(LF, most - 1) + 1 || text.indexOf(LF) + 1;
  return Math.min(lines, WRITE_BYTES);
}
