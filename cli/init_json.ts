/**
 * Reads JSON files of other tools, which can have comments.
 *
 * @module
 */

import { ConfigFaults } from "./config_fault.ts";
import { type ConfigModule, evaluatePlain } from "./evaluate.ts";
import type { OriginFile } from "./init_origin.ts";

/** How long the evaluation of a file can take, in milliseconds. */
const EVALUATION_MS = 10_000;

/**
 * Reads a file in JSON, or with all that JavaScript has: comments, keys without
 * quotes and commas at the end.
 *
 * @param file The file.
 * @throws {CliError} If it is not an object.
 */
export async function readJson(file: OriginFile): Promise<unknown> {
  try {
    return JSON.parse(file.text);
  } catch {
    return await evaluated(file, "object");
  }
}

/**
 * Evaluates a file in a `deno` that can only read.
 *
 * @param file The file.
 * @param form What it is.
 * @throws {CliError} If it throws, or takes too long.
 */
export async function evaluated(
  { path, text }: OriginFile,
  form: NonNullable<ConfigModule["form"]>,
): Promise<unknown> {
  const faults = new ConfigFaults();
  const value = await evaluatePlain(
    { file: path, text, limitMs: EVALUATION_MS, form },
    faults,
  );
  faults.throwAny();
  return value;
}
