/**
 * Waiting that can be cut short, and waiting for next to no time.
 *
 * @module
 */

/**
 * Waits for a promise, but no longer than until a signal is aborted; what the
 * promise comes to after that is ignored.
 *
 * @returns What the promise resolves to; `undefined` if the signal came first.
 */
export function before<T>(
  promise: Promise<T>,
  signal: AbortSignal,
): Promise<T | undefined> {
  const { promise: result, resolve, reject } = Promise.withResolvers<
    T | undefined
  >();
  const abort = () => resolve(undefined);
  if (signal.aborted) abort();
  signal.addEventListener("abort", abort, { once: true });
  promise.then(resolve, reject).finally(() =>
    signal.removeEventListener("abort", abort)
  );
  return result;
}

/** How many steps of promises lie between an end and what it leads to. */
const STEPS = 20;

/**
 * Resolves when those who hear of something just now have done what they do at
 * once, such as starting the next command; nothing else happens until then.
 */
export async function reactions(): Promise<void> {
  for (let i = 0; i < STEPS; i++) await undefined;
}

/**
 * Resolves after some milliseconds, in another turn of the event loop. It does
 * not keep the program alive, and needs no timer, which take Deno long to load.
 */
export function later(ms: number): Promise<unknown> {
  const cell = new Int32Array(new SharedArrayBuffer(4));
  return Promise.resolve(Atomics.waitAsync(cell, 0, 0, ms).value);
}
