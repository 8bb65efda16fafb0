/**
 * The timeline of a process with given restart options, computed without
 * starting anything.
 *
 * @module
 */

import {
  arrayOf,
  type Check,
  type Filled,
  given,
  milliseconds,
  options as optionsOf,
  whole,
} from "./validate.ts";
import { decideRestart, type Decision, NO_HISTORY } from "./restart.ts";
import {
  checkRestart,
  type RestartOptions,
  restartRules,
} from "./restart_options.ts";

/** The end of a run in a simulation. */
export interface SimulatedExit {
  /** How long the run lives, in milliseconds. */
  durationMs: number;
  /**
   * The exit code of the run.
   *
   * @default {1}
   */
  code?: number | undefined;
}

/** A run in a simulation. */
export interface SimulatedRun {
  /** When the run starts, in milliseconds after the start of the first run. */
  readonly startMs: number;
  /** When the run ends, in milliseconds after the start of the first run. */
  readonly endMs: number;
  /** What follows the run. */
  readonly decision: Decision;
}

/** Checks the end of a run in a simulation. */
export const checkExit: Check = optionsOf<SimulatedExit>({
  durationMs: milliseconds,
  code: whole,
}, ["durationMs"]);

/** The defaults of the end of a run in a simulation. */
export const EXIT_DEFAULTS: Filled<Omit<SimulatedExit, "durationMs">> = {
  code: 1,
};

const checkExits = arrayOf<SimulatedExit>(checkExit);

/**
 * Returns the timeline of a process: when each run starts and ends, and what
 * follows it. `exits` says how the runs end. The timeline ends with the first
 * run that is not followed by a restart, or with the last element of `exits`.
 *
 * @example A limit of two restarts in ten seconds
 * ```ts
 * import { constant, simulate } from "@isbm/processman";
 * import { assertEquals } from "@std/assert";
 *
 * const crash = { durationMs: 100 };
 * const runs = simulate(
 *   { backoff: constant(400), limit: { restarts: 2, withinMs: 10_000 } },
 *   [crash, crash, crash, crash],
 * );
 * assertEquals(
 *   runs.map(({ startMs, decision }) => [startMs, decision.kind]),
 *   [[0, "restart"], [500, "restart"], [1_000, "fail"]],
 * );
 * ```
 *
 * @param options The restart options, as for a command.
 * @param exits The ends of the runs, in order.
 * @returns The runs, in order.
 * @throws {TypeError} If an option does not exist or has a wrong type.
 * @throws {RangeError} If an option is out of range, or the limit can never be
 * reached.
 */
export function simulate(
  options: RestartOptions,
  exits: readonly SimulatedExit[],
): SimulatedRun[] {
  const own = checkRestart(options, "restart");
  const ends = checkExits(exits, "exits");
  const rules = restartRules(own, Math.random);
  const runs: SimulatedRun[] = [];
  let history = NO_HISTORY;
  let startMs = 0;
  for (const exit of ends) {
    const { durationMs, code } = { ...EXIT_DEFAULTS, ...given(exit) };
    const endMs = startMs + durationMs;
    const status = { success: code === 0, code, signal: null };
    const ended = { status, durationMs, now: endMs };
    const [decision, next] = decideRestart(ended, history, rules);
    runs.push({ startMs, endMs, decision });
    if (decision.kind !== "restart") break;
    history = next;
    startMs = endMs + decision.delayMs;
  }
  return runs;
}
