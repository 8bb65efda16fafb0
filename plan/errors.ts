/**
 * The errors of a plan that runs.
 *
 * @module
 */

import type { Why } from "./why.ts";

/**
 * Some processes of a plan are not where they should be, and cannot get there
 * by themselves, or not in time.
 *
 * @example
 * ```ts
 * import { Processman } from "@isbm/processman";
 * import { plan, PlanError, up } from "@isbm/processman/plan";
 *
 * await using pm = new Processman({ logger: null });
 * const broken = plan({
 *   setup: { type: "task", command: ["false"], restart: { policy: "never" } },
 *   server: { command: ["sleep", "500"], dependsOn: { setup: "completed" } },
 * });
 * try {
 *   await up(pm, broken);
 * } catch (error) {
 *   if (!(error instanceof PlanError)) throw error;
 *   for (const { sentence } of error.whys) console.log(sentence);
 * }
 * ```
 */
export class PlanError extends Error {
  /** The name of this class. */
  override readonly name: string = "PlanError";
  /** Why each process that is missing is where it is. */
  readonly whys: readonly Why[];

  /**
   * Creates the error.
   *
   * @param message What failed.
   * @param whys Why each process that is missing is where it is.
   */
  constructor(message: string, whys: readonly Why[]) {
    const lines = whys.map(({ sentence }) => `\n  ${sentence}`);
    super(lines.length === 0 ? message : `${message}:${lines.join("")}`);
    this.whys = whys;
  }
}
