/**
 * What a report holds: the JSON that is embedded in its page.
 *
 * @module
 */

import type {
  EventView,
  LogItem,
  Presence,
  ProcessDetails,
  ProcessView,
  SupervisorView,
} from "../control/client.ts";

/** The `id` of the element of the page that holds the data as JSON. */
export const REPORT_ID = "report";

/** What a report shows. Secrets in it have been replaced. */
export interface ReportData {
  /** The version of the package that made it. */
  readonly version: string;
  /** When it was made, in milliseconds since the epoch. */
  readonly madeAt: number;
  /** From when on its events and lines are, in milliseconds since the epoch. */
  readonly since: number;
  /** The supervisor; the last one, as far as it is known, if none runs. */
  readonly supervisor: SupervisorView;
  /** Whether the supervisor ran, or how it had ended. */
  readonly presence?: Presence | undefined;
  /** The processes, with what they use; none if no supervisor runs. */
  readonly processes: readonly ProcessView[];
  /** The details of the processes by name; `null` where they are not known. */
  readonly details: Readonly<Record<string, ProcessDetails | null>>;
  /** The events, the oldest first. */
  readonly events: readonly EventView[];
  /** The lines, the oldest first, and where some are missing. */
  readonly logs: readonly LogItem[];
  /** How many values were replaced because they look secret. */
  readonly redacted: number;
  /** Whether older lines were left out because there were too many. */
  readonly cut: boolean;
}
