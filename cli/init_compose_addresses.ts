/**
 * Addresses of services in a Compose file: without the network of Docker, they
 * are those of this machine.
 *
 * @module
 */

import { listOf, mapOf, numberOf, textOf } from "./init_keys.ts";

/** Names of variables whose whole value is the name of a host. */
const HOST = /HOST|SERVER|ADDR|URL|URI|ENDPOINT|BROKER/i;

/** A port that is published. */
export interface PublishedPort {
  /** The port in the container. */
  readonly target: number;
  /** The port of this machine, if it is a single one. */
  readonly published: number | undefined;
}

/**
 * Reads an item of `ports`: `8080:80`, `127.0.0.1:8080:80/tcp`, or a map.
 *
 * @param item The item.
 * @returns The port; nothing if it is a range or has variables.
 */
export function portOf(item: unknown): PublishedPort | undefined {
  const { target, published } = mapOf(item);
  if (target !== undefined) {
    const number = numberOf(target);
    return number === undefined
      ? undefined
      : { target: number, published: numberOf(published) };
  }
  // A default is what most use: `${PORT:-8080}:80`.
  const text = textOf(item)?.replace(/\$\{\w+:?-([^}]*)\}/g, "$1") ?? "";
  const [, host, own] =
    text.match(/^(?:(?:\d+\.[\d.]+|\[.*\]):)?(?:(\d+):)?(\d+)(?:\/\w+)?$/) ??
      [];
  return own === undefined
    ? undefined
    : { target: Number(own), published: host ? Number(host) : undefined };
}

/** The services of a file, and how programs of this machine reach them. */
export class Addresses {
  readonly #names: ReadonlySet<string>;
  readonly #pattern: RegExp | undefined;

  /** `services` are the services of the file. */
  constructor(services: Readonly<Record<string, unknown>>) {
    const names = Object.entries(services).flatMap(([name, service]) => {
      const { container_name, hostname } = mapOf(service);
      return [name, textOf(container_name), textOf(hostname)];
    }).filter((name) => name !== undefined && name !== "");
    this.#names = new Set(names.filter((name) => name !== undefined));
    const all = [...this.#names]
      .toSorted((a, b) => b.length - a.length)
      .map((name) => name.replace(/[^\w-]/g, "\\$&"));
    this.#pattern = all.length === 0 ? undefined : new RegExp(
      `(?<=(?:^|//|@|,|=|\\s))(?:${all.join("|")})(?=:(?:\\d|\\$)|/|$)`,
      "g",
    );
  }

  /**
   * Returns the value of a variable as a program of this machine needs it.
   *
   * @param name The name of the variable.
   * @param value The value.
   */
  local(name: string, value: string): string {
    if (this.#pattern === undefined) return value;
    if (this.#names.has(value)) return HOST.test(name) ? "localhost" : value;
    if (!/:\/\/|:\d|:\$/.test(value)) return value;
    return value.replace(this.#pattern, (host, at: number) => {
      const before = value.slice(0, at);
      const after = value.slice(at + host.length);
      // `redis://redis` has a scheme of the same name, and paths have slashes.
      const isHost = /(\/\/|@)$/.test(before) || /^:(\d|\$)/.test(after);
      return isHost ? "localhost" : host;
    });
  }
}

/**
 * Names the ports of a service that are published under another number.
 *
 * @param value The key `ports`.
 */
export function renumberedPorts(value: unknown): string[] {
  return listOf(value).flatMap((item) => {
    const port = portOf(item);
    if (port === undefined) return [textOf(item) ?? JSON.stringify(item)];
    const { target, published = target } = port;
    return published === target ? [] : [`${published}:${target}`];
  });
}
