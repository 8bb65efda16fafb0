/** Options for {@linkcode delay}. */
export interface DelayOptions {
  /** Ends the delay early: the promise rejects with the signal's reason. */
  signal?: AbortSignal;
  /**
   * Whether the timer keeps the program alive.
   *
   * @default {true}
   */
  persistent?: boolean;
}

/** What a timer can hold; a longer delay is waited for in pieces. */
const MAX_TIMEOUT_MS = 2 ** 31 - 1;

/** Resolves after the given milliseconds. */
export function delay(ms: number, options: DelayOptions = {}): Promise<void> {
  const { signal, persistent = true } = options;
  if (signal?.aborted) return Promise.reject(signal.reason);
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let timer = 0;
  const wait = (left: number) => {
    const next = Math.min(left, MAX_TIMEOUT_MS);
    const due = () => left > next ? wait(left - next) : done();
    timer = Number(setTimeout(due, next));
    if (!persistent) Deno.unrefTimer(timer);
  };
  const done = () => {
    signal?.removeEventListener("abort", abort);
    resolve();
  };
  const abort = () => {
    clearTimeout(timer);
    reject(signal?.reason);
  };
  signal?.addEventListener("abort", abort, { once: true });
  wait(Math.trunc(Math.max(ms, 0) || 0));
  return promise;
}
