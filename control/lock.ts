/**
 * The lock of a supervisor. The system frees it when the program ends, for
 * whatever reason, and children do not inherit it.
 *
 * A second lock, the gate, is held only for a moment: by who takes or frees the
 * lock, and by who looks whether it is taken. So a look never makes a program
 * fail that takes the lock, and a program that fails to take it finds the
 * record of the one that has it.
 *
 * @module
 */

import type { Place } from "./presence.ts";
import { PlaceError } from "./presence.ts";

/** How long to wait for the gate, in milliseconds. */
const GATE_MS = 5_000;

/** How long to wait between two attempts, in milliseconds. */
const PAUSE_MS = 5;

/**
 * Waits until this program has the gate of a place.
 *
 * @param options With `create: false`, a missing gate is not created. The
 * gate is waited for `withinMs` milliseconds, by default 5,000.
 * @returns The gate, which disposing frees; `undefined` if it does not exist.
 * @throws {PlaceError} If another program does not free it in time.
 */
export async function enterGate(
  { folder }: Place,
  { create, withinMs = GATE_MS }: { create: boolean; withinMs?: number },
): Promise<Deno.FsFile | undefined> {
  const path = `${folder}/gate`;
  const file = openFile(path, create);
  if (file === undefined) return undefined;
  for (let waited = 0; !file.tryLockSync(true); waited += PAUSE_MS) {
    if (waited >= withinMs) {
      file.close();
      throw new PlaceError(
        `Another program has held the lock of "${path}" for ` +
          `${withinMs / 1_000} s: end it, or continue it if it is suspended ` +
          `(fuser "${path}" finds it)`,
      );
    }
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
  return file;
}

/** Takes the lock of a place: `undefined` if another program has it. */
export function takeLock({ lock }: Place): Deno.FsFile | undefined {
  const file = openFile(lock, true);
  if (file?.tryLockSync(true)) return file;
  file?.close();
  return undefined;
}

/** Finds out whether a program has the lock. Only who has the gate may ask. */
export function isLocked({ lock }: Place): boolean {
  const file = openFile(lock, false);
  if (file === undefined) return false;
  // Closing the file frees the lock.
  using _ = file;
  return !file.tryLockSync(true);
}

/** Returns whether a file is still the one that its path leads to. */
export function isAt(file: Deno.FsFile, path: string): boolean {
  try {
    const [here, there] = [file.statSync(), Deno.lstatSync(path)];
    return here.ino === there.ino && here.dev === there.dev;
  } catch {
    return false;
  }
}

/** Opens a file; `undefined` if it does not exist and is not to be created. */
function openFile(path: string, create: boolean): Deno.FsFile | undefined {
  try {
    return create
      ? Deno.openSync(path, {
        read: true,
        write: true,
        create: true,
        mode: 0o600,
      })
      : Deno.openSync(path);
  } catch (error) {
    if (!create && error instanceof Deno.errors.NotFound) return undefined;
    throw new PlaceError(
      `The file "${path}" cannot be opened (${
        error instanceof Error ? error.message : error
      }): remove it if no supervisor runs`,
      { cause: error },
    );
  }
}
