/**
 * A probe that connects to a port.
 *
 * @module
 */

import { checked, filled, whole } from "./arguments.ts";
import { connect } from "./connect.ts";
import { described, type DescribedProbe, messageOf } from "./described.ts";
import { requireNet } from "./permission.ts";

/** Options for {@linkcode tcp}. */
export interface TcpOptions {
  /**
   * The name or IP address of the host.
   *
   * @default {"127.0.0.1"}
   */
  hostname?: string | undefined;
  /** The port, from 1 to 65,535. */
  port: number;
}

/**
 * Returns a probe that says yes if a server accepts a connection. The probe
 * closes the connection at once and sends nothing.
 *
 * Some servers accept connections before they can serve, and some log a warning
 * about each connection without data. For such a server, use a program that
 * speaks its protocol, as in `exec("pg_isready")`.
 *
 * The probe needs the permission `--allow-net=HOSTNAME:PORT`. Without it, the
 * answer is no; the probe never prompts.
 *
 * @example Ready when the server listens
 * ```ts ignore
 * import { Processman } from "@isbm/processman";
 * import { tcp } from "@isbm/processman/probe";
 *
 * await using pm = new Processman();
 * const redis = pm.command("redis-server", [], { ready: tcp({ port: 6379 }) });
 * await redis.ready;
 * ```
 *
 * @param options Where the server listens.
 * @returns The probe.
 * @throws {TypeError} If an option does not exist or has a wrong type.
 * @throws {RangeError} If the port is out of range.
 */
export function tcp(options: TcpOptions): DescribedProbe {
  const { hostname = "127.0.0.1", port } = checked<TcpOptions>(options, {
    hostname: filled,
    port: aPort,
  });
  aPort(port, "port");
  const host = hostname.includes(":") ? `[${hostname}]` : hostname;
  const address = `${host}:${port}`;
  const form = { tcp: { hostname, port } };
  return described(`tcp ${address}`, form, async ({ signal }) => {
    signal.throwIfAborted();
    requireNet(address);
    try {
      using connection = await connect({ hostname, port }, signal);
      if (isOwn(connection)) throw new Error("Nothing listens");
    } catch (error) {
      signal.throwIfAborted();
      throw new Error(`${address}: ${messageOf(error)}`, { cause: error });
    }
    signal.throwIfAborted();
    return true;
  });
}

/**
 * Returns whether a connection leads to itself. On Linux, this happens by chance
 * if nothing listens and the system gives the port to the connection itself.
 */
function isOwn({ localAddr, remoteAddr }: Deno.TcpConn): boolean {
  return localAddr.port === remoteAddr.port &&
    localAddr.hostname === remoteAddr.hostname;
}

function aPort(value: unknown, name: string): void {
  whole(value, name, 1, 65_535);
}
