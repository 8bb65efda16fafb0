/**
 * A stream that knows when all of it has been delivered, even through other
 * streams that it is piped to.
 *
 * @module
 */

/** Called when reading has begun, with a promise that settles at its end. */
type Begun = (delivered: Promise<unknown>) => void;

/** A stream that reports what reads it through pipes. */
export class PipedStream<T> extends ReadableStream<T> {
  readonly #begun: Begun;

  /** Creates a stream; `begun` is called for each pipe and branch of it. */
  constructor(
    source: UnderlyingByteSource | UnderlyingDefaultSource<T>,
    begun: Begun,
  ) {
    super(source as UnderlyingSource<T>, { highWaterMark: 0 });
    this.#begun = begun;
  }

  /** Pipes the stream; the destination can take longer to write its end. */
  override pipeTo(
    destination: WritableStream<T>,
    options?: StreamPipeOptions,
  ): Promise<void> {
    const piped = super.pipeTo(destination, options);
    this.#begun(piped);
    // Unlike `piped`, this promise counts as unhandled when it rejects.
    return piped.then();
  }

  /** Pipes the stream; the output can be read later than the input. */
  override pipeThrough<Out>(
    transform: ReadableWritablePair<Out, T>,
    options?: StreamPipeOptions,
  ): ReadableStream<Out> {
    return follow(super.pipeThrough(transform, options), this.#begun);
  }

  /** Returns two branches, each of which can be behind the other. */
  override tee(): [ReadableStream<T>, ReadableStream<T>] {
    const [one, other] = super.tee();
    return [follow(one, this.#begun), follow(other, this.#begun)];
  }
}

/**
 * Returns a stream that reads another one, and reports when it is being read.
 */
function follow<T>(
  stream: ReadableStream<T>,
  begun: Begun,
): ReadableStream<T> {
  const { promise, resolve } = Promise.withResolvers<void>();
  let reader: ReadableStreamDefaultReader<T> | undefined;
  const read = () => {
    if (reader === undefined) begun(promise);
    // The stream is not locked before it is read.
    reader ??= stream.getReader();
    return reader.read();
  };
  return new PipedStream<T>({
    async pull(controller: ReadableStreamDefaultController<T>) {
      try {
        const { done, value } = await read();
        if (!done) return controller.enqueue(value);
        controller.close();
        resolve();
      } catch (error) {
        resolve();
        throw error;
      }
    },
    cancel(reason) {
      resolve();
      return (reader ?? stream).cancel(reason);
    },
  }, begun);
}
