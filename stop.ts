/**
 * How a process is stopped: the options, the requests and the report.
 *
 * @module
 */

import {
  type Filled,
  given,
  milliseconds,
  oneOf,
  options as optionsOf,
  type OptionsCheck,
} from "./validate.ts";
import { signalName } from "./signals.ts";

/** How a process is stopped. */
export interface StopOptions {
  /**
   * The signal that asks the process to end.
   *
   * @default {"SIGTERM"}
   */
  signal?: Deno.Signal | undefined;
  /**
   * Grace period in milliseconds: how long the process and everything it
   * started can take to end before processman sends them `SIGKILL`. `0` sends
   * it at once.
   *
   * @default {10_000}
   */
  gracePeriodMs?: number | undefined;
  /**
   * Which processes receive the signal. `"group"`: the child and everything it
   * started. `"leader"`: the child alone. Use it for a server that asks its own
   * workers to end and waits for them. Processes that are left when the child
   * has ended receive the signal then. `SIGKILL` at the end of the grace period
   * goes to everything. When this program itself receives a signal, processman
   * signals such leaders first, and everything else up to 20 ms later.
   *
   * @default {"group"}
   */
  to?: "group" | "leader" | undefined;
}

/** A signal that was sent to stop a process. */
export interface StopStep {
  /** The signal. */
  readonly signal: Deno.Signal;
  /**
   * Time until the next signal, or until everything had ended, in milliseconds.
   */
  readonly durationMs: number;
}

/** A process that has left the session of a run. */
export interface EscapedProcess {
  /** Its process ID. */
  readonly pid: number;
  /** Its name in the process table: at most 15 bytes. */
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
   * The process IDs of everything that is still alive: processes that could not
   * be ended, because they belong to another user or hang in the kernel, and
   * processes that have escaped.
   */
  readonly survivors: readonly number[];
  /**
   * The survivors that have left the session of the run. A stop does not reach
   * them.
   */
  readonly escaped: readonly EscapedProcess[];
}

/** How one run was ended. */
export interface StopOutcome {
  /** The signals that were sent, in order. */
  readonly steps: readonly StopStep[];
  /** Whether `SIGKILL` was sent. */
  readonly forced: boolean;
  /** The process IDs of what is left in the session. */
  readonly survivors: readonly number[];
  /** The processes that have left the session and are still alive. */
  readonly escaped: readonly EscapedProcess[];
}

/** The outcome when there was nothing to end. */
export const NOTHING: StopOutcome = {
  steps: [],
  forced: false,
  survivors: [],
  escaped: [],
};

/** A request to end a run. */
export interface StopRequest extends Filled<StopOptions> {
  /** Whether the request itself states the grace period. */
  readonly explicit: boolean;
}

/** How a run was asked to end. */
export interface Asked {
  /** The signal that was sent. */
  readonly signal: Deno.Signal;
  /**
   * Which processes receive it: all of the run, or only its leader while the
   * leader is alive.
   */
  readonly to: "group" | "leader";
  /** The groups that the signal has been sent to. */
  readonly groups: readonly number[];
  /** When `SIGKILL` is due, in milliseconds since the epoch. */
  readonly killAt: number;
}

/** Checks the options of a stop. */
export const checkStop: OptionsCheck<StopOptions> = optionsOf<StopOptions>({
  signal: signalName,
  gracePeriodMs: milliseconds,
  to: oneOf("group", "leader"),
});

/** The default options of a stop. */
export const STOP_DEFAULTS: Filled<StopOptions> = {
  signal: "SIGTERM",
  gracePeriodMs: 10_000,
  to: "group",
};

/** The request that ends everything at once. */
export const KILL: StopRequest = {
  signal: "SIGKILL",
  gracePeriodMs: 0,
  to: "group",
  explicit: true,
};

/**
 * Returns the request for the options of one stop.
 *
 * @param options The options.
 * @param rules The values for options that are left out.
 * @throws {TypeError} If an option does not exist or has a wrong type.
 * @throws {RangeError} If the grace period is negative or not finite.
 */
export function stopRequest(
  options: StopOptions,
  rules: Filled<StopOptions>,
): StopRequest {
  const own = checkStop(options, "");
  const explicit = own.gracePeriodMs !== undefined;
  return { ...rules, ...given(own), explicit };
}

/** Lists each process once, with its process ID and its name only. */
export function unique(
  processes: readonly EscapedProcess[],
): EscapedProcess[] {
  const all = new Map(processes.map((each) => [each.pid, each]));
  return Array.from(all.values(), ({ pid, name }) => ({ pid, name }));
}

/**
 * Ends many processes at the same time.
 *
 * @param what The verb for the error message, such as "stop".
 * @param processes The processes.
 * @param end Ends one of them.
 * @returns The reports.
 * @throws {AggregateError} With all failures, if there are any.
 */
export async function allReports<Process>(
  what: string,
  processes: Iterable<Process>,
  end: (process: Process) => Promise<StopReport>,
): Promise<StopReport[]> {
  const results = await Promise.allSettled(Array.from(processes, end));
  const reports: StopReport[] = [];
  const errors: unknown[] = [];
  for (const result of results) {
    if (result.status === "fulfilled") reports.push(result.value);
    else errors.push(result.reason);
  }
  if (errors.length === 0) return reports;
  throw new AggregateError(
    errors,
    `Cannot ${what} ${errors.length} of ${results.length} processes`,
  );
}
