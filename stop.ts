/**
 * The way down of one run: a signal to its group, a grace period, `SIGKILL`,
 * and the proof that nothing is left.
 *
 * @module
 */

import { delay } from "@std/async/delay";
import type { ProcessTable } from "./process_table.ts";
import type { Run } from "./run.ts";
import { before } from "./wait.ts";

/** How a process is stopped. */
export interface StopOptions {
  /**
   * The signal that asks the process to end.
   *
   * @default {"SIGTERM"}
   */
  signal?: Deno.Signal;
  /**
   * Grace period in milliseconds: how long the process and what it started may
   * take to end before they are sent `SIGKILL`. `0` sends it at once.
   *
   * @default {10_000}
   */
  gracePeriodMs?: number;
}

/** A signal that was sent on the way down. */
export interface StopStep {
  /** The signal. */
  readonly signal: Deno.Signal;
  /** How long it was waited for its effect, in milliseconds. */
  readonly tookMs: number;
}

/** How a process was stopped. */
export interface StopReport {
  /** The name of the process. */
  readonly name: string;
  /** The status of its last run. */
  readonly status: Deno.CommandStatus;
  /** The signals that were sent, in order; none if it was not running. */
  readonly steps: readonly StopStep[];
  /** Whether `SIGKILL` was sent. */
  readonly forced: boolean;
  /**
   * The process IDs of what could not be ended, even so: processes of another
   * user, or such that hang in the kernel.
   */
  readonly survivors: readonly number[];
}

/** What {@linkcode Ending} knows at its end. */
export type Outcome = Pick<StopReport, "steps" | "forced" | "survivors">;

/** How long `SIGKILL` may take to have its effect, in milliseconds. */
export const KILL_WAIT_MS = 5_000;

/** The longest time that a timer can run, in milliseconds: 24 days. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** The longest pause between two looks at a group, in milliseconds. */
const LONGEST_PAUSE_MS = 64;

/** When the process table is first asked for what is left of a group. */
const FIRST_SCAN_MS = 15;

/** The longest pause between two readings of the process table. */
const LONGEST_SCAN_PAUSE_MS = 512;

/** One run being ended. */
export class Ending {
  /** The outcome; never rejects and is bounded in time. */
  readonly done: Promise<Outcome>;
  #patience = new AbortController();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #killAt = Infinity;
  #over = false;

  /** Begins to end a run. */
  constructor(run: Run, options: Required<StopOptions>, table: ProcessTable) {
    this.hasten(options);
    this.done = this.#descend(run, options.signal, table);
  }

  /** When `SIGKILL` is sent, in milliseconds of the monotonic clock. */
  get killAt(): number {
    return this.#killAt;
  }

  /** Brings the end of the grace period forward, never back. */
  hasten(options: Required<StopOptions>): void {
    const gracePeriodMs = options.signal === "SIGKILL"
      ? 0
      : options.gracePeriodMs;
    const killAt = performance.now() + gracePeriodMs;
    if (this.#over || killAt >= this.#killAt) return;
    this.#killAt = killAt;
    clearTimeout(this.#timer);
    if (gracePeriodMs === 0) return this.#patience.abort();
    this.#timer = setTimeout(
      () => this.#patience.abort(),
      Math.min(gracePeriodMs, LONGEST_TIMER_MS),
    );
  }

  async #descend(
    run: Run,
    signal: Deno.Signal,
    table: ProcessTable,
  ): Promise<Outcome> {
    const steps: StopStep[] = [];
    const step = async (signal: Deno.Signal, until: AbortSignal) => {
      const at = performance.now();
      trySignal(run, signal);
      // Who is stopped could not end otherwise.
      if (signal !== "SIGKILL") trySignal(run, "SIGCONT");
      const over = await ended(run, table, until);
      steps.push({ signal, tookMs: performance.now() - at });
      return over;
    };

    const patience = this.#patience.signal;
    let over = !patience.aborted && await step(signal, patience);
    clearTimeout(this.#timer);
    this.#over = over;
    const forced = !over;
    if (forced) {
      const kill = new AbortController();
      const timer = setTimeout(() => kill.abort(), KILL_WAIT_MS);
      over = await step("SIGKILL", kill.signal);
      clearTimeout(timer);
    }
    return { steps, forced, survivors: over ? [] : await left(run, table) };
  }
}

/** Sends a signal to whoever is left, as far as they are ours to signal. */
function trySignal(run: Run, signal: Deno.Signal): void {
  try {
    run.signalGroup(signal);
  } catch {
    // They may end by themselves, or are reported as survivors.
  }
}

/** Waits until a run and its group have ended; `false` if it gives up first. */
async function ended(
  run: Run,
  table: ProcessTable,
  until: AbortSignal,
): Promise<boolean> {
  await before(run.status, until);
  if (run.alive) return false;

  // Nothing tells when a group is empty, so this looks again and again.
  let pauseMs = 1;
  let waitedMs = 0;
  let scanAtMs = FIRST_SCAN_MS;
  while (run.groupLeft()) {
    if (until.aborted) return false;
    await delay(pauseMs, { signal: until }).catch(() => {});
    waitedMs += pauseMs;
    pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
    if (waitedMs < scanAtMs) continue;
    const members = await before(table.members(run.pid), until);
    if (members?.length === 0) {
      // One that was born while the table was read may be missing from it.
      trySignal(run, "SIGKILL");
      break;
    }
    scanAtMs += Math.min(waitedMs, LONGEST_SCAN_PAUSE_MS);
  }
  run.groupEnded();
  return true;
}

/** Lists what of a run is still there. */
async function left(run: Run, table: ProcessTable): Promise<number[]> {
  if (!run.group) return run.alive ? [run.pid] : [];
  const members = await table.members(run.pid);
  return [...members ?? (run.groupLeft() ? [run.pid] : [])];
}
