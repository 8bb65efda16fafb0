/**
 * Waits and iterations that end when a signal is aborted, and waits for an
 * event and for the code that reacts to it.
 *
 * @module
 */

/** An iterator that also ends at the end of `await using`, as with `break`. */
export type DisposableIterator<T> =
  & AsyncIterableIterator<T, void>
  & AsyncDisposable;

/**
 * Makes an iterator.
 *
 * @param next Returns the next result.
 * @param leave Ends the iteration; called, for example, at `break`.
 */
export function disposable<T>(
  next: () => Promise<IteratorResult<T, void>>,
  leave: () => unknown,
): DisposableIterator<T> {
  return {
    next,
    async return() {
      await leave();
      return { done: true, value: undefined };
    },
    [Symbol.asyncIterator]() {
      return this;
    },
    async [Symbol.asyncDispose]() {
      await leave();
    },
  };
}

/**
 * Waits for a promise until a signal is aborted, and then ignores the promise.
 *
 * @param promise The promise.
 * @param signal The signal.
 * @returns The value of the promise; `undefined` if the signal is aborted
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
  promise.then(resolve, reject).finally(onAbort(signal, abort));
  return result;
}

/**
 * Calls a function when a signal is aborted.
 *
 * @param signal The signal; `undefined` for one that is never aborted.
 * @param act The function.
 * @returns A function that removes the listener from the signal.
 */
export function onAbort(
  signal: AbortSignal | undefined,
  act: () => void,
): () => void {
  signal?.addEventListener("abort", act, { once: true });
  return () => signal?.removeEventListener("abort", act);
}

/** Something that happens again and again, and the wait for the next time. */
export class Occasion {
  /** The current wait; present while something waits. */
  #wait: PromiseWithResolvers<void> | undefined;

  /** Resolves the next time. A rejection that nothing handles is ignored. */
  next(): Promise<void> {
    if (this.#wait === undefined) {
      this.#wait = Promise.withResolvers();
      this.#wait.promise.catch(() => {});
    }
    return this.#wait.promise;
  }

  /** Ends all waits, because it has happened. */
  happen(): void {
    this.#wait?.resolve();
    this.#wait = undefined;
  }

  /** Ends all waits with an error, because it cannot happen now. */
  refuse(error: () => Error): void {
    this.#wait?.reject(error());
    this.#wait = undefined;
  }
}

/** How many promises can lie between an event and a reaction to it. */
const REACTION_STEPS = 20;

/**
 * Waits for code that reacts to an event at once, such as code that starts the
 * next command when one has ended. Resolves in the same turn of the event loop,
 * before any timer or input.
 */
export async function afterReactions(): Promise<void> {
  for (let i = 0; i < REACTION_STEPS; i++) await undefined;
}
