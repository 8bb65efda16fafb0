/**
 * Exports what a manager does as traces, metrics and log records of
 * OpenTelemetry.
 *
 * {@linkcode instrument} needs no permission and no SDK: with the variable
 * `OTEL_DENO=true`, Deno itself exports. It works with any SDK for JavaScript
 * as well.
 *
 * @example A program whose runs are traced
 * ```ts
 * import { Processman } from "@isbm/processman";
 * import { instrument } from "@isbm/processman/telemetry";
 *
 * await using pm = new Processman();
 * instrument(pm);
 * await pm.command("true").finished;
 * ```
 *
 * @module
 */

export { instrument } from "./instrument.ts";
export type {
  InstrumentOptions,
  LineLogger,
  LineRecord,
  RunContext,
  RunUsage,
  UsageReader,
} from "./options.ts";
