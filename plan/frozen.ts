/**
 * Freezes what a plan contains.
 *
 * @module
 */

import { isPlain } from "./validate.ts";

/**
 * Freezes a value, and the plain objects and arrays in it. Functions, URLs and
 * other objects stay as they are.
 */
export function frozen<Value>(value: Value): Value {
  if (typeof value !== "object" || value === null) return value;
  if (!Array.isArray(value) && !isPlain(value)) return value;
  for (const each of Object.values(value)) frozen(each);
  return Object.freeze(value);
}
