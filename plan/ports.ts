/**
 * The ports that a process is known to use.
 *
 * @module
 */

import { jsonOf } from "./canonical.ts";
import type { UnitOptions } from "./entry.ts";
import type { Port, Unit } from "./planned.ts";

/** All of these are the loopback interface, for a server on all addresses. */
const LOCAL = new Set(["localhost", "127.0.0.1", "[::1]", "::1", "0.0.0.0"]);

/**
 * Returns the ports that a process is known to use: those that its probes ask
 * on this machine, and the one in the environment variable `PORT`.
 *
 * @param options The options of the process.
 * @returns The ports, each once.
 */
export function portsOf({ env, ready, live }: UnitOptions): Port[] {
  const found: Port[] = [];
  const add = (option: string, { hostname, port }: Endpoint) => {
    const known = found.some((each) =>
      each.hostname === hostname && each.port === port
    );
    if (!known) found.push({ hostname, port, option });
  };
  const own = Number(env?.PORT);
  if (Number.isInteger(own) && own > 0 && own < 65_536) {
    add("env.PORT", { hostname: "localhost", port: own });
  }
  for (const [name, probe] of Object.entries({ ready, live })) {
    const form = jsonOf(typeof probe === "object" ? probe.probe : probe);
    for (const endpoint of endpoints(form)) add(name, endpoint);
  }
  return found;
}

/**
 * Returns whether two processes are known to use the same port.
 *
 * @param a A process.
 * @param b Another process.
 * @param shared The ports that more than one process can use.
 */
export function clash(a: Unit, b: Unit, shared: readonly number[]): boolean {
  return a.ports.some(({ hostname, port }) =>
    !shared.includes(port) &&
    b.ports.some((each) => each.hostname === hostname && each.port === port)
  );
}

type Endpoint = Pick<Port, "hostname" | "port">;

/** Finds what a probe asks, in its JSON form. */
function* endpoints(form: unknown): Generator<Endpoint> {
  if (typeof form !== "object" || form === null) return;
  if ("all" in form && Array.isArray(form.all)) {
    for (const each of form.all) yield* endpoints(jsonOf(each) ?? each);
  }
  if ("tcp" in form) yield* endpointOf(form.tcp);
  if ("http" in form) yield* endpointOf(form.http);
}

function* endpointOf(target: unknown): Generator<Endpoint> {
  if (typeof target !== "object" || target === null) return;
  if ("url" in target && URL.canParse(String(target.url))) {
    const { hostname, port, protocol } = new URL(String(target.url));
    const usual = protocol === "https:" ? 443 : 80;
    yield* local(hostname, port === "" ? usual : Number(port));
  }
  if ("port" in target && typeof target.port === "number") {
    const hostname = "hostname" in target ? target.hostname : "localhost";
    yield* local(String(hostname), target.port);
  }
}

/** The port of another machine is not that of the process. */
function* local(hostname: string, port: number): Generator<Endpoint> {
  if (LOCAL.has(hostname)) yield { hostname: "localhost", port };
  else if (/^127\./.test(hostname)) yield { hostname, port };
}
