/**
 * Checks of single values. Each throws an error that names the option and its
 * value.
 *
 * @module
 */

/**
 * Checks for a plain object, and returns what it contains.
 *
 * @throws {TypeError} If it is something else, or if `names` is given and the
 * object has a property with another name.
 */
export function fields(
  value: unknown,
  path: string,
  names?: readonly string[],
): [name: string, value: unknown][] {
  plain(value, path);
  const given = Object.entries(value);
  for (const [name] of given) {
    if (names?.includes(name) === false) unknown(join(path, name), names);
  }
  return given.filter(([, value]) => value !== undefined);
}

/** Checks for a plain object. */
export function plain(value: unknown, path: string): asserts value is object {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    wrong(path, "an object", value);
  }
  if (!isPlain(value)) wrong(path, "a plain object", value);
}

/**
 * Returns whether an object was made by `{}`, in any realm, or has no
 * prototype. Other objects, such as a `Map`, would look like empty ones.
 */
export function isPlain(value: object): boolean {
  const prototype = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

/** Throws the error for an option that does not exist. */
export function unknown(path: string, names: readonly string[]): never {
  throw new TypeError(
    `Option "${path}" does not exist: the options are ${names.join(", ")}`,
  );
}

/** Returns the path of an option inside of another one. */
export function join(path: string, name: string): string {
  return path === "" ? name : `${path}.${name}`;
}

/** Checks for a whole number in a range. */
export function whole(
  value: unknown,
  path: string,
  from: number,
  to = Infinity,
): number {
  if (typeof value !== "number") wrong(path, "a number", value);
  if (Number.isSafeInteger(value) && value >= from && value <= to) return value;
  const range = to === Infinity ? `>= ${from}` : `from ${from} to ${to}`;
  wrong(path, `a whole number ${range}`, value, RangeError);
}

/** Checks for a finite number >= 0. */
export function milliseconds(value: unknown, path: string): number {
  if (typeof value !== "number") wrong(path, "a number", value);
  if (value >= 0 && value < Infinity) return value;
  wrong(path, "a finite number >= 0", value, RangeError);
}

/** Checks for one of several strings. */
export function oneOf<Choice extends string>(
  value: unknown,
  path: string,
  choices: readonly Choice[],
): Choice {
  const found = choices.find((choice) => choice === value);
  if (found !== undefined) return found;
  const all = choices.map((choice) => `"${choice}"`).join(", ");
  wrong(path, choices.length === 1 ? all : `one of ${all}`, value);
}

/** Checks for `true` or `false`. */
export function flag(value: unknown, path: string): boolean {
  if (typeof value === "boolean") return value;
  wrong(path, "true or false", value);
}

/** Checks for an array of strings, and returns a copy. */
export function strings(value: unknown, path: string): string[] {
  if (!Array.isArray(value)) wrong(path, "an array", value);
  return Array.from(value, (entry: unknown, index) => {
    const at = `${path}[${index}]`;
    if (typeof entry !== "string") wrong(at, "a string", entry);
    if (entry.includes("\0")) wrong(at, "a string without NUL", entry);
    return entry;
  });
}

/** Throws the error for a value that is wrong for an option. */
export function wrong(
  path: string,
  expected: string,
  value: unknown,
  kind: ErrorConstructor = TypeError,
): never {
  throw new kind(
    `Option "${path}" must be ${expected}: current value is ${show(value)}`,
  );
}

function show(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "function") return "a function";
  if (Array.isArray(value)) return "an array";
  if (value instanceof Promise) return "a promise";
  return typeof value === "object" && value !== null
    ? "an object"
    : String(value);
}
