/**
 * The restart options: their types, defaults and checks.
 *
 * @module
 */

import { type Backoff, shortestWait, uniform } from "./backoff.ts";
import {
  arrayOf,
  callable,
  type Check,
  type Filled,
  given,
  milliseconds,
  oneOf,
  options as optionsOf,
  type OptionsCheck,
  whole,
} from "./validate.ts";
import { signalName } from "./signals.ts";

/**
 * When a process is restarted after a run that ended by itself. `"on-failure"`:
 * after a crash. `"always"`: also after a run that ended with success.
 * `"never"`: not at all.
 */
export type RestartPolicy = "on-failure" | "always" | "never";

/**
 * How many restarts are allowed, either in a sliding window of time or after
 * consecutive crashes.
 */
export interface RestartLimit {
  /**
   * The number of restarts allowed. If one more is needed, processman gives up
   * the process.
   */
  restarts: number;
  /**
   * The length of the window in milliseconds. All restarts in it count, however
   * long the runs last.
   *
   * Without a window, consecutive crashes count. A run that ends with success,
   * or lives for `resetAfterMs`, starts the count again. With `restarts: 4`,
   * processman gives up the process after five crashes in a row.
   */
  withinMs?: number | undefined;
}

/** When and how a process is restarted. */
export interface RestartOptions {
  /**
   * After which runs the process is restarted.
   *
   * @default {"on-failure"}
   */
  policy?: RestartPolicy | undefined;
  /**
   * The delay before a restart. If the function throws, or returns something
   * other than a number of milliseconds, processman gives up the process.
   * @default {uniform(5_000)}
   */
  backoff?: Backoff | undefined;
  /**
   * The length of a healthy run in milliseconds. A crash after a run of this
   * length counts as the first attempt again.
   * @default {60_000}
   */
  resetAfterMs?: number | undefined;
  /**
   * How many restarts are allowed, in a sliding window of time or after
   * consecutive crashes. `start()` and `restart()` do not count. Without a
   * limit, the number of restarts is unlimited.
   */
  limit?: RestartLimit | undefined;
  /**
   * Exit codes, in addition to 0, that count as success. 128 plus the number of
   * a signal also stands for an end by that signal, such as 143 for `SIGTERM`.
   * @default {[]}
   */
  successCodes?: readonly number[] | undefined;
  /**
   * Exit codes after which the process is not restarted, whatever the policy.
   * They stand for signals as in `successCodes`.
   *
   * @default {[]}
   */
  stopCodes?: readonly number[] | undefined;
  /**
   * How processman ends the processes that a run left behind when it ended by
   * itself. It ends them before the next run starts, or before it gives up the
   * process. There is one exception: if a run ended with success, and left
   * nothing in its process group and nothing that holds its outputs open,
   * processman looks at the rest of its session within 250 ms, and a restart
   * does not wait for that.
   */
  leftovers?: LeftoverOptions | undefined;
  /**
   * Returns a random number in `[0, 1)`, as `Math.random()` does. The backoff
   * uses it for its jitter.
   * @default {Math.random}
   */
  random?: (() => number) | undefined;
}

/** How processman ends the processes that a run left behind. */
export interface LeftoverOptions {
  /**
   * The signal that asks the processes to end.
   *
   * @default {"SIGTERM"}
   */
  signal?: Deno.Signal | undefined;
  /**
   * Grace period in milliseconds: how long the processes can take to end before
   * processman sends `SIGKILL`. `0` sends `SIGKILL` at once.
   * @default {1_000}
   */
  gracePeriodMs?: number | undefined;
}

/** Restart options with every default filled in. */
export type RestartRules =
  & Filled<Omit<RestartOptions, "limit" | "leftovers">>
  & Pick<RestartOptions, "limit">
  & { readonly leftovers: Filled<LeftoverOptions> };

const checkLimit = optionsOf<RestartLimit>({
  restarts: whole,
  withinMs: milliseconds,
}, ["restarts"]);

/** Checks the options of leftovers. */
export const checkLeftovers: Check = optionsOf<LeftoverOptions>({
  signal: signalName,
  gracePeriodMs: milliseconds,
});

/** Checks restart options. */
export const checkRestart: OptionsCheck<RestartOptions> = optionsOf<
  RestartOptions
>({
  policy: oneOf("on-failure", "always", "never"),
  backoff: callable,
  resetAfterMs: milliseconds,
  limit: checkLimit,
  successCodes: arrayOf(whole),
  stopCodes: arrayOf(whole),
  leftovers: checkLeftovers,
  random: callable,
});

/** The default restart options. There is no limit by default. */
export const RESTART_DEFAULTS: Omit<RestartRules, "limit" | "random"> = {
  policy: "on-failure",
  backoff: uniform(5_000),
  resetAfterMs: 60_000,
  successCodes: [],
  stopCodes: [],
  leftovers: { signal: "SIGTERM", gracePeriodMs: 1_000 },
};

/**
 * The maximum number of delays to add up when checking whether a limit is
 * reachable.
 */
const MANY = 10_000;

/**
 * Fills in the defaults of restart options.
 *
 * @param options The options, which have been checked.
 * @param random The source of random numbers if the options contain none.
 * @param path The name of the options, for the error message.
 * @returns The rules.
 * @throws {RangeError} If the limit can never be reached.
 */
export function restartRules(
  options: RestartOptions,
  random: () => number,
  path = "restart",
): RestartRules {
  const { limit, leftovers, ...own } = given(options);
  const all = { ...RESTART_DEFAULTS, random, ...own };
  const rules: RestartRules = {
    ...all,
    successCodes: [...all.successCodes],
    stopCodes: [...all.stopCodes],
    leftovers: { ...RESTART_DEFAULTS.leftovers, ...given(leftovers) },
    ...limit && { limit: given(limit) },
  };
  checkReachable(rules, path);
  return rules;
}

/**
 * Rejects a limit that can never be reached, because even the shortest delays
 * of the backoff leave no room for that many restarts in the window. A limit
 * without a window, and a backoff whose shortest delays are unknown, are
 * accepted.
 *
 * @param rules The restart rules of a process.
 * @param path The name of the options, for the error message.
 * @throws {RangeError} If the limit can never be reached.
 */
export function checkReachable(rules: RestartRules, path = "restart"): void {
  const { limit, backoff } = rules;
  const waitAt = shortestWait(backoff);
  if (limit?.withinMs === undefined || waitAt === undefined) return;
  const { restarts, withinMs } = limit;
  // Whether the count of attempts can start again at 1 inside the window.
  const resets = rules.policy === "always" || rules.resetAfterMs < withinMs;
  let shortestMs = Infinity;
  let sumMs = 0;
  for (let attempt = 1; attempt <= Math.min(restarts, MANY); attempt++) {
    const waitMs = waitAt(attempt);
    shortestMs = Math.min(shortestMs, waitMs);
    sumMs += resets ? shortestMs : waitMs;
  }
  if (sumMs > withinMs) {
    throw new RangeError(
      `Option "${path}.limit" can never be reached: ${restarts} restarts take at least ${
        Math.round(sumMs)
      } ms of backoff, and withinMs is ${withinMs}`,
    );
  }
}
