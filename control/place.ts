/**
 * Where a supervisor has its lock, its record and its socket. This module loads
 * neither the core nor any package.
 *
 * @module
 */

import { type Base, checkFolder, findBases } from "./folder.ts";
import { hasRecord, inspect } from "./inspect.ts";
import { requireAccess } from "./permission.ts";
import { type Place, PlaceError } from "./presence.ts";

export {
  type EndedOrphan,
  type Place,
  PlaceError,
  type Presence,
  type SupervisorRecord,
} from "./presence.ts";
export { inspect } from "./inspect.ts";

/**
 * The most bytes of the path of a socket: with the byte that ends it, macOS has
 * room for 104, and Linux for 108.
 */
const MAX_SOCKET_PATH = 103;

/**
 * Returns the place of the supervisor of a configuration. Links are resolved,
 * so that a configuration has one place, however it is named. Nothing is
 * created.
 *
 * @param path The path of the file. If it does not exist, its folder must.
 * @throws {PlaceError} If the folder of the place cannot be trusted, or the
 * path of its socket is too long.
 * @throws {Deno.errors.NotFound} If neither the file nor its folder exists.
 * @throws {Deno.errors.NotCapable} If a permission is missing.
 */
export async function placeOfConfig(path: string): Promise<Place> {
  return await placeOf(`config ${resolvePath(path)}`);
}

/**
 * Returns the place of a supervisor that a program exposes by a name. Nothing
 * is created.
 *
 * @param name The name, of at least one character.
 * @throws {TypeError} If the name is not a string, or empty.
 * @throws {PlaceError} If the folder of the place cannot be trusted, or the
 * path of its socket is too long.
 * @throws {Deno.errors.NotCapable} If a permission is missing.
 */
export async function placeOfName(name: string): Promise<Place> {
  if (typeof name !== "string" || name === "") {
    throw new TypeError(
      `Option "name" must be a string that is not empty: current value is ${
        typeof name === "string" ? '""' : String(name)
      }`,
    );
  }
  return await placeOf(`name ${name}`);
}

/**
 * Lists all places of this user with a supervisor that runs, or that has died.
 * Folders that cannot be trusted are left out.
 *
 * @throws {Deno.errors.NotCapable} If a permission is missing.
 */
export async function* listPlaces(): AsyncIterable<Place> {
  for (const base of findBases()) {
    requireAccess(["read"], base.folder);
    for (const hash of await namesIn(base)) {
      const place = placeIn(base, hash);
      if (hasRecord(place) && isSound(base, place)) yield place;
    }
  }
}

/** Returns the place of what a text identifies. */
async function placeOf(id: string): Promise<Place> {
  const hash = await hashOf(id);
  const [first, ...others] = findBases();
  const place = placeIn(first, hash);
  checkFolder(first, place.folder);
  checkLength(place.socket, first);
  const left = others
    .map((base) => ({ base, place: placeIn(base, hash) }))
    .filter(({ base, place }) => hasRecord(place) && isSound(base, place));
  if (left.length === 0 || await isRunning(place)) return place;
  for (const other of left) {
    if (!hasRecord(place) || await isRunning(other.place)) return other.place;
  }
  return place;
}

/** Returns 16 digits that stand for a text. */
async function hashOf(text: string): Promise<string> {
  const bytes = new TextEncoder().encode(text);
  const hash = await crypto.subtle.digest("SHA-256", bytes);
  return new Uint8Array(hash).toHex().slice(0, 16);
}

function placeIn(base: Base, hash: string): Place {
  const folder = `${base.folder}/${hash}`;
  return {
    folder,
    socket: `${folder}/socket`,
    lock: `${folder}/lock`,
    record: `${folder}/record.json`,
    orphanLog: `${folder}/orphans.jsonl`,
  };
}

function checkLength(socket: string, { variable }: Base): void {
  const { length } = new TextEncoder().encode(socket);
  if (length <= MAX_SOCKET_PATH) return;
  throw new PlaceError(
    `The path of the socket has ${length} bytes, but the system allows ` +
      `${MAX_SOCKET_PATH}: set ${variable} to a folder with a shorter path ` +
      `(the path is "${socket}")`,
  );
}

async function isRunning(place: Place): Promise<boolean> {
  return (await inspect(place)).kind === "running";
}

/** Returns whether a place can be trusted. */
function isSound(base: Base, { folder }: Place): boolean {
  try {
    return checkFolder(base, folder);
  } catch (error) {
    if (error instanceof PlaceError) return false;
    throw error;
  }
}

/** Returns the names of the places in a base. */
async function namesIn({ folder }: Base): Promise<string[]> {
  try {
    const entries = await Array.fromAsync(Deno.readDir(folder));
    return entries.map(({ name }) => name)
      .filter((name) => /^[0-9a-f]{16}$/.test(name)).sort();
  } catch (error) {
    if (isUnreadable(error)) return [];
    throw error;
  }
}

function isUnreadable(error: unknown): boolean {
  const { NotFound, PermissionDenied, NotADirectory } = Deno.errors;
  return [NotFound, PermissionDenied, NotADirectory]
    .some((kind) => error instanceof kind);
}

/** Resolves the links in a path, whose last part need not exist. */
function resolvePath(path: string): string {
  requireAccess(["read"], path);
  try {
    return Deno.realPathSync(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  const end = path.lastIndexOf("/");
  const folder = end < 0 ? "." : path.slice(0, end) || "/";
  requireAccess(["read"], folder);
  return `${Deno.realPathSync(folder).replace(/\/$/, "")}/${
    path.slice(end + 1)
  }`;
}
