/**
 * The options of `serveDashboard()`, and their checks.
 *
 * @module
 */

import type { Presence } from "../control/client.ts";
import { canonicalHost, isLoopback, splitPort } from "./hosts.ts";

/** What a dashboard shows: a supervisor, by the path of its socket. */
export interface DashboardTarget {
  /** The path of the socket: `socket` of an `Exposed` or a `Place`. */
  readonly socket: string;
  /**
   * Finds out whether a supervisor runs, for the time in which nothing listens
   * on the socket. It is only called while the page asks.
   *
   * @default {none}
   */
  readonly presence?: (() => Promise<Presence>) | undefined;
}

/** Options of {@linkcode serveDashboard}. */
export interface DashboardOptions {
  /**
   * The port; 0 for any that is free.
   *
   * @default {0}
   */
  port?: number | undefined;
  /**
   * The address or the name to listen on. If other machines can reach it, the
   * option `token` must be given.
   *
   * @default {"127.0.0.1"}
   */
  hostname?: string | undefined;
  /**
   * Whether the page can change nothing.
   *
   * @default {false}
   */
  readOnly?: boolean | undefined;
  /**
   * A token that opens the page any number of times: 16 to 200 letters, digits,
   * `-` and `_`. Without it, each link has a token of its own that works once.
   *
   * @default {none}
   */
  token?: string | undefined;
  /**
   * More hosts under which browsers reach the dashboard, such as `devbox` or
   * `shop.example:443`. Without a port, that of the dashboard is meant. A
   * request for any other host is refused.
   *
   * @default {[]}
   */
  hosts?: readonly string[] | undefined;
}

/** The options, checked and with defaults. */
export interface CheckedOptions {
  /** The port; 0 for any that is free. */
  readonly port: number;
  /** The address to listen on, as browsers write it. */
  readonly hostname: string;
  /** Whether the page can change nothing. */
  readonly readOnly: boolean;
  /** The token that the user chose, if there is one. */
  readonly token: string | undefined;
  /** More hosts that the page is served under. */
  readonly hosts: readonly string[];
}

const NAMES: readonly string[] = [
  "port",
  "hostname",
  "readOnly",
  "token",
  "hosts",
] satisfies readonly (keyof DashboardOptions)[];

/** What a token may consist of, so that it needs no encoding in a link. */
const TOKEN = /^[\w-]{16,200}$/;

/**
 * Checks what the dashboard is to show.
 *
 * @throws {TypeError} If it is no target.
 */
export function checkTarget(target: DashboardTarget): DashboardTarget {
  if (typeof target !== "object" || target === null) {
    wrong("target", "an object with a socket", target);
  }
  const { socket, presence } = target;
  if (typeof socket !== "string" || socket === "" || socket.includes("\0")) {
    wrong("target.socket", "the path of a socket", socket);
  }
  if (presence !== undefined && typeof presence !== "function") {
    wrong("target.presence", "a function", presence);
  }
  return { socket, presence };
}

/**
 * Checks the options, and fills in the defaults.
 *
 * @throws {TypeError} If an option does not exist or has a wrong type, or if
 * the token is missing.
 * @throws {RangeError} If the port, the token or a host is out of range.
 */
export function checkOptions(options: DashboardOptions): CheckedOptions {
  if (typeof options !== "object" || options === null) {
    wrong("options", "an object", options);
  }
  for (const name of Object.keys(options)) {
    if (NAMES.includes(name)) continue;
    throw new TypeError(
      `Option "${name}" does not exist: the options are ${NAMES.join(", ")}`,
    );
  }
  const { port = 0, readOnly = false, token, hosts = [] } = options;
  checkPort(port);
  if (typeof readOnly !== "boolean") {
    wrong("readOnly", "true or false", readOnly);
  }
  const hostname = checkHost(options.hostname ?? "127.0.0.1", "hostname");
  checkToken(token, hostname);
  if (!Array.isArray(hosts)) wrong("hosts", "an array", hosts);
  const more = hosts.map((host, index) => {
    const at = `hosts[${index}]`;
    if (typeof host !== "string") wrong(at, "a string", host);
    const [name, own] = splitPort(host);
    if (own !== undefined) checkPort(own, at);
    return checkHost(name, at) + (own === undefined ? "" : `:${own}`);
  });
  return { port, hostname, readOnly, token, hosts: more };
}

function checkPort(port: number, option = "port"): void {
  if (typeof port !== "number") wrong(option, "a number", port);
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return;
  wrong(option, "a whole number from 0 to 65535", port, RangeError);
}

function checkHost(host: string, option: string): string {
  if (typeof host !== "string") wrong(option, "a string", host);
  return canonicalHost(host) ??
    wrong(option, "an address or a name", host, RangeError);
}

/** Checks the token. No message contains it. */
function checkToken(token: string | undefined, hostname: string): void {
  if (token === undefined) {
    if (isLoopback(hostname)) return;
    throw new TypeError(
      `Option "token" must be given, because other machines can reach "${hostname}"`,
    );
  }
  if (typeof token !== "string") wrong("token", "a string", typeof token);
  if (TOKEN.test(token)) return;
  throw new RangeError(
    'Option "token" must be 16 to 200 letters, digits, "-" and "_": current ' +
      `value has ${token.length} characters`,
  );
}

function wrong(
  option: string,
  expected: string,
  value: unknown,
  kind: ErrorConstructor = TypeError,
): never {
  throw new kind(
    `Option "${option}" must be ${expected}: current value is ${show(value)}`,
  );
}

function show(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.slice(0, 60));
  if (typeof value === "function") return "a function";
  return typeof value === "object" && value !== null
    ? "an object"
    : String(value);
}
