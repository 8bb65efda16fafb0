/**
 * Resolves an entry: what each of its processes is started with.
 *
 * @module
 */

import { checkCommandOptions } from "../mod.ts";
import { checkEachOptions, type CheckedEntry } from "./check.ts";
import type { Replica, UnitOptions } from "./entry.ts";
import { frozen } from "./frozen.ts";
import type { Faults } from "./faults.ts";
import type { Unit } from "./planned.ts";
import { portsOf } from "./ports.ts";

/** An entry and its name. */
export interface NamedEntry extends CheckedEntry {
  /** The name of the entry. */
  readonly name: string;
}

/** An entry and its replicas. */
export interface ResolvedEntry extends NamedEntry {
  /** The replicas that have no fault. */
  readonly units: readonly Unit[];
}

/**
 * Resolves the replicas of an entry, up to the first one with a fault: the
 * others often have the same.
 *
 * @param entry The entry.
 * @param faults Where the faults of the replica go.
 * @returns The units without a fault.
 */
export function unitsOf(entry: NamedEntry, faults: Faults): Unit[] {
  const units: Unit[] = [];
  for (let replica = 1; replica <= (entry.replicas ?? 1); replica++) {
    const unit = unitOf(entry, replica, faults);
    if (unit === undefined) break;
    units.push(unit);
  }
  return units;
}

/**
 * Resolves one replica of an entry.
 *
 * @param entry The entry.
 * @param replica The number of the replica.
 * @param faults Where its faults go.
 * @returns The unit; `undefined` if it has a fault.
 */
export function unitOf(
  entry: NamedEntry,
  replica: number,
  faults: Faults,
): Unit | undefined {
  const single = entry.replicas === undefined && replica === 1;
  const name = single ? entry.name : `${entry.name}.${replica}`;
  const before = faults.count;
  const own = faults.in(() => ownOptions(entry, { name, replica }, faults));
  if (own === undefined || faults.count > before) return undefined;
  const all = merged(entry.options, own.options);
  const options = faults.in(() => checkCommandOptions(all, name));
  if (options === undefined) return undefined;
  const [program, ...usual] = entry.command;
  const args = own.args ?? usual;
  const ports = entry.type === "task" ? [] : portsOf(options);
  const facts = { name, entry: entry.name, replica };
  return frozen({ ...facts, program, args, options, ports });
}

/** Returns what `each` returns for a replica, which it has checked. */
function ownOptions(
  entry: NamedEntry,
  replica: Replica,
  faults: Faults,
): ReturnType<typeof checkEachOptions> {
  if (entry.each === undefined) return { args: undefined, options: {} };
  const path = `${entry.name}.each(${replica.replica})`;
  return checkEachOptions(callEach(entry.each, replica, path), path, faults);
}

function callEach(
  each: NonNullable<CheckedEntry["each"]>,
  replica: Replica,
  path: string,
): unknown {
  try {
    return each(Object.freeze({ ...replica }));
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new TypeError(`Option "${path}" has thrown an error: ${message}`, {
      cause,
    });
  }
}

function merged(entry: UnitOptions, own: UnitOptions): UnitOptions {
  if (entry.env === undefined || own.env === undefined) {
    return { ...entry, ...own };
  }
  return { ...entry, ...own, env: { ...entry.env, ...own.env } };
}
