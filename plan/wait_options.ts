/**
 * How long the operations of a plan wait: the options, and their checks.
 *
 * @module
 */

import { checkCommandOptions, type StopOptions } from "../mod.ts";
import { fields, oneOf, wrong } from "./validate.ts";

/** How long to wait for processes. */
export interface WaitOptions {
  /** Ends the wait when it is aborted. */
  signal?: AbortSignal | undefined;
  /**
   * How long to wait, in milliseconds.
   *
   * @default {Infinity}
   */
  withinMs?: number | undefined;
}

/** Options for {@linkcode App.prototype.start | App.start}. */
export interface AppStartOptions extends WaitOptions {
  /**
   * What happens to the dependencies of the processes that do not run.
   *
   * - `"require"`: nothing. The processes wait for them, and the promise rejects
   *   if a dependency that they require has ended or has not been started.
   * - `"start"`: those that are required are started too.
   * - `"ignore"`: nothing. The processes wait only for those that can come, as
   *   with `required: false`, until you start them without this.
   *
   * @default {"require"}
   */
  dependencies?: StartDependencies | undefined;
  /**
   * Whether tasks among them that are completed run again.
   *
   * @default {false}
   */
  again?: boolean | undefined;
}

/** Options for {@linkcode up}. */
export interface UpOptions<Name extends string = string> extends WaitOptions {
  /**
   * The names of the entries that are started; all by default. The others are
   * `idle` until you start them.
   */
  names?: readonly NoInfer<Name>[] | undefined;
  /**
   * What happens to the entries that the named ones depend on: see
   * {@linkcode AppStartOptions.dependencies}.
   *
   * @default {"start"}
   */
  dependencies?: StartDependencies | undefined;
}

/** What happens to the dependencies of processes that are started. */
export type StartDependencies = "require" | "start" | "ignore";

/** Options for {@linkcode App.prototype.stop | App.stop}. */
export interface AppStopOptions extends StopOptions {
  /**
   * How long all of it can take, in milliseconds. Then the processes that are
   * left are killed.
   *
   * @default {Infinity}
   */
  withinMs?: number | undefined;
}

/** Options for {@linkcode App.prototype.restart | App.restart}. */
export interface AppRestartOptions extends WaitOptions {
  /**
   * Whether the processes are restarted one after another: each when the one
   * before it is ready. The option `roll` of an entry says how.
   *
   * @default {false}
   */
  roll?: boolean | undefined;
}

/** Options for {@linkcode App.prototype.apply | App.apply}. */
export interface ApplyOptions extends WaitOptions {
  /**
   * Whether to compare the plans and change nothing.
   *
   * @default {false}
   */
  dryRun?: boolean | undefined;
  /**
   * The names of the new entries that are started; all by default. What they
   * require is started too, unless you have stopped it. Other new entries are
   * `idle` until you start them. What is not new is as it was, but a task with
   * other options that has ended is only run again if it is among them.
   */
  names?: readonly string[] | undefined;
}

/** How long to wait, with the default filled in. */
export interface WaitRules {
  /** Ends the wait when it is aborted. */
  readonly signal: AbortSignal | undefined;
  /** How long to wait, in milliseconds. */
  readonly withinMs: number;
}

/** How to stop processes, with the default filled in. */
export interface StopRules {
  /** How each process is stopped. */
  readonly stop: StopOptions;
  /** How long all of it can take, in milliseconds. */
  readonly withinMs: number;
}

/**
 * Checks the options of a wait, and fills in the default.
 *
 * @throws {TypeError} If an option does not exist or has a wrong type.
 * @throws {RangeError} If an option is out of range.
 * @throws The reason of the signal, if it has been aborted.
 */
export function waitRules(options: WaitOptions): WaitRules {
  fields(options, "options", ["signal", "withinMs"]);
  const { signal, withinMs } = options;
  if (signal !== undefined && !(signal instanceof AbortSignal)) {
    wrong("signal", "an AbortSignal", signal);
  }
  signal?.throwIfAborted();
  return { signal, withinMs: duration(withinMs) };
}

/**
 * Checks the options of a stop.
 *
 * @throws {TypeError} If an option does not exist or has a wrong type.
 * @throws {RangeError} If an option is out of range.
 */
export function stopRules(options: AppStopOptions): StopRules {
  fields(options, "options");
  const { withinMs, ...each } = options;
  const { stop = {} } = checkCommandOptions({ stop: each });
  return { stop, withinMs: duration(withinMs) };
}

/**
 * Checks what happens to the dependencies, and fills in the default.
 *
 * @throws {TypeError} If it is something else.
 */
export function dependenciesRule(
  value: StartDependencies | undefined,
  initial: StartDependencies,
): StartDependencies {
  const choices: readonly StartDependencies[] = ["require", "start", "ignore"];
  return oneOf(value ?? initial, "dependencies", choices);
}

/**
 * Checks an option that is on or off; off by default.
 *
 * @throws {TypeError} If it is not a boolean.
 */
export function flag(value: boolean | undefined, path: string): boolean {
  if (value === undefined) return false;
  return typeof value === "boolean" ? value : wrong(path, "a boolean", value);
}

function duration(ms: unknown): number {
  if (ms === undefined) return Infinity;
  if (typeof ms !== "number") wrong("withinMs", "a number", ms);
  if (!(ms >= 0)) wrong("withinMs", "a number >= 0", ms, RangeError);
  return ms;
}
