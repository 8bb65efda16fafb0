/**
 * The time since the epoch with fractions of a millisecond.
 *
 * @module
 */

import type { Clock } from "../mod.ts";

/** By how much the time since the epoch can be rounded, in milliseconds. */
const ROUNDING_MS = 2;

/**
 * Tells the time since the epoch with fractions of a millisecond, which the
 * time of a clock may lack: a run can be shorter than that.
 */
export class ExactTime {
  readonly #clock: Clock;
  /** The time since the epoch when the monotonic clock began. */
  #began = -Infinity;

  /** Creates a clock on another one. */
  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Returns the present time, in milliseconds since the epoch. */
  now(): number {
    return this.at(this.ticks());
  }

  /** Returns the present time of the monotonic clock, in milliseconds. */
  ticks(): number {
    return this.#clock.now();
  }

  /** Returns the time since the epoch at a time of the monotonic clock. */
  at(ticks: number): number {
    const began = this.#clock.time() - this.#clock.now();
    // The time is rounded down, so the latest estimate is the best one. If it
    // is earlier by more than that, the time of the system has been changed.
    const changed = began < this.#began - ROUNDING_MS;
    if (began > this.#began || changed) this.#began = began;
    return ticks + this.#began;
  }
}

/** Returns a time as OpenTelemetry takes it: seconds and nanoseconds. */
export function hrTime(ms: number): [seconds: number, nanoseconds: number] {
  const seconds = Math.floor(ms / 1_000);
  return [seconds, Math.round((ms - seconds * 1_000) * 1_000_000)];
}
