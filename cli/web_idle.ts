/**
 * When a web process in the background is not needed any more.
 *
 * @module
 */

/** How long it stays without a supervisor and without a visitor, in ms. */
export const IDLE_MS = 600_000;

/** How often it looks whether the supervisor runs, in milliseconds. */
const LOOK_MS = 10_000;

/** A clock, which a test replaces. */
export interface WebClock {
  /** Returns the time in milliseconds since the epoch. */
  now(): number;
  /** Waits for a time, or until a signal is aborted. Never rejects. */
  pause(ms: number, signal: AbortSignal): Promise<void>;
}

/** For how long there has been no supervisor, and nobody has looked. */
export class Idleness {
  #gone: number | undefined;
  #seen = -Infinity;

  /** Takes note that somebody looks. */
  seen(now: number): void {
    this.#seen = now;
  }

  /**
   * Takes note of whether a supervisor runs.
   *
   * @returns Whether there has been neither a supervisor nor a visitor for
   * {@linkcode IDLE_MS}.
   */
  isOver(running: boolean, now: number): boolean {
    if (running) {
      this.#gone = undefined;
      return false;
    }
    this.#gone ??= now;
    return now - Math.max(this.#gone, this.#seen) >= IDLE_MS;
  }
}

/**
 * Waits until a web process is not needed any more.
 *
 * @param idleness What it has taken note of.
 * @param running Finds out whether a supervisor runs.
 * @param clock The clock.
 * @param signal Ends the wait.
 */
export async function untilIdle(
  idleness: Idleness,
  running: () => Promise<boolean>,
  clock: WebClock,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    if (idleness.isOver(await running(), clock.now())) return;
    await clock.pause(LOOK_MS, signal);
  }
}
