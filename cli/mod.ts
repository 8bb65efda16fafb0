/**
 * The command `processman`: it does for a folder what `docker compose` does for
 * containers. Install it, or run it without an installation:
 *
 * ```sh
 * deno install -gA -n processman jsr:@isbm/processman/cli
 * deno run -A --no-config jsr:@isbm/processman/cli --help
 * ```
 *
 * As a module, it has what a configuration in TypeScript needs.
 *
 * @example
 * ```ts
 * // processman.config.ts
 * import { defineConfig } from "@isbm/processman/cli";
 *
 * export default defineConfig({
 *   processes: {
 *     web: { deno: { script: "web.ts", allow: { net: ["localhost:8000"] } } },
 *   },
 * });
 * ```
 *
 * @module
 */

// Deno loads what a module imports together, and what that imports after it. So
// a few more imports here make the way down shorter, and commands faster.
import "../control/client.ts";
import "./ps_alone.ts";
import "./ps_text.ts";
import type { ConfigExport } from "./define_config.ts";
import { main } from "./main.ts";

export type {
  Config,
  ConfigExport,
  DenoPermissions,
  DenoProgram,
  Numeric,
  WrittenAlert,
  WrittenBackoff,
  WrittenDefaults,
  WrittenHook,
  WrittenLive,
  WrittenProbe,
  WrittenProcess,
  WrittenReady,
  WrittenRestart,
  WrittenSchedule,
  WrittenWatch,
} from "./define_config.ts";
export type { Facility } from "./line_target.ts";

/**
 * Returns its argument, so that an editor knows the type of a configuration. Use
 * it in `processman.config.ts`.
 *
 * The file is data: `processman` evaluates it in a program of its own that can
 * read files and the environment, and nothing else.
 *
 * @example
 * ```ts
 * import { defineConfig } from "@isbm/processman/cli";
 *
 * export default defineConfig({
 *   processes: {
 *     db: { command: ["postgres", "-D", "data"], ready: { tcp: 5432 } },
 *     api: {
 *       deno: { script: "api.ts", allow: { net: ["localhost:8000"] } },
 *       dependsOn: { db: "ready" },
 *     },
 *   },
 * });
 * ```
 *
 * @param config The configuration.
 * @returns The same.
 */
export function defineConfig(config: ConfigExport): ConfigExport {
  return config;
}

if (import.meta.main) Deno.exit(await main(Deno.args));
