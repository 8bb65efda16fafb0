/**
 * What a process of a plan depends on, as it is shown. The functions are pure.
 *
 * @module
 */

import type { Plan, PlannedEntry, Why } from "../plan/mod.ts";
import type { DependencyView } from "./wire.ts";

/**
 * Returns what is shown of the dependencies of an entry.
 *
 * @param plan The plan; `undefined` if there is none.
 * @param entry The name of the entry.
 * @param why Why one of its processes is where it is.
 */
export function dependenciesOf(
  plan: Plan | undefined,
  entry: string,
  { held }: Pick<Why, "held">,
): DependencyView[] {
  const edges = plan?.entries.get(entry)?.dependencies ?? [];
  const awaited = new Set(unitsIn(held));
  return edges.flatMap(({ on, when, restart, required }) => {
    const other = plan?.entries.get(on);
    // An entry that is not required need not be in the plan.
    if (other === undefined) return [];
    const view = { name: on, when, restart, required };
    return [{ ...view, awaited: unitsOf(other).some((it) => awaited.has(it)) }];
  });
}

/** Returns the names of the processes that a process waits for. */
function unitsIn(held: Why["held"]): string[] {
  const obstacles = held?.kind === "waits"
    ? held.for
    : held?.kind === "blocked"
    ? held.by
    : [];
  return obstacles.map(({ unit }) => unit);
}

function unitsOf({ units }: PlannedEntry): string[] {
  return units.map(({ name }) => name);
}
