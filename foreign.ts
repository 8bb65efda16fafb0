/**
 * Handles what callbacks of the program throw and return, which can be any
 * value.
 *
 * @module
 */

/**
 * Returns the message of an error, or another text for any other thrown value.
 * Never throws.
 */
export function messageOf(thrown: unknown): string {
  try {
    if (typeof thrown === "object" && thrown !== null && "message" in thrown) {
      const { message } = thrown;
      if (typeof message === "string" && message !== "") return message;
    }
    return String(thrown) || UNKNOWN;
  } catch {
    // A getter, `toString()` or the trap of a Proxy has thrown an error.
    return UNKNOWN;
  }
}

/**
 * Returns the stack of an error, which begins with its message, or another text
 * for any other thrown value. Never throws.
 */
export function stackOf(thrown: unknown): string {
  try {
    if (thrown instanceof Error && typeof thrown.stack === "string") {
      return thrown.stack;
    }
  } catch {
    // A getter or the trap of a Proxy has thrown an error.
  }
  return messageOf(thrown);
}

/** Replaces a message that is missing or cannot be read. */
const UNKNOWN = "unknown error";

/**
 * Returns whether a value is an instance of a class. Never throws. `instanceof`
 * can throw, because it calls a trap if the value is a Proxy.
 */
export function isA<T>(
  value: unknown,
  kind: abstract new (...args: never[]) => T,
): value is T {
  try {
    return value instanceof kind;
  } catch {
    return false;
  }
}

/**
 * Ignores the rejection of a promise that a callback returned. An unhandled
 * rejection would end the program. Does nothing for other values. Never throws.
 */
export function ignoreRejection(returned: unknown): void {
  if (typeof returned !== "object" || returned === null) return;
  if (handle(returned) || !isA(returned, Promise)) return;
  try {
    // The class of the promise cannot construct the promise for `then()`.
    const own = Object.getOwnPropertyDescriptor(returned, "constructor");
    const plain = { value: Promise, configurable: true };
    Object.defineProperty(returned, "constructor", plain);
    handle(returned);
    Reflect.deleteProperty(returned, "constructor");
    if (own !== undefined) Object.defineProperty(returned, "constructor", own);
  } catch {
    // It is frozen, or a Proxy.
  }
}

/**
 * Calls a function of the program, and waits for its result, which can be any
 * promise.
 *
 * @throws What the function throws, or what its promise rejects with.
 */
export async function call<Args extends unknown[], Result>(
  callback: (...args: Args) => Result,
  ...args: Args
): Promise<Awaited<Result>> {
  const returned = callback(...args);
  ignoreRejection(returned);
  return await returned;
}

/** Marks a promise as handled; returns whether that worked. */
function handle(promise: object): boolean {
  try {
    // This does not call a `then` that the promise itself can have.
    Promise.prototype.then.call(promise as Promise<unknown>, null, () => {});
    return true;
  } catch {
    return false;
  }
}
