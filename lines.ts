/**
 * Splits output into lines, for any number of readers.
 *
 * @module
 */

import { disposable, type DisposableIterator } from "./abortable.ts";
import {
  abortSignal,
  flag,
  options as optionsOf,
  type OptionsCheck,
} from "./validate.ts";

/** One of the two outputs of a process. */
export type OutputSource = "stdout" | "stderr";

/** A line that a process wrote. */
export interface Line {
  /** The output that it was written to. */
  readonly source: OutputSource;
  /** The line without its line break, decoded as UTF-8. */
  readonly text: string;
  /** When its end arrived, in milliseconds since the epoch. */
  readonly time: number;
  /** The number of the run that wrote it; the first run is number 1. */
  readonly run: number;
  /** Whether it was longer than `output.maxLineLength`, and was cut there. */
  readonly truncated: boolean;
}

/** Options for {@linkcode Process.prototype.lines | Process.lines}. */
export interface LinesOptions {
  /**
   * Whether to start with the lines that are already buffered. If `false`, the
   * first line is the first one that arrives from now on.
   *
   * @default {true}
   */
  buffered?: boolean | undefined;
  /**
   * Ends every iteration over the lines, as `break` does, when the signal is
   * aborted.
   */
  signal?: AbortSignal | undefined;
}

/** Checks the options of an iteration over lines. */
export const checkLines: OptionsCheck<LinesOptions> = optionsOf<LinesOptions>({
  buffered: flag,
  signal: abortSignal,
});

/** A piece of output, with its time and its run. */
export interface Chunk {
  /** The output that it was written to. */
  readonly source: OutputSource;
  /** The bytes. Their buffer is reused, so they change later. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** When it arrived, in milliseconds since the epoch. */
  readonly time: number;
  /** The number of the run that wrote it. */
  readonly run: number;
  /** Whether a hook wrote it, beside the run. */
  readonly aside?: boolean | undefined;
  /**
   * The position of the chunk among the chunks of both outputs. The number
   * grows when the next chunk is from the other output; consecutive chunks of
   * one output share it.
   */
  readonly order: number;
}

/** Splits one source into lines of some form. */
export interface Splitter<Item> {
  /** Adds to `items` the lines that a chunk completes. */
  push(chunk: Chunk, items: Item[]): void;
  /** Adds the last line of a run to `items`, if it has no line break. */
  flush(items: Item[]): void;
}

/** Splits one source into lines, at LF and CRLF. */
export class LineSplitter implements Splitter<Line> {
  /** Keeps U+FEFF, which can be the first character of any line. */
  readonly #decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  /** The start of a line whose line break has not arrived yet. */
  #rest = "";
  /** Whether the rest of an overlong line is being skipped. */
  #skipping = false;
  #time = 0;
  #run = 0;
  #aside = false;

  /** Creates a splitter; `maxLength` is in UTF-16 code units. */
  constructor(readonly source: OutputSource, readonly maxLength: number) {}

  /** Adds to `lines` the lines that a chunk completes. */
  push(chunk: Chunk, lines: Line[]): void {
    const { run, aside = false } = chunk;
    if (run !== this.#run || aside !== this.#aside) this.flush(lines);
    this.#run = run;
    this.#aside = aside;
    this.#time = chunk.time;
    this.#split(this.#decoder.decode(chunk.bytes, { stream: true }), lines);
  }

  /** Adds the last line of a run to `lines`, if it has no line break. */
  flush(lines: Line[]): void {
    this.#split(this.#decoder.decode(), lines);
    if (this.#rest !== "") lines.push(this.#line(this.#rest));
    this.#rest = "";
    this.#skipping = false;
  }

  #split(text: string, lines: Line[]): void {
    let end = text.indexOf("\n");
    if (end === -1) return this.#hold(text, lines);
    this.#complete(text.slice(0, end), lines);
    let start = end + 1;
    while ((end = text.indexOf("\n", start)) !== -1) {
      lines.push(this.#line(withoutReturn(text, start, end)));
      start = end + 1;
    }
    this.#hold(text.slice(start), lines);
  }

  /** Completes the line that started in earlier chunks with a text. */
  #complete(text: string, lines: Line[]): void {
    if (this.#skipping) {
      this.#skipping = false;
      return;
    }
    const whole = this.#rest + text;
    this.#rest = "";
    lines.push(this.#line(withoutReturn(whole, 0, whole.length)));
  }

  /** Adds a text to the line whose line break has not arrived yet. */
  #hold(text: string, lines: Line[]): void {
    if (this.#skipping) return;
    this.#rest += text;
    // The unit after `maxLength` units can be the CR of a line break.
    if (this.#rest.length <= this.maxLength + 1) return;
    lines.push(this.#line(this.#rest));
    this.#rest = "";
    this.#skipping = true;
  }

  /** Makes a line from a text, and cuts it if it is too long. */
  #line(text: string): Line {
    const truncated = text.length > this.maxLength;
    return {
      source: this.source,
      text: truncated ? cut(text, this.maxLength) : text,
      time: this.#time,
      run: this.#run,
      truncated,
    };
  }
}

/** How many bytes a reader can be behind before the child has to wait. */
const FULL_BYTES = 256 * 1024;

/** One reader of the lines of a process, in the form that it needs. */
export class Reader<Item> {
  readonly #splitters: Readonly<Record<OutputSource, Splitter<Item>>>;
  /** Lines that have not been taken. */
  #lines: Item[] = [];
  #bytes = 0;
  #ended = false;
  readonly #over = Promise.withResolvers<void>();
  /** The calls of `take()` that wait for lines. */
  readonly #takers: ((lines: Item[] | undefined) => void)[] = [];
  readonly #onEnd: () => void;

  /**
   * Creates a reader.
   *
   * @param split Makes the splitter of a source.
   * @param onEnd Called when no more lines arrive.
   */
  constructor(
    split: (source: OutputSource) => Splitter<Item>,
    onEnd: () => void = () => {},
  ) {
    this.#onEnd = onEnd;
    this.#splitters = { stdout: split("stdout"), stderr: split("stderr") };
  }

  /** Whether the reader is so far behind that no more output should be read. */
  get full(): boolean {
    // Until there is a complete line, the reader has nothing to take.
    return this.#bytes > FULL_BYTES && this.#lines.length > 0;
  }

  /** Whether all lines have been taken and a call waits for the next. */
  get idle(): boolean {
    return this.#takers.length > 0;
  }

  /** Resolves when the end has been taken, or the reader has left. */
  get over(): Promise<void> {
    return this.#over.promise;
  }

  /** The number of bytes that have arrived since lines were last taken. */
  get backlog(): number {
    return this.#bytes;
  }

  /** Adds a chunk. */
  push(chunk: Chunk): void {
    this.#splitters[chunk.source].push(chunk, this.#lines);
    this.#bytes += chunk.bytes.length;
    this.#answer();
  }

  /** Records that a run writes nothing more to a source. */
  flush(source: OutputSource): void {
    this.#splitters[source].flush(this.#lines);
    this.#answer();
  }

  /** Records that no run follows. */
  end(): void {
    this.flush("stdout");
    this.flush("stderr");
    this.#finish();
  }

  /** Returns all lines, including a last one that has no line break. */
  rest(): Item[] {
    this.flush("stdout");
    this.flush("stderr");
    return this.#lines;
  }

  /**
   * Takes all lines that have not been taken, once there is at least one.
   *
   * @returns A promise of the lines, or of `undefined` at the end.
   */
  take(): Promise<Item[] | undefined> {
    const { promise, resolve } = Promise.withResolvers<Item[] | undefined>();
    this.#takers.push(resolve);
    this.#answer();
    return promise;
  }

  /** Ends the reader at once, and drops the lines that have not been taken. */
  leave(): void {
    this.#over.resolve();
    this.#lines = [];
    this.#finish();
  }

  #finish(): void {
    this.#ended = true;
    this.#onEnd();
    this.#answer();
  }

  /** Gives the lines, or the end, to the calls of `take()` that wait. */
  #answer(): void {
    while (this.#lines.length > 0 || this.#ended) {
      const resolve = this.#takers.shift();
      if (resolve === undefined) return;
      if (this.#lines.length === 0) this.#over.resolve();
      resolve(this.#lines.length > 0 ? this.#lines : undefined);
      this.#lines = [];
      this.#bytes = 0;
    }
  }
}

/** One reader of the lines of a process, as text. */
export class LineReader extends Reader<Line> {
  /**
   * Creates a reader.
   *
   * @param maxLength The maximum length of a line, in UTF-16 code units.
   * @param onEnd Called when no more lines arrive.
   */
  constructor(maxLength: number, onEnd?: () => void) {
    super((source) => new LineSplitter(source, maxLength), onEnd);
  }
}

/**
 * The lines that a process writes, in the order in which they arrive. By
 * default, the buffered lines come first. Each iteration gets all lines. While
 * it lasts, no line is lost: a child that writes faster than the iteration
 * reads has to wait.
 */
export class Lines implements AsyncIterable<Line> {
  readonly #open: () => DisposableIterator<Line[]>;
  readonly #signal: AbortSignal | undefined;

  /** @ignore Made by `Process.lines()`. */
  constructor(open: () => DisposableIterator<Line[]>, signal?: AbortSignal) {
    this.#open = open;
    this.#signal = signal;
  }

  /**
   * Iterates over arrays of lines. Each array contains all lines that have
   * arrived since the previous one. This is faster than iterating over single
   * lines.
   *
   * @returns The iterator; it ends when the process has finished, or when the
   * signal of the options is aborted.
   */
  batches(): DisposableIterator<Line[]> {
    return this.#open();
  }

  /**
   * Iterates over single lines.
   *
   * @returns The iterator; it ends when the process has finished, or when the
   * signal of the options is aborted.
   */
  [Symbol.asyncIterator](): DisposableIterator<Line> {
    return linesOf(this.#open(), this.#signal);
  }
}

type LineResult = IteratorResult<Line, void>;

/**
 * Iterates over the single lines of batches. Local variables are faster here
 * than private fields of a class: each line takes a tenth less time.
 */
function linesOf(
  batches: AsyncIterator<Line[], void>,
  signal: AbortSignal | undefined,
): DisposableIterator<Line> {
  let batch: Line[] = [];
  let index = 0;
  /**
   * How many calls of `next()` wait for a batch, and the result of the last
   * such call.
   */
  let waiting = 0;
  let last: Promise<unknown> = Promise.resolve();

  const take = async (): Promise<LineResult> => {
    if (signal?.aborted) batch = [];
    if (index >= batch.length) {
      batch = (await batches.next()).value ?? [];
      index = 0;
    }
    const value = batch[index++];
    waiting--;
    return value === undefined ? { done: true, value } : { done: false, value };
  };
  const next = () => {
    if (signal?.aborted) batch = [];
    const value = waiting === 0 ? batch[index] : undefined;
    if (value === undefined) {
      waiting++;
      const result = last.then(take);
      last = result;
      return result;
    }
    index++;
    return Promise.resolve({ done: false, value } as const);
  };
  return disposable(next, () => {
    batch = [];
    return batches.return?.();
  });
}

/** Returns a part of a text, without a CR at its end. */
function withoutReturn(text: string, start: number, end: number): string {
  return text.slice(
    start,
    text.charCodeAt(end - 1) === 13 && end > start ? end - 1 : end,
  );
}

/**
 * Cuts a text to a length, or to one less if that would split a surrogate pair.
 */
function cut(text: string, length: number): string {
  const last = text.charCodeAt(length - 1);
  const inPair = last >= 0xd800 && last < 0xdc00;
  return text.slice(0, inPair ? length - 1 : length);
}
