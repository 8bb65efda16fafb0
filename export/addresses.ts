/**
 * Addresses of this machine that lead to another process of the plan. In
 * containers, they lead nowhere.
 *
 * @module
 */

import { textsOf } from "./hints.ts";
import type { Subject } from "./subject.ts";

/** An address of this machine in an argument or a variable. */
export interface LocalAddress {
  /** Where it stands: `command`, or the variable as in `env.DATABASE_URL`. */
  readonly option: string;
  /** The address, such as `localhost:5432`. */
  readonly address: string;
  /** The port. */
  readonly port: number;
  /** The entry that is known to use the port. */
  readonly entry: string;
}

const LOCAL = /\b(?:localhost|127\.0\.0\.1):(\d{1,5})\b|\[::1\]:(\d{1,5})\b/g;

/**
 * Finds addresses of this machine that lead to another entry.
 *
 * @param subject The entry whose arguments and variables are searched.
 * @param all All entries.
 */
export function localAddresses(
  subject: Subject,
  all: readonly Subject[],
): LocalAddress[] {
  const owners = new Map(
    all.filter((each) => each !== subject).flatMap(({ name, replicas }) =>
      replicas.flatMap(({ unit }) =>
        unit.ports.map(({ port }) => [port, name] as const)
      )
    ),
  );
  const found = new Map<string, LocalAddress>();
  for (const [option, text] of textsOf(subject)) {
    for (const [address, v4, v6] of text.matchAll(LOCAL)) {
      const port = Number(v4 ?? v6);
      const entry = owners.get(port);
      if (entry === undefined) continue;
      found.set(`${option} ${address}`, { option, address, port, entry });
    }
  }
  return [...found.values()];
}
