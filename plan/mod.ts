/**
 * Plans: several programs, with the order in which they start and stop.
 *
 * A {@linkcode plan} says what each program needs: another one that runs, that
 * is ready, or that is completed. {@linkcode up} starts the programs in that
 * order, side by side where possible, and returns an {@linkcode App}. The order
 * holds for every start: the first one, a restart after a crash, and a restart
 * that you ask for. A stop goes in reverse order.
 *
 * @example A server, its database, and a task between them
 * ```ts
 * import { Processman } from "@isbm/processman";
 * import { plan, up } from "@isbm/processman/plan";
 *
 * const shop = plan({
 *   db: {
 *     command: ["sh", "-c", "echo ready; exec sleep 500"],
 *     ready: ({ process }) => process.tail(1)[0]?.text === "ready",
 *   },
 *   migrate: {
 *     type: "task",
 *     command: ["echo", "tables made"],
 *     dependsOn: { db: "ready" },
 *   },
 *   server: {
 *     command: ["sleep", "500"],
 *     replicas: 2,
 *     dependsOn: {
 *       migrate: "completed",
 *       db: { when: "ready", restart: "always" },
 *     },
 *   },
 * });
 *
 * await using pm = new Processman();
 * await using app = await up(pm, shop, { withinMs: 10_000 });
 * console.log(app.why("migrate").sentence); // migrate is completed
 * ```
 *
 * If the plan cannot come up, `up()` rejects with a {@linkcode PlanError}, which
 * says for each process why it is not there, and leaves nothing running.
 *
 * @module
 */

export type {
  Condition,
  Dependency,
  DependencyOptions,
  EachOptions,
  EntryBase,
  PlanEntry,
  PlanOptions,
  Replica,
  RestartBudget,
  RollOptions,
  ServiceEntry,
  TaskEntry,
  TaskRestartOptions,
  UnitOptions,
} from "./entry.ts";
export type { CheckedEntries, Fault } from "./checked_entries.ts";
export type {
  Edge,
  Plan,
  PlannedEntry,
  PlannedOptions,
  PlannedRoll,
  Port,
  Unit,
} from "./planned.ts";
export { plan } from "./plan.ts";
export {
  difference,
  type FieldChange,
  type PlanDifference,
  type UnitChanges,
} from "./difference.ts";
export { App, type UnitName } from "./app.ts";
export { describe } from "./describe.ts";
export type { Obstacle } from "./decide.ts";
export { PlanError } from "./errors.ts";
export type { UnitState } from "./unit_state.ts";
export { up } from "./up.ts";
export type {
  ApplyOptions,
  AppRestartOptions,
  AppStartOptions,
  AppStopOptions,
  StartDependencies,
  UpOptions,
  WaitOptions,
} from "./wait_options.ts";
export { explain, type Held, type Why } from "./why.ts";
export { nearest } from "./nearest.ts";
export { withRequired } from "./selection.ts";
