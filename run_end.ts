/**
 * How a run ended, or why it could not be started.
 *
 * @module
 */

import {
  ReadinessError,
  type ReadinessErrorOptions,
  RestartLimitError,
  type SpawnError,
} from "./errors.ts";
import type { HookEvent } from "./events.ts";
import { isA, messageOf } from "./foreign.ts";
import type { Decision, Ended, Verdict } from "./restart.ts";

/** How a run ended, or why it could not be started. */
export interface RunEnd extends Ended {
  /**
   * The number of the run; if it was not started, the number of the previous
   * run.
   */
  readonly run: number;
  /** The process ID of the run, if it was started. */
  readonly pid?: number;
  /** Whether the run had been asked to end. */
  readonly requested: boolean;
  /** Whether the run failed without having been asked to end. */
  readonly crashed: boolean;
  /** Why the run was not ready when that was last asked, if it was not. */
  readonly answer?: string | undefined;
  /** Why the run could not be started. */
  readonly error?: Error;
  /** Why an output of the run could not be read, if it could not. */
  readonly outputError?: Error | undefined;
  /** Returns the last lines that the run wrote to stderr, if it crashed. */
  readonly stderr: () => readonly string[];
}

/** The control sequences of terminals, such as colors. */
// deno-lint-ignore no-control-regex
const SEQUENCE = /\x1b\[[0-?]*[ -/]*[@-~]/g;

/** The beginning of a line that says what went wrong, in many languages. */
const ERROR =
  /^(?:\[?[\w.$]*(?:error|exception|panic|fatal|rejection)|thread '.*panicked)\b/i;

/** The status that a shell reports for a missing program. */
const NOT_FOUND: Deno.CommandStatus = {
  success: false,
  code: 127,
  signal: null,
};

/** The status that a shell reports for a program that it cannot run. */
export const NOT_RUN: Deno.CommandStatus = {
  success: false,
  code: 126,
  signal: null,
};

/** The last end before the first run has ended. */
export const NEVER_RUN: RunEnd = {
  run: 0,
  status: NOT_RUN,
  now: 0,
  durationMs: 0,
  requested: false,
  crashed: false,
  stderr: () => [],
};

/** Returns the status that a shell reports for a program that did not start. */
export function statusOf({ cause }: SpawnError): Deno.CommandStatus {
  return isA(cause, Deno.errors.NotFound) ? NOT_FOUND : NOT_RUN;
}

/**
 * Returns the end of a run that could not be started.
 *
 * @param error The error of the start.
 * @param run The number of the previous run.
 * @param now The current time, in milliseconds of the monotonic clock.
 */
export function notStarted(
  error: SpawnError,
  run: number,
  now: number,
): RunEnd {
  const final = isA(error.cause, Deno.errors.NotCapable);
  return {
    run,
    status: statusOf(error),
    now,
    durationMs: 0,
    requested: false,
    crashed: true,
    spawnFailure: final ? "final" : "transient",
    error,
    stderr: () => [],
  };
}

/** Returns the error with which processman gives up a process. */
export function failure(
  name: string,
  decision: Extract<Decision, { kind: "fail" }>,
  end: RunEnd,
): Error {
  const cannot = `Cannot restart process "${name}"`;
  if (decision.reason === "limit") {
    const { restarts, withinMs } = decision.limit;
    const when = withinMs === undefined ? "in a row" : `within ${withinMs} ms`;
    const stderr = end.stderr();
    const many = restarts === 1 ? "restart" : "restarts";
    const last = end.verdict
      ? `: ${verdictText(end.verdict)}`
      : end.error
      ? `: ${end.error.message.replace(/^Cannot start process ".*?": /s, "")}`
      : quoteOf(stderr);
    return new RestartLimitError(
      `${cannot}: ${restarts} ${many} ${when}${last}`,
      { process: name, decision, stderr },
    );
  }
  if (decision.reason === "spawn" && end.error) return end.error;
  const { error: cause } = decision;
  const why = `restart.backoff() failed: ${messageOf(cause)}`;
  const kind = [RangeError, TypeError].find((each) => isA(cause, each));
  return new (kind ?? Error)(`${cannot}: ${why}`, { cause });
}

/** Returns why a run ended, in one word. */
export function reasonOf(
  { verdict, requested, crashed, status }: Pick<
    RunEnd,
    "verdict" | "requested" | "crashed" | "status"
  >,
): string {
  if (verdict) return verdict.reason;
  if (requested) return "requested";
  if (!crashed) return "success";
  return status.signal === null ? "crash" : "signal";
}

/** Returns what a hook of a process is called in a message. */
export function hookText(hook: HookEvent["hook"], process: string): string {
  const what = hook === "stop" ? "stop command" : `hook "${hook}"`;
  return `The ${what} of process "${process}"`;
}

/** Returns why processman ended a run because of a probe, for a message. */
export function verdictText({ reason, answer }: Verdict): string {
  const what = reason === "not-ready"
    ? "it was not ready in time"
    : "it was unhealthy";
  return `${what}: ${answer}`;
}

/** Returns the error of a wait for a process that has ended. */
export function readinessError(options: ReadinessErrorOptions): ReadinessError {
  const { process, state, answer, tail } = options;
  const how = state.kind === "failed"
    ? `was given up: ${state.error.message}`
    : `has ended${quoteOf(tail)}`;
  // A process that was given up because of the answer already says so.
  const told = answer === undefined || how.endsWith(answer);
  const why = told ? "" : ` (last answer: ${answer})`;
  return new ReadinessError(
    `Process "${process}" is not ready: it ${how}${why}`,
    options,
  );
}

/**
 * Returns the line that says what went wrong, as the end of a message: the last
 * one that begins like an error, because a stack trace can follow it. If there
 * is none, returns the last line that is not indented, or not blank.
 *
 * @param lines The last lines of stderr.
 */
export function quoteOf(lines: readonly string[]): string {
  const texts = lines.map((line) => line.replaceAll(SEQUENCE, "").trimEnd())
    .filter((line) => line !== "");
  const line = texts.findLast((line) => ERROR.test(line)) ??
    texts.findLast((line) => /^\S/.test(line)) ?? texts.at(-1);
  return line === undefined ? "" : `: ${line.trimStart()}`;
}
