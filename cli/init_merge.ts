/**
 * Merges the maps of other tools.
 *
 * @module
 */

import { mapOf } from "./init_keys.ts";

type Plain = Readonly<Record<string, unknown>>;

/** The lists that are joined, whose later items win. */
const JOINED = ["environment"];

/**
 * Overrides a map: maps are merged, and lists and single values are replaced,
 * except for lists of variables.
 *
 * @param base The map.
 * @param over What overrides it.
 */
export function mergedMaps(base: Plain, over: Plain): Plain {
  const merged: Record<string, unknown> = { ...base };
  for (const [name, value] of Object.entries(over)) {
    const old = base[name];
    merged[name] = isMap(old) && isMap(value)
      ? mergedMaps(mapOf(old), mapOf(value))
      : JOINED.includes(name) && Array.isArray(old) && Array.isArray(value)
      ? [...old, ...value]
      : value;
  }
  return merged;
}

function isMap(value: unknown): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
