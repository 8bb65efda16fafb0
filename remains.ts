/**
 * Processes that a stop could not end: the error, and the check that they have
 * ended since.
 *
 * @module
 */

import { StopError } from "./errors.ts";
import type { ProcessTable } from "./process_table.ts";
import { KILL_WAIT_MS } from "./stop.ts";

/** Returns the error of a process that could not be stopped. */
export function cannotStop(
  process: string,
  pids: readonly number[],
): StopError {
  const list = pids.join(", ");
  const survivors = pids.length > 1 ? `pids ${list} live` : `pid ${list} lives`;
  return new StopError(
    `Cannot stop process "${process}": ${survivors} on ${KILL_WAIT_MS} ms after SIGKILL`,
    { process, pids },
  );
}

/** Processes in the session of a run that could not be ended. */
export interface Remains {
  /** The ID of the session. */
  readonly session: number;
  /** The process IDs. */
  readonly pids: readonly number[];
}

/**
 * Checks that the processes that could not be ended have ended since.
 *
 * @throws {StopError} If one of the processes is still alive.
 */
export async function checkGone(
  process: string,
  { session, pids }: Remains,
  table: ProcessTable,
): Promise<void> {
  const members = (await table.look())?.session(session) ?? [];
  const left = members.map(({ pid }) => pid).filter((pid) =>
    pids.includes(pid)
  );
  if (left.length > 0) throw cannotStop(process, left);
}
