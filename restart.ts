/**
 * Decides whether a process is restarted after a run has ended, and after which
 * delay. The functions are pure: they read no clock, and take the source of
 * random numbers as an argument.
 *
 * @module
 */

import { ignoreRejection } from "./foreign.ts";
import type { RestartLimit, RestartRules } from "./restart_options.ts";
import { milliseconds, wrong } from "./validate.ts";

/** Why processman ended a run because of a probe. */
export interface Verdict {
  /**
   * `"not-ready"`: the run was not ready in time. `"unhealthy"`: the probe of
   * the option `live` failed too often.
   */
  readonly reason: "not-ready" | "unhealthy";
  /** The last answer of the probe. */
  readonly answer: string;
}

/** How a run ended, as far as the decision depends on it. */
export interface Ended {
  /** The status of the run. */
  readonly status: Deno.CommandStatus;
  /**
   * Whether the run crashed, if that is already known. By default, {@linkcode
   * hasCrashed} decides.
   */
  readonly crashed?: boolean;
  /** How long the run lived, in milliseconds. */
  readonly durationMs: number;
  /**
   * Time from when the run was first ready to its end, in milliseconds; by
   * default, `durationMs`.
   */
  readonly readyMs?: number | undefined;
  /** Why processman ended the run, if a probe was the reason. */
  readonly verdict?: Verdict | undefined;
  /** When the run ended, in milliseconds of a monotonic clock. */
  readonly now: number;
  /**
   * Why no child was started, if none was. `"transient"`: another attempt can
   * succeed. `"final"`: it cannot. `"moved"`: the program is now in another
   * folder of `PATH`, where the next attempt finds it.
   */
  readonly spawnFailure?: "transient" | "final" | "moved" | undefined;
}

/** What is known about the earlier runs of a process. */
export interface RestartHistory {
  /** The number of consecutive crashes. */
  readonly attempt: number;
  /** The delay before the last restart in milliseconds. */
  readonly delayMs: number;
  /**
   * When each restart in the window of the limit was decided, in milliseconds
   * of a monotonic clock; empty without a window.
   */
  readonly restarts: readonly number[];
}

/** The properties that all decisions have. */
export interface DecisionBase {
  /**
   * Whether the run failed: it ended with a code that is neither 0 nor one of
   * `successCodes`, or by a signal for which `successCodes` has no code, or it
   * could not be started.
   */
  readonly crashed: boolean;
}

/** The process is not restarted, and has not failed. */
export interface LeaveDecision extends DecisionBase {
  /** Distinguishes the kinds of decisions. */
  readonly kind: "leave";
  /**
   * Why: `"success"` if the run ended with success, `"never"` if it crashed and
   * the policy is `"never"`, `"stop-code"` if its exit code is one of
   * `stopCodes`.
   */
  readonly reason: "success" | "never" | "stop-code";
}

/** The process is restarted after a delay. */
export interface RestartDecision extends DecisionBase {
  /** Distinguishes the kinds of decisions. */
  readonly kind: "restart";
  /**
   * Why: `"crash"` if the run crashed, `"exit"` if it ended with success and
   * the policy is `"always"`, `"spawn"` if it could not be started,
   * `"not-ready"` if it was not ready in time, `"unhealthy"` if its probe of the
   * option `live` failed too often.
   */
  readonly reason: "crash" | "exit" | "spawn" | Verdict["reason"];
  /**
   * The number of consecutive crashes; 0 after a run that ended with success.
   */
  readonly attempt: number;
  /** The delay in milliseconds. */
  readonly delayMs: number;
  /** The random numbers in `[0, 1)` that the backoff drew, in order. */
  readonly drawn: readonly number[];
  /**
   * How many more restarts the limit allows, in its window or before there are
   * too many consecutive crashes; `undefined` without a limit.
   */
  readonly restartsLeft: number | undefined;
}

/** processman gives up the process: the limit allows no further restart. */
export interface LimitDecision extends DecisionBase {
  /** Distinguishes the kinds of decisions. */
  readonly kind: "fail";
  /** Why. */
  readonly reason: "limit";
  /** The number of consecutive crashes. */
  readonly attempt: number;
  /** The limit that was reached. */
  readonly limit: RestartLimit;
}

/**
 * processman gives up the process: it cannot be started, or its backoff failed.
 */
export interface FailDecision extends DecisionBase {
  /** Distinguishes the kinds of decisions. */
  readonly kind: "fail";
  /**
   * Why: `"spawn"` if the program cannot be started, `"backoff"` if the backoff
   * threw something or returned an invalid delay.
   */
  readonly reason: "spawn" | "backoff";
  /** The number of consecutive crashes. */
  readonly attempt: number;
  /** What the backoff threw, or what is wrong with its delay. */
  readonly error?: unknown | undefined;
}

/** What follows a run that ended by itself. */
export type Decision =
  | LeaveDecision
  | RestartDecision
  | LimitDecision
  | FailDecision;

/** Whether a run crashed, and the number of consecutive crashes. */
type Cause = Pick<RestartDecision, "crashed" | "attempt">;

/** The delay before a restart, and the random numbers used to compute it. */
type Wait = Pick<RestartDecision, "delayMs" | "drawn">;

/** The history of a process whose first run has not ended. */
export const NO_HISTORY: RestartHistory = {
  attempt: 0,
  delayMs: 0,
  restarts: [],
};

/**
 * Decides what follows a run that ended without having been asked to end.
 *
 * @param ended How the run ended.
 * @param history What is known about the earlier runs.
 * @param rules The restart rules of the process.
 * @returns The decision, and the history for the next one.
 */
export function decideRestart(
  ended: Ended,
  history: RestartHistory,
  rules: RestartRules,
): [Decision, RestartHistory] {
  if (ended.spawnFailure === "moved") {
    return [startMoved(history, rules), history];
  }
  const cause = causeOf(ended, history, rules);
  const last = withoutRestart(ended, cause, rules);
  if (last !== undefined) return [last, history];

  const { limit } = rules;
  const recent = restartsWithin(limit?.withinMs, ended.now, history);
  // Each crash in the row except the last was followed by a restart.
  const counted = recent?.length ?? cause.attempt - 1;
  if (limit !== undefined && counted >= limit.restarts) {
    return [{ kind: "fail", reason: "limit", ...cause, limit }, history];
  }
  let wait: Wait;
  try {
    wait = computeWait(cause.attempt, history, rules);
  } catch (error) {
    return [{ kind: "fail", reason: "backoff", ...cause, error }, history];
  }
  const restarts = recent ? [...recent, ended.now] : [];
  const decision: RestartDecision = {
    kind: "restart",
    reason: reasonOf(ended, cause),
    ...cause,
    ...wait,
    restartsLeft: limit && limit.restarts - counted - 1,
  };
  const { attempt, delayMs } = decision;
  return [decision, { attempt, delayMs, restarts }];
}

/** Returns why a process is restarted. */
function reasonOf(
  { spawnFailure, verdict }: Ended,
  { crashed }: Cause,
): RestartDecision["reason"] {
  if (spawnFailure !== undefined) return "spawn";
  return verdict?.reason ?? (crashed ? "crash" : "exit");
}

/**
 * Returns the decision for a program that has moved: start again at once,
 * whatever the rules are.
 */
function startMoved(
  { attempt, restarts }: RestartHistory,
  { limit }: RestartRules,
): RestartDecision {
  const counted = limit?.withinMs === undefined ? attempt : restarts.length;
  return {
    kind: "restart",
    reason: "spawn",
    crashed: true,
    attempt: attempt + 1,
    delayMs: 0,
    drawn: [],
    restartsLeft: limit && limit.restarts - counted,
  };
}

/**
 * Returns whether a run failed that was not asked to end.
 *
 * @param ended How the run ended.
 * @param rules The restart rules of the process.
 */
export function hasCrashed(
  { status, spawnFailure }: Pick<Ended, "status" | "spawnFailure">,
  { successCodes }: Pick<RestartRules, "successCodes">,
): boolean {
  // If a run could not be started, its status code is not an exit code.
  return spawnFailure !== undefined ||
    !status.success && !successCodes.includes(status.code);
}

function causeOf(
  ended: Ended,
  history: RestartHistory,
  rules: RestartRules,
): Cause {
  const { crashed = hasCrashed(ended, rules) } = ended;
  const healthyMs = ended.readyMs ?? ended.durationMs;
  const row = healthyMs < rules.resetAfterMs ? history.attempt : 0;
  return { crashed, attempt: crashed ? row + 1 : 0 };
}

/**
 * Returns the decision not to restart; `undefined` if neither the exit nor the
 * policy rules out a restart.
 */
function withoutRestart(
  { status, spawnFailure, verdict }: Ended,
  { crashed, attempt }: Cause,
  { policy, stopCodes }: RestartRules,
): LeaveDecision | FailDecision | undefined {
  if (spawnFailure !== undefined) {
    return spawnFailure === "final" || policy === "never"
      ? { kind: "fail", reason: "spawn", crashed, attempt }
      : undefined;
  }
  // After a verdict, the exit code is an answer to the signal.
  if (verdict === undefined && stopCodes.includes(status.code)) {
    return { kind: "leave", reason: "stop-code", crashed };
  }
  if (!crashed && policy !== "always") {
    return { kind: "leave", reason: "success", crashed };
  }
  if (policy === "never") return { kind: "leave", reason: "never", crashed };
  return undefined;
}

/**
 * Returns the times of the restarts in the window that ends at `now`;
 * `undefined` without a window.
 */
function restartsWithin(
  withinMs: number | undefined,
  now: number,
  { restarts }: RestartHistory,
): number[] | undefined {
  if (withinMs === undefined) return undefined;
  return restarts.filter((at) => now - at <= withinMs);
}

/**
 * Calls the backoff to get the delay.
 *
 * @throws What the backoff throws.
 * @throws {TypeError} If the backoff or `random` does not return a number.
 * @throws {RangeError} If the delay is negative or not finite.
 */
function computeWait(
  attempt: number,
  history: RestartHistory,
  rules: RestartRules,
): Wait {
  const drawn: number[] = [];
  const random = () => {
    const value: unknown = rules.random();
    ignoreRejection(value);
    if (typeof value !== "number") {
      return wrong("restart.random()", "a number", value);
    }
    drawn.push(value);
    return value;
  };
  const previousMs = attempt > 1 ? history.delayMs : 0;
  const delayMs = rules.backoff(Math.max(1, attempt), random, previousMs);
  ignoreRejection(delayMs);
  milliseconds(delayMs, "restart.backoff()");
  return { delayMs, drawn };
}
