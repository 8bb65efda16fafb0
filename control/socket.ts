/**
 * The socket of a supervisor.
 *
 * @module
 */

import { requireAccess } from "./permission.ts";

/**
 * Checks that this program can listen on a socket.
 *
 * @param path The path of the socket.
 * @throws {Deno.errors.NotCapable} If a permission is missing.
 */
export function requireSocket(path: string): void {
  requireAccess(["read", "write"], path, path.slice(0, path.lastIndexOf("/")));
  const host = `unix:${path}`;
  const state = stateOf(host);
  if (state === "granted") return;
  const how = state === "denied" ? "without --deny-net" : "with --allow-net";
  throw new Deno.errors.NotCapable(
    `Requires net access to "${host}", run again ${how}=${host}`,
  );
}

/**
 * Listens on a socket, which only the user of this program can connect to. The
 * caller holds the place of the socket, so that what is there is a left-over.
 *
 * @param path The path of the socket.
 */
export function listenAt(path: string): Deno.Listener {
  removeFile(path);
  const listener = Deno.listen({ transport: "unix", path });
  try {
    Deno.chmodSync(path, 0o600);
  } catch (error) {
    listener.close();
    throw error;
  }
  return listener;
}

/** How often to look whether a socket is gone; each look takes some time. */
const LOOKS = 1_000;

/**
 * Waits until the file of a socket that was closed is gone. Deno removes it
 * somewhat later, by its path, so until then nothing else may listen there.
 *
 * @param path The path of the socket.
 */
export async function awaitRemoval(path: string): Promise<void> {
  for (let look = 0; look < LOOKS; look++) {
    try {
      await Deno.lstat(path);
    } catch {
      return;
    }
  }
}

/** Removes a file, if it is there. */
export function removeFile(path: string): void {
  try {
    Deno.removeSync(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

function stateOf(host: string): Deno.PermissionState {
  try {
    return Deno.permissions.querySync({ name: "net", host }).state;
  } catch {
    // Deno before 2.9 has no network permission for sockets, and needs none.
    return "granted";
  }
}
