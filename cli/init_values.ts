/**
 * Values that the files of several tools write alike.
 *
 * @module
 */

import type { WrittenProbe } from "./define_config.ts";
import { textOf } from "./init_keys.ts";
import { namedMap } from "./init_merge.ts";
import { needsBash, shellVariablesIn } from "./init_shell.ts";

/**
 * Returns variables that are written as a map, or as a list of `NAME=value`. A
 * name without a value stands for a variable of the surroundings, and is left
 * out.
 *
 * @param value The map or the list.
 */
export function pairsOf(value: unknown): Record<string, string> {
  const pairs = Object.entries(namedMap(value)).flatMap(([name, each]) => {
    const text = textOf(each);
    return text === undefined || name === "" ? [] : [[name, text] as const];
  });
  return Object.fromEntries(pairs);
}

/** What a program that answers a probe runs in. */
export interface ProbePlace {
  /** The folder of the process. */
  readonly cwd?: string | undefined;
  /** The variables of the process. */
  readonly env?: Readonly<Record<string, unknown>> | undefined;
}

/**
 * Returns a probe that runs a program. It gets the variables of the process
 * that it names.
 *
 * @param words The program and its arguments.
 * @param place The folder and the variables of the process.
 */
export function execProbe(
  words: readonly string[],
  { cwd, env = {} }: ProbePlace,
): WrittenProbe {
  const named = words.flatMap(shellVariablesIn)
    .filter((name) => Object.hasOwn(env, name))
    .map((name) => [name, String(env[name])]);
  const options = {
    ...cwd !== undefined && { cwd },
    ...named.length > 0 && { env: Object.fromEntries(named) },
  };
  return {
    exec: Object.keys(options).length === 0
      ? [...words]
      : { command: [...words], ...options },
  };
}

/** Returns the words that run a line by a shell. */
export function shellWords(line: string): string[] {
  return [needsBash(line) ? "bash" : "sh", "-c", line];
}

/** How many milliseconds a unit of a time has. */
const UNITS: Readonly<Record<string, number>> = {
  us: 0.001,
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** Returns the milliseconds of a time such as `1m30s`. */
export function durationOf(value: unknown): number | undefined {
  const text = textOf(value) ?? "";
  if (!/^(\d+(\.\d+)?(us|ms|s|m|h|d))+$/.test(text)) return undefined;
  const parts = text.matchAll(/([\d.]+)([a-z]+)/g);
  return Math.round(
    parts.reduce(
      (sum, [, number, unit = ""]) => sum + Number(number) * (UNITS[unit] ?? 0),
      0,
    ),
  );
}
