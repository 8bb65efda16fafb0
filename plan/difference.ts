/**
 * What differs between two plans, and what that means for their processes.
 *
 * @module
 */

import { canonical, jsonOf, same } from "./canonical.ts";
import type { Plan, PlannedEntry, Unit } from "./planned.ts";

/** What differs between two plans. */
export interface PlanDifference {
  /** The entries that are only in the new plan, in its order. */
  readonly added: readonly string[];
  /** The entries that are only in the old plan, in its order. */
  readonly removed: readonly string[];
  /**
   * What differs in the entries that are in both plans, and in the options of
   * the plans.
   */
  readonly changed: readonly FieldChange[];
  /** What it means for the processes, by their names. */
  readonly units: UnitChanges;
}

/** What the difference of two plans means for their processes. */
export interface UnitChanges {
  /** The processes that are only in the new plan. */
  readonly started: readonly string[];
  /** The processes that are only in the old plan. */
  readonly stopped: readonly string[];
  /** The processes that need a new run, because an option is not live. */
  readonly replaced: readonly string[];
  /** The processes that continue with other options. */
  readonly updated: readonly string[];
}

/** An option that differs between two plans. */
export interface FieldChange {
  /**
   * The path of the option: it begins with the name of an entry if all of its
   * replicas change in the same way, and else with the name of a replica.
   */
  readonly path: string;
  /**
   * The old value, in the form that `JSON.stringify()` gets; `undefined` for
   * none.
   */
  readonly from: unknown;
  /** The new value, in the same form. */
  readonly to: unknown;
  /** Whether the option can change while the process runs. */
  readonly live: boolean;
}

/** The options of a process that can change while it runs. */
const LIVE = [
  "restart",
  "stop",
  "ready",
  "live",
  "critical",
  "prepare",
  "before",
  "after",
];

/**
 * Compares two plans. A probe or a backoff of this package is the same as
 * another one with the same options; other functions are only the same as
 * themselves.
 *
 * @example
 * ```ts
 * import { difference, plan } from "@isbm/processman/plan";
 * import { assertEquals } from "@std/assert";
 *
 * const stop = { gracePeriodMs: 500 };
 * const old = plan({ web: { command: ["nginx"] }, db: { command: ["redis"] } });
 * const next = plan({ web: { command: ["nginx"], stop } });
 * const { removed, changed, units } = difference(old, next);
 * assertEquals(removed, ["db"]);
 * assertEquals(changed, [
 *   { path: "web.stop", from: undefined, to: stop, live: true },
 * ]);
 * assertEquals(units.updated, ["web"]);
 * ```
 *
 * @param old The old plan.
 * @param next The new plan.
 * @returns What differs.
 */
export function difference(old: Plan, next: Plan): PlanDifference {
  const changed = [...fieldChanges("", old.options, next.options, () => true)];
  for (const [name, entry] of next.entries) {
    const before = old.entries.get(name);
    if (before !== undefined) changed.push(...entryChanges(before, entry));
  }
  return {
    added: without(next.entries, old.entries),
    removed: without(old.entries, next.entries),
    changed,
    units: changesOfUnits(old, next),
  };
}

function changesOfUnits(old: Plan, next: Plan): UnitChanges {
  const [before, after] = [unitsOf(old), unitsOf(next)];
  const replaced: string[] = [];
  const updated: string[] = [];
  for (const [name, to] of after) {
    const from = before.get(name);
    if (from === undefined) continue;
    const changes = [...unitChanges(from, to)];
    if (changes.some(({ live }) => !live)) replaced.push(name);
    else if (changes.length > 0) updated.push(name);
  }
  return {
    started: without(after, before),
    stopped: without(before, after),
    replaced,
    updated,
  };
}

/** A unit, and the kind of its entry. */
interface TypedUnit {
  readonly unit: Unit;
  readonly type: PlannedEntry["type"];
}

function unitsOf({ entries }: Plan): Map<string, TypedUnit> {
  const all = [...entries.values()].flatMap(typedUnits);
  return new Map(all.map((each) => [each.unit.name, each]));
}

function typedUnits({ units, type }: PlannedEntry): TypedUnit[] {
  return units.map((unit) => ({ unit, type }));
}

function without(
  these: ReadonlyMap<string, unknown>,
  those: ReadonlyMap<string, unknown>,
): string[] {
  return [...these.keys()].filter((name) => !those.has(name));
}

/** Compares what belongs to an entry, and then its replicas. */
function* entryChanges(
  from: PlannedEntry,
  to: PlannedEntry,
): Generator<FieldChange> {
  const after = new Map(
    typedUnits(to).map((each) => [each.unit.name, each]),
  );
  const pairs = typedUnits(from).flatMap((before) => {
    const other = after.get(before.unit.name);
    return other === undefined ? [] : [{
      name: before.unit.name,
      changes: [...unitChanges(before, other)],
    }];
  });
  yield* fieldChanges(to.name, factsOf(from), factsOf(to), () => true);
  const done = new Set<string>();
  for (const { name, changes } of pairs) {
    for (const change of changes) {
      const everywhere = pairs.every((pair) =>
        pair.changes.some((other) => same(other, change))
      );
      const path = `${everywhere ? to.name : name}.${change.path}`;
      if (!done.has(path)) yield { ...change, path };
      done.add(path);
    }
  }
}

/** What belongs to an entry, and not to one of its replicas. */
function factsOf(
  { name, units, dependencies, roll }: PlannedEntry,
): Record<string, unknown> {
  const single = units.length === 1 && units[0]?.name === name;
  return {
    replicas: single ? undefined : units.length,
    roll,
    dependsOn: Object.fromEntries(
      dependencies.map(({ on, ...rest }) => [on, rest]),
    ),
  };
}

/** Compares two replicas; the paths do not begin with a name. */
function unitChanges(
  from: TypedUnit,
  to: TypedUnit,
): Iterable<FieldChange> {
  const live = (path: string) => LIVE.includes(path.split(".")[0] ?? "");
  return fieldChanges("", optionsOf(from), optionsOf(to), live);
}

function optionsOf({ unit, type }: TypedUnit): Record<string, unknown> {
  const { program, args, options } = unit;
  const { ready, live, ...rest } = options;
  return {
    type,
    command: [program, ...args],
    ...rest,
    ready: withProbe(ready),
    live: withProbe(live),
  };
}

/** A probe alone is the same as options with that probe. */
function withProbe(value: unknown): unknown {
  return typeof value === "function" ? { probe: value } : value;
}

/** Compares two values option by option. */
function* fieldChanges(
  path: string,
  from: unknown,
  to: unknown,
  live: (path: string) => boolean,
): Generator<FieldChange> {
  if (isRecord(from) && isRecord(to)) {
    const names = new Set([...Object.keys(from), ...Object.keys(to)]);
    for (const name of names) {
      const at = path === "" ? name : `${path}.${name}`;
      yield* fieldChanges(at, own(from, name), own(to, name), live);
    }
    return;
  }
  const [before, after] = [canonical(from), canonical(to)];
  if (same(before, after)) return;
  yield { path, from: before, to: after, live: live(path) };
}

function own(options: Record<string, unknown>, name: string): unknown {
  return Object.hasOwn(options, name) ? options[name] : undefined;
}

/** Returns whether a value has options of its own. */
function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null &&
    !Array.isArray(value) && jsonOf(value) === undefined;
}
