/**
 * When to restart and how long to wait before it: pure functions from facts to
 * a decision. Time and randomness come in as arguments.
 *
 * @module
 */

import {
  arrayOf,
  callable,
  type Check,
  milliseconds,
  oneOf,
  options as optionsOf,
  whole,
  wrong,
} from "./validate.ts";
import { signalName } from "./signals.ts";

/**
 * When a run that ended by itself is followed by another one: `"on-failure"`
 * after a crash only, `"always"` after a clean exit too, `"never"` not at all.
 */
export type RestartPolicy = "on-failure" | "always" | "never";

/**
 * How long to wait before a restart, in milliseconds.
 *
 * `attempt` is the number of consecutive crashes, 1 for the first (and after a
 * clean exit); `random` draws a number in `[0, 1)`; `previousMs` is the wait
 * before the run that just ended, 0 for the first attempt.
 */
export type Backoff = (
  attempt: number,
  random: () => number,
  previousMs: number,
) => number;

/**
 * How a wait is spread, so that processes that crash together do not restart
 * together. Of the plain exponential wait `w`: `"none"` is `w` itself, `"full"`
 * anything up to `w`, `"equal"` at least half of `w`; `"decorrelated"` is drawn
 * between the initial wait and the previous wait (at first: the initial one)
 * times `factor`.
 */
export type Jitter = "none" | "full" | "equal" | "decorrelated";

/** Options for {@linkcode exponential}. */
export interface ExponentialOptions {
  /**
   * The wait before the first restart in milliseconds, before jitter.
   *
   * @default {100}
   */
  initialMs?: number;
  /**
   * By how much the wait grows from one restart to the next; at least 1.
   *
   * @default {2}
   */
  factor?: number;
  /**
   * The longest wait in milliseconds.
   *
   * @default {30_000}
   */
  maxMs?: number;
  /**
   * How the wait is spread.
   *
   * @default {"full"}
   */
  jitter?: Jitter;
}

/** How many restarts are allowed in a sliding window of time. */
export interface RestartLimit {
  /** The number of restarts allowed; one more and the process has failed. */
  restarts: number;
  /** The length of the window in milliseconds. */
  withinMs: number;
}

/** When and how a process is restarted. */
export interface RestartOptions {
  /**
   * After which ends a process is restarted.
   *
   * @default {"on-failure"}
   */
  policy?: RestartPolicy;
  /**
   * The wait before a restart.
   *
   * @default {uniform(5_000)}
   */
  backoff?: Backoff;
  /**
   * A run that lived this many milliseconds was healthy: a crash after it
   * counts as the first attempt again.
   *
   * @default {60_000}
   */
  resetAfterMs?: number;
  /**
   * How many restarts are allowed in a period, whatever the length of the
   * runs. Restarts that were asked for do not count. Without it a process is
   * restarted for ever.
   */
  limit?: RestartLimit;
  /**
   * Exit codes that are no crash, besides 0.
   *
   * @default {[]}
   */
  successCodes?: readonly number[];
  /**
   * Exit codes after which there is no restart, whatever the policy.
   *
   * @default {[]}
   */
  stopCodes?: readonly number[];
  /**
   * How processes are ended that a run has left behind when it ended by itself,
   * before it is restarted or given up. After a run that ended well, and left
   * nothing in its group or at its outputs, the rest of its session is looked at
   * within 250 ms, and a restart does not wait for that.
   */
  leftovers?: LeftoverOptions;
  /**
   * Draws the jitter: a number in `[0, 1)`.
   *
   * @default {Math.random}
   */
  random?: () => number;
}

/** How processes are ended that a run has left behind. */
export interface LeftoverOptions {
  /**
   * The signal that asks them to end.
   *
   * @default {"SIGTERM"}
   */
  signal?: Deno.Signal;
  /**
   * Grace period in milliseconds: how long they may take before they are sent
   * `SIGKILL`. `0` sends it at once.
   *
   * @default {1_000}
   */
  gracePeriodMs?: number;
}

/** Restart options in which nothing is left open. */
export type RestartRules =
  & Required<Omit<RestartOptions, "limit" | "leftovers">>
  & Pick<RestartOptions, "limit">
  & { readonly leftovers: Required<LeftoverOptions> };

const checkLimit = optionsOf<RestartLimit>({
  restarts: whole,
  withinMs: milliseconds,
});

/** Checks restart options. */
export const checkRestart: Check = optionsOf<RestartOptions>({
  policy: oneOf("on-failure", "always", "never"),
  backoff: callable,
  resetAfterMs: milliseconds,
  limit: (value, path) => {
    checkLimit(value, path);
    const { restarts, withinMs } = value as Partial<RestartLimit>;
    whole(restarts, `${path}.restarts`);
    milliseconds(withinMs, `${path}.withinMs`);
  },
  successCodes: arrayOf(whole),
  stopCodes: arrayOf(whole),
  leftovers: optionsOf<LeftoverOptions>({
    signal: signalName,
    gracePeriodMs: milliseconds,
  }),
  random: callable,
});

/**
 * Fills in what restart options leave open.
 *
 * @param options The options, which have been checked.
 * @returns The rules.
 * @throws {RangeError} If the limit is out of reach.
 */
export function restartRules(options: RestartOptions): RestartRules {
  const { limit } = options;
  const rules: RestartRules = {
    policy: options.policy ?? "on-failure",
    backoff: options.backoff ?? uniform(5_000),
    resetAfterMs: options.resetAfterMs ?? 60_000,
    successCodes: [...options.successCodes ?? []],
    stopCodes: [...options.stopCodes ?? []],
    leftovers: {
      signal: options.leftovers?.signal ?? "SIGTERM",
      gracePeriodMs: options.leftovers?.gracePeriodMs ?? 1_000,
    },
    random: options.random ?? Math.random,
    ...limit && { limit: { ...limit } },
  };
  checkReachable(rules);
  return rules;
}

/** How a run ended, as far as restarting is concerned. */
export interface Ended {
  /** The status of the run. */
  readonly status: Deno.CommandStatus;
  /** How long the run lived, in milliseconds. */
  readonly durationMs: number;
  /** When it ended, in milliseconds of a monotonic clock. */
  readonly now: number;
  /**
   * Whether the run could not even be started, and if so, whether another try
   * can be of use, or will find the program where it is now.
   */
  readonly spawnFailure?: "transient" | "final" | "moved" | undefined;
}

/** What earlier restarts of a process leave to be considered. */
export interface RestartHistory {
  /** The number of consecutive crashes. */
  readonly attempt: number;
  /** The wait before the last restart in milliseconds. */
  readonly delayMs: number;
  /** When the restarts inside the window of the limit were decided. */
  readonly restarts: readonly number[];
}

/** Do not restart: the process has done what it was to do. */
export interface LeaveDecision {
  /** Tells the decisions apart. */
  readonly kind: "leave";
  /**
   * Why: it ended well, its policy is `"never"`, or its exit code is one of
   * `stopCodes`.
   */
  readonly reason: "success" | "never" | "stop-code";
}

/** Restart after a wait. */
export interface RestartDecision {
  /** Tells the decisions apart. */
  readonly kind: "restart";
  /**
   * Why: it crashed, it ended well and its policy is `"always"`, or it could
   * not be started.
   */
  readonly reason: "crash" | "exit" | "spawn";
  /** The number of consecutive crashes, 0 after a clean exit. */
  readonly attempt: number;
  /** The wait in milliseconds. */
  readonly delayMs: number;
  /** What was drawn for the jitter: numbers in `[0, 1)`. */
  readonly drawn: readonly number[];
  /** How many more restarts the limit allows now; `undefined` without one. */
  readonly restartsLeft: number | undefined;
}

/** Do not restart: there were as many restarts as the limit allows. */
export interface LimitDecision {
  /** Tells the decisions apart. */
  readonly kind: "fail";
  /** Why. */
  readonly reason: "limit";
  /** The number of consecutive crashes. */
  readonly attempt: number;
  /** The limit that was reached. */
  readonly limit: RestartLimit;
}

/** Do not restart: it would be of no use. */
export interface FailDecision {
  /** Tells the decisions apart. */
  readonly kind: "fail";
  /** Why: the program cannot be started, or the backoff gave no usable wait. */
  readonly reason: "spawn" | "backoff";
  /** The number of consecutive crashes. */
  readonly attempt: number;
  /** What the backoff threw, if that is the reason. */
  readonly error?: unknown;
}

/** What is done after a run that ended by itself. */
export type Decision =
  | LeaveDecision
  | RestartDecision
  | LimitDecision
  | FailDecision;

/** As many restarts as are worth adding up to see whether a limit can be met. */
const MANY = 10_000;

/** In place of what is too large to count with: times 0 it is 0. */
const HUGE = Number.MAX_VALUE;

/** The history of a process that has not been restarted. */
export const NO_HISTORY: RestartHistory = {
  attempt: 0,
  delayMs: 0,
  restarts: [],
};

/**
 * Returns a backoff that waits for a random time, each length up to a maximum
 * being as likely.
 *
 * @example
 * ```ts
 * import { uniform } from "@isbm/processman";
 * import { assertEquals } from "@std/assert";
 *
 * const backoff = uniform(5_000);
 * assertEquals(backoff(1, () => 0.5, 0), 2_500);
 * ```
 *
 * @param maxMs The longest wait in milliseconds.
 * @returns The backoff.
 * @throws {RangeError} If `maxMs` is not a finite number >= 0.
 */
export function uniform(maxMs: number): Backoff {
  milliseconds(maxMs, "maxMs");
  return pure((_attempt, random) => random() * maxMs);
}

/**
 * Returns a backoff that always waits for the same time.
 *
 * @example
 * ```ts
 * import { constant } from "@isbm/processman";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(constant(250)(7, Math.random, 250), 250);
 * ```
 *
 * @param ms The wait in milliseconds.
 * @returns The backoff.
 * @throws {RangeError} If `ms` is not a finite number >= 0.
 */
export function constant(ms: number): Backoff {
  milliseconds(ms, "ms");
  return pure(() => ms);
}

/**
 * Returns a backoff that grows with each consecutive crash, up to a cap.
 *
 * @example The third restart waits four times as long as the first
 * ```ts
 * import { exponential } from "@isbm/processman";
 * import { assertEquals } from "@std/assert";
 *
 * const backoff = exponential({ initialMs: 100, jitter: "none" });
 * assertEquals(backoff(1, Math.random, 0), 100);
 * assertEquals(backoff(3, Math.random, 200), 400);
 * ```
 *
 * @param options The first wait, its growth, the cap and the jitter.
 * @returns The backoff.
 * @throws {RangeError} If a wait is not a finite number >= 0, the cap is below
 * the first wait, or the factor is below 1.
 * @throws {TypeError} If the jitter is unknown.
 */
export function exponential(options: ExponentialOptions = {}): Backoff {
  checkExponential(options, "");
  const { initialMs = 100, factor = 2, maxMs = 30_000, jitter = "full" } =
    options;
  if (maxMs < initialMs) {
    wrong("maxMs", `>= initialMs (${initialMs})`, maxMs, RangeError);
  }
  const plain = (attempt: number) =>
    Math.min(maxMs, initialMs * Math.min(factor ** (attempt - 1), HUGE));
  switch (jitter) {
    case "none":
      return pure(plain);
    case "full":
      return pure((attempt, random) => random() * plain(attempt));
    case "equal":
      return pure((attempt, random) => (1 + random()) / 2 * plain(attempt));
    case "decorrelated":
      return pure((_attempt, random, previousMs) => {
        const upper = Math.min(Math.max(initialMs, previousMs) * factor, HUGE);
        return Math.min(maxMs, initialMs + random() * (upper - initialMs));
      });
  }
}

/**
 * Decides what follows a run that ended without having been asked to.
 *
 * @param ended How the run ended.
 * @param history What earlier restarts left.
 * @param rules The restart rules of the process.
 * @returns The decision, and the history to be considered the next time.
 */
export function decideRestart(
  ended: Ended,
  history: RestartHistory,
  rules: RestartRules,
): [Decision, RestartHistory] {
  const { status: { code, success }, spawnFailure } = ended;
  // What could not be started has no exit code, only one to report.
  const crashed = spawnFailure !== undefined ||
    !success && !rules.successCodes.includes(code);
  const inARow = ended.durationMs < rules.resetAfterMs ? history.attempt : 0;
  const attempt = crashed ? inARow + 1 : 0;

  if (spawnFailure === "moved") {
    const { attempt, restarts } = history;
    const restartsLeft = rules.limit && rules.limit.restarts - restarts.length;
    return [
      {
        kind: "restart",
        reason: "spawn",
        attempt: attempt + 1,
        delayMs: 0,
        drawn: [],
        restartsLeft,
      },
      history,
    ];
  }
  if (spawnFailure === "final" || spawnFailure && rules.policy === "never") {
    return [{ kind: "fail", reason: "spawn", attempt }, history];
  }
  if (!spawnFailure && rules.stopCodes.includes(code)) {
    return [{ kind: "leave", reason: "stop-code" }, history];
  }
  if (!crashed && rules.policy !== "always") {
    return [{ kind: "leave", reason: "success" }, history];
  }
  if (rules.policy === "never") {
    return [{ kind: "leave", reason: "never" }, history];
  }

  const { limit } = rules;
  const recent = limit === undefined ? [] : history.restarts.filter(
    (at) => ended.now - at <= limit.withinMs,
  );
  if (limit !== undefined && recent.length >= limit.restarts) {
    return [{ kind: "fail", reason: "limit", attempt, limit }, history];
  }

  const drawn: number[] = [];
  const random = () => {
    const value = rules.random();
    drawn.push(value);
    return value;
  };
  const previousMs = attempt > 1 ? history.delayMs : 0;
  let delayMs: number;
  try {
    delayMs = rules.backoff(Math.max(1, attempt), random, previousMs);
    milliseconds(delayMs, "restart.backoff()");
  } catch (error) {
    return [{ kind: "fail", reason: "backoff", attempt, error }, history];
  }

  const restarts = limit === undefined ? [] : [...recent, ended.now];
  return [
    {
      kind: "restart",
      reason: spawnFailure ? "spawn" : crashed ? "crash" : "exit",
      attempt,
      delayMs,
      drawn,
      restartsLeft: limit && limit.restarts - restarts.length,
    },
    { attempt, delayMs, restarts },
  ];
}

/**
 * Refuses a limit that the backoff can never reach: with waits this long there
 * are never that many restarts in the window. A backoff that is not from here is
 * not tried, since it may count its calls.
 *
 * @param rules The restart rules of a process.
 * @throws {RangeError} If the limit is out of reach.
 */
export function checkReachable(rules: RestartRules): void {
  const { limit, backoff } = rules;
  if (limit === undefined || !PURE.has(backoff)) return;
  // Whether the attempts can start anew inside the window.
  const anew = rules.policy === "always" ||
    rules.resetAfterMs < limit.withinMs;
  let leastMs = Infinity;
  let previousMs = 0;
  let sumMs = 0;
  for (let attempt = 1; attempt <= Math.min(limit.restarts, MANY); attempt++) {
    previousMs = Math.min(
      backoff(attempt, () => 0, previousMs),
      backoff(attempt, () => 1 - Number.EPSILON, previousMs),
    );
    leastMs = Math.min(leastMs, previousMs);
    sumMs += anew ? leastMs : previousMs;
  }
  if (sumMs > limit.withinMs) {
    throw new RangeError(
      `Option "restart.limit" can never be reached: ${limit.restarts} restarts take at least ${
        Math.round(sumMs)
      } ms of backoff, and withinMs is ${limit.withinMs}`,
    );
  }
}

/** The backoffs that may be tried, since they keep nothing in mind. */
const PURE = new WeakSet<Backoff>();

function pure(backoff: Backoff): Backoff {
  PURE.add(backoff);
  return backoff;
}

const checkExponential = optionsOf<ExponentialOptions>({
  initialMs: milliseconds,
  factor: (value, path) => {
    if (typeof value !== "number") wrong(path, "a number", value);
    if (!(value >= 1 && value < Infinity)) {
      wrong(path, "a finite number >= 1", value, RangeError);
    }
  },
  maxMs: milliseconds,
  jitter: oneOf("none", "full", "equal", "decorrelated"),
});
