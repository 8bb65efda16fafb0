/**
 * Checks of arguments and options. Each throws an error that names the option
 * and its value.
 *
 * @module
 */

/**
 * Throws an error about an option unless a condition holds.
 *
 * @param holds Whether the condition holds.
 * @param name The name of the option.
 * @param expected What the option must be.
 * @param value The option.
 * @param kind The class of the error.
 * @throws An error of this class, if the condition does not hold.
 */
export function must(
  holds: boolean,
  name: string,
  expected: string,
  value: unknown,
  kind: ErrorConstructor = TypeError,
): void {
  if (holds) return;
  const shown = Deno.inspect(value, { depth: 0, strAbbreviateSize: 60 });
  throw new kind(
    `Option "${name}" must be ${expected}: current value is ${shown}`,
  );
}

/** Checks for a string that is not empty and has no NUL. */
export function filled(value: unknown, name: string): void {
  text(value, name);
  must(value !== "", name, "a string that is not empty", value);
}

/** Checks for a string without NUL. */
export function text(value: unknown, name: string): void {
  must(typeof value === "string", name, "a string", value);
  must(!`${value}`.includes("\0"), name, "a string without NUL", value);
}

/**
 * Returns the path of a file or folder.
 *
 * @param value A path, or a `file:` URL.
 * @param name The name of the option.
 * @throws {TypeError} If the value is neither.
 */
export function pathOf(value: string | URL, name: string): string {
  if (!(value instanceof URL)) {
    filled(value, name);
    return value;
  }
  must(value.protocol === "file:", name, "a path or a file: URL", value.href);
  return decodeURIComponent(value.pathname);
}

/** Checks for `true` or `false`. */
export function flag(value: unknown, name: string): void {
  must(typeof value === "boolean", name, "true or false", value);
}

/** Checks for a whole number in a range. */
export function whole(
  value: unknown,
  name: string,
  least: number,
  most: number,
): void {
  must(typeof value === "number", name, "a number", value);
  const number = Number(value);
  const within = Number.isInteger(number) && number >= least && number <= most;
  const expected = `a whole number from ${least} to ${most}`;
  must(within, name, expected, value, RangeError);
}

/** Checks for an array of strings, and returns a copy. */
export function texts(value: unknown, name: string): string[] {
  must(Array.isArray(value), name, "an array of strings", value);
  const copy = Array.from(Object(value));
  for (const [i, entry] of copy.entries()) text(entry, `${name}[${i}]`);
  return copy.map(String);
}

/** Checks for an object whose values are strings, and returns a copy. */
export function textsByName(
  value: unknown,
  name: string,
): Record<string, string> {
  must(isPlain(value), name, "an object of strings", value);
  const copy = { ...Object(value) };
  for (const key in copy) text(copy[key], `${name}.${key}`);
  return copy;
}

/**
 * The check of each option of type `T`, by its name. A check returns what to
 * use instead of the value, such as a copy, or nothing.
 */
export type Checks<T> = {
  readonly [Name in keyof Required<T>]: (
    value: unknown,
    name: string,
  ) => T[Name] | void;
};

/**
 * Checks for a plain object of known options. `undefined` is the same as
 * leaving an option out.
 *
 * @param options The options.
 * @param checks The check of each option.
 * @returns A copy without the options that are `undefined`.
 * @throws {TypeError} If an option does not exist or has a wrong type.
 * @throws {RangeError} If an option is out of range.
 */
export function checked<T extends object>(options: T, checks: Checks<T>): T {
  must(isPlain(options), "options", "a plain object", options);
  const copy = { ...options };
  for (const name in copy) {
    if (!Object.hasOwn(checks, name)) {
      throw new TypeError(
        `Option "${name}" does not exist: the options are ${
          Object.keys(checks).join(", ")
        }`,
      );
    }
    if (copy[name] === undefined) delete copy[name];
    else copy[name] = checks[name](copy[name], name) ?? copy[name];
  }
  return copy;
}

/** Whether a value is an object made by `{}`, or one without a prototype. */
function isPlain(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  // Other objects, such as a `Map`, would look like empty options.
  const prototype = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}
