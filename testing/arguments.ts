/**
 * Checks of arguments. Each throws an error that names the argument and its
 * value.
 *
 * @module
 */

/**
 * Throws an error about an argument unless a condition holds.
 *
 * @param holds Whether the condition holds.
 * @param name The name of the argument.
 * @param expected What the argument must be.
 * @param value The argument.
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
    `Argument "${name}" must be ${expected}: current value is ${shown}`,
  );
}

/**
 * Checks for a number.
 *
 * @param value The argument.
 * @param name The name of the argument.
 * @param expected What the number must be.
 * @param holds Returns whether the number is that.
 * @throws {TypeError} If the value is not a number.
 * @throws {RangeError} If the number is not as expected.
 */
export function number(
  value: unknown,
  name: string,
  expected: string,
  holds: (value: number) => boolean,
): void {
  must(typeof value === "number", name, "a number", value);
  must(holds(Number(value)), name, expected, value, RangeError);
}

/** Checks for a whole number. */
export function whole(value: unknown, name: string): void {
  number(value, name, "a whole number", Number.isSafeInteger);
}

/** Checks for a string. */
export function text(value: unknown, name: string): void {
  must(typeof value === "string", name, "a string", value);
}

/** Checks for a function. */
export function callable(value: unknown, name: string): void {
  must(typeof value === "function", name, "a function", value);
}

/** Checks for the name of a signal. */
export function signalName(value: unknown, name: string): void {
  const right = typeof value === "string" && /^SIG[A-Z0-9]+$/.test(value);
  must(right, name, 'the name of a signal, such as "SIGTERM"', value);
}

/** Checks for a plain object with no other options than the known ones. */
export function optionsAmong(
  value: unknown,
  name: string,
  known: readonly string[],
): void {
  const object = typeof value === "object" && value !== null;
  must(object, name, "an object", value);
  // Other objects, such as a `Map`, would look like empty options.
  const prototype = Object.getPrototypeOf(value);
  const plain = prototype === null || Object.getPrototypeOf(prototype) === null;
  must(plain, name, "a plain object", value);
  for (const option of Object.keys(Object(value))) {
    const allowed = `options among ${known.join(", ")}`;
    must(known.includes(option), name, allowed, option);
  }
}
