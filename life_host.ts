/**
 * The part of a manager that the life of a process uses.
 *
 * @module
 */

import type { EventHub } from "./event_hub.ts";
import type { Kernel } from "./kernel.ts";
import type { Outlets } from "./outlets.ts";
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
  /** Whether a run can lead a session. */
  readonly groups: boolean;
}
