/**
 * Connections to the socket of a supervisor.
 *
 * @module
 */

/** Why there is no answer. */
export type ConnectionFault =
  /** Nothing listens: there is no supervisor, or it has died. */
  | "unreachable"
  /** The connection ended in the middle of an answer. */
  | "gone"
  /** There was no answer in time. */
  | "silent"
  /** The other side does not speak this protocol. */
  | "malformed";

/** A supervisor could not be asked, or did not give a whole answer. */
export class ConnectionError extends Error {
  /** The name of the class. */
  override readonly name = "ConnectionError";

  /**
   * Creates an error.
   *
   * @param message What went wrong.
   * @param fault The same for programs.
   */
  constructor(
    message: string,
    /** Why there is no answer. */
    readonly fault: ConnectionFault,
  ) {
    super(message);
    this.fault = fault;
  }
}

/**
 * Connects to a socket.
 *
 * @param path The path of the socket.
 * @throws {Deno.errors.NotCapable} If a permission is missing.
 * @throws {ConnectionError} If nothing listens there.
 */
export async function connect(path: string): Promise<Deno.UnixConn> {
  requireConnection(path);
  try {
    return await Deno.connect({ transport: "unix", path });
  } catch (error) {
    if (!(error instanceof Error) || !isAbsence(error)) throw error;
    throw new ConnectionError(`nothing listens on ${path}`, "unreachable");
  }
}

function isAbsence(error: Error): boolean {
  return error instanceof Deno.errors.NotFound ||
    error instanceof Deno.errors.ConnectionRefused ||
    // The supervisor has ended before it took the connection.
    error instanceof Deno.errors.ConnectionReset ||
    // A part of the path is a file.
    "code" in error && error.code === "ENOTDIR";
}

/** Returns whether an error says that the other side closed the connection. */
export function isBroken(error: unknown): boolean {
  return error instanceof Deno.errors.ConnectionReset ||
    error instanceof Deno.errors.BrokenPipe;
}

/**
 * Checks that this program can connect to a socket, because Deno would prompt
 * for a permission that is missing.
 *
 * @param path The path of the socket.
 * @throws {Deno.errors.NotCapable} If a permission is missing.
 */
export function requireConnection(path: string): void {
  const descriptors: [flag: string, Deno.PermissionDescriptor][] = [
    [`--allow-net=unix:${path}`, { name: "net", host: `unix:${path}` }],
    [`--allow-read=${path}`, { name: "read", path }],
    [`--allow-write=${path}`, { name: "write", path }],
  ];
  const missing = descriptors.flatMap(([flag, descriptor]) =>
    granted(descriptor) ? [] : [flag]
  );
  if (missing.length === 0) return;
  throw new Deno.errors.NotCapable(
    `Requires access to the socket "${path}", run again with ${
      missing.join(" ")
    }`,
  );
}

function granted(descriptor: Deno.PermissionDescriptor): boolean {
  try {
    return Deno.permissions.querySync(descriptor).state === "granted";
  } catch {
    // Deno before 2.9 knows no network permission for sockets, and needs none.
    return descriptor.name === "net";
  }
}
