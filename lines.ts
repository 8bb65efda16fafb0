/**
 * Bytes to lines, for any number of readers.
 *
 * @module
 */

/** One of the two outputs of a process. */
export type OutputSource = "stdout" | "stderr";

/** A line that a process wrote. */
export interface Line {
  /** Where it was written to. */
  readonly source: OutputSource;
  /** The line without its end, decoded as UTF-8. */
  readonly text: string;
  /** When its end arrived, in milliseconds since the epoch. */
  readonly time: number;
  /** The number of the run that wrote it, 1 for the first. */
  readonly run: number;
  /** Whether it was longer than `output.maxLineLength`, and cut there. */
  readonly truncated: boolean;
}

/** Options for {@linkcode Process.lines}. */
export interface LinesOptions {
  /**
   * Whether to begin with the lines that are kept already, instead of with the
   * first that arrives from now on.
   *
   * @default {true}
   */
  buffered?: boolean;
}

/** A piece of output, and when and by which run it was written. */
export interface Chunk {
  /** Where it was written to. */
  readonly source: OutputSource;
  /** The bytes, which belong to somebody else and change later. */
  readonly bytes: Uint8Array;
  /** When it arrived, in milliseconds since the epoch. */
  readonly time: number;
  /** The number of the run. */
  readonly run: number;
  /** Tells the order in which chunks of both sources arrived. */
  readonly order: number;
}

/** Splits one source into lines, at LF and CRLF. */
export class LineSplitter {
  #decoder = new TextDecoder();
  #rest = "";
  #skipping = false;
  #time = 0;
  #run = 0;

  /** Creates a splitter for a source and a longest line, in UTF-16 units. */
  constructor(readonly source: OutputSource, readonly maxLength: number) {}

  /** Adds the lines that a chunk completes to `lines`. */
  push(chunk: Chunk, lines: Line[]): void {
    if (chunk.run !== this.#run) this.flush(lines);
    this.#run = chunk.run;
    this.#time = chunk.time;
    this.#split(this.#decoder.decode(chunk.bytes, { stream: true }), lines);
  }

  /** Adds the last line of a run to `lines`, if it has no end. */
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

  /** Ends the line that earlier chunks began. */
  #complete(text: string, lines: Line[]): void {
    if (this.#skipping) {
      this.#skipping = false;
      return;
    }
    const whole = this.#rest + text;
    this.#rest = "";
    lines.push(this.#line(withoutReturn(whole, 0, whole.length)));
  }

  /** Keeps the beginning of a line, up to the longest that there may be. */
  #hold(text: string, lines: Line[]): void {
    if (this.#skipping) return;
    this.#rest += text;
    // One more, since it may be the CR of the line's end.
    if (this.#rest.length <= this.maxLength + 1) return;
    lines.push(this.#line(this.#rest));
    this.#rest = "";
    this.#skipping = true;
  }

  /** Makes a line of a text, cut if it is too long. */
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

/** How many bytes of lines may wait for a reader before the child has to. */
const ENOUGH_BYTES = 256 * 1024;

/** One reader of the lines of a process. */
export class LineReader {
  #splitters: Record<OutputSource, LineSplitter>;
  #lines: Line[] = [];
  #bytes = 0;
  #ended = false;
  readonly #waiting: ((lines: Line[] | undefined) => void)[] = [];

  /** Creates a reader; `maxLength` is the longest line, in UTF-16 units. */
  constructor(maxLength: number) {
    this.#splitters = {
      stdout: new LineSplitter("stdout", maxLength),
      stderr: new LineSplitter("stderr", maxLength),
    };
  }

  /** Whether so much waits to be taken that no more should be read. */
  get full(): boolean {
    // A line that is still being written makes nobody wait for itself.
    return this.#bytes > ENOUGH_BYTES && this.#lines.length > 0;
  }

  /** Whether all lines have been taken, and somebody waits for the next. */
  get idle(): boolean {
    return this.#waiting.length > 0;
  }

  /** How many bytes have come in since lines were taken. */
  get backlog(): number {
    return this.#bytes;
  }

  /** Takes in a chunk. */
  push(chunk: Chunk): void {
    this.#splitters[chunk.source].push(chunk, this.#lines);
    this.#bytes += chunk.bytes.length;
    this.#hand();
  }

  /** Takes in the end of a run. */
  flush(source: OutputSource): void {
    this.#splitters[source].flush(this.#lines);
    this.#hand();
  }

  /** Takes in the end of all runs. */
  end(): void {
    this.flush("stdout");
    this.flush("stderr");
    this.#ended = true;
    this.#hand();
  }

  /** Takes all lines there are, with the last even if it has no end. */
  rest(): Line[] {
    this.flush("stdout");
    this.flush("stderr");
    return this.#lines;
  }

  /** Resolves to all lines that wait, at least one; `undefined` at the end. */
  take(): Promise<Line[] | undefined> {
    const { promise, resolve } = Promise.withResolvers<Line[] | undefined>();
    this.#waiting.push(resolve);
    this.#hand();
    return promise;
  }

  /** Ends at once, without the lines that wait. */
  leave(): void {
    this.#lines = [];
    this.#ended = true;
    this.#hand();
  }

  #hand(): void {
    while (this.#lines.length > 0 || this.#ended) {
      const resolve = this.#waiting.shift();
      if (resolve === undefined) return;
      resolve(this.#lines.length > 0 ? this.#lines : undefined);
      this.#lines = [];
      this.#bytes = 0;
    }
  }
}

/**
 * The lines that a process writes, in the order in which they arrive: kept ones
 * first. Each iteration is a reader of its own; while it lasts nothing is lost,
 * and a child that writes faster than it is read has to wait.
 */
export class Lines implements AsyncIterable<Line> {
  readonly #open: () => AsyncIterableIterator<Line[], void>;

  /** @ignore Made by `Process.lines()`. */
  constructor(open: () => AsyncIterableIterator<Line[], void>) {
    this.#open = open;
  }

  /**
   * Iterates over all lines that have arrived at a time, as arrays: less work
   * for each line.
   *
   * @returns The iterator; it ends when the process is finished.
   */
  batches(): AsyncIterableIterator<Line[], void> {
    return this.#open();
  }

  /**
   * Iterates over single lines.
   *
   * @returns The iterator; it ends when the process is finished.
   */
  [Symbol.asyncIterator](): AsyncIterator<Line, void> {
    const batches = this.#open();
    let batch: Line[] = [];
    let index = 0;
    let waiting = 0;
    let last: Promise<unknown> = Promise.resolve();

    const take = async (): Promise<IteratorResult<Line, void>> => {
      let value = batch[index++];
      if (value === undefined) {
        const next = await batches.next();
        batch = next.value ?? [];
        index = 1;
        value = batch[0];
      }
      waiting--;
      return value === undefined
        ? { done: true, value }
        : { done: false, value };
    };
    return {
      next: () => {
        const value = waiting === 0 ? batch[index] : undefined;
        if (value === undefined) {
          waiting++;
          const result = last.then(take);
          last = result;
          return result;
        }
        index++;
        return Promise.resolve({ done: false, value });
      },
      return: async () => {
        batch = [];
        await batches.return?.();
        return { done: true, value: undefined };
      },
    };
  }
}

function withoutReturn(text: string, start: number, end: number): string {
  return text.slice(
    start,
    text.charCodeAt(end - 1) === 13 && end > start ? end - 1 : end,
  );
}

/** Cuts a text to a length, but no pair of surrogates in two. */
function cut(text: string, length: number): string {
  const last = text.charCodeAt(length - 1);
  const inPair = last >= 0xd800 && last < 0xdc00;
  return text.slice(0, inPair ? length - 1 : length);
}
