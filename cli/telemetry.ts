/**
 * Exports what a supervisor does, if Deno has been told to export.
 *
 * @module
 */

import { usageReader } from "../control/mod.ts";
import type { Processman } from "../mod.ts";
import { instrument } from "../telemetry/mod.ts";
import type { Env } from "./state_folder.ts";

/**
 * Exports what a manager does, by the exporter of Deno.
 *
 * @param pm The manager.
 * @param env Reads a variable of the environment.
 */
export function exportTelemetry(pm: Processman, env: Env): void {
  // The lines are printed already. Only if the console prints nothing, nothing
  // is printed twice.
  const replaced = env("OTEL_DENO_CONSOLE") === "replace";
  instrument(pm, {
    usage: usageReader(),
    logs: replaced ? "console" : undefined,
  });
}
