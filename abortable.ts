/**
 * Two waits: for a promise until a signal is aborted, and for the code that
 * reacts to an event.
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

/** How many promises can lie between an event and a reaction to it. */
const REACTION_STEPS = 20;

/**
 * Waits for the code that reacts to an event at once, such as code that starts
 * the next command when one has ended. Resolves in the same turn of the event
 * loop, before any timer or input.
 */
export async function afterReactions(): Promise<void> {
  for (let i = 0; i < REACTION_STEPS; i++) await undefined;
}
