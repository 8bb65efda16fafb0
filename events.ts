/**
 * The events of a manager: what happens to its processes, and to this program.
 *
 * @module
 */

import type { Decision, RestartDecision } from "./restart.ts";
import type { StopOutcome, StopReport } from "./stop.ts";

/** The properties that all events of a process have. */
export interface EventBase {
  /** The name of the process. */
  readonly name: string;
  /** When it happened, in milliseconds since the epoch. */
  readonly time: number;
}

/** A run has started. */
export interface StartEvent extends EventBase {
  /** Tells the events apart. */
  readonly kind: "start";
  /** The process ID of the child. */
  readonly pid: number;
  /** The number of the run, 1 for the first. */
  readonly run: number;
}

/** A gate holds the next run of a process back. */
export interface WaitingEvent extends EventBase {
  /** Tells the events apart. */
  readonly kind: "waiting";
  /** The number of the run that waits, 1 for the first. */
  readonly run: number;
  /** What the run waits for, as the gate reports it. */
  readonly reason: string;
}

/**
 * A run has ended. Processes that it left behind are ended after this event.
 */
export interface ExitEvent extends EventBase {
  /** Tells the events apart. */
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
  /** Whether the run ended badly, without having been asked to end. */
  readonly crashed: boolean;
  /**
   * What follows the run; `undefined` if a stop or restart request decides
   * that.
   */
  readonly decision: Decision | undefined;
  /** The last lines that a crashed run wrote to stderr; otherwise empty. */
  readonly stderr: readonly string[];
  /**
   * Why an output of the run could not be read, if that is so. What the run
   * wrote after that is lost. `cause` is the error of the stream.
   */
  readonly outputError: Error | undefined;
}

/**
 * The processes that a run left behind when it ended by itself have been ended.
 */
export interface LeftoversEvent extends EventBase, StopOutcome {
  /** Tells the events apart. */
  readonly kind: "leftovers";
  /** The process ID that the child had. */
  readonly pid: number;
  /** The number of the run, 1 for the first. */
  readonly run: number;
}

/** A process waits for its restart. */
export interface RestartEvent extends EventBase {
  /** Tells the events apart. */
  readonly kind: "restart";
  /** Why it is restarted, after which wait, and what the limit still allows. */
  readonly decision: RestartDecision;
  /** Why the last run could not be started, if that is the reason. */
  readonly error: Error | undefined;
}

/** A process was given up. */
export interface FailedEvent extends EventBase {
  /** Tells the events apart. */
  readonly kind: "failed";
  /** Why it was given up. */
  readonly error: Error;
}

/** A process was stopped by request. */
export interface StopEvent extends EventBase {
  /** Tells the events apart. */
  readonly kind: "stop";
  /** How it was stopped. */
  readonly report: StopReport;
}

/** This program got a signal, and the manager stops all processes. */
export interface SignalEvent {
  /** Tells the events apart. */
  readonly kind: "signal";
  /** The signal. */
  readonly signal: Deno.Signal;
  /** When it arrived, in milliseconds since the epoch. */
  readonly time: number;
}

/** Events were dropped at this point, because the reader was too slow. */
export interface LostEvent {
  /** Tells the events apart. */
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
  | ExitEvent
  | LeftoversEvent
  | RestartEvent
  | FailedEvent
  | StopEvent
  | SignalEvent
  | LostEvent;
