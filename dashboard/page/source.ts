/**
 * Where the page gets everything from: a supervisor, or a report.
 *
 * @module
 */

import type {
  EventView,
  LogItem,
  LogQuery,
  Presence,
  ProcessDetails,
  ProcessView,
  SupervisorView,
} from "../../control/client.ts";

export type {
  DependencyView,
  EndView,
  EventView,
  LogItem,
  LogLine,
  LogQuery,
  Presence,
  ProbeView,
  ProcessDetails,
  ProcessView,
  StateName,
  StopView,
  SupervisorView,
  UsageView,
} from "../../control/client.ts";

/** What the page can do; the paths of the control API. */
export type Action =
  | "start"
  | "stop"
  | "restart"
  | "kill"
  | "signal"
  | "scale"
  | "shutdown";

/** Where the page gets everything from. */
export interface Source {
  /** Whether things change: not in a report. */
  readonly live: boolean;
  /** Whether nothing can be changed. */
  readonly readOnly: boolean;
  /** Returns the time in milliseconds; in a report, when it was made. */
  now(): number;
  /** Returns the supervisor. */
  supervisor(): Promise<SupervisorView>;
  /** Returns all processes. */
  processes(options: { usage: boolean }): Promise<ProcessView[]>;
  /** Returns the details of a process. */
  details(name: string): Promise<ProcessDetails>;
  /** Reads events; several at once if they are there. */
  events(
    options: { after: number; follow: boolean },
    signal: AbortSignal,
  ): AsyncIterable<readonly EventView[]>;
  /** Reads lines; several at once if they are there. */
  logs(
    query: LogQuery,
    signal: AbortSignal,
  ): AsyncIterable<readonly LogItem[]>;
  /**
   * Does something; resolves when it is done. The signal ends the wait for that.
   *
   * @throws {RefusedError} If the supervisor refuses or fails.
   */
  act(
    action: Action,
    body: Readonly<Record<string, unknown>>,
    signal?: AbortSignal,
  ): Promise<void>;
  /** Finds out whether there is a supervisor; `null` if that is not known. */
  presence(): Promise<Presence | null>;
}

/** Returns what was thrown, in words. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** There is no supervisor. */
export class GoneError extends Error {
  override readonly name = "GoneError";
}

/** The server of the page does not answer. */
export class DisconnectedError extends Error {
  override readonly name = "DisconnectedError";
}

/** The page has no valid key. */
export class LockedError extends Error {
  override readonly name = "LockedError";
}

/** The supervisor refuses a request, or could not do what was asked. */
export class RefusedError extends Error {
  override readonly name = "RefusedError";
}
