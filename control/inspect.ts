/**
 * Finds out whether a supervisor runs, or has died.
 *
 * @module
 */

import { baseOf, checkFolder } from "./folder.ts";
import { enterGate, isLocked } from "./lock.ts";
import {
  type EndedOrphan,
  type Place,
  PlaceError,
  type Presence,
  readOrphans,
  readRecord,
} from "./presence.ts";

/**
 * How often a supervisor gives a sign of life, in milliseconds: it sets the
 * modification time of its lock.
 */
export const SIGN_MS = 10_000;

/**
 * Finds out whether a supervisor runs, or has died. This creates nothing, and
 * is in nobody's way: at the same time, a program can take the place.
 *
 * @param place The place of the supervisor.
 * @throws {PlaceError} If the folder of the place cannot be trusted, or another
 * program blocks the place.
 * @throws {Deno.errors.NotCapable} If this program has no permission to read
 * the folder, or its user ID.
 */
export async function inspect(place: Place): Promise<Presence> {
  if (!checkFolder(baseOf(place.folder), place.folder)) return NONE;
  if (!hasRecord(place)) return NONE;
  using gate = await enterGate(place, { create: false });
  if (gate === undefined) return NONE;
  const record = readRecord(place);
  if (isLocked(place)) {
    if (record !== undefined) return { kind: "running", record };
    throw noRecord(place);
  }
  if (record === undefined) return NONE;
  const sign = lastSign(place);
  const orphans = since(sign ?? record.startedAt, readOrphans(place));
  return { kind: "died", record, at: timeOfDeath(sign, orphans), orphans };
}

const NONE: Presence = { kind: "none" };

/** Returns whether a supervisor has left a record, or writes one now. */
export function hasRecord({ record }: Place): boolean {
  try {
    return Deno.lstatSync(record).isFile;
  } catch {
    return false;
  }
}

/** Returns the error for a supervisor that runs, but nothing says which. */
export function noRecord({ lock, record }: Place): PlaceError {
  return new PlaceError(
    `A supervisor holds the lock "${lock}", but "${record}" does not say ` +
      `which: find it with fuser "${lock}", and end it`,
  );
}

/**
 * Returns when a supervisor died, as exactly as it is known.
 *
 * @param sign Its last sign of life, in milliseconds since the epoch; `null` if
 * it is not known.
 * @param orphans What the guard has ended since. It has the times in whole
 * seconds, and each run may have taken its grace period.
 */
export function timeOfDeath(
  sign: number | null,
  orphans: readonly EndedOrphan[],
): number | null {
  const times = orphans.map(({ time }) => time);
  if (times.length === 0) return sign;
  const first = Math.min(...times);
  if (sign === null) return first;
  return Math.max(sign, Math.min(first, sign + SIGN_MS));
}

/**
 * Returns what the guard ended after a time, in milliseconds since the epoch.
 * The guard of an earlier supervisor can have been at work until then.
 */
export function since(
  time: number,
  orphans: readonly EndedOrphan[],
): EndedOrphan[] {
  // The guard has whole seconds.
  return orphans.filter((orphan) => orphan.time > time - 1_000);
}

function lastSign({ lock }: Place): number | null {
  try {
    return Deno.statSync(lock).mtime?.getTime() ?? null;
  } catch {
    return null;
  }
}
