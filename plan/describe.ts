/**
 * Shows what differs between two plans.
 *
 * @module
 */

import type { FieldChange, PlanDifference } from "./difference.ts";

/**
 * Shows what differs between two plans: a line for each entry that is added or
 * removed, and for each option that changes. A line ends with `(restart)` if the
 * change needs another run of the process. The values of environment variables
 * are among the lines.
 *
 * @example
 * ```ts
 * import { describe, difference, plan } from "@isbm/processman/plan";
 * import { assertEquals } from "@std/assert";
 *
 * const old = plan({ api: { command: ["api"], env: { PORT: "8001" } } });
 * const next = plan({
 *   api: { command: ["api"], env: { PORT: "9001" } },
 *   worker: { command: ["worker"] },
 * });
 * assertEquals(
 *   describe(difference(old, next)),
 *   '+ worker\n~ api.env.PORT: "8001" → "9001" (restart)',
 * );
 * ```
 *
 * @param difference What differs.
 * @returns The lines; an empty text if nothing differs.
 */
export function describe(difference: PlanDifference): string {
  const { added, removed, changed } = difference;
  return [
    ...removed.map((name) => `- ${name}`),
    ...added.map((name) => `+ ${name}`),
    ...changed.map(line),
  ].join("\n");
}

function line({ path, from, to, live }: FieldChange): string {
  return `~ ${path}: ${shown(from)} → ${shown(to)}${live ? "" : " (restart)"}`;
}

/** Returns a value in one line; what JSON cannot express is put in words. */
function shown(value: unknown): string {
  if (value === undefined) return "none";
  const text = (value: unknown) =>
    typeof value === "function"
      ? "(function)"
      : typeof value === "number" && !Number.isFinite(value)
      ? String(value)
      : undefined;
  return text(value) ??
    JSON.stringify(value, (_, each) => text(each) ?? each);
}
