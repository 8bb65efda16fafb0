/**
 * The hosts that a dashboard is served under. All functions are pure.
 *
 * @module
 */

/** Where a dashboard listens. */
export interface Listening {
  /** The address or name, as browsers write it. */
  readonly hostname: string;
  /** The port. */
  readonly port: number;
  /** More hosts, with or without a port. */
  readonly hosts: readonly string[];
}

/**
 * Returns an address or a name as browsers write it: in lower case, and an
 * address of IPv6 in brackets. `undefined` if it is neither.
 */
export function canonicalHost(host: string): string | undefined {
  const bare = host.includes(":") && !host.startsWith("[") ? `[${host}]` : host;
  const url = URL.parse(`http://${bare}/`);
  if (url === null || url.href !== `http://${url.hostname}/`) return undefined;
  return /^(?:[\w.-]+|\[.*\])$/.test(url.hostname) ? url.hostname : undefined;
}

/** Returns whether only this machine can reach an address. */
export function isLoopback(hostname: string): boolean {
  return hostname === "localhost" || hostname === "[::1]" ||
    /^127\.\d+\.\d+\.\d+$/.test(hostname);
}

/** Returns the address as `Deno.listen()` takes it. */
export function plainAddress(hostname: string): string {
  return hostname.replace(/^\[(.*)\]$/, "$1");
}

/** Splits a host that may have a port. */
export function splitPort(host: string): [name: string, port?: number] {
  const [, name, port] = /^(\[.*\]|[^:]*):(\d{1,5})$/.exec(host) ?? [];
  return name === undefined ? [host] : [name, Number(port)];
}

/** Returns the values of `Host` that requests for a dashboard have. */
export function hostsOf({ hostname, port, hosts }: Listening): Set<string> {
  const own = isEverywhere(hostname) ? ["127.0.0.1", "[::1]"] : [hostname];
  if (isLoopback(hostname) || isEverywhere(hostname)) own.push("localhost");
  return new Set([
    ...own.map((name) => withPort("http", name, port)),
    ...hosts.map((host) => originOf(host, port).host),
  ]);
}

/** Returns the address of the page. */
export function urlOf({ hostname, port, hosts: [first] }: Listening): string {
  if (!isEverywhere(hostname)) {
    return `http://${withPort("http", hostname, port)}/`;
  }
  const { scheme, host } = originOf(first ?? "127.0.0.1", port);
  return `${scheme}://${host}/`;
}

/** Returns whether a dashboard listens on all addresses of the machine. */
function isEverywhere(hostname: string): boolean {
  return hostname === "0.0.0.0" || hostname === "[::]";
}

/** Returns how browsers reach a host, which can be that of a proxy with TLS. */
function originOf(host: string, own: number): { scheme: string; host: string } {
  const [name, port = own] = splitPort(host);
  const scheme = host.endsWith(":443") ? "https" : "http";
  return { scheme, host: withPort(scheme, name, port) };
}

/** Adds a port, unless browsers leave it out. */
function withPort(scheme: string, name: string, port: number): string {
  return port === (scheme === "http" ? 80 : 443) ? name : `${name}:${port}`;
}
