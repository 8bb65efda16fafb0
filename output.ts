/**
 * The output of a process across all its runs. processman always drains it, so
 * a child does not block if nothing reads its output. Once something reads the
 * output, nothing is lost.
 *
 * @module
 */

import { disposable, type DisposableIterator, onAbort } from "./abortable.ts";
import type { Clock } from "./kernel.ts";
import {
  type Chunk,
  type Line,
  LineReader,
  type LinesOptions,
  LineSplitter,
  type OutputSource,
  type Reader,
} from "./lines.ts";
import {
  checkFile,
  type FileWriter,
  type OutputFileOptions,
  type Writer,
} from "./output_file.ts";
import type { Outlet } from "./outlets.ts";
import { PIPE_BYTES, Pump, type Use } from "./pump.ts";
import { type RawLines, rawReader } from "./raw_lines.ts";
import { Source } from "./source.ts";
import {
  type Check,
  type Filled,
  options as optionsOf,
  whole,
  wrong,
} from "./validate.ts";

/** How the output of a process is buffered, split and written to a file. */
export interface OutputOptions {
  /**
   * How many of the newest bytes of each output processman keeps, for readers
   * that start later and for `tail()`. Memory is allocated as needed.
   *
   * @default {65_536}
   */
  bufferBytes?: number | undefined;
  /**
   * The maximum length of a line, in UTF-16 code units. processman cuts a
   * longer line there and marks it as `truncated`.
   *
   * @default {1_048_576}
   */
  maxLineLength?: number | undefined;
  /**
   * A file to which processman writes both outputs, as lines. This program
   * needs `--allow-read` and `--allow-write` for the folder of the file. It
   * needs no permission for `/dev/stdout` and `/dev/stderr`, which are its own
   * streams.
   *
   * No line is lost while the file can be written: a child that writes faster
   * than the disk has to wait. When the file cannot be written, for example
   * because the disk is full, processman logs a warning, and lines are lost. It
   * tries again after five seconds. When that succeeds, it logs the number of
   * lost lines.
   *
   * A restart, or the end of the process, waits until the last line of the run
   * is in the file, for at most five seconds. A regular file still gets all
   * remaining lines after the end of the process. A stream or a device does
   * not: the lines that it has not taken by then are lost, so that they do not
   * keep this program alive.
   *
   * @default {none}
   */
  file?: OutputFileOptions | undefined;
}

/** The output options without the file, each with a value. */
export type OutputRules = Filled<Omit<OutputOptions, "file">>;

/** Checks output options. */
export const checkOutput: Check = optionsOf<OutputOptions>({
  bufferBytes: whole,
  maxLineLength: (value, path) => {
    whole(value, path);
    if (value === 0) wrong(path, "a whole number >= 1", value, RangeError);
  },
  file: checkFile,
});

/** The default output options. */
export const OUTPUT_DEFAULTS: OutputRules = {
  bufferBytes: 65_536,
  maxLineLength: 1_048_576,
};

/** The longest wait for the file after the end of a run, in milliseconds. */
export const FLUSH_MS = 5_000;

/**
 * A function that is given each piece of the output as it arrives. It must not
 * throw, and cannot slow the process down.
 */
export type OutputTap = (
  bytes: Uint8Array<ArrayBuffer>,
  source: OutputSource,
) => void;

type AnyReader = Reader<Line> | Reader<RawLines>;

/** Both outputs of a process, across all its runs. */
export class Output {
  /** The bytes of stdout. */
  readonly stdout: Source;
  /** The bytes of stderr. */
  readonly stderr: Source;
  readonly #clock: Clock;
  readonly #maxLineLength: number;
  readonly #outlet: Outlet;
  readonly #readers = new Set<AnyReader>();
  /** The pumps of a run whose output is still being read. */
  readonly #pumps = new Map<OutputSource, Pump>();
  /** The pumps of hooks whose output is still being read. */
  readonly #asides = new Set<Pump>();
  /** Present while something waits for buffer space. */
  #room: PromiseWithResolvers<void> | undefined;
  /** The source of the last chunk, and how often the source has changed. */
  #last: OutputSource | undefined;
  #order = 0;
  #ended = false;
  /**
   * The reader whose lines are written to the file; present if there is a file.
   */
  #fileReader: Pick<Reader<unknown>, "idle"> | undefined;
  /** Aborted when all lines are in the file; present after `flush()`. */
  #flushed: AbortController | undefined;
  readonly #file: FileWriter | undefined;
  readonly #taps: ReadonlySet<OutputTap>;

  /** Creates the output of a process that has not run yet. */
  constructor(
    rules: OutputRules,
    clock: Clock,
    file?: FileWriter,
    outlet: Outlet = () => {},
    taps: ReadonlySet<OutputTap> = new Set(),
  ) {
    const handlers = { wake: () => this.#wake(), outlet };
    this.stdout = new Source("stdout", rules.bufferBytes, handlers);
    this.stderr = new Source("stderr", rules.bufferBytes, handlers);
    this.#clock = clock;
    this.#maxLineLength = rules.maxLineLength;
    this.#outlet = outlet;
    this.#file = file;
    this.#taps = taps;
    if (file !== undefined) outlet("the file", this.#writeTo(file));
  }

  /** Whether readers are so far behind that no run should be started. */
  get behind(): boolean {
    return this.stdout.backlog > PIPE_BYTES ||
      this.stderr.backlog > PIPE_BYTES ||
      [...this.#readers].some(({ backlog }) => backlog > PIPE_BYTES);
  }

  /** Starts to read one output of the run with the number `run`. */
  pump(
    name: OutputSource,
    stream: ReadableStream<Uint8Array<ArrayBuffer>>,
    run: number,
  ): Pump {
    const source = this[name];
    const sink = {
      full: () => this.#full(source),
      buffer: (size: number) => source.buffer(size),
      deliver: (bytes: Uint8Array<ArrayBuffer>) =>
        this.#deliver(source, bytes, run),
      close: () => this.#close(source),
    };
    const pump = new Pump(sink, stream, this.#clock);
    this.#pumps.set(name, pump);
    return pump;
  }

  /**
   * Starts to read an output of a hook. Each of its lines becomes a line of
   * stderr that begins with a mark.
   *
   * @param stream The output.
   * @param run The number of the run that the hook belongs to.
   * @param mark The mark.
   * @param keep Called with each line, without the mark.
   */
  pumpAside(
    stream: ReadableStream<Uint8Array<ArrayBuffer>>,
    run: number,
    mark: string,
    keep: (text: string) => void,
  ): Pump {
    const source = this.stderr;
    const { name } = source;
    const splitter = new LineSplitter(name, this.#maxLineLength);
    const lines: Line[] = [];
    const pass = (): Use => {
      for (const { text } of lines.splice(0)) {
        keep(text);
        const bytes = new TextEncoder().encode(`${mark}${text}\n`);
        this.#deliver(source, bytes, run, true);
      }
      return "split";
    };
    const sink = {
      full: () => this.#full(source),
      buffer: (size: number) => new Uint8Array(size),
      deliver(bytes: Uint8Array<ArrayBuffer>) {
        splitter.push({ source: name, bytes, time: 0, run, order: 0 }, lines);
        return pass();
      },
      close: () => {
        this.#asides.delete(pump);
        splitter.flush(lines);
        pass();
      },
    };
    const pump = new Pump(sink, stream, this.#clock);
    this.#asides.add(pump);
    return pump;
  }

  /** Resolves when a reader has taken something, or has left. */
  roomMade(): Promise<void> {
    return (this.#room ??= Promise.withResolvers()).promise;
  }

  /**
   * Waits until all lines that have been read are in the file, but at most
   * `FLUSH_MS`.
   *
   * @returns Whether they are in the file.
   */
  async flush(): Promise<boolean> {
    if (this.#fileReader === undefined || this.#fileReader.idle) return true;
    const { signal } = this.#flushed = new AbortController();
    await this.#clock.delay(FLUSH_MS, { signal });
    return signal.aborted;
  }

  /**
   * Ends the streams and the lines; readers still get what has arrived. If the
   * last `flush()` timed out, nothing waits for the file any more.
   */
  end(): void {
    this.#ended = true;
    if (this.#flushed?.signal.aborted === false) this.#file?.giveUp?.();
    this.stdout.close();
    this.stderr.close();
    for (const reader of this.#readers) reader.end();
    this.#readers.clear();
  }

  /** Iterates over batches of lines; the first `next()` starts to read. */
  batches({ signal, ...options }: LinesOptions): DisposableIterator<Line[]> {
    let reader: LineReader | undefined;
    const leave = () => {
      reader ??= new LineReader(this.#maxLineLength);
      this.#readers.delete(reader);
      reader.leave();
      this.#wake();
    };
    return disposable<Line[]>(async () => {
      if (signal?.aborted) leave();
      reader ??= this.#read(options, onAbort(signal, leave));
      const value = await reader.take();
      this.#wake();
      return value ? { done: false, value } : { done: true, value };
    }, leave);
  }

  /**
   * Lists the newest lines, of all sources and runs or of one. Those of a run
   * are without those of its hooks.
   */
  tail(count: number, source?: OutputSource, run?: number): Line[] {
    if (count !== Infinity) whole(count, "count");
    const reader = new LineReader(this.#maxLineLength);
    for (const chunk of this.#buffered(source)) {
      const own = run === undefined || chunk.run === run && !chunk.aside;
      if (own) reader.push(chunk);
    }
    return count === 0 ? [] : reader.rest().slice(-count);
  }

  /** Gives a tap the buffered bytes. */
  replay(tap: OutputTap): void {
    for (const { bytes, source } of this.#buffered()) {
      tap(new Uint8Array(bytes), source);
    }
  }

  /** Returns whether to stop reading a source for now. */
  #full(source: Source): boolean {
    if (source.full) return true;
    for (const reader of this.#readers) if (reader.full) return true;
    return false;
  }

  #deliver(
    source: Source,
    bytes: Uint8Array<ArrayBuffer>,
    run: number,
    aside?: boolean,
  ): Use {
    const { name } = source;
    if (this.#last !== name) this.#order++;
    this.#last = name;
    const time = this.#clock.time();
    const order = this.#order;
    const chunk: Chunk = { source: name, bytes, time, run, aside, order };
    for (const reader of this.#readers) reader.push(chunk);
    for (const tap of this.#taps) tap(bytes.slice(), name);
    source.deliver(chunk, this.#readers.size > 0);
    if (source.reading) return "streamed";
    return this.#readers.size > 0 ? "split" : "drained";
  }

  /** Records that a run writes nothing more to a source. */
  #close({ name }: Source): void {
    this.#pumps.delete(name);
    for (const reader of this.#readers) reader.flush(name);
  }

  /** Wakes everything that waits for buffer space. */
  #wake(): void {
    this.#room?.resolve();
    this.#room = undefined;
    for (const pump of this.#pumps.values()) pump.wake();
    for (const pump of this.#asides) pump.wake();
  }

  /** Writes all lines to a file; a child that writes faster has to wait. */
  #writeTo(file: FileWriter): Promise<void> {
    const max = this.#maxLineLength;
    return file.raw
      ? this.#copy(this.#attach(rawReader(max), {}), file)
      : this.#copy(this.#attach(new LineReader(max), {}), file);
  }

  async #copy<Item>(
    reader: Reader<Item>,
    file: Writer<Item>,
  ): Promise<void> {
    this.#fileReader = reader;
    while (true) {
      const next = reader.take();
      if (reader.idle) this.#flushed?.abort();
      const lines = await next;
      if (lines === undefined) break;
      this.#wake();
      await file.write(lines);
    }
    await file.close();
  }

  /** Adds a reader of lines for the program. */
  #read(options: LinesOptions, onEnd: () => void): LineReader {
    const reader = new LineReader(this.#maxLineLength, onEnd);
    this.#outlet("a reader of lines", reader.over);
    return this.#attach(reader, options);
  }

  /** Adds a reader of lines, and gives it the buffered lines if requested. */
  #attach<R extends AnyReader>(
    reader: R,
    { buffered = true }: LinesOptions,
  ): R {
    for (const chunk of buffered ? this.#buffered() : []) reader.push(chunk);
    for (const source of [this.stdout, this.stderr]) {
      source.markSplit();
      // A line without a line break is complete if its run writes nothing more.
      if (!this.#pumps.has(source.name)) reader.flush(source.name);
    }
    if (this.#ended) reader.end();
    else this.#readers.add(reader);
    return reader;
  }

  /** Lists the buffered chunks in the order in which they arrived. */
  #buffered(name?: OutputSource): Chunk[] {
    return [this.stdout, this.stderr]
      .filter((source) => name === undefined || source.name === name)
      .flatMap((source) => [...source.buffered()])
      .sort((a, b) => a.order - b.order);
  }
}
