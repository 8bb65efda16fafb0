/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/**
 * Whether somebody can see the page: it asks for nothing while it is hidden.
 *
 * @module
 */

/** Waits until the page is visible, or the signal. Never rejects. */
export async function untilVisible(signal: AbortSignal): Promise<void> {
  if (isVisible() || signal.aborted) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  const over = new AbortController();
  const look = () => isVisible() && resolve();
  document.addEventListener("visibilitychange", look, { signal: over.signal });
  signal.addEventListener("abort", () => resolve(), { signal: over.signal });
  await promise;
  over.abort();
}

/** A signal for the time in which the page is visible. */
export interface WhileVisible extends Disposable {
  /** Is aborted when the page is hidden. */
  readonly signal: AbortSignal;
}

/** Returns a signal that is aborted when the page is hidden, or by another. */
export function whileVisible(outer: AbortSignal): WhileVisible {
  const hidden = new AbortController();
  const over = new AbortController();
  const look = () => isVisible() || hidden.abort();
  document.addEventListener("visibilitychange", look, { signal: over.signal });
  outer.addEventListener("abort", () => hidden.abort(), {
    signal: over.signal,
  });
  if (outer.aborted) hidden.abort();
  return { signal: hidden.signal, [Symbol.dispose]: () => over.abort() };
}

function isVisible(): boolean {
  return document.visibilityState === "visible";
}
