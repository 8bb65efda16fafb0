/**
 * Ports that several processes of another tool have, each in a container of its
 * own or by mistake, and that a configuration only allows if it names them.
 *
 * @module
 */

import type { WrittenProcess } from "./define_config.ts";
import type { Found, Gap } from "./init_origin.ts";
import { interpolate, InterpolationError, type Lookup } from "./interpolate.ts";

/** The hosts that are this machine. */
const LOCAL = ["localhost", "127.0.0.1", "[::1]", "0.0.0.0"];

/**
 * Names the ports that more than one process has in `sharedPorts`, and says so.
 *
 * @param found What a reader has found.
 * @param env Returns a variable of the environment.
 */
export function withSharedPorts(found: Found, env: Lookup): Found {
  const { config, variables } = found;
  const users = new Map<number, string[]>();
  for (const [name, entry] of Object.entries(config.processes ?? {})) {
    if (entry.type === "task") continue;
    const all = { ...entry, env: { ...config.defaults?.env, ...entry.env } };
    const replicas = Math.max(1, Number(entry.replicas ?? 1));
    for (const port of portsOf(all, variables ? env : undefined)) {
      const those = Array.from({ length: replicas }, () => name);
      users.set(port, [...users.get(port) ?? [], ...those]);
    }
  }
  const shared = [...users].filter(([, names]) => names.length > 1);
  if (shared.length === 0) return found;
  const gaps: Gap[] = shared.map(([port, names]) => ({
    key: `port ${port}`,
    why: whyShared([...new Set(names)]),
  }));
  const sharedPorts = shared.map(([port]) => port);
  return {
    ...found,
    config: { ...config, sharedPorts },
    gaps: [...found.gaps, ...gaps],
  };
}

function whyShared(names: readonly string[]): string {
  const [last = "", ...others] = names.toReversed();
  const whose = others.length === 0
    ? `all replicas of ${last} have it`
    : `${others.toReversed().join(", ")} and ${last} have it`;
  return `${whose}, so it is in \`sharedPorts\`: give those that listen a port each`;
}

/** Returns the ports of a process that are known before it starts. */
function portsOf(
  { env, ready, live }: Pick<WrittenProcess, "env" | "ready" | "live">,
  lookup: Lookup | undefined,
): Set<number> {
  const read = (value: unknown) => valueOf(String(value ?? ""), lookup);
  const found = [Number(read(env?.PORT))];
  for (const probe of [ready, live]) {
    if (probe === undefined) continue;
    const { http, tcp } = probe;
    const url = typeof http === "string" ? http : http?.url;
    if (url !== undefined) found.push(portOfUrl(read(url)));
    found.push(Number(read(typeof tcp === "object" ? tcp.port : tcp)));
  }
  return new Set(found.filter((port) => port > 0 && port < 65_536));
}

/** Replaces variables; a text that lacks one is empty. */
function valueOf(text: string, lookup: Lookup | undefined): string {
  if (lookup === undefined) return text;
  try {
    return interpolate(text, lookup);
  } catch (error) {
    if (error instanceof InterpolationError) return "";
    throw error;
  }
}

function portOfUrl(text: string): number {
  if (!URL.canParse(text)) return 0;
  const { hostname, port, protocol } = new URL(text);
  if (!LOCAL.includes(hostname)) return 0;
  return Number(port || (protocol === "https:" ? 443 : 80));
}
