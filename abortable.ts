/**
 * Waits for what happens anyway: a promise, until a signal is aborted, and what
 * other code does in reaction to an event.
 *
 * @module
 */

/**
 * Waits for a promise until a signal is aborted, and ignores the promise from
 * then on.
 *
 * @param promise The promise.
 * @param signal The signal.
 * @returns What the promise resolves to; `undefined` if the signal is aborted
 * first.
 * @throws What the promise rejects with.
 */
export function untilAborted<T>(
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

/** How many promises may lie between an event and a reaction to it. */
const REACTION_STEPS = 20;

/**
 * Resolves when other code has done what it does at once in reaction to an event,
 * such as starting the next command. It is still the same turn of the event loop:
 * no timer and no input comes in between.
 */
export async function afterReactions(): Promise<void> {
  for (let i = 0; i < REACTION_STEPS; i++) await undefined;
}

/**
 * Resolves after some milliseconds, in another turn of the event loop. It does
 * not keep the program alive, and needs no timer, which take Deno long to load.
 */
export function later(ms: number): Promise<unknown> {
  const cell = new Int32Array(new SharedArrayBuffer(4));
  return Promise.resolve(Atomics.waitAsync(cell, 0, 0, ms).value);
}
