/**
 * Waiting.
 *
 * @module
 */

/** Waits for a time, or until one of the signals. Never rejects. */
export async function pause(
  ms: number,
  ...signals: readonly AbortSignal[]
): Promise<void> {
  if (signals.some(({ aborted }) => aborted)) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  const end = () => resolve();
  for (const signal of signals) signal.addEventListener("abort", end);
  await promise;
  clearTimeout(timer);
  for (const signal of signals) signal.removeEventListener("abort", end);
}
