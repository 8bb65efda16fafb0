/**
 * The folders that hold the places of a user, and whether they can be trusted.
 *
 * @module
 */

import { granted, readUid, readVariable, requireAccess } from "./permission.ts";
import { PlaceError } from "./presence.ts";

/** A folder that holds the places of a user. */
export interface Base {
  /** Its path. */
  readonly folder: string;
  /** The variable of the environment that chooses it. */
  readonly variable: "XDG_RUNTIME_DIR" | "TMPDIR";
  /** The user ID of this program. */
  readonly uid: number;
}

/** What decides whether a folder can be trusted. */
export type FolderFacts = Pick<
  Deno.FileInfo,
  "isDirectory" | "isSymlink" | "mode" | "uid"
>;

/**
 * Returns the folders in which a supervisor of this user can have its place.
 * New ones go into the first; the others are looked through as well, because a
 * supervisor that the system starts has no `XDG_RUNTIME_DIR`, and its user has.
 *
 * @throws {Deno.errors.NotCapable} If a permission is missing.
 */
export function findBases(): [Base, ...Base[]] {
  const uid = readUid();
  const runtime = runtimeFolder(uid);
  const below = (folder: string, variable: Base["variable"]): Base => ({
    folder: folder.replace(/\/+$/, "") +
      (variable === "TMPDIR" ? `/processman-${uid}` : "/processman"),
    variable,
    uid,
  });
  if (runtime === undefined) return [below(temporaryFolder(), "TMPDIR")];
  const first = below(runtime, "XDG_RUNTIME_DIR");
  if (!granted({ name: "env", variable: "TMPDIR" })) return [first];
  const second = below(temporaryFolder(), "TMPDIR");
  const path = second.folder;
  return granted({ name: "read", path }) ? [first, second] : [first];
}

/** The folder that the system gives a user while he is logged in. */
function runtimeFolder(uid: number): string | undefined {
  const set = readVariable("XDG_RUNTIME_DIR");
  const path = set ?? `/run/user/${uid}`;
  if (!path.startsWith("/")) return undefined;
  if (!granted({ name: "read", path })) return set;
  const facts = factsOf(path, true);
  if (!facts?.isDirectory) return undefined;
  // A folder that was not asked for must not be in the way.
  return set !== undefined || facts.uid === uid ? path : undefined;
}

function temporaryFolder(): string {
  const set = readVariable("TMPDIR");
  return set?.startsWith("/") ? set : "/tmp";
}

/**
 * Says why a folder of a user cannot be trusted. The function is pure.
 *
 * @returns What is wrong and what to do, to follow the path; `undefined` if
 * nothing is wrong.
 */
export function faultOf(
  { isDirectory, isSymlink, mode, uid }: FolderFacts,
  user: number,
): string | undefined {
  if (isSymlink) return "is a link: remove it";
  if (!isDirectory) return "is not a folder: remove it";
  if (uid !== user) {
    return `belongs to the user ${uid}, but this program runs as the user ${user}: remove it`;
  }
  const bits = (mode ?? 0) & 0o777;
  if ((bits & 0o077) === 0) return undefined;
  return `is open to other users (mode ${octal(bits)}): ` +
    "check what is in it, then forbid it to them with chmod 700";
}

/**
 * Says why nothing can be kept safely in a folder that a user shares with
 * others, such as `/tmp`. The function is pure.
 *
 * @returns What is wrong, to follow the path; `undefined` if nothing is wrong.
 */
export function sharedFaultOf(
  { isDirectory, mode, uid }: FolderFacts,
  user: number,
): string | undefined {
  if (!isDirectory) return "is not a folder";
  if (uid !== user && uid !== 0) {
    return `belongs to the user ${uid}, but this program runs as the user ${user}`;
  }
  const open = ((mode ?? 0) & 0o022) !== 0;
  const sticky = ((mode ?? 0) & 0o1000) !== 0;
  if (!open || sticky) return undefined;
  return `can be changed by other users (mode ${octal((mode ?? 0) & 0o777)})`;
}

/**
 * Checks a base and a folder in it.
 *
 * @returns Whether the folder exists.
 * @throws {PlaceError} If it, or the base, cannot be trusted.
 * @throws {Deno.errors.NotCapable} If a permission is missing.
 */
export function checkFolder(base: Base, folder: string): boolean {
  requireAccess(["read"], base.folder);
  checkParent(base);
  return [base.folder, folder].every((path) => isSound(base, path));
}

/** Returns whether a folder exists; throws if it cannot be trusted. */
function isSound(base: Base, path: string): boolean {
  const facts = factsOf(path);
  if (facts === undefined) return false;
  const fault = faultOf(facts, base.uid);
  if (fault === undefined) return true;
  throw new PlaceError(`The folder "${path}" ${fault}, ${elsewhere(base)}`);
}

/**
 * Creates a folder in a base, and the base, unless they exist, and checks them.
 *
 * @throws {PlaceError} If it cannot be created, or cannot be trusted.
 * @throws {Deno.errors.NotCapable} If a permission is missing.
 */
export function createFolder(base: Base, folder: string): void {
  requireAccess(["read", "write"], folder, base.folder);
  checkParent(base);
  // Nothing is created in a folder that has not been checked.
  for (const path of [base.folder, folder]) {
    makeFolder(base, path);
    isSound(base, path);
  }
}

function makeFolder(base: Base, path: string): void {
  try {
    Deno.mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    if (error instanceof Deno.errors.AlreadyExists) return;
    throw new PlaceError(
      `The folder "${path}" cannot be created (${messageOf(error)}): ` +
        `make that possible, ${elsewhere(base)}`,
      { cause: error },
    );
  }
}

/** Checks the folder that a base is in, as far as this program may read it. */
function checkParent(base: Base): void {
  const path = base.folder.slice(0, base.folder.lastIndexOf("/")) || "/";
  if (!granted({ name: "read", path })) return;
  const facts = factsOf(path, true);
  const fault = facts && sharedFaultOf(facts, base.uid);
  if (!fault) return;
  throw new PlaceError(
    `The folder "${path}" ${fault}: set ${base.variable} to a folder of ` +
      "the user that this program runs as",
  );
}

/** Returns what a path leads to, or `undefined` if it does not exist. */
function factsOf(path: string, follow = false): Deno.FileInfo | undefined {
  try {
    return follow ? Deno.statSync(path) : Deno.lstatSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw new PlaceError(
      `The folder "${path}" cannot be examined: ${messageOf(error)}`,
      { cause: error },
    );
  }
}

function elsewhere({ variable }: Base): string {
  return `or set ${variable} to another folder`;
}

function octal(bits: number): string {
  return bits.toString(8).padStart(4, "0");
}

/** Returns the message of an error, whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Returns the base that a folder of {@linkcode findBases} is in. */
export function baseOf(folder: string): Base {
  const uid = readUid();
  const base = folder.slice(0, folder.lastIndexOf("/"));
  const temporary = base.endsWith(`/processman-${uid}`);
  return {
    folder: base,
    variable: temporary ? "TMPDIR" : "XDG_RUNTIME_DIR",
    uid,
  };
}
