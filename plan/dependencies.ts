/**
 * Checks what the entries of a plan need from each other.
 *
 * @module
 */

import type { Faults } from "./faults.ts";
import { circleIn, graphOf } from "./graph.ts";
import type { Edge } from "./planned.ts";
import type { ResolvedEntry } from "./resolve.ts";
import { unknownEntry } from "./selection.ts";
import { wrong } from "./validate.ts";

/**
 * Checks that each dependency is in the plan and can come, and that none leads
 * back to its entry.
 *
 * @param entries The entries that are right by themselves.
 * @param names The names of all entries.
 * @param faults Where the faults go.
 */
export function checkDependencies(
  entries: readonly ResolvedEntry[],
  names: readonly string[],
  faults: Faults,
): void {
  const byName = new Map(entries.map((entry) => [entry.name, entry]));
  for (const { name, dependencies } of entries) {
    const others = names.filter((each) => each !== name);
    for (const edge of dependencies) {
      const path = `${name}.dependsOn.${edge.on}`;
      if (!names.includes(edge.on)) {
        if (edge.required) {
          faults.add(unknownEntry(path, edge.on, others, "other entries"));
        }
        continue;
      }
      const entry = byName.get(edge.on);
      if (entry === undefined) continue;
      faults.in(() => checkCondition(edge, entry, path));
    }
  }
  const circle = circleIn(graphOf(entries));
  if (circle === undefined) return;
  faults.add(
    `Entries cannot depend on each other in a circle: ${circle.join(" → ")}`,
  );
}

function checkCondition(
  { on, when }: Edge,
  { type, units }: ResolvedEntry,
  path: string,
): void {
  if (type === "task" && when === "ready") {
    wrong(path, `"started" or "completed", as "${on}" is a task`, when);
  }
  if (type === "service" && when === "completed") {
    wrong(path, `"started" or "ready", as "${on}" is not a task`, when);
  }
  const without = units.find(({ options }) => options.ready === undefined);
  if (when !== "ready" || without === undefined) return;
  wrong(path, `"started", as "${without.name}" has no option "ready"`, when);
}
