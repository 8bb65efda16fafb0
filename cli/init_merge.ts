/**
 * Merges the maps of other tools.
 *
 * @module
 */

import { isMap } from "./init_keys.ts";

type Plain = Readonly<Record<string, unknown>>;

/** The lists that are joined, whose later items win. */
const JOINED = ["environment", "env_file", "ports", "volumes", "expose"];

/** The lists of names that stand for maps in other places. */
const NAMES = ["environment", "depends_on", "labels"];

/** What Compose calls the values that are removed, and replaced as a whole. */
const [RESET, OVERRIDE] = ["!reset", "!override"] as const;

/** The tags of Compose, for {@linkcode withoutTags}. */
export const TAGS: readonly string[] = [RESET, OVERRIDE];

/**
 * Overrides a map: maps are merged, and lists and single values are replaced,
 * except for lists of variables and a few others, which are joined.
 *
 * @param base The map.
 * @param over What overrides it.
 */
export function mergedMaps(base: Plain, over: Plain): Plain {
  const merged: Record<string, unknown> = { ...base };
  for (const [name, value] of Object.entries(over)) {
    merged[name] = Object.hasOwn(base, name)
      ? mergedValues(name, base[name], value)
      : value;
  }
  return merged;
}

function mergedValues(name: string, old: unknown, value: unknown): unknown {
  // The tags stay, as the result can override another map.
  if (isMap(value) && TAGS.some((tag) => Object.hasOwn(value, tag))) {
    return value;
  }
  if (Array.isArray(old) && Array.isArray(value)) {
    return JOINED.includes(name) ? [...old, ...value] : value;
  }
  if (NAMES.includes(name) && (Array.isArray(old) || Array.isArray(value))) {
    return mergedMaps(namedMap(old), namedMap(value));
  }
  return isMap(old) && isMap(value) ? mergedMaps(old, value) : value;
}

/**
 * Returns a value without tags: what has `!reset` is left out, and `!override`
 * stands for what follows it.
 *
 * @param value The value.
 */
export function withoutTags(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutTags);
  if (!isMap(value)) return value;
  if (Object.hasOwn(value, RESET)) return undefined;
  if (Object.hasOwn(value, OVERRIDE)) return withoutTags(value[OVERRIDE]);
  return Object.fromEntries(
    Object.entries(value).map(([name, each]) => [name, withoutTags(each)])
      .filter(([, each]) => each !== undefined),
  );
}

/**
 * Returns a map for a list of `NAME=value` or of names.
 *
 * @param value The list; a map stays.
 */
export function namedMap(value: unknown): Plain {
  if (!Array.isArray(value)) return isMap(value) ? value : {};
  return Object.fromEntries(value.map((item) => {
    const text = String(item);
    const at = text.indexOf("=");
    return at === -1
      ? [text.trim(), null]
      : [text.slice(0, at).trim(), text.slice(at + 1)];
  }));
}
