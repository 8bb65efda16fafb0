/**
 * A clock that stands still until a test moves it.
 *
 * @module
 */

import type { Clock, DelayOptions } from "../mod.ts";
import { must, number, optionsAmong } from "./arguments.ts";

/** A wait that is not over. */
interface Timer {
  readonly at: number;
  readonly resolve: () => void;
}

/**
 * A clock that stands still until a test moves it. Waits that end at the same
 * time end in the order in which they began.
 * @example
 * ```ts
 * import { VirtualClock } from "@isbm/processman/testing";
 * import { assertEquals } from "@std/assert";
 *
 * const clock = new VirtualClock();
 * let over = false;
 * clock.delay(60_000).then(() => over = true);
 * await clock.advance(59_999);
 * assertEquals(over, false);
 * await clock.advance(1);
 * assertEquals(over, true);
 * ```
 */
export class VirtualClock implements Clock {
  readonly #epoch: number;
  /** The waits, in the order in which they began. */
  readonly #timers = new Set<Timer>();
  #now = 0;

  /**
   * Creates a clock.
   *
   * @param epoch The initial value of `time()`, in milliseconds since the
   * epoch.
   * @throws {TypeError} If `epoch` is not a number.
   * @throws {RangeError} If `epoch` is not finite.
   */
  constructor(epoch: number = Date.UTC(2030, 0, 1)) {
    number(epoch, "epoch", "a finite number", Number.isFinite);
    this.#epoch = epoch;
  }

  /** Returns how far the clock has been moved, in milliseconds. */
  now(): number {
    return this.#now;
  }

  /** Returns the time in milliseconds since the epoch. */
  time(): number {
    return this.#epoch + this.#now;
  }

  /**
   * Waits until the clock has been moved by a time, or the signal is aborted.
   * Never rejects.
   *
   * @param ms The time in milliseconds. A negative time is over at once.
   * @param options The signal. A wait never keeps the program alive.
   * @throws {TypeError} If an argument has a wrong type.
   * @throws {RangeError} If `ms` is `NaN`.
   */
  delay(ms: number, options: DelayOptions = {}): Promise<void> {
    number(
      ms,
      "ms",
      "a number other than NaN",
      (value) => !Number.isNaN(value),
    );
    optionsAmong(options, "options", ["signal", "persistent"]);
    const { signal } = options;
    if (signal !== undefined) {
      const right = signal instanceof AbortSignal;
      must(right, "signal", "an AbortSignal", signal);
    }
    if (signal?.aborted) return Promise.resolve();
    const { promise, resolve } = Promise.withResolvers<void>();
    const end = () => {
      this.#timers.delete(timer);
      signal?.removeEventListener("abort", end);
      resolve();
    };
    const timer: Timer = { at: this.#now + Math.max(0, ms), resolve: end };
    this.#timers.add(timer);
    signal?.addEventListener("abort", end, { once: true });
    return promise;
  }

  /** The number of waits that are not over. */
  get pending(): number {
    return this.#timers.size;
  }

  /**
   * Moves the clock forward. Each wait on the way ends at its own time, and the
   * code after the wait runs before the clock moves on.
   *
   * @param ms How far to move the clock, in milliseconds.
   * @returns A promise that resolves when the clock has been moved. It rejects
   * with a `TypeError` or a `RangeError` if `ms` is not a finite number >= 0.
   */
  async advance(ms: number): Promise<void> {
    number(
      ms,
      "ms",
      "a finite number >= 0",
      (value) => value >= 0 && value < Infinity,
    );
    const end = this.#now + ms;
    await this.settle();
    for (
      let timer = this.#next();
      timer !== undefined && timer.at <= end;
      timer = this.#next()
    ) {
      this.#now = timer.at;
      timer.resolve();
      await this.settle();
    }
    this.#now = end;
  }

  /**
   * Moves the clock from wait to wait until a promise has settled.
   *
   * @param promise The promise.
   * @param maxMs The maximum time to move the clock, in milliseconds; by
   * default, one day.
   * @returns A promise of the value of the promise. It rejects with what the
   * promise rejects with; with an `Error` if no timer is pending or the next one
   * ends after `maxMs`; and with a `TypeError` or a `RangeError` if an argument
   * is wrong.
   */
  async until<T>(promise: Promise<T>, maxMs: number = 86_400_000): Promise<T> {
    const thenable = promise as { then?: unknown } | null | undefined;
    const right = typeof thenable?.then === "function";
    must(right, "promise", "a promise", promise);
    number(maxMs, "maxMs", "a number >= 0", (value) => value >= 0);
    const end = this.#now + maxMs;
    let settled = false;
    const note = () => void (settled = true);
    promise.then(note, note);
    await this.settle();
    while (!settled) {
      const timer = this.#next();
      if (timer === undefined) {
        throw new Error("Cannot wait for the promise: no timer is pending");
      }
      if (timer.at > end) {
        throw new Error(
          `Cannot wait for the promise: it did not settle within ${maxMs} ms`,
        );
      }
      await this.advance(timer.at - this.#now);
    }
    return await promise;
  }

  /** Lets all code run that does not wait for the clock. */
  settle(): Promise<void> {
    return new Promise((resolve) => setImmediate(resolve));
  }

  /** Returns the wait that ends first. */
  #next(): Timer | undefined {
    let next: Timer | undefined;
    for (const timer of this.#timers) {
      if (next === undefined || timer.at < next.at) next = timer;
    }
    return next;
  }
}
