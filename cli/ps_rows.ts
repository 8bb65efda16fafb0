/**
 * What `ps` shows, as a supervisor tells it.
 *
 * @module
 */

import type { ControlClient, ProcessView } from "../control/client.ts";
import { select } from "./names.ts";

/** A process, with the name of its supervisor if there are several. */
export type Row = ProcessView & { readonly supervisor?: string };

/** Returns the processes of a supervisor that are named, with their usage. */
export async function rowsOf(
  client: ControlClient,
  names: readonly string[],
): Promise<Row[]> {
  return select(names, await client.processes({ usage: true }));
}
