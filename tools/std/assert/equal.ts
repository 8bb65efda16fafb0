import { isDeepStrictEqual } from "node:util";

/** Whether two values are equal in depth, as `@std/assert` means it. */
export function equal(a: unknown, b: unknown): boolean {
  // Unlike `node:assert`: 0 is -0, an error is equal to nothing but itself,
  // and an object without prototype is a plain object.
  if (a === b || Object.is(a, b)) return true;
  if (a instanceof Error || b instanceof Error) return false;
  if (!isPlain(a) || !isPlain(b) || Array.isArray(a) !== Array.isArray(b)) {
    return isDeepStrictEqual(a, b);
  }
  const keys = Reflect.ownKeys(a);
  return keys.length === Reflect.ownKeys(b).length &&
    keys.every((key) => Object.hasOwn(b, key) && equal(a[key], b[key]));
}

function isPlain(value: unknown): value is Record<PropertyKey, unknown> {
  if (typeof value !== "object" || value === null) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype ||
    prototype === Array.prototype;
}
