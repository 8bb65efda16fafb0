/**
 * What acts on processes on behalf of keys of the configuration that the
 * library does not have.
 *
 * @module
 */

import type { OwnEvent } from "../control/mod.ts";
import type { Logger, Processman } from "../mod.ts";
import type { App } from "../plan/mod.ts";
import type { ResolvedConfig } from "./resolved.ts";
import type { ScheduleBook } from "./schedule_book.ts";
import type { Env } from "./state_folder.ts";

/** What an attendant acts on, and with. */
export interface Attending {
  /** The manager. */
  readonly pm: Processman;
  /** The plan that runs. */
  readonly app: App;
  /** Writes to the log of the supervisor. */
  readonly logger: Logger;
  /** Adds an event to those that clients see. */
  readonly note: (event: OwnEvent) => void;
  /** What is known about schedules. */
  readonly schedules: ScheduleBook;
  /** Reads a variable of the environment. */
  readonly env: Env;
  /** Aborted when the processes are about to be stopped for good. */
  readonly signal: AbortSignal;
}

/** Acts on processes as the configuration says. */
export interface Attendant extends AsyncDisposable {
  /**
   * Takes a configuration: the first one, and each that a reload has applied.
   * Must not throw, and must not wait for processes.
   *
   * @returns A promise, if it has to prepare something before processes start.
   */
  configure(config: ResolvedConfig): void | Promise<void>;
  /** Returns whether it can start processes again that have ended. */
  awaits?(): boolean;
  /** Returns what `why` is to say of an entry besides, if there is something. */
  remark?(entry: string): string | undefined;
  /** Called when all processes have ended; ends what is still going on. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** A kind of attendant. */
export interface AttendantKind {
  /** Returns whether a process of the configuration needs it. */
  needs(entry: Readonly<Record<string, unknown>>): boolean;
  /** Loads it, and returns what creates it. */
  load(): Promise<(attending: Attending) => Attendant>;
}
