/**
 * What a restart policy comes to, without running anything.
 *
 * @module
 */

import {
  arrayOf,
  milliseconds,
  options as optionsOf,
  whole,
} from "./validate.ts";
import {
  checkRestart,
  decideRestart,
  type Decision,
  NO_HISTORY,
  type RestartOptions,
  restartRules,
} from "./restart.ts";

/** How a run ends in a simulation. */
export interface SimulatedExit {
  /** How long the run lives, in milliseconds. */
  durationMs: number;
  /**
   * Its exit code.
   *
   * @default {1}
   */
  code?: number;
}

/** A run in a simulation. */
export interface SimulatedRun {
  /** When the run starts, in milliseconds after the first one did. */
  readonly startMs: number;
  /** When it ends. */
  readonly endMs: number;
  /** What comes next. */
  readonly decision: Decision;
}

const checkExits = arrayOf(optionsOf<SimulatedExit>({
  durationMs: milliseconds,
  code: whole,
}));

/**
 * Returns the timeline of a process that ends in given ways, one after the
 * other: when each run starts and ends, and what is decided then. It ends with
 * the run after which there is no restart.
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
 * @param options The restart options, as of a command.
 * @param exits How the runs end.
 * @returns The runs.
 * @throws {TypeError} If an option does not exist or has a wrong type.
 * @throws {RangeError} If an option is out of range.
 */
export function simulate(
  options: RestartOptions,
  exits: readonly SimulatedExit[],
): SimulatedRun[] {
  checkRestart(options, "restart");
  checkExits(exits, "exits");
  const rules = restartRules(options);
  const runs: SimulatedRun[] = [];
  let history = NO_HISTORY;
  let startMs = 0;
  for (const { durationMs, code = 1 } of exits) {
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
