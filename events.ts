/**
 * The events of a manager: what happens to its processes, and to this program.
 *
 * @module
 */

import type { HookEnd } from "./hook_options.ts";
import type { Decision, RestartDecision, Verdict } from "./restart.ts";
import type { StopOutcome, StopReport } from "./stop.ts";

/** The properties that all events of a process have. */
export interface EventBase {
  /** The name of the process. */
  readonly name: string;
  /** When the event happened, in milliseconds since the epoch. */
  readonly time: number;
}

/** A run has started. */
export interface StartEvent extends EventBase {
  /** Distinguishes the kinds of events. */
  readonly kind: "start";
  /** The process ID of the child. */
  readonly pid: number;
  /** The number of the run, 1 for the first. */
  readonly run: number;
}

/** A run has become ready, as the probe of the option `ready` says. */
export interface ReadyEvent extends EventBase {
  /** Distinguishes the kinds of events. */
  readonly kind: "ready";
  /** The process ID of the child. */
  readonly pid: number;
  /** The number of the run, 1 for the first. */
  readonly run: number;
  /** Time since the start of the run, in milliseconds. */
  readonly afterMs: number;
}

/** A run that was ready is not ready any more; see `ready.recheckMs`. */
export interface UnreadyEvent extends EventBase {
  /** Distinguishes the kinds of events. */
  readonly kind: "unready";
  /** The process ID of the child. */
  readonly pid: number;
  /** The number of the run, 1 for the first. */
  readonly run: number;
  /** The answer of the probe. */
  readonly reason: string;
}

/** The probe of the option `live` has failed too often: the run is ended. */
export interface UnhealthyEvent extends EventBase {
  /** Distinguishes the kinds of events. */
  readonly kind: "unhealthy";
  /** The process ID of the child. */
  readonly pid: number;
  /** The number of the run, 1 for the first. */
  readonly run: number;
  /** The number of negative answers in a row. */
  readonly failures: number;
  /** The last answer of the probe. */
  readonly reason: string;
}

/** A program that runs for a process besides its own has begun, or has ended. */
export interface HookEvent extends EventBase {
  /** Distinguishes the kinds of events. */
  readonly kind: "hook";
  /** What it is: an option, or for `stop` the stop command. */
  readonly hook: "before" | "after" | "stop";
  /** The number of the run that it belongs to, 1 for the first. */
  readonly run: number;
  /** Its process ID; `undefined` if it could not be started. */
  readonly pid: number | undefined;
  /** How it ended; `undefined` in the event of its beginning. */
  readonly end: HookEnd | undefined;
}

/** A gate holds back the next run of a process. */
export interface WaitingEvent extends EventBase {
  /** Distinguishes the kinds of events. */
  readonly kind: "waiting";
  /** The number of the run that waits, 1 for the first. */
  readonly run: number;
  /** What the run waits for, as reported by the gate. */
  readonly reason: string;
}

/**
 * A run has ended. processman ends the processes that it left behind after this
 * event.
 */
export interface ExitEvent extends EventBase {
  /** Distinguishes the kinds of events. */
  readonly kind: "exit";
  /** The process ID that the child had. */
  readonly pid: number;
  /** The number of the run, 1 for the first. */
  readonly run: number;
  /** How the child ended. */
  readonly status: Deno.CommandStatus;
  /** How long the run lived, in milliseconds. */
  readonly durationMs: number;
  /** Whether the run was asked to end. */
  readonly requested: boolean;
  /** Whether the run failed without having been asked to end. */
  readonly crashed: boolean;
  /**
   * What follows the run; `undefined` if a call of `stop()` or `restart()`
   * decides that.
   */
  readonly decision: Decision | undefined;
  /** Why processman ended the run, if a probe was the reason. */
  readonly verdict: Verdict | undefined;
  /** The last lines that a crashed run wrote to stderr; otherwise empty. */
  readonly stderr: readonly string[];
  /**
   * Why an output of the run could not be read; `undefined` if it could. Later
   * output of the run is lost. `cause` is the error of the stream.
   */
  readonly outputError: Error | undefined;
}

/**
 * processman has ended the processes that a run left behind when it ended by
 * itself.
 */
export interface LeftoversEvent extends EventBase, StopOutcome {
  /** Distinguishes the kinds of events. */
  readonly kind: "leftovers";
  /** The process ID that the child had. */
  readonly pid: number;
  /** The number of the run, 1 for the first. */
  readonly run: number;
}

/** A process waits for its restart. */
export interface RestartEvent extends EventBase {
  /** Distinguishes the kinds of events. */
  readonly kind: "restart";
  /** Why it is restarted, after which delay, and how many restarts are left. */
  readonly decision: RestartDecision;
  /** Why the last run could not be started, if it could not. */
  readonly error: Error | undefined;
}

/** processman gave up a process. */
export interface FailedEvent extends EventBase {
  /** Distinguishes the kinds of events. */
  readonly kind: "failed";
  /** Why processman gave up the process. */
  readonly error: Error;
}

/** A process was stopped by request. */
export interface StopEvent extends EventBase {
  /** Distinguishes the kinds of events. */
  readonly kind: "stop";
  /** How it was stopped. */
  readonly report: StopReport;
}

/** This program received a signal, and the manager stops all processes. */
export interface SignalEvent {
  /** Distinguishes the kinds of events. */
  readonly kind: "signal";
  /** The signal. */
  readonly signal: Deno.Signal;
  /** When it arrived, in milliseconds since the epoch. */
  readonly time: number;
}

/** Events were dropped at this point because the reader was too slow. */
export interface LostEvent {
  /** Distinguishes the kinds of events. */
  readonly kind: "lost";
  /** The number of events that were dropped. */
  readonly count: number;
  /** When the first of them happened, in milliseconds since the epoch. */
  readonly time: number;
}

/** Something that happened to a process, or to this program. */
export type ProcessEvent =
  | StartEvent
  | WaitingEvent
  | HookEvent
  | ReadyEvent
  | UnreadyEvent
  | UnhealthyEvent
  | ExitEvent
  | LeftoversEvent
  | RestartEvent
  | FailedEvent
  | StopEvent
  | SignalEvent
  | LostEvent;
