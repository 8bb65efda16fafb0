/**
 * Checks of arguments and options. Each throws an error that names the option
 * and its value.
 *
 * @module
 */

/**
 * Throws if a value is wrong for an option; `path` names the option. For an
 * object or array whose contents could change between two reads, it returns a
 * copy; otherwise it returns nothing.
 */
export type Check = (value: unknown, path: string) => unknown;

/** A check of an object of options; returns a copy without getters. */
export type OptionsCheck<T> = (value: unknown, path: string) => T;

/** The check of each option of type `T`, by its name. */
export type Checks<T> = { readonly [Name in keyof Required<T>]: Check };

/**
 * Returns a check for an object of options. It rejects unknown options, and
 * options that fail their own check. `undefined` is the same as leaving the
 * option out; a `required` option cannot be left out.
 *
 * The check reads each option once, and returns what it has read, because a
 * getter can return something else the next time.
 */
export function options<T>(
  checks: Checks<T>,
  required: readonly (keyof T & string)[] = [],
): OptionsCheck<T> {
  return (value, path) => {
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      wrong(path || "options", "an object", value);
    }
    // Other objects, such as a signal or a `Map`, would look like empty
    // options.
    if (!isPlain(value)) wrong(path || "options", "a plain object", value);
    const copy: Partial<Record<string, unknown>> = {};
    for (const [name, entry] of Object.entries(value)) {
      const at = path === "" ? name : `${path}.${name}`;
      if (!Object.hasOwn(checks, name)) {
        throw new TypeError(
          `Option "${at}" does not exist: the options are ${
            Object.keys(checks).join(", ")
          }`,
        );
      }
      if (entry === undefined) continue;
      copy[name] = checks[name as keyof T](entry, at) ?? entry;
    }
    for (const name of required) {
      const at = path === "" ? name : `${path}.${name}`;
      checks[name](copy[name], at);
    }
    return copy as T;
  };
}

/**
 * Returns whether an object was made by `{}`, in any realm, or has no
 * prototype.
 */
function isPlain(value: object): boolean {
  const prototype = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

/** Checks for a finite number >= 0. */
export function milliseconds(value: unknown, path: string): void {
  if (typeof value !== "number") wrong(path, "a number", value);
  if (!(value >= 0 && value < Infinity)) {
    wrong(path, "a finite number >= 0", value, RangeError);
  }
}

/** Checks for a finite number >= 1. */
export function aMillisecond(value: unknown, path: string): void {
  milliseconds(value, path);
  if (Number(value) < 1) wrong(path, "a number >= 1", value, RangeError);
}

/** Checks for a whole number from 0 to `Number.MAX_SAFE_INTEGER`. */
export function whole(value: unknown, path: string): void {
  if (typeof value !== "number") wrong(path, "a number", value);
  if (!Number.isSafeInteger(value) || value < 0) {
    wrong(path, "a whole number >= 0", value, RangeError);
  }
}

/** Checks for `true` or `false`. */
export function flag(value: unknown, path: string): void {
  if (typeof value !== "boolean") wrong(path, "true or false", value);
}

/** Checks for a function. */
export function callable(value: unknown, path: string): void {
  if (typeof value !== "function") wrong(path, "a function", value);
}

/**
 * Checks for a string without NUL. The system would cut off a string at NUL.
 */
export function text(value: unknown, path: string): asserts value is string {
  if (typeof value !== "string") wrong(path, "a string", value);
  if (value.includes("\0")) {
    wrong(path, "a string without NUL", value);
  }
}

/** Checks for a non-empty string without NUL. */
export function filled(value: unknown, path: string): asserts value is string {
  text(value, path);
  if (value === "") wrong(path, "a string that is not empty", value);
}

/**
 * Checks for a name that can be written in any encoding, and that the path of a
 * URL can end with: programs ask for a process by its name over HTTP.
 */
export function processName(value: unknown, path: string): void {
  filled(value, path);
  if (!value.isWellFormed()) {
    wrong(path, "a string without lone surrogates", value);
  }
  if (value === "." || value === "..") {
    wrong(path, 'a string other than "." and ".."', value);
  }
}

/** Checks for the path of a file or folder: a string or a `file:` URL. */
export function fileOrUrl(
  value: unknown,
  path: string,
): asserts value is string | URL {
  if (!(value instanceof URL)) filled(value, path);
  else if (value.protocol !== "file:") {
    wrong(path, "a path or a file: URL", value.href);
  }
}

/** Checks for an `AbortSignal`. */
export function abortSignal(value: unknown, path: string): void {
  if (!(value instanceof AbortSignal)) wrong(path, "an AbortSignal", value);
}

/** Returns a check that also accepts `null`. */
export function orNull(check: Check): Check {
  return (value, path) => value === null ? null : check(value, path);
}

/** Returns a check for one of the given strings. */
export function oneOf(...values: readonly string[]): Check {
  return (value, path) => {
    if (typeof value === "string" && values.includes(value)) return;
    const all = values.map((each) => `"${each}"`).join(", ");
    wrong(path, `one of ${all}`, value);
  };
}

/**
 * Returns a check for an array whose elements all pass a check. It reads each
 * element once, and returns what it has read.
 */
export function arrayOf<T>(check: Check): OptionsCheck<T[]> {
  return (value, path) => {
    if (!Array.isArray(value)) wrong(path, "an array", value);
    return Array.from(
      value,
      (entry, index) => check(entry, `${path}[${index}]`) ?? entry,
    );
  };
}

/** Checks environment variables, and returns a copy of them. */
export const variables: Check = (value, path) => {
  if (
    typeof value !== "object" || value === null || Symbol.iterator in value
  ) wrong(path, "an object of strings", value);
  const copy = { ...value };
  for (const [name, entry] of Object.entries(copy)) {
    filled(name, `${path}: a name`);
    if (name.includes("=")) {
      wrong(`${path}: a name`, 'a string without "="', name);
    }
    text(entry, `${path}.${name}`);
  }
  return copy;
};

/** An object whose properties are not `undefined`. */
export type Given<T> = { [Name in keyof T]: Exclude<T[Name], undefined> };

/** An object whose properties are all present and not `undefined`. */
export type Filled<T> = Required<Given<T>>;

/** Returns a copy of an object without the properties that are `undefined`. */
export function given<T extends object>(object: T | undefined): Given<T> {
  const result: Partial<T> = {};
  for (const name of Object.keys(object ?? {}) as (keyof T)[]) {
    if (object?.[name] !== undefined) result[name] = object[name];
  }
  return result as Given<T>;
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

/** Returns a short text for a value, for a message. Never throws. */
function show(value: unknown): string {
  switch (typeof value) {
    case "string":
      return JSON.stringify(
        value.length > 60 ? value.slice(0, 57) + "…" : value,
      );
    case "object":
      return value === null ? "null" : showObject(value);
    case "function":
      return "a function";
    case "bigint":
      return `${value}n`;
    default:
      return String(value);
  }
}

function showObject(value: object): string {
  try {
    if (value instanceof URL) return show(value.href);
    return Array.isArray(value) ? "an array" : "an object";
  } catch {
    // It is a Proxy whose handler throws.
    return "an object";
  }
}
