/**
 * The stdin of a process across all its runs.
 *
 * @module
 */

import type { TerminalSize } from "./kernel.ts";
import { TerminalInput } from "./terminal_input.ts";

type Writer = WritableStreamDefaultWriter<Uint8Array>;

type Resize = (size: TerminalSize) => void;

/**
 * One stream that writes to the run that is alive. Each chunk goes to one run
 * as a whole, and waits until there is one. If the run ends before it has read
 * the whole chunk, the next run gets the whole chunk.
 */
export class Stdin {
  /** The stream. */
  readonly writable: WritableStream<Uint8Array>;
  readonly #name: string;
  /** The writer to the run; absent while no run accepts input. */
  #writer: Writer | undefined;
  /** Ends a write that the run does not accept. */
  #giveUp: () => void = () => {};
  #changed: PromiseWithResolvers<void> = Promise.withResolvers();
  /** Resizes the terminal of the run, if it runs on one. */
  #resize: Resize = () => {};
  #closed = false;
  #ended = false;

  /**
   * Creates the stdin of a process.
   *
   * @param name The name of the process, for messages.
   * @param tty Whether the process runs on a terminal.
   */
  constructor(name: string, tty: boolean = false) {
    this.#name = name;
    const sink: UnderlyingSink<Uint8Array> = {
      write: (chunk, controller) => this.#write(chunk, controller.signal),
      close: () => this.#close("close"),
      abort: () => this.#close("abort"),
    };
    this.writable = tty
      ? new TerminalInput(sink, (size) => this.#resize(size))
      : new WritableStream(sink);
  }

  /** Starts to write to a run. */
  attach(
    stream: WritableStream<Uint8Array<ArrayBuffer>>,
    resize: Resize = () => {},
  ): void {
    this.#resize = resize;
    if (this.writable instanceof TerminalInput) resize(this.writable.size);
    const writer = stream.getWriter();
    // A child that ends while its pipe is open is not an error of this program.
    writer.closed.catch(() => {});
    this.#writer = writer as Writer;
    if (this.#closed) this.#release("close");
    this.#change();
  }

  /** Stops writing to a run, and releases its pipe. */
  detach(): void {
    this.#release("abort");
  }

  /** Makes each write that waits for a run fail, because no run follows. */
  end(): void {
    this.#ended = true;
    this.detach();
    this.#change();
  }

  async #write(chunk: Uint8Array, signal: AbortSignal): Promise<void> {
    if (!(chunk instanceof Uint8Array)) {
      this.#close("close");
      throw this.#error("a chunk must be a Uint8Array");
    }
    const abort = () => {
      this.#close("abort");
      this.#change();
    };
    signal.addEventListener("abort", abort, { once: true });
    try {
      while (!signal.aborted) {
        const writer = this.#writer;
        if (writer && await this.#taken(writer, chunk)) return;
        if (this.#ended) throw this.#error("it has ended");
        // The run is over or has closed its stdin, so the next run gets the
        // chunk.
        if (this.#writer === writer) await this.#changed.promise;
      }
      throw signal.reason;
    } finally {
      signal.removeEventListener("abort", abort);
    }
  }

  /** Writes a chunk to a run; returns whether the run has accepted it. */
  #taken(writer: Writer, chunk: Uint8Array): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    // If another process holds the pipe open without reading, a write never
    // settles.
    this.#giveUp = () => resolve(false);
    writer.write(chunk).then(() => resolve(true), () => resolve(false));
    return promise;
  }

  /** Closes the stdin of this run and of all later runs. */
  #close(how: "close" | "abort"): void {
    this.#closed = true;
    this.#release(how);
  }

  #release(how: "close" | "abort"): void {
    // Both fail when the child is gone. Then there is nothing to release.
    this.#writer?.[how]().catch(() => {});
    this.#writer = undefined;
    this.#giveUp();
  }

  /** Wakes a write that waits for another run. */
  #change(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }

  #error(reason: string): TypeError {
    return new TypeError(
      `Cannot write to process "${this.#name}": ${reason}`,
    );
  }
}
