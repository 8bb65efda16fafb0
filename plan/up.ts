/**
 * Brings up a plan.
 *
 * @module
 */

import type { Processman } from "../mod.ts";
import { App } from "./app.ts";
import { Board } from "./board.ts";
import type { Plan } from "./planned.ts";
import { entryNames } from "./selection.ts";
import { startUnits } from "./start.ts";
import { arriveWithin } from "./terms.ts";
import { dependenciesRule, type UpOptions, waitRules } from "./wait_options.ts";

/**
 * Starts the processes of a plan, each when what it depends on is there.
 *
 * If that fails, all processes of the plan are stopped in reverse order before
 * the promise rejects.
 *
 * @example A server starts after its database
 * ```ts
 * import { Processman } from "@isbm/processman";
 * import { plan, up } from "@isbm/processman/plan";
 *
 * const shop = plan({
 *   db: { command: ["sleep", "500"] },
 *   setup: { type: "task", command: ["true"], dependsOn: { db: "started" } },
 *   server: { command: ["sleep", "500"], dependsOn: { setup: "completed" } },
 * });
 *
 * await using pm = new Processman();
 * await using app = await up(pm, shop);
 * console.log(app.why("setup").sentence); // setup is completed
 * ```
 *
 * @param pm The manager that runs the processes.
 * @param plan The plan.
 * @param options What to start, and how long to wait.
 * @returns A promise of the plan that runs. It resolves when each process that
 * is to start is ready, or runs and has no probe, or is a completed task. It
 * rejects with a `TypeError` if the plan has no entry with one of the names, with a
 * `PlanError` when nothing can change by itself any more or the time is over,
 * with the reason of the signal, with a `ProcessmanClosedError` when the manager
 * is shut down, and like `command()` if a process cannot be added to it.
 */
export async function up<Name extends string>(
  pm: Processman,
  plan: Plan<Name>,
  options: UpOptions<Name> = {},
): Promise<App<Name>> {
  const { names, dependencies, ...wait } = options;
  const rules = waitRules(wait);
  const named = entryNames(names, "names", plan);
  const how = dependenciesRule(dependencies, "start");
  await using stack = new AsyncDisposableStack();
  const board = new Board(pm, plan);
  const app = stack.use(new App<Name>(board));
  for (const { units } of plan.entries.values()) {
    for (const unit of units) board.add(unit);
  }
  const targets = board.units.filter(({ unit }) => named.has(unit.entry));
  const units = startUnits(board, targets, how);
  await arriveWithin(board, "Cannot bring up the plan", units, rules);
  stack.move();
  return app;
}
