/**
 * Which entries of a plan are meant by names, and what they require.
 *
 * @module
 */

import { nearest } from "./nearest.ts";
import type { Plan, PlannedEntry } from "./planned.ts";
import { strings } from "./validate.ts";

/** The part of a plan that the dependencies are read from. */
type Graph = Pick<Plan, "entries">;

/**
 * Checks an option that names entries of a plan.
 *
 * @param value The value of the option.
 * @param path The name of the option.
 * @param plan The plan.
 * @returns The names; those of all entries if the option is `undefined`.
 * @throws {TypeError} If the value is not an array of names of entries.
 */
export function entryNames(
  value: unknown,
  path: string,
  plan: Graph,
): Set<string> {
  const entries: string[] = [...plan.entries.keys()];
  if (value === undefined) return new Set(entries);
  const names = strings(value, path);
  for (const [index, name] of names.entries()) {
    if (entries.includes(name)) continue;
    throw new TypeError(unknownEntry(`${path}[${index}]`, name, entries));
  }
  return new Set(names);
}

/**
 * Returns the message for a name that is not that of an entry.
 *
 * @param path The option with the name.
 * @param name The name.
 * @param entries The names that are possible.
 * @param which What is possible, as in "the entries".
 */
export function unknownEntry(
  path: string,
  name: string,
  entries: readonly string[],
  which = "entries",
): string {
  const near = nearest(name, entries);
  const what = near === undefined ? "" : `, and the nearest one is "${near}"`;
  const all = entries.length === 0
    ? `there are no ${which}`
    : `the ${which} are ${entries.join(", ")}`;
  return `Option "${path}" does not name an entry${what}: ${all}`;
}

/**
 * Returns entries and those that they require, directly or through others:
 * what `up()` starts if it is given these names.
 *
 * @param plan The plan.
 * @param names The names of the entries.
 * @returns The names of all of them.
 */
export function withRequired(
  plan: Pick<Plan, "entries">,
  names: Iterable<string>,
): Set<string> {
  const found = new Set(names);
  // The set grows meanwhile, and the loop comes to what has been added.
  for (const name of found) {
    for (const { on, required } of plan.entries.get(name)?.dependencies ?? []) {
      if (required) found.add(on);
    }
  }
  return found;
}

/**
 * Returns a plan in which some entries require nothing: they wait for what they
 * depend on only while it can come.
 *
 * @param plan The plan.
 * @param names The names of the entries.
 */
export function requiringNothing(
  plan: Graph,
  names: ReadonlySet<string>,
): Graph {
  if (names.size === 0) return plan;
  const entries = new Map<string, PlannedEntry>(plan.entries);
  for (const name of names) {
    const entry = entries.get(name);
    if (entry === undefined) continue;
    const dependencies = entry.dependencies.map((edge) => ({
      ...edge,
      required: false,
    }));
    entries.set(name, { ...entry, dependencies });
  }
  return { entries };
}
