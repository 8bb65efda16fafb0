/**
 * Follows the output of all processes of a plan.
 *
 * @module
 */

import {
  Beginnings,
  type Line,
  type Process,
  type Processman,
} from "../mod.ts";

/** Takes lines of a process; the process waits until the promise resolves. */
export type TakeLines = (
  name: string,
  lines: readonly Line[],
) => Promise<void>;

/**
 * Follows the output of all processes that are started from now on.
 *
 * @param pm The manager.
 * @param find Returns a process by its name.
 * @param take Takes the lines.
 * @returns A promise that resolves when all lines are taken, after the shutdown
 * of the manager.
 */
export async function followOutput(
  pm: Processman,
  find: (name: string) => Process | undefined,
  take: TakeLines,
): Promise<void> {
  const beginnings = new Beginnings();
  const followed = new Map<Process, Promise<void>>();
  for await (const event of pm.events()) {
    const begins = beginnings.begins(event);
    if (event.kind !== "start" && !begins) continue;
    const process = find(event.name);
    if (process === undefined) continue;
    const before = followed.get(process);
    // The lines of a process end with its last run, unless it starts again.
    if (before !== undefined && !begins) continue;
    const lines = process.lines().batches();
    const following = (before ?? Promise.resolve()).then(async () => {
      for await (const some of lines) await take(process.name, some);
    });
    followed.set(process, following);
  }
  await Promise.all(followed.values());
}
