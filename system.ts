/**
 * The kernel of real programs: Deno's children, signals, clocks and chance.
 *
 * @module
 */

import { delay } from "@std/async/delay";
import type { Clock, DelayOptions } from "./kernel.ts";

/** The longest time that a timer can run, in milliseconds: 24 days. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** The clocks and timers of Deno. */
export const systemClock: Clock = {
  now: () => performance.now(),
  time: () => Date.now(),
  delay: (ms, { signal, persistent = true }: DelayOptions = {}) =>
    persistent ? wait(ms, signal) : waitUnnoticed(ms, signal),
};

async function wait(ms: number, signal?: AbortSignal): Promise<void> {
  const options = signal === undefined ? {} : { signal };
  try {
    for (let rest = ms; rest > 0; rest -= LONGEST_TIMER_MS) {
      await delay(Math.min(rest, LONGEST_TIMER_MS), options);
    }
    if (ms <= 0) await delay(0, options);
  } catch {
    // The signal was aborted.
  }
}

/**
 * Waits without keeping the program alive, and without a timer: Deno takes some
 * milliseconds to load its timers when the first one is set.
 */
function waitUnnoticed(ms: number, signal?: AbortSignal): Promise<void> {
  const cell = new Int32Array(new SharedArrayBuffer(4));
  const { promise, resolve } = Promise.withResolvers<void>();
  const wake = () => void Atomics.notify(cell, 0);
  signal?.addEventListener("abort", wake, { once: true });
  const waited = Atomics.waitAsync(cell, 0, 0, signal?.aborted ? 0 : ms).value;
  Promise.resolve(waited).then(() => {
    signal?.removeEventListener("abort", wake);
    resolve();
  });
  return promise;
}
