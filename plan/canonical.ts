/**
 * The form of values in which equal ones can be compared and shown.
 *
 * @module
 */

/**
 * Returns a copy of a value in which everything with a method `toJSON()`, such
 * as a probe, a backoff or a URL, is replaced by what that method returns.
 * Other functions stay as they are.
 */
export function canonical(value: unknown): unknown {
  const json = jsonOf(value);
  if (json !== undefined) return canonical(json);
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(canonical);
  return Object.fromEntries(
    Object.entries(value).filter(([, each]) => each !== undefined)
      .map(([name, each]) => [name, canonical(each)]),
  );
}

/**
 * Returns what `toJSON()` of a value returns; `undefined` if there is no such
 * method, or if it throws or returns the value itself.
 */
export function jsonOf(value: unknown): unknown {
  const object = typeof value === "function" ||
    typeof value === "object" && value !== null;
  try {
    if (!object || !("toJSON" in value)) return undefined;
    if (typeof value.toJSON !== "function") return undefined;
    const json: unknown = value.toJSON();
    return json === value ? undefined : json;
  } catch {
    return undefined;
  }
}

/** Returns whether two values in canonical form are equal. */
export function same(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== "object" || typeof b !== "object" || !a || !b) return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const names = Object.keys(a);
  return names.length === Object.keys(b).length &&
    names.every((name) =>
      Object.hasOwn(b, name) && same(Reflect.get(a, name), Reflect.get(b, name))
    );
}
