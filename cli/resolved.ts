/**
 * Reads configurations, and makes plans of them.
 *
 * @module
 */

import type { LoadOptions, ResolvedConfig } from "./config_types.ts";
import { load } from "./load.ts";

export type {
  BuiltConfig,
  LoadOptions,
  ResolvedConfig,
} from "./config_types.ts";
export { buildPlan } from "./build.ts";

/**
 * Reads, checks and resolves a configuration.
 *
 * @param options Which one.
 * @returns The configuration.
 * @throws {CliError} With all faults, and status 2.
 */
export async function loadConfig(
  options: LoadOptions,
): Promise<ResolvedConfig> {
  const loader = await load<typeof import("./config_load.ts")>(
    "./config_load.ts",
  );
  return (await loader.load(options)).config;
}
