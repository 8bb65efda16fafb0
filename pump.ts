/**
 * What reads one output of a run, as much at a time as there is traffic, and
 * not for ever if somebody else holds it open.
 *
 * @module
 */

import type { Output, Source } from "./output.ts";

/** How long output is read after the end of a run, in milliseconds. */
export const DRAIN_MS = 250;

/** How long it is then seen to be empty before it is left. */
const LAST_LOOK_MS = 2;

/** As much as a pipe can hold: what is read at most after the deadline. */
export const PIPE_BYTES: number = 1024 * 1024;

/**
 * How much is read at once: little while it is quiet, more when it is busy. A
 * child that is only drained goes on while a quarter of its pipe is read; what
 * has a price for each chunk comes in larger ones.
 */
const READ_BYTES = {
  least: 1_024,
  drained: 16_384,
  streamed: 32_768,
  split: 65_536,
};

/** Reads one output of a run. */
export class Pump {
  /** Resolves when all has been read that will be. Never rejects. */
  readonly done: Promise<void>;
  readonly #output: Output;
  readonly #source: Source;
  readonly #reader: ReadableStreamBYOBReader;
  /** Whether all has been read that will be. */
  ended = false;
  /**
   * How far it is read without regard to readers: what is in the pipe of a run
   * that is over waits for nobody.
   */
  #freely = 0;
  #latest = Infinity;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** Begins to read; `run` is the number of the run. */
  constructor(
    output: Output,
    source: Source,
    stream: ReadableStream<Uint8Array<ArrayBuffer>>,
    run: number,
  ) {
    this.#output = output;
    this.#source = source;
    this.#reader = stream.getReader({ mode: "byob" });
    this.done = this.#read(run);
  }

  /**
   * Notes that the run is over: other processes may hold its output open.
   *
   * @param held Is called if one does, before its output is left.
   */
  over(held: () => Promise<unknown> = () => Promise.resolve()): void {
    if (this.ended) return;
    this.#freely = this.#source.end + PIPE_BYTES;
    this.#latest = performance.now() + 2 * DRAIN_MS;
    this.#output.wake();
    this.#timer = setTimeout(
      () => this.#look(held, -1, this.#source.end + PIPE_BYTES),
      DRAIN_MS,
    );
  }

  /** Leaves when nothing has come since, or too much, or it took too long. */
  #look(held: () => Promise<unknown>, before: number, until: number): void {
    const { end } = this.#source;
    const late = end > until || performance.now() > this.#latest;
    if (end === before || late) {
      held().finally(() => this.#leave());
    } else {
      this.#timer = setTimeout(
        () => this.#look(held, end, until),
        LAST_LOOK_MS,
      );
    }
  }

  #leave(): void {
    this.#reader.cancel().catch(() => {});
    this.#freely = Infinity;
    this.#output.wake();
  }

  async #read(run: number): Promise<void> {
    const source = this.#source;
    const output = this.#output;
    try {
      let size = READ_BYTES.least;
      while (true) {
        while (output.full(source) && source.end >= this.#freely) {
          await output.roomMade();
        }
        const read = await this.#reader.read(source.buffer(size));
        if (read.done) break;
        const { length } = read.value; // before they are handed on
        output.deliver(source, read.value, size, run);
        if (length === size) size *= 4;
        else if (length < size / 4) size = Math.max(size / 4, READ_BYTES.least);
        size = Math.min(size, READ_BYTES[output.use(source)]);
      }
    } catch {
      // A pipe that cannot be read has nothing more to give.
    }
    this.ended = true;
    // Deno loads its timers when they are first touched, which takes 6 ms.
    if (this.#timer !== undefined) clearTimeout(this.#timer);
    output.emptied(source);
  }
}
