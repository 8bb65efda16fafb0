/**
 * The names in a configuration, for completions. The configuration is not
 * checked.
 *
 * @module
 */

import { basename } from "node:path";
import { parse } from "yaml";

/** The names in a configuration. */
export interface ConfigNames {
  /** The entries. */
  readonly entries: readonly string[];
  /** Their profiles, without `@`. */
  readonly profiles: readonly string[];
}

const NONE: ConfigNames = { entries: [], profiles: [] };

/**
 * Reads the names in a configuration.
 *
 * @param path The path of the file.
 * @returns The names; none if the file is a program, which would have to run.
 */
export async function namesInConfig(path: string): Promise<ConfigNames> {
  if (path.endsWith(".ts")) return NONE;
  const text = await Deno.readTextFile(path);
  if (!/\.(ya?ml|json)$/.test(basename(path))) {
    const names = text.matchAll(/^\s*([\w-]+)\s*:/gm);
    return {
      entries: Array.from(names, ([, name = ""]) => name),
      profiles: [],
    };
  }
  const { processes } = recordOf(parse(text));
  const entries = Object.entries(recordOf(processes));
  const profiles = entries.flatMap(([, entry]) => recordOf(entry).profiles);
  const names = profiles.filter((each) => typeof each === "string");
  return {
    entries: entries.map(([name]) => name),
    profiles: [...new Set(names)],
  };
}

function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null
    ? value as Readonly<Record<string, unknown>>
    : {};
}
