/**
 * The output of a process over all its runs: always drained, so that no child
 * is ever blocked because nobody reads, and lossless once somebody does.
 *
 * @module
 */

import {
  type Check,
  fileOrUrl,
  options as optionsOf,
  whole,
  wrong,
} from "./validate.ts";
import { ByteRing } from "./byte_ring.ts";
import {
  type Chunk,
  type Line,
  LineReader,
  type LinesOptions,
  type OutputSource,
} from "./lines.ts";
import {
  checkFile,
  type FileWriter,
  type OutputFileOptions,
} from "./output_file.ts";
import { PIPE_BYTES, Pump } from "./pump.ts";

/** What is kept of the output of a process. */
export interface OutputOptions {
  /**
   * How many of the newest bytes of stdout, and as many of stderr, are kept for
   * those who read late and for `tail()`. Memory is taken as it is needed.
   *
   * @default {65_536}
   */
  bufferBytes?: number;
  /**
   * The longest line, in UTF-16 code units: a longer one is cut there and
   * marked as `truncated`.
   *
   * @default {1_048_576}
   */
  maxLineLength?: number;
  /**
   * A file that both outputs are written to, as lines, for which this program
   * needs `--allow-read` and `--allow-write` for the folder. Without loss: a
   * child that writes faster than the disk has to wait. When the disk is full or
   * the file cannot be written for another reason, a warning is logged and lines
   * are lost; it is tried again after five seconds, and their number is logged
   * as soon as that works. A run has ended when its last line is in the file.
   *
   * @default {none}
   */
  file?: OutputFileOptions;
}

/** What is kept of the output of a process, with nothing left open. */
export type OutputRules = Required<Omit<OutputOptions, "file">>;

/** Checks what is to be kept of the output. */
export const checkOutput: Check = optionsOf<OutputOptions>({
  bufferBytes: whole,
  maxLineLength: (value, path) => {
    whole(value, path);
    if (value === 0) wrong(path, "a whole number >= 1", value, RangeError);
  },
  file: (value, path) => {
    checkFile(value, path);
    const { path: file } = value as Partial<OutputFileOptions>;
    fileOrUrl(file, `${path}.path`);
  },
});

/** What is kept of the output where nothing else is said. */
export const OUTPUT_DEFAULTS: OutputRules = {
  bufferBytes: 65_536,
  maxLineLength: 1_048_576,
};

/** How long a log is waited for after the end of a run, in milliseconds. */
export const FLUSH_MS = 5_000;

/** Both outputs of a process, from its start to its end. */
export class Output {
  /** The bytes of stdout. */
  readonly stdout: Source;
  /** The bytes of stderr. */
  readonly stderr: Source;
  readonly #maxLineLength: number;
  readonly #readers = new Set<LineReader>();
  /** The outputs of a run that is not over. */
  readonly #pumped = new Set<OutputSource>();
  #room: PromiseWithResolvers<void> | undefined;
  #order = 0;
  #last: OutputSource | undefined;
  #ended = false;
  #logged: LineReader | undefined;
  #caughtUp: (() => void) | undefined;

  /** Creates the output of a process that has not run yet. */
  constructor(options: OutputRules, log?: FileWriter) {
    const wake = () => this.wake();
    this.stdout = new Source("stdout", options.bufferBytes, wake);
    this.stderr = new Source("stderr", options.bufferBytes, wake);
    this.#maxLineLength = options.maxLineLength;
    if (log !== undefined) this.#copyTo(log);
  }

  /** Begins to read one output of a run, given by its number. */
  pump(
    source: Source,
    stream: ReadableStream<Uint8Array<ArrayBuffer>>,
    run: number,
  ): Pump {
    this.#pumped.add(source.name);
    return new Pump(this, source, stream, run);
  }

  /** Notes that a run writes no more to a source. */
  emptied({ name }: Source): void {
    this.#pumped.delete(name);
    for (const lines of this.#readers) lines.flush(name);
  }

  /**
   * Resolves when the log has all that has been read; to `false` if that takes
   * so long that it is not waited for.
   */
  flush(): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    if (this.#logged === undefined || this.#logged.idle) resolve(true);
    else {
      const timer = setTimeout(resolve, FLUSH_MS, false);
      this.#caughtUp = () => {
        clearTimeout(timer);
        resolve(true);
      };
    }
    return promise;
  }

  /** Ends the streams and the lines, after what has arrived has been read. */
  end(): void {
    this.#ended = true;
    this.stdout.close();
    this.stderr.close();
    for (const lines of this.#readers) lines.end();
    this.#readers.clear();
  }

  /** Iterates over batches of lines, from the first `next()` on. */
  batches(options: LinesOptions): AsyncIterableIterator<Line[], void> {
    let reader: LineReader | undefined;
    return {
      next: async () => {
        reader ??= this.#subscribe(options);
        const value = await reader.take();
        this.wake();
        return value ? { done: false, value } : { done: true, value };
      },
      return: () => {
        reader ??= new LineReader(this.#maxLineLength);
        this.#readers.delete(reader);
        reader.leave();
        this.wake();
        return Promise.resolve({ done: true, value: undefined });
      },
      [Symbol.asyncIterator]() {
        return this;
      },
    };
  }

  /** Lists the newest lines, of all runs and sources or of some. */
  tail(count: number, source?: OutputSource, run?: number): Line[] {
    if (!(count >= 0)) wrong("count", "a number >= 0", count, RangeError);
    const reader = new LineReader(this.#maxLineLength);
    for (const chunk of this.#kept(source)) {
      if (run === undefined || chunk.run === run) reader.push(chunk);
    }
    return count === 0 ? [] : reader.rest().slice(-count);
  }

  /** Copies all lines to a log; a child that writes faster has to wait. */
  async #copyTo(log: FileWriter): Promise<void> {
    const reader = this.#logged = this.#subscribe({});
    while (true) {
      const next = reader.take();
      if (reader.idle) this.#caughtUp?.();
      const lines = await next;
      if (lines === undefined) break;
      this.wake();
      await log.write(lines);
    }
    await log.close();
  }

  /** Makes a reader of lines, with those kept first if they are wanted. */
  #subscribe({ buffered = true }: LinesOptions): LineReader {
    const reader = new LineReader(this.#maxLineLength);
    if (buffered) { for (const chunk of this.#kept()) reader.push(chunk); }
    this.stdout.seen();
    this.stderr.seen();
    for (const { name } of [this.stdout, this.stderr]) {
      // A line that was left without an end gets none.
      if (!this.#pumped.has(name)) reader.flush(name);
    }
    if (this.#ended) reader.end();
    else this.#readers.add(reader);
    return reader;
  }

  /** Lists what is kept in the order in which it arrived. */
  #kept(source?: OutputSource): Chunk[] {
    return [this.stdout, this.stderr]
      .filter((each) => source === undefined || each.name === source)
      .flatMap((each) => [...each.kept()])
      .sort((a, b) => a.order - b.order);
  }

  /** Takes what was read into a buffer of a size. */
  deliver(
    source: Source,
    bytes: Uint8Array<ArrayBuffer>,
    size: number,
    run: number,
  ): void {
    if (this.#last !== source.name) this.#order++;
    this.#last = source.name;
    const chunk: Chunk = {
      source: source.name,
      bytes,
      time: Date.now(),
      run,
      order: this.#order,
    };
    for (const lines of this.#readers) lines.push(chunk);
    source.deliver(chunk, size, this.#readers.size > 0);
  }

  /** What becomes of what is read of a source. */
  use(source: Source): "drained" | "streamed" | "split" {
    if (source.reading) return "streamed";
    return this.#readers.size > 0 ? "split" : "drained";
  }

  /** Whether readers are so far behind that no more should be produced. */
  get behind(): boolean {
    return this.stdout.backlog > PIPE_BYTES ||
      this.stderr.backlog > PIPE_BYTES ||
      [...this.#readers].some(({ backlog }) => backlog > PIPE_BYTES);
  }

  /** Resolves when a reader has taken something. */
  roomMade(): Promise<void> {
    return (this.#room ??= Promise.withResolvers()).promise;
  }

  /** Whether no more is to be read of a source for now. */
  full(source: Source): boolean {
    if (source.full) return true;
    for (const lines of this.#readers) if (lines.full) return true;
    return false;
  }

  /** Makes those look again who wait for room. */
  wake(): void {
    this.#room?.resolve();
    this.#room = undefined;
  }
}

/** One output of a process, as bytes. */
export class Source {
  /** How many bytes nobody has seen, and nobody will. */
  droppedBytes = 0;
  readonly #ring: ByteRing;
  readonly #wake: () => void;
  readonly #waiting: Uint8Array<ArrayBuffer>[] = [];
  #stream: ReadableStream<Uint8Array<ArrayBuffer>> | undefined;
  #pulled: PromiseWithResolvers<void> | undefined;
  #controller: ReadableByteStreamController | undefined;
  #closed = false;
  /** Where the stream has been read to. */
  #read = 0;
  /** Where readers of lines have read to. */
  #seen = 0;

  /** Creates a source; `wake` is called when it has room again. */
  constructor(
    readonly name: OutputSource,
    bufferBytes: number,
    wake: () => void,
  ) {
    this.#ring = new ByteRing(name, bufferBytes);
    this.#wake = wake;
  }

  /** How many bytes there have been. */
  get end(): number {
    return this.#ring.end;
  }

  /** Whether somebody reads the stream. */
  get reading(): boolean {
    return this.#controller !== undefined;
  }

  /** How many bytes wait for the reader of the stream. */
  get backlog(): number {
    return this.#waiting.reduce((sum, { length }) => sum + length, 0);
  }

  /** Whether a reader has not yet asked for more. */
  get full(): boolean {
    return this.reading && this.#pulled === undefined;
  }

  /** The stream; a new one when the last was cancelled. */
  get stream(): ReadableStream<Uint8Array<ArrayBuffer>> {
    return this.#stream ??= new ReadableStream({
      type: "bytes",
      pull: (controller) => this.#pull(controller),
      cancel: () => this.#cancel(),
    });
  }

  /** Returns a buffer to read into. */
  buffer(size: number): Uint8Array<ArrayBuffer> {
    return this.#ring.takeSpare(size) ?? new Uint8Array(size);
  }

  /** Lists what is kept; the bytes must be used at once. */
  kept(): Iterable<Chunk> {
    return this.#ring.chunks();
  }

  /** Notes that readers of lines have been given all that there is. */
  seen(): void {
    this.#seen = this.end;
  }

  /** Takes in a chunk that was read into a buffer of this size. */
  deliver(chunk: Chunk, size: number, seen: boolean): void {
    const history = this.#ring;
    const bytes = chunk.bytes as Uint8Array<ArrayBuffer>;
    const large = bytes.length >= size / 2;
    const { start } = history;
    history.add(chunk, large ? new Uint8Array(bytes.buffer) : undefined);
    if (seen) this.seen();
    if (!this.reading) return this.#countDropped(start);
    // The buffer will be used again, so what the reader gets is a copy.
    const given = this.#waiting.length === 0 ? this.#fill(bytes) : 0;
    if (given === bytes.length) return;
    this.#waiting.push(bytes.slice(given));
    this.#hand();
  }

  /** Ends the stream after what waits in it. */
  close(): void {
    this.#closed = true;
    this.#hand();
  }

  #pull(controller: ReadableByteStreamController): Promise<void> {
    if (this.#controller === undefined) {
      this.#controller = controller;
      const from = Math.max(this.#read, this.#ring.start);
      for (const { bytes } of this.#ring.chunks(from)) {
        this.#waiting.push(new Uint8Array(bytes));
      }
      this.#read = from;
    }
    this.#pulled = Promise.withResolvers();
    const { promise } = this.#pulled;
    this.#hand();
    this.#wake();
    return promise;
  }

  /** Gives the reader what it asked for, as soon as there is something. */
  #hand(): void {
    const controller = this.#controller;
    if (controller === undefined || this.#pulled === undefined) return;
    const bytes = this.#waiting.shift();
    if (bytes !== undefined) {
      const given = this.#fill(bytes);
      if (given > 0 && given < bytes.length) {
        this.#waiting.unshift(bytes.subarray(given));
      }
      if (given > 0) return;
      this.#read += bytes.length;
      controller.enqueue(bytes);
    } else if (this.#closed) {
      close(controller);
    } else return;
    this.#answered();
  }

  /**
   * Copies bytes to a reader that waits with a buffer of its own.
   *
   * @returns How many there was room for; 0 if there is no such reader.
   */
  #fill(bytes: Uint8Array<ArrayBuffer>): number {
    if (this.#pulled === undefined) return 0;
    const request = this.#controller?.byobRequest;
    const view = request?.view;
    if (!request || !view) return 0;
    const part = bytes.subarray(0, view.byteLength);
    new Uint8Array(view.buffer, view.byteOffset).set(part);
    this.#read += part.length;
    request.respond(part.length);
    this.#answered();
    return part.length;
  }

  /** Notes that the reader has got what it asked for. */
  #answered(): void {
    this.#pulled?.resolve();
    this.#pulled = undefined;
  }

  /** Counts what was kept from a position on and is not kept any more. */
  #countDropped(from: number): void {
    const unread = Math.max(from, this.#read, this.#seen);
    this.droppedBytes += Math.max(0, this.#ring.start - unread);
  }

  #cancel(): void {
    if (this.#controller !== undefined) this.#countDropped(this.#read);
    this.#answered();
    this.#controller = undefined;
    this.#waiting.length = 0;
    if (!this.#closed || this.#read < this.end) this.#stream = undefined;
    this.#wake();
  }
}

/** Ends a stream, for who waits for it too. */
function close(controller: ReadableByteStreamController): void {
  try {
    controller.close();
    controller.byobRequest?.respond(0);
  } catch {
    // The view of the reader has half an element in it, and the read fails.
  }
}
