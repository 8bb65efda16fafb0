/**
 * A stream of this program, or a device, that lines are written to like a file.
 * A Worker writes them: if a full pipe or a paused terminal blocks a write, the
 * write cannot be cancelled and would keep this program alive. Terminating the
 * Worker ends such a write.
 *
 * @module
 */

import { untilAborted } from "./abortable.ts";
import { Destination, type Stream } from "./destination.ts";
import type { FileTarget } from "./file_path.ts";
import type { Clock } from "./kernel.ts";
import { Losses } from "./losses.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** A stream or device. Its writes run one after another. */
export class StreamFile {
  readonly #stream: WorkerStream;
  readonly #destination: Destination;
  readonly #losses: Losses;
  /** Resolves when the last write so far has ended. */
  #last: Promise<void> = Promise.resolve();

  /** Creates the file. Its Worker is started when there is a line to write. */
  constructor(
    target: FileTarget,
    warn: (message: string) => void,
    clock: Clock,
  ) {
    this.#stream = new WorkerStream(target);
    this.#destination = new Destination(this.#stream, clock);
    this.#losses = new Losses(target.path, warn, clock);
  }

  /**
   * Appends lines. They are lost if they cannot be written.
   *
   * @param lines The lines, each with its line break.
   * @param options The signal that is aborted when lines are to be dropped
   * instead of waiting.
   */
  async append(
    lines: Bytes,
    { signal }: { readonly signal: AbortSignal },
  ): Promise<void> {
    this.#last = this.#last.then(() => this.#write(lines, signal));
    await untilAborted(this.#last, signal);
  }

  /** Lets the next write try at once. */
  reopen(): Promise<void> {
    this.#losses.retry();
    return Promise.resolve();
  }

  /** Ends the writing. Lines that have not been written yet are lost. */
  async close(): Promise<void> {
    this.#stream.end();
    await this.#last;
    this.#losses.closed();
  }

  async #write(lines: Bytes, signal: AbortSignal): Promise<void> {
    const losses = this.#losses;
    if (signal.aborted || losses.waiting) return losses.add(lines);
    let failed = false;
    const rest = await this.#destination.write(lines, (error) => {
      failed = true;
      // Lines that nothing waits for any more are counted when the file is
      // closed.
      if (!signal.aborted) losses.failed(error);
    });
    if (failed) losses.add(rest);
    else losses.recovered();
  }
}

/** The answer of the Worker: how many bytes it has written, or an error. */
type Answer =
  | { readonly written: number }
  | { readonly name: string; readonly message: string };

/** The code of the Worker. */
const SCRIPT = `
let stream;
onmessage = async ({ data: { kind, path, bytes } }) => {
  try {
    stream ??= kind === "device"
      ? await Deno.open(path, { append: true })
      : Deno[kind];
    postMessage({ written: await stream.write(bytes) });
  } catch ({ name, message }) {
    postMessage({ name, message });
  }
};
`;

/** A stream that a Worker writes. */
class WorkerStream implements Stream {
  readonly #target: FileTarget;
  /** Present between the first write and the end. */
  #worker: Worker | undefined;
  /** Present while a write is in progress. */
  #writing: PromiseWithResolvers<number> | undefined;
  #ended = false;

  constructor(target: FileTarget) {
    this.#target = target;
  }

  /** Writes some of the bytes, and returns how many. */
  write(bytes: Bytes): Promise<number> {
    const writing = this.#writing = Promise.withResolvers<number>();
    if (this.#ended) this.#fail();
    else {
      this.#worker ??= this.#start();
      this.#worker.postMessage({ ...this.#target, bytes });
    }
    return writing.promise;
  }

  /** Terminates the Worker, and with it a write in progress. */
  end(): void {
    this.#ended = true;
    this.#worker?.terminate();
    this.#fail();
  }

  #start(): Worker {
    const url = `data:text/javascript,${encodeURIComponent(SCRIPT)}`;
    const worker = new Worker(url, { type: "module" });
    worker.onmessage = ({ data }: MessageEvent<Answer>) => {
      if ("written" in data) this.#writing?.resolve(data.written);
      else this.#writing?.reject(errorOf(data));
    };
    worker.onerror = (event) => {
      event.preventDefault();
      // An error ends the Worker; the next attempt starts another one.
      this.#worker = undefined;
      this.#writing?.reject(new Error(event.message));
    };
    return worker;
  }

  #fail(): void {
    this.#writing?.reject(new Error("the stream is full"));
  }
}

function errorOf(
  { name, message }: Extract<Answer, { name: string }>,
): Error {
  return name === "WouldBlock"
    ? new Deno.errors.WouldBlock(message)
    : new Error(message);
}
