/**
 * Waits for the guard of a supervisor that has died: as long as it stops
 * processes, their ports and files are in use.
 *
 * @module
 */

import { pause } from "./clock.ts";

/** How often to look, in milliseconds. */
const LOOK_MS = 50;

/**
 * Waits until the guard of a supervisor has ended. On systems without `/proc`,
 * it does not wait.
 *
 * @param orphanLog The file in which the guard notes what it ends.
 * @param signal Ends the wait.
 */
export async function guardEnded(
  orphanLog: string,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted && hasGuard(orphanLog)) await pause(LOOK_MS, signal);
}

/** Returns whether a guard that writes a file is alive. */
function hasGuard(orphanLog: string): boolean {
  const variable = `\0log=${orphanLog}\0`;
  try {
    for (const { name } of Deno.readDirSync("/proc")) {
      if (/^\d+$/.test(name) && environOf(name).includes(variable)) return true;
    }
  } catch {
    // There is no such folder.
  }
  return false;
}

/** Returns the variables of a process, each between zero bytes. */
function environOf(pid: string): string {
  try {
    return `\0${Deno.readTextFileSync(`/proc/${pid}/environ`)}\0`;
  } catch {
    // It has ended, or belongs to somebody else.
    return "";
  }
}
