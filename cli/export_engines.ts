/**
 * The engines that a configuration can be exported to.
 *
 * @module
 */

import type { Exported, Note } from "../export/mod.ts";
import { CliError, STATUS } from "./call.ts";
import type { ResolvedConfig } from "./config_types.ts";

/** The engines that a configuration can be exported to. */
export const ENGINES = ["systemd", "compose", "kubernetes"] as const;

/** An engine. */
export type Engine = typeof ENGINES[number];

/** What an export is made from. */
export interface Origin {
  /** The configuration. */
  readonly config: ResolvedConfig;
  /** What of it is left out, besides options of the plan. */
  readonly about: readonly Note[];
}

/** What is exported, and from which configuration. */
export interface Export extends Origin {
  /** What is exported. */
  readonly exported: Exported;
}

/**
 * Returns what an export returns.
 *
 * @param make Makes the export.
 * @throws {CliError} If the engine cannot express something.
 */
export function accepted(make: () => Exported): Exported {
  try {
    return make();
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new CliError(error.message, STATUS.usage);
  }
}
