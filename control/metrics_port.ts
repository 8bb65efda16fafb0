/**
 * A port on which Prometheus reads the metrics, because it cannot read a Unix
 * socket.
 *
 * @module
 */

import type { Clock } from "../mod.ts";
import type { MetricsOptions } from "./expose_options.ts";
import type { Answer, Handlers, Incoming } from "./http_exchange.ts";
import type { RequestHead } from "./http_request.ts";
import { HttpServer } from "./http_server.ts";
import { requireListen } from "./permission.ts";
import { messageOf, Problem } from "./problem.ts";

/** The only path that is served. */
const PATH = "/metrics";

/** How many connections there can be: a few servers that scrape. */
const CONNECTIONS = 16;

/** A port that has been taken. */
export interface MetricsPort {
  /** The address of the metrics. */
  readonly url: string;
  /** What takes connections. */
  readonly listener: Deno.TcpListener;
  /** The names in the requests of this machine. */
  readonly names: readonly string[];
}

/** The address to listen on by default. */
const LOOPBACK = "127.0.0.1";

/**
 * Checks that this program can listen on a port.
 *
 * @throws {Deno.errors.NotCapable} If the permission is missing.
 */
export function requirePort(options: MetricsOptions): void {
  requireListen(`${hostOf(options)}:${options.port}`);
}

/**
 * Takes a port.
 *
 * @throws {Deno.errors.AddrInUse} If another program listens on it.
 * @throws {Error} If this is not possible for another reason.
 */
export function takePort(options: MetricsOptions): MetricsPort {
  const { hostname = LOOPBACK, port } = options;
  const host = hostOf(options);
  try {
    const listener = Deno.listen({ hostname, port });
    const url = `http://${host}:${listener.addr.port}${PATH}`;
    return { url, listener, names: ["localhost", hostname.toLowerCase()] };
  } catch (cause) {
    const what = `Cannot serve metrics at ${host}:${port}`;
    const error = cause instanceof Deno.errors.AddrInUse
      ? new Deno.errors.AddrInUse(
        `${what}: another program listens on this port`,
        { cause },
      )
      : new Error(`${what}: ${messageOf(cause)}`, { cause });
    // It remains an error of the system, all of which have a code but this.
    throw Object.assign(error, { code: Object(cause).code ?? "ENOTFOUND" });
  }
}

/**
 * Serves the metrics on a port.
 *
 * @param port The port.
 * @param all What answers the requests of the control API.
 * @param clock The clock of the server.
 */
export function serveMetrics(
  { listener, names }: MetricsPort,
  all: Handlers,
  clock: Clock,
): HttpServer {
  const local = isLoopback(listener.addr.hostname);
  const only = new OnlyMetrics(all, local ? names : undefined);
  const server = new HttpServer(only, clock, { connections: CONNECTIONS });
  server.listen(listener);
  return server;
}

/** Answers requests for the metrics, and refuses all others. */
class OnlyMetrics implements Handlers {
  readonly #all: Handlers;
  /** The names of this machine; `undefined` if others can ask, too. */
  readonly #names: readonly string[] | undefined;

  constructor(all: Handlers, names: readonly string[] | undefined) {
    this.#all = all;
    this.#names = names;
  }

  limit(head: RequestHead): number {
    const { method, path } = head;
    if (this.#names) checkHost(head, this.#names);
    if (path !== PATH) {
      throw new Problem("not-found", `Only ${PATH} is served here`);
    }
    if (method !== "GET") {
      throw new Problem("not-allowed", `${PATH} has no method but GET`);
    }
    return this.#all.limit(head);
  }

  answer(request: Incoming): Promise<Answer> {
    return this.#all.answer(request);
  }

  refuse(problem: Problem): Answer {
    const answer = this.#all.refuse(problem);
    return problem.code === "not-allowed"
      ? { ...answer, headers: { allow: "GET" } }
      : answer;
  }
}

/**
 * Checks that a request was made for this machine. A page in a browser can let
 * its own name lead here, to read what only this machine can reach.
 *
 * @throws {Problem} If it was not.
 */
function checkHost(
  { authority, headers }: RequestHead,
  names: readonly string[],
): void {
  const host = authority ?? headers.get("host") ?? "localhost";
  const name = host.replace(/:\d*$/, "").toLowerCase();
  if (names.includes(name) || /^[\d.]+$|^\[.*\]$/.test(name)) return;
  throw new Problem("forbidden", `The host must be ${names.join(" or ")}`);
}

function isLoopback(address: string): boolean {
  return address === "::1" || address.startsWith("127.");
}

/** Returns a host as it is written before a port. */
function hostOf({ hostname = LOOPBACK }: MetricsOptions): string {
  return hostname.includes(":") ? `[${hostname}]` : hostname;
}
