/**
 * Reads one output of a run, in chunks that grow with the traffic, and for a
 * limited time once the run has ended.
 *
 * @module
 */

import type { Clock } from "./kernel.ts";

/** How long output is read after the end of a run, in milliseconds. */
export const DRAIN_MS = 250;

/** Time without a byte after which an output is quiet, in milliseconds. */
const QUIET_MS = 2;

/** The maximum capacity of a pipe, in bytes. */
export const PIPE_BYTES: number = 1024 * 1024;

/**
 * How bytes are used: drained without a reader, read as a stream, or split into
 * lines.
 */
export type Use = "drained" | "streamed" | "split";

/** How many bytes to read at once while the output is quiet. */
const LEAST_BYTES = 1_024;

/**
 * How many bytes to read at once when the output is busy. If the output is only
 * drained, the child can continue to write while a quarter of its pipe is read.
 * Streams and lines have a cost per chunk, so their chunks are larger.
 */
const MOST_BYTES: Readonly<Record<Use, number>> = {
  drained: 16_384,
  streamed: 32_768,
  split: 65_536,
};

/** The receiver of the bytes of a pump. */
export interface Sink {
  /**
   * Returns whether the pump has to wait. The sink calls {@linkcode Pump.wake}
   * after each change that can end the wait.
   */
  full(): boolean;
  /** Returns a buffer of the given size for the next bytes. */
  buffer(size: number): Uint8Array<ArrayBuffer>;
  /**
   * Takes over bytes that start at the beginning of their buffer.
   *
   * @returns The current use of the bytes.
   */
  deliver(bytes: Uint8Array<ArrayBuffer>): Use;
  /** Called when no more bytes follow. */
  close(): void;
}

/** Why an output could not be read to its end. */
export interface PumpFailure {
  /** What the stream or the sink threw, which can be any value. */
  readonly cause: unknown;
}

/** Reads one output of a run. */
export class Pump {
  /**
   * Resolves when the last bytes have been delivered: with a failure if the
   * output could not be read to its end. Never rejects.
   */
  readonly done: Promise<PumpFailure | undefined>;
  readonly #sink: Sink;
  readonly #clock: Clock;
  readonly #reader: ReadableStreamBYOBReader;
  #ended = false;
  /** Whether this pump has abandoned a pipe that another process holds open. */
  #left = false;
  /** The number of bytes that have been delivered. */
  #delivered = 0;
  /**
   * While fewer bytes than this have been delivered, a full sink is ignored.
   */
  #ignoreFullUntil = 0;
  /** Present while the pump waits for the sink. */
  #room: PromiseWithResolvers<void> | undefined;
  /** Ends the delays of `drain()`; present after a call of `drain()`. */
  #draining: AbortController | undefined;

  /** Starts to read a stream. */
  constructor(
    sink: Sink,
    stream: ReadableStream<Uint8Array<ArrayBuffer>>,
    clock: Clock,
  ) {
    this.#sink = sink;
    this.#clock = clock;
    this.#reader = stream.getReader({ mode: "byob" });
    this.done = this.#read();
  }

  /** Whether the last bytes have been delivered. */
  get ended(): boolean {
    return this.#ended;
  }

  /** Makes the pump check again whether the sink is full. */
  wake(): void {
    this.#room?.resolve();
    this.#room = undefined;
  }

  /**
   * Reads what a run left in its pipe when it ended. If another process holds
   * the pipe open, the pump stops reading after a while.
   *
   * @param ifHeld Called in that case, and awaited before the pump stops
   * reading.
   * @returns A promise that resolves when `done` does.
   */
  drain(ifHeld?: () => Promise<unknown>): Promise<PumpFailure | undefined> {
    if (!this.#ended) this.#leaveLater(ifHeld);
    return this.done;
  }

  /**
   * Stops reading after `DRAIN_MS`, as soon as the output is quiet or a limit
   * is reached.
   */
  async #leaveLater(ifHeld?: () => Promise<unknown>): Promise<void> {
    const clock = this.#clock;
    const { signal } = this.#draining = new AbortController();
    const latest = clock.now() + 2 * DRAIN_MS;
    this.#ignoreFull(this.#delivered + PIPE_BYTES);
    await clock.delay(DRAIN_MS, { signal });
    const mostBytes = this.#delivered + PIPE_BYTES;
    let before = -1;
    while (
      this.#delivered !== before && this.#delivered <= mostBytes &&
      clock.now() <= latest
    ) {
      before = this.#delivered;
      await clock.delay(QUIET_MS, { signal });
    }
    if (signal.aborted) return;
    await ifHeld?.().catch(() => {});
    this.#left = true;
    this.#cancel();
    this.#ignoreFull(Infinity);
  }

  #ignoreFull(untilBytes: number): void {
    this.#ignoreFullUntil = untilBytes;
    this.wake();
  }

  async #read(): Promise<PumpFailure | undefined> {
    let failure: PumpFailure | undefined;
    try {
      await this.#deliverAll();
    } catch (cause) {
      if (!this.#left) failure = { cause };
      // If the sink has failed, nothing else would read the output of the
      // child.
      this.#cancel();
    }
    this.#ended = true;
    this.#draining?.abort();
    this.#sink.close();
    return failure;
  }

  /** Delivers the output of the child, until nothing more follows. */
  async #deliverAll(): Promise<void> {
    const sink = this.#sink;
    let size = LEAST_BYTES;
    while (true) {
      while (sink.full() && this.#delivered >= this.#ignoreFullUntil) {
        this.#room ??= Promise.withResolvers();
        await this.#room.promise;
      }
      const read = await this.#reader.read(sink.buffer(size));
      if (read.done) return;
      const { length } = read.value;
      this.#delivered += length;
      const use = sink.deliver(read.value);
      if (length === size) size *= 4;
      else if (length < size / 4) size = Math.max(size / 4, LEAST_BYTES);
      size = Math.min(size, MOST_BYTES[use]);
    }
  }

  #cancel(): void {
    this.#reader.cancel().catch(() => {});
  }
}
