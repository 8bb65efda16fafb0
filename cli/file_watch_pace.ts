/**
 * When a process is restarted for changes of files, and when no more.
 *
 * @module
 */

import type { Clock } from "../mod.ts";

/** The longest wait for the end of changes, in milliseconds. */
const LONGEST_MS = 5_000;

/** What a process does to itself: how many rounds in a row tell it. */
const LOOP = {
  /** So many, if the changes come equally long after each start. */
  regular: 5,
  /** So many, if they come shortly after each start. */
  quick: 10,
  /** What is shortly, in milliseconds. */
  quickMs: 2_000,
  /** Later changes belong to no loop, in milliseconds. */
  longestMs: 60_000,
  /** By how much equal times can differ: milliseconds, or a share. */
  spreadMs: 300,
  spread: 0.2,
};

/** The files that have changed since the last restart. */
export interface Changes {
  /** The last of them that is new: editors write to others before it. */
  readonly path: string;
  /** How many there are. */
  readonly files: number;
}

/** Why changes restart a process no more. */
export interface Loop {
  /** A file that changed after the last start. */
  readonly path: string;
  /** How many starts in a row were followed by changes. */
  readonly rounds: number;
}

/** What a {@linkcode Pace} is made from. */
export interface PaceOptions {
  /** The clock. */
  readonly clock: Clock;
  /** How long nothing must have changed before the restart. */
  readonly debounceMs: number;
  /** Ends everything. */
  readonly signal: AbortSignal;
  /** Returns whether the process is to run. */
  readonly wanted: () => boolean;
  /**
   * Restarts the process.
   *
   * @returns A promise that resolves when the new run has begun.
   */
  readonly restart: (changes: Changes) => Promise<void>;
  /** Called when changes restart the process no more. */
  readonly paused: (loop: Loop) => void;
}

/** Turns the changes of files into restarts of a process. */
export class Pace {
  readonly #options: PaceOptions;
  readonly #paths = new Set<string>();
  /** How long after each start changes came, in the restarts in a row. */
  readonly #delays: number[] = [];
  #firstAt = 0;
  #lastAt = 0;
  #startedAt = -Infinity;
  #pausedBy: Loop | undefined;
  /** Present while changes are awaited, or the process is restarted. */
  #busy: Promise<void> | undefined;

  /** Creates one. */
  constructor(options: PaceOptions) {
    this.#options = options;
  }

  /** Why changes restart the process no more; `undefined` while they do. */
  get loop(): Loop | undefined {
    return this.#pausedBy;
  }

  /** Resolves when nothing is going on. */
  get idle(): Promise<void> {
    return this.#busy ?? Promise.resolve();
  }

  /** Takes note of a change of a file. */
  changed(path: string): void {
    const { clock, signal } = this.#options;
    if (signal.aborted || this.#pausedBy !== undefined) return;
    this.#lastAt = clock.now();
    if (this.#paths.size === 0) this.#firstAt = this.#lastAt;
    this.#paths.add(path);
    this.#busy ??= this.#follow().finally(() => this.#busy = undefined);
  }

  /** Takes note of the start of a run. */
  started(): void {
    this.#startedAt = this.#options.clock.now();
  }

  /** Begins anew: someone has looked after the process. */
  arm(): void {
    this.#pausedBy = undefined;
    this.#delays.length = 0;
  }

  /** Restarts the process until nothing changes any more. */
  async #follow(): Promise<void> {
    const { signal, wanted, restart } = this.#options;
    while (this.#paths.size > 0 && !signal.aborted) {
      await this.#untilQuiet();
      if (signal.aborted) return;
      const path = [...this.#paths].at(-1) ?? "";
      const changes = { path, files: this.#paths.size };
      this.#paths.clear();
      if (!wanted()) continue;
      if (this.#isLoop(path)) return;
      await restart(changes);
      this.started();
    }
  }

  /** Waits until nothing has changed for a while. */
  async #untilQuiet(): Promise<void> {
    const { clock, debounceMs, signal } = this.#options;
    while (!signal.aborted) {
      const latest = this.#firstAt + Math.max(LONGEST_MS, debounceMs);
      const end = Math.min(this.#lastAt + debounceMs, latest);
      const left = end - clock.now();
      if (left <= 0) return;
      await clock.delay(left, { signal, persistent: false });
    }
  }

  /** Decides whether the process causes the changes itself. */
  #isLoop(path: string): boolean {
    const delayMs = Math.max(0, this.#firstAt - this.#startedAt);
    if (delayMs > LOOP.longestMs) this.#delays.length = 0;
    else this.#delays.push(delayMs);
    this.#delays.splice(0, this.#delays.length - LOOP.quick);
    const rounds = loopIn(this.#delays);
    if (rounds === 0) return false;
    this.#pausedBy = { path, rounds };
    this.#options.paused(this.#pausedBy);
    return true;
  }
}

/**
 * Finds out whether a process changes the files that it is restarted for.
 * Someone who saves files often does not do so equally long after each start.
 *
 * @param delays How long after each start changes came, in milliseconds.
 * @returns How many of the last starts show it; 0 if it does not seem so.
 */
export function loopIn(delays: readonly number[]): number {
  const last = delays.slice(-LOOP.regular);
  const longest = Math.max(...last);
  const spread = longest - Math.min(...last);
  const regular = last.length === LOOP.regular &&
    spread <= Math.max(LOOP.spreadMs, LOOP.spread * longest);
  if (regular) return LOOP.regular;
  const quick = delays.slice(-LOOP.quick);
  return quick.length === LOOP.quick && Math.max(...quick) <= LOOP.quickMs
    ? LOOP.quick
    : 0;
}
