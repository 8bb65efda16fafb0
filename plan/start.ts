/**
 * Starts processes of a plan, and what they require.
 *
 * @module
 */

import type { Board } from "./board.ts";
import type { LiveUnit } from "./live_unit.ts";
import { withRequired } from "./selection.ts";
import type { StartDependencies } from "./wait_options.ts";

/**
 * Starts units that have not been started, have ended or were stopped.
 *
 * @param board The plan.
 * @param targets The units.
 * @param dependencies What happens to what their entries depend on.
 * @param again Whether completed tasks among the units run again; otherwise,
 * they stay so.
 * @returns The units, and those of their dependencies that were started.
 */
export function startUnits(
  board: Board,
  targets: readonly LiveUnit[],
  dependencies: StartDependencies,
  again = false,
): LiveUnit[] {
  const entries = new Set(targets.map(({ unit }) => unit.entry));
  const required = dependencies === "start"
    ? withRequired(board.plan, entries)
    : entries;
  const units = board.units.filter((live) => {
    const { entry } = live.unit;
    const needed = required.has(entry) && !entries.has(entry);
    return targets.includes(live) || needed && live.over;
  });
  board.require(entries, dependencies !== "ignore");
  for (const unit of units) {
    const repeated = again && targets.includes(unit);
    if (repeated || unit.state.kind !== "done") unit.start();
  }
  return units;
}
