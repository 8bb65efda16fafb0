/**
 * What a supervisor knows about the schedules of its processes. What keeps them
 * is loaded only if there are some.
 *
 * @module
 */

import type { Schedules, ScheduleView } from "../control/mod.ts";

/** A schedule that is kept. */
interface Kept {
  readonly action: ScheduleView["action"];
  readonly next: number | undefined;
}

/** When entries run, or are restarted, by themselves. */
export class ScheduleBook implements Schedules {
  readonly #kept = new Map<string, Kept>();
  readonly #suspended = new Set<string>();

  /**
   * Whether something can still run by itself, or after somebody has started
   * its schedule again.
   */
  get awaitsRuns(): boolean {
    return [...this.#kept].some(([entry, { action, next }]) =>
      action === "run" && (next !== undefined || this.#suspended.has(entry))
    );
  }

  /** Returns when an entry runs, or is restarted, by itself. */
  of(entry: string): ScheduleView | undefined {
    const kept = this.#kept.get(entry);
    if (kept === undefined) return undefined;
    const { action, next = null } = kept;
    const suspended = action === "run" && this.#suspended.has(entry);
    return { action, next: suspended ? null : next, suspended };
  }

  /** Whether an entry has been stopped, so that it does not run by itself. */
  isSuspended(entry: string): boolean {
    return this.#suspended.has(entry);
  }

  /** Suspends what is stopped, and what is started goes on. */
  asked(what: "start" | "stop", entry: string): void {
    if (what === "start") this.#suspended.delete(entry);
    else this.#suspended.add(entry);
  }

  /** Suspends all runs but those of some entries. */
  keepOnly(entries: readonly string[]): void {
    for (const entry of this.#kept.keys()) {
      if (!entries.includes(entry)) this.asked("stop", entry);
    }
  }

  /** Notes what happens to an entry next. */
  set(entry: string, kept: Kept): void {
    this.#kept.set(entry, kept);
  }

  /** Forgets an entry that has no schedule any more. */
  delete(entry: string): void {
    this.#kept.delete(entry);
    this.#suspended.delete(entry);
  }
}
