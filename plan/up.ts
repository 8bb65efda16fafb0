/**
 * Brings up a plan.
 *
 * @module
 */

import type { Processman } from "../mod.ts";
import { App } from "./app.ts";
import { Board } from "./board.ts";
import type { Plan } from "./planned.ts";
import { type WaitOptions, waitRules } from "./wait_options.ts";

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
 * @param options How long to wait.
 * @returns A promise of the plan that runs. It resolves when each process is
 * ready, or runs and has no probe, or is a completed task. It rejects with a
 * `PlanError` when nothing can change by itself any more or the time is over,
 * with the reason of the signal, with a `ProcessmanClosedError` when the manager
 * is shut down, and like `command()` if a process cannot be added to it.
 */
export async function up<Name extends string>(
  pm: Processman,
  plan: Plan<Name>,
  options: WaitOptions = {},
): Promise<App<Name>> {
  const rules = waitRules(options);
  await using stack = new AsyncDisposableStack();
  const board = new Board(pm, plan);
  const app = stack.use(new App<Name>(board));
  for (const { units } of plan.entries.values()) {
    for (const unit of units) board.add(unit).start();
  }
  await board.arrive("Cannot bring up the plan", board.units, rules);
  stack.move();
  return app;
}
