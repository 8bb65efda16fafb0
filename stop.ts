/**
 * How a process is stopped: the options, the requests and the report.
 *
 * @module
 */

import { checkProgram, type HookEnd } from "./hook_options.ts";
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
  /**
   * A program and its arguments that ask the process to end, instead of the
   * signal, such as `["nginx", "-s", "quit"]`. It runs in the folder, with the
   * environment and as the user of the process. `PROCESSMAN_PID` is the process
   * ID of the child. Its output goes to the stderr of the process; each line
   * begins with `[stop]`.
   *
   * The grace period begins when the command starts. If the command fails, the
   * signal is sent at once. If it is still running at the end of the grace
   * period, it is killed with everything that it has started. Processes that
   * are left when the child has ended receive the signal then.
   *
   * The command does not run if the grace period is 0, if a call of `stop()`
   * names a signal, and for `kill()`. The guard cannot run it, and sends the
   * signal.
   *
   * @default {none}
   */
  command?: readonly string[] | undefined;
}

/** Something that was done to stop a process. */
export interface StopStep {
  /** The signal that was sent; `undefined` if the stop command was run. */
  readonly signal: Deno.Signal | undefined;
  /** How the stop command ended; `undefined` if a signal was sent. */
  readonly command?: HookEnd | undefined;
  /** Time until the next step, or until everything had ended, in milliseconds. */
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
  /**
   * The signals that were sent, and the stop commands that were run, in order;
   * none if it was not running.
   */
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
  /** The signals that were sent, and the stop commands that were run, in order. */
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

/** The options of a stop, with the defaults. */
export interface StopRules extends Filled<Omit<StopOptions, "command">> {
  /** What asks the process to end instead of the signal, if anything does. */
  readonly command?: readonly string[] | undefined;
}

/** A stop command that has been started. */
export interface StopCommand {
  /** Resolves when nothing of it is left. Never rejects. */
  readonly done: Promise<HookEnd>;
  /** Kills it, with everything that it has started. */
  kill(): void;
}

/** A stop command that has ended. */
export interface Commanded {
  /** How it ended. */
  readonly command: HookEnd;
  /** When it was started, in milliseconds of the kernel's `now()`. */
  readonly at: number;
}

/** A request to end a run. */
export interface StopRequest extends StopRules {
  /** Whether the request itself states the grace period. */
  readonly explicit: boolean;
}

/** A hook that a process waits for. */
export interface PhaseHook {
  /** Resolves when nothing of it is left. Never rejects. */
  readonly done: Promise<HookEnd>;
  /** Called with each request to end what the process runs. */
  asked(request: StopRequest): void;
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
  command: checkProgram,
});

/** The default options of a stop. */
export const STOP_DEFAULTS: StopRules = {
  signal: "SIGTERM",
  gracePeriodMs: 10_000,
  to: "group",
};

/** The longest wait for `SIGKILL` to take effect, in milliseconds. */
export const KILL_WAIT_MS = 5_000;

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
  { command, ...rules }: StopRules,
): StopRequest {
  const own = checkStop(options, "");
  const explicit = own.gracePeriodMs !== undefined;
  // A signal that the call itself names is wanted instead of the command.
  const asks = command && own.signal === undefined ? { command } : {};
  return { ...rules, ...asks, ...given(own), explicit };
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
