/**
 * Serves the dashboard.
 *
 * @module
 */

import {
  HttpServer,
  requireConnection,
  requireListen,
} from "../control/serving.ts";
import { systemClock } from "../mod.ts";
import { Answers } from "./answers.ts";
import { hostsOf, plainAddress, urlOf } from "./hosts.ts";
import { Keys } from "./keys.ts";
import {
  type CheckedOptions,
  checkOptions,
  checkTarget,
  type DashboardOptions,
  type DashboardTarget,
} from "./options.ts";

export type { DashboardOptions, DashboardTarget } from "./options.ts";

/**
 * How many connections there can be: fewer than the socket of a supervisor
 * takes, so that the tool can always ask it.
 */
const CONNECTIONS = 64;

/** A dashboard that is served. */
export interface Dashboard extends AsyncDisposable {
  /** The address of the page, without a token. */
  readonly url: string;
  /** The port. */
  readonly port: number;
  /**
   * Returns a link that opens the page. Each call returns another link, which
   * works once; with the option `token`, always the same one, which works any
   * number of times. Up to 64 links can wait for their use: the oldest one is
   * forgotten for a new one.
   */
  link(): string;
  /** Keeps the program alive as long as the dashboard is served. */
  ref(): void;
  /** Lets the program end although the dashboard is served: the default. */
  unref(): void;
  /**
   * Stops serving, after all requests that have arrived are answered: at most
   * two seconds later. Never rejects.
   */
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Serves a page that shows the processes of a supervisor, and can act on them.
 * It asks the socket of the supervisor, so the supervisor can be this program
 * or another one, and can end and come back meanwhile.
 *
 * By default, only browsers on this machine can reach it, and only with a link
 * of {@linkcode Dashboard.link}. It is served until what is returned is disposed
 * of. It does not keep the program alive, unless `ref()` is called. While no
 * page is open, it does nothing.
 *
 * The program needs these permissions. SOCKET is the path of the socket.
 *
 * - `--allow-net=127.0.0.1:PORT`, with the port of the option, or 0
 * - `--allow-read=SOCKET` and `--allow-write=SOCKET`
 * - `--allow-net=unix:SOCKET`. Deno before 2.9 refuses this option and does not
 *   need it.
 *
 * @example
 * ```ts ignore
 * import { Processman } from "@isbm/processman";
 * import { expose } from "@isbm/processman/control";
 * import { serveDashboard } from "@isbm/processman/dashboard";
 *
 * await using pm = new Processman();
 * await using exposed = await expose(pm, { name: "shop" });
 * await using dashboard = serveDashboard(exposed);
 * pm.command("deno", ["run", "--allow-net", "api.ts"], { name: "api" });
 * console.log(dashboard.link());
 * await pm.finished;
 * ```
 *
 * @param target What the page shows: what `expose()` returns, or the path of a
 * socket.
 * @param options Where to serve it, and what it can do.
 * @returns The dashboard, which browsers can reach already.
 * @throws {TypeError} If an option does not exist or has a wrong type, or if
 * other machines can reach the address and there is no token.
 * @throws {RangeError} If the port, the token or a host is out of range.
 * @throws {Deno.errors.NotCapable} If a permission is missing. Nothing has been
 * done then.
 * @throws {Deno.errors.AddrInUse} If another program listens on the port.
 */
export function serveDashboard(
  target: DashboardTarget,
  options: DashboardOptions = {},
): Dashboard {
  const { socket, presence = () => Promise.resolve(null) } = checkTarget(
    target,
  );
  const { readOnly, token, ...where } = checkOptions(options);
  requireListen(`${where.hostname}:${where.port}`);
  requireConnection(socket);
  const listener = listen(where);
  const { port } = listener.addr;
  const keys = new Keys(token);
  const hosts = hostsOf({ ...where, port });
  const clock = systemClock;
  const server = new HttpServer(
    new Answers({ socket, presence, keys, hosts, readOnly, clock }),
    clock,
    { connections: CONNECTIONS },
  );
  server.listen(listener);
  const url = urlOf({ ...where, port });
  return {
    url,
    port,
    link: () => `${url}#token=${keys.issue()}`,
    ref: () => server.ref(),
    unref: () => server.unref(),
    [Symbol.asyncDispose]: () => server.close(),
  };
}

/** Listens; an error names the address. */
function listen(
  { hostname, port }: Pick<CheckedOptions, "hostname" | "port">,
): Deno.TcpListener {
  try {
    return Deno.listen({ hostname: plainAddress(hostname), port });
  } catch (cause) {
    const what = `Cannot serve the dashboard at ${hostname}:${port}`;
    if (cause instanceof Deno.errors.AddrInUse) {
      throw new Deno.errors.AddrInUse(
        `${what}: another program listens on this port`,
        { cause },
      );
    }
    if (cause instanceof Deno.errors.AddrNotAvailable) {
      throw new Deno.errors.AddrNotAvailable(
        `${what}: this machine does not have the address`,
        { cause },
      );
    }
    throw cause;
  }
}
