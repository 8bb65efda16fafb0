/**
 * The parts of a manager that a process and its lives use.
 *
 * @module
 */

import type { EventHub } from "./event_hub.ts";
import type { Instruments } from "./instruments.ts";
import type { Kernel } from "./kernel.ts";
import type { CommandOptions } from "./options.ts";
import type { Outlets } from "./outlets.ts";
import type { OutputFiles } from "./output_file.ts";
import type { ProcessTable } from "./process_table.ts";
import type { Audience } from "./reporter.ts";
import type { RunRegistry } from "./run_registry.ts";
import type { Sweep } from "./sweep.ts";

/** The part of a manager that the life of a process uses. */
export interface LifeHost extends Pick<Audience, "log"> {
  /** Delivers events to their readers. */
  readonly events: EventHub;
  /** The system. */
  readonly kernel: Kernel;
  /** The process table of the system. */
  readonly table: ProcessTable;
  /** Looks once more at runs that seem to have left nothing behind. */
  readonly sweep: Sweep;
  /** The runs of the manager, and its guard. */
  readonly runs: RunRegistry;
  /** What has to be delivered before this program ends. */
  readonly outlets: Outlets;
  /** What is called around runs and probes. */
  readonly instruments: Instruments;
  /** Whether a run can lead a session. */
  readonly groups: boolean;
}

/** The part of a manager that a process uses. */
export interface ProcessHost<Process> extends LifeHost {
  /** The files that output is written to. */
  readonly files: OutputFiles;
  /**
   * Adds a process to the manager, with its present option `stopAfter`.
   *
   * @throws {ProcessmanClosedError} If the manager has been shut down.
   * @throws {TypeError} If another process has the name.
   */
  adopt(process: Process, stopAfter: () => CommandOptions["stopAfter"]): void;
  /** Removes a process that has ended and is not restarted. */
  release(process: Process): void;
  /** Shuts down because a critical process ended without being asked to. */
  abandon(process: Process, code: number): void;
}
