/**
 * The programs that run for a process besides its own: what they are, and how
 * they ended.
 *
 * @module
 */

import { arrayOf, filled, text, wrong } from "./validate.ts";

/** How a hook ended: a program that ran for a process. */
export interface HookEnd {
  /** The program and its arguments. */
  readonly command: readonly string[];
  /** Its status; `undefined` if it could not be started. */
  readonly status: Deno.CommandStatus | undefined;
  /**
   * Why it failed, such as `exited with code 1`; `undefined` if it ended with
   * success.
   */
  readonly failure: string | undefined;
  /** How long it ran, in milliseconds. */
  readonly durationMs: number;
}

/** Checks for a program and its arguments. */
export function checkProgram(value: unknown, path: string): string[] {
  const words = arrayOf<string>(text)(value, path);
  if (words.length === 0) wrong(path, "a program and its arguments", value);
  filled(words[0], `${path}[0]`);
  return words;
}
