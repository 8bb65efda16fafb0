/**
 * Makes plans: checks everything, and resolves what each process is started
 * with.
 *
 * @module
 */

import { checkEntry, checkPlanOptions } from "./check.ts";
import type { CheckedEntries } from "./checked_entries.ts";
import { checkDependencies } from "./dependencies.ts";
import type { EachOptions, PlanEntry, PlanOptions } from "./entry.ts";
import { Faults } from "./faults.ts";
import { frozen } from "./frozen.ts";
import { graphOf, inOrder } from "./graph.ts";
import type { Plan, PlannedEntry } from "./planned.ts";
import { unitsOf } from "./resolve.ts";
import { share } from "./sharing.ts";
import { isPlain, plain } from "./validate.ts";

/**
 * Checks entries and what they need from each other, and makes a plan of them.
 * It starts nothing. If several things are wrong, the error lists all of them.
 *
 * @example
 * ```ts
 * import { plan } from "@isbm/processman/plan";
 * import { assertEquals } from "@std/assert";
 *
 * const shop = plan({
 *   api: {
 *     command: ["deno", "run", "-N", "api.ts"],
 *     replicas: 2,
 *     each: ({ replica }) => ({ env: { PORT: String(8000 + replica) } }),
 *     dependsOn: { migrate: "completed" },
 *   },
 *   migrate: { type: "task", command: ["deno", "task", "migrate"] },
 * });
 * assertEquals([...shop.entries.keys()], ["migrate", "api"]);
 * ```
 *
 * @param entries The entries, by their names.
 * @param options How the processes of the plan start and restart together.
 * @returns The plan.
 * @throws {TypeError} If an option does not exist or has a wrong type, if a
 * dependency is not in the plan, can never come or leads back to its entry, or
 * if two processes cannot run side by side.
 * @throws {RangeError} If an option is out of range.
 * @throws {AggregateError} If several things are wrong.
 */
export function plan<const Entries extends Record<string, PlanEntry>>(
  entries: Entries & CheckedEntries<Entries>,
  options: PlanOptions = {},
): Plan<keyof Entries & string> {
  const faults = new Faults();
  const source = faults.in(() => remembered(entries)) ?? {};
  return made(source, options, faults);
}

/**
 * Returns a plan that differs from another one in the number of replicas of one
 * entry. The other processes stay exactly as they are.
 *
 * @param old The plan.
 * @param name The name of the entry, which must have the option `replicas`.
 * @param replicas The new number.
 * @returns The new plan.
 * @throws What `plan()` throws.
 */
export function scaled<Name extends string>(
  old: Plan<Name>,
  name: Name,
  replicas: number,
): Plan<Name> {
  const { entries, options } = old.source;
  const entry = Object.hasOwn(entries, name) ? entries[name] : undefined;
  const state = entry === undefined
    ? `the entries are ${Object.keys(entries).join(", ")}`
    : 'it does not have the option "replicas"';
  if (!entry || !("replicas" in entry) || entry.replicas === undefined) {
    throw new TypeError(`Cannot scale ${JSON.stringify(name)}: ${state}`);
  }
  const changed = { ...entries, [name]: { ...entry, replicas } };
  return made(changed, options, new Faults());
}

/** Makes a plan, or throws its faults. */
function made<Name extends string>(
  source: Record<string, PlanEntry>,
  options: PlanOptions,
  faults: Faults,
): Plan<Name>;
function made(
  source: Record<string, PlanEntry>,
  options: PlanOptions,
  faults: Faults,
): Plan {
  const rules = checkPlanOptions(options, faults);
  const names = Object.keys(source);
  const resolved = names.flatMap((name) => {
    const entry = checkEntry(source[name], name, faults);
    if (entry === undefined) return [];
    const named = { ...entry, name };
    return [{ ...named, units: unitsOf(named, faults) }];
  });
  checkDependencies(resolved, names, faults);
  const planned = share(resolved, rules.sharedPorts, faults);
  faults.throwAny();
  return Object.freeze({
    entries: ordered(planned),
    options: frozen(rules),
    source: Object.freeze({
      entries: Object.freeze(source),
      options: Object.freeze({ ...options }),
    }),
  });
}

/**
 * Returns a copy of entries whose `each` is called only once for each replica,
 * so that a later plan of the same entries has the same replicas.
 */
function remembered(
  entries: Record<string, PlanEntry>,
): Record<string, PlanEntry> {
  plain(entries, "entries");
  const copies: [string, PlanEntry][] = [];
  for (const [name, entry] of Object.entries(entries)) {
    if (entry !== undefined) copies.push([name, rememberedEntry(entry)]);
  }
  return Object.fromEntries(copies);
}

function rememberedEntry(entry: PlanEntry): PlanEntry {
  if (typeof entry !== "object" || entry === null || !isPlain(entry)) {
    return entry;
  }
  const copy = { ...entry };
  if (!("each" in copy) || typeof copy.each !== "function") return copy;
  const { each } = copy;
  const known = new Map<string, EachOptions>();
  copy.each = (replica) => {
    const options = known.get(replica.name) ?? each(replica);
    known.set(replica.name, options);
    return options;
  };
  return copy;
}

function ordered(entries: readonly PlannedEntry[]): Map<string, PlannedEntry> {
  const byName = new Map(entries.map((entry) => [entry.name, entry]));
  return new Map(
    inOrder(graphOf(entries)).flatMap((name) => {
      const entry = byName.get(name);
      return entry === undefined ? [] : [[name, frozen(entry)]];
    }),
  );
}
