/**
 * The time, for the commands of the tool.
 *
 * @module
 */

/** Returns the time in milliseconds since the epoch. */
export function now(): number {
  return Date.now();
}

/**
 * Waits for a time.
 *
 * @param ms The time in milliseconds.
 * @param signal Ends the wait early.
 * @returns A promise that never rejects.
 */
export function pause(ms: number, signal?: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  if (signal?.aborted) return Promise.resolve();
  const end = () => {
    clearTimeout(timer);
    signal?.removeEventListener("abort", end);
    resolve();
  };
  const timer = setTimeout(end, ms);
  signal?.addEventListener("abort", end);
  return promise;
}
