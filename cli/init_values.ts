/**
 * Values that the files of several tools write alike.
 *
 * @module
 */

import { textOf } from "./init_keys.ts";

/**
 * Returns variables that are written as a map, or as a list of `NAME=value`. A
 * name without a value stands for a variable of the surroundings, and is left
 * out.
 *
 * @param value The map or the list.
 */
export function pairsOf(value: unknown): Record<string, string> {
  const pairs = Array.isArray(value)
    ? value.map((item) => splitAt(String(item)))
    : Object.entries(Object(value ?? {})).map(([name, each]) =>
      [name, textOf(each)] as const
    );
  return Object.fromEntries(
    pairs.filter((pair): pair is readonly [string, string] =>
      pair[1] !== undefined && pair[0] !== ""
    ),
  );
}

function splitAt(text: string): readonly [string, string | undefined] {
  const at = text.indexOf("=");
  return at === -1
    ? [text.trim(), undefined]
    : [text.slice(0, at).trim(), text.slice(at + 1)];
}
