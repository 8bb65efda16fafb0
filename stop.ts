/**
 * How a process is stopped: the options, and what is told of it.
 *
 * @module
 */

import {
  type Check,
  given,
  milliseconds,
  oneOf,
  options as optionsOf,
} from "./validate.ts";
import { signalName } from "./signals.ts";

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
  /**
   * What gets the signal. `"group"`: the child and everything it started.
   * `"leader"`: the child alone, for a server that asks its own workers to end
   * and waits for them; what is left when the child has ended gets the signal
   * then. `SIGKILL` at the end of the grace period goes to everything. At a
   * signal to this program, leaders get theirs first, and all else follows up to
   * 20 ms later.
   *
   * @default {"group"}
   */
  to?: "group" | "leader";
}

/** A signal that was sent on the way down. */
export interface StopStep {
  /** The signal. */
  readonly signal: Deno.Signal;
  /** Time until the next signal, or until everything had ended, in milliseconds. */
  readonly durationMs: number;
}

/** A process that has left the session of a run. */
export interface EscapedProcess {
  /** Its process ID. */
  readonly pid: number;
  /** Its name, as the process table has it: at most 15 bytes. */
  readonly name: string;
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
   * The process IDs of what lives on: what could not be ended, since it belongs
   * to another user or hangs in the kernel, and what has escaped.
   */
  readonly survivors: readonly number[];
  /**
   * Those of the survivors that have left the session of the run, which a stop
   * does not reach.
   */
  readonly escaped: readonly EscapedProcess[];
}

/** What {@linkcode Ending} knows at its end. */
export interface StopOutcome {
  /** The signals that were sent, in order. */
  readonly steps: readonly StopStep[];
  /** Whether `SIGKILL` was sent. */
  readonly forced: boolean;
  /** What is left in the session. */
  readonly survivors: readonly number[];
  /** What has left the session and lives on. */
  readonly escaped: readonly EscapedProcess[];
}

/** The outcome where there was nothing to end. */
export const NOTHING: StopOutcome = {
  steps: [],
  forced: false,
  survivors: [],
  escaped: [],
};

/** A request to end a run. */
export interface StopRequest extends Required<StopOptions> {
  /** Whether the request itself says how long the grace period is. */
  readonly final: boolean;
}

/** How a run was asked to end. */
export interface Asked {
  /** The signal that was sent. */
  signal: Deno.Signal;
  /** Who gets it: all of the run, or its leader alone as long as it lives. */
  to: "group" | "leader";
  /** The groups that it has been sent to. */
  groups: readonly number[];
  /** When `SIGKILL` is due, in milliseconds since the epoch. */
  killAt: number;
}

/** Checks the options of a stop. */
export const checkStop: Check = optionsOf<StopOptions>({
  signal: signalName,
  gracePeriodMs: milliseconds,
  to: oneOf("group", "leader"),
});

/** The options of a stop where nothing else is said. */
export const STOP_DEFAULTS: Required<StopOptions> = {
  signal: "SIGTERM",
  gracePeriodMs: 10_000,
  to: "group",
};

/**
 * Makes a request of the options of one stop, and fills in what they leave open.
 *
 * @throws {TypeError} If an option does not exist or has a wrong type.
 * @throws {RangeError} If the grace period is negative or not finite.
 */
export function stopRequest(
  options: StopOptions,
  rules: Required<StopOptions>,
): StopRequest {
  checkStop(options, "");
  const final = options.gracePeriodMs !== undefined;
  return { ...rules, ...given(options), final };
}
