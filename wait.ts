/**
 * Waiting that can be cut short.
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
