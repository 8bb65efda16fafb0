/**
 * The order of operations that exclude each other.
 *
 * @module
 */

/** Lets operations run one after another. */
export class Turns {
  /** Resolves when the last operation is over. */
  #last: Promise<void> = Promise.resolve();
  #scope = new AbortController();

  /**
   * Runs an operation when those that asked earlier are over.
   *
   * @param action The operation. Its first signal is aborted when it must end
   * early, and the second one when all operations must.
   * @param own Another signal that ends the operation.
   * @returns What the operation returns.
   * @throws What the operation throws, and the reason of a signal.
   */
  async take<Result>(
    action: (signal: AbortSignal, scope: AbortSignal) => Promise<Result>,
    own?: AbortSignal,
  ): Promise<Result> {
    const { signal: scope } = this.#scope;
    const signal = own ? AbortSignal.any([own, scope]) : scope;
    const before = this.#last;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#last = promise;
    try {
      await unlessAborted(before, signal);
      return await action(signal, scope);
    } finally {
      // Those that asked later still wait for those that asked earlier.
      before.then(resolve);
    }
  }

  /** Ends all operations that have begun or wait for their turn. */
  end(reason: Error): void {
    this.#scope.abort(reason);
    this.#scope = new AbortController();
  }
}

/** Waits for a promise, or throws the reason of a signal. */
async function unlessAborted(
  promise: Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const { promise: aborted, resolve } = Promise.withResolvers<void>();
  const abort = () => resolve();
  if (signal.aborted) abort();
  signal.addEventListener("abort", abort, { once: true });
  await Promise.race([promise, aborted]);
  signal.removeEventListener("abort", abort);
  signal.throwIfAborted();
}
