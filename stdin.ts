/**
 * The input of a process over all its runs.
 *
 * @module
 */

/**
 * One stream that writes to whichever run is alive. A chunk goes to one run,
 * whole: while no run takes it, it waits; when the run it was for ended before
 * it had taken all of it, it is written to the next one.
 */
export class Stdin {
  /** The stream. */
  readonly writable: WritableStream<Uint8Array>;
  readonly #name: string;
  #writer: WritableStreamDefaultWriter<Uint8Array> | undefined;
  #giveUp: () => void = () => {};
  #changed: PromiseWithResolvers<void> = Promise.withResolvers();
  #closed = false;
  #ended = false;

  /** Creates the input of the process of a name. */
  constructor(name: string) {
    this.#name = name;
    this.writable = new WritableStream({
      write: (chunk, controller) => this.#write(chunk, controller.signal),
      close: () => this.#close("close"),
      abort: () => this.#close("abort"),
    });
  }

  /** Begins to write to a run. */
  attach(stream: WritableStream<Uint8Array<ArrayBuffer>>): void {
    const writer = stream.getWriter();
    // A child that ends while its pipe is open is no failure of ours.
    writer.closed.catch(() => {});
    this.#writer = writer as WritableStreamDefaultWriter<Uint8Array>;
    if (this.#closed) this.#release("close");
    this.#change();
  }

  /** Ends writing to a run, and gives its pipe back. */
  detach(): void {
    this.#release("abort");
  }

  /** Fails what waits for a run: there will be none. */
  end(): void {
    this.#ended = true;
    this.detach();
    this.#change();
  }

  async #write(chunk: Uint8Array, signal: AbortSignal): Promise<void> {
    if (!(chunk instanceof Uint8Array)) {
      this.#close("close");
      throw new TypeError(
        `Cannot write to process "${this.#name}": a chunk must be a Uint8Array`,
      );
    }
    const abort = () => {
      this.#close("abort");
      this.#change();
    };
    signal.addEventListener("abort", abort, { once: true });
    try {
      while (!signal.aborted) {
        const writer = this.#writer;
        if (writer !== undefined) {
          // A pipe that somebody else holds open takes no more, and never says.
          const { promise, resolve } = Promise.withResolvers<boolean>();
          this.#giveUp = () => resolve(false);
          taken(writer, chunk).then(resolve);
          if (await promise) return;
        }
        if (this.#ended) {
          throw new TypeError(
            `Cannot write to process "${this.#name}": it has ended`,
          );
        }
        // The run is over or has closed its input: this is for the next one.
        if (this.#writer === writer) await this.#changed.promise;
      }
      throw signal.reason;
    } finally {
      signal.removeEventListener("abort", abort);
    }
  }

  /** Ends the input of this run and of all to come. */
  #close(how: "close" | "abort"): void {
    this.#closed = true;
    this.#release(how);
  }

  #release(how: "close" | "abort"): void {
    // Both fail when the child is gone, and then there is nothing to release.
    this.#writer?.[how]().catch(() => {});
    this.#writer = undefined;
    this.#giveUp();
  }

  #change(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }
}

/** Writes a chunk to a run; `false` if the run did not take it. */
async function taken(
  writer: WritableStreamDefaultWriter<Uint8Array>,
  chunk: Uint8Array,
): Promise<boolean> {
  try {
    await writer.write(chunk);
    return true;
  } catch {
    return false;
  }
}
