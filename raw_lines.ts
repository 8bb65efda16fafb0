/**
 * Splits output into lines without decoding it, so that a file contains exactly
 * the bytes that a process wrote, whatever their encoding.
 *
 * @module
 */

import {
  type Chunk,
  type OutputSource,
  Reader,
  type Splitter,
} from "./lines.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** Whole lines of one output. */
export interface RawLines {
  /** The output that they were written to. */
  readonly source: OutputSource;
  /** Their bytes; each line ends with LF. */
  readonly bytes: Bytes;
}

const LF = 10;
const CR = 13;

/** The maximum number of bytes for one UTF-16 code unit, or more than that. */
const UNIT_BYTES = 4;

/**
 * Splits one source into lines at the same places as {@linkcode LineSplitter}:
 * at LF and CRLF, and after a number of UTF-16 code units.
 */
export class RawSplitter implements Splitter<RawLines> {
  readonly #source: OutputSource;
  readonly #maxLength: number;
  /** The parts of a line whose line break has not arrived yet. */
  #rest: Bytes[] = [];
  #restLength = 0;
  /** Whether the rest of an overlong line is being skipped. */
  #skipping = false;
  #run = 0;
  #aside = false;

  /** Creates a splitter; `maxLength` is in UTF-16 code units. */
  constructor(source: OutputSource, maxLength: number) {
    this.#source = source;
    this.#maxLength = maxLength;
  }

  /** Adds to `lines` the lines that a chunk completes. */
  push({ bytes, run, aside = false }: Chunk, lines: RawLines[]): void {
    if (run !== this.#run || aside !== this.#aside) this.flush(lines);
    this.#run = run;
    this.#aside = aside;
    const end = bytes.lastIndexOf(LF) + 1;
    let start = 0;
    if (end > 0 && (this.#restLength > 0 || this.#skipping)) {
      start = bytes.indexOf(LF) + 1;
      this.#hold(bytes.subarray(0, start));
      this.#complete(lines);
    }
    if (end > start) this.#add(bytes.subarray(start, end), lines);
    this.#hold(bytes.subarray(end));
    if (this.#restLength <= UNIT_BYTES * (this.#maxLength + 1)) return;
    this.flush(lines);
    this.#skipping = true;
  }

  /** Adds the last line of a run to `lines`, if it has no line break. */
  flush(lines: RawLines[]): void {
    // This line break preserves a CR at the end of the output.
    if (this.#restLength > 0) this.#hold(Uint8Array.of(CR, LF));
    this.#complete(lines);
  }

  /** Adds bytes to the line whose line break has not arrived yet. */
  #hold(bytes: Bytes): void {
    if (this.#skipping || bytes.length === 0) return;
    this.#rest.push(bytes.slice());
    this.#restLength += bytes.length;
  }

  /** Adds the line whose line break has arrived. */
  #complete(lines: RawLines[]): void {
    this.#skipping = false;
    if (this.#restLength === 0) return;
    this.#add(joined(this.#rest), lines);
    this.#rest = [];
    this.#restLength = 0;
  }

  /** Adds whole lines as a copy, because their buffer is reused. */
  #add(whole: Bytes, lines: RawLines[]): void {
    const plain = withoutReturns(whole);
    const bytes = plain.length <= this.#maxLength
      ? plain
      : joined(cutLines(plain, this.#maxLength));
    lines.push({ source: this.#source, bytes });
  }
}

/** Creates a reader of lines as bytes; `maxLength` is in UTF-16 code units. */
export function rawReader(maxLength: number): Reader<RawLines> {
  return new Reader((source) => new RawSplitter(source, maxLength));
}

/** Copies arrays of bytes into one. */
export function joined(parts: Iterable<Bytes>): Bytes {
  const all = [...parts];
  const whole = new Uint8Array(
    all.reduce((sum, { length }) => sum + length, 0),
  );
  let at = 0;
  for (const part of all) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** Copies whole lines, with LF instead of CRLF. */
function withoutReturns(lines: Bytes): Bytes {
  if (!lines.includes(CR)) return lines.slice();
  const copy = new Uint8Array(lines.length);
  let length = 0;
  for (let i = 0; i < lines.length; i++) {
    const byte = lines[i] ?? 0;
    if (byte !== CR || lines[i + 1] !== LF) copy[length++] = byte;
  }
  return copy.subarray(0, length);
}

/** Lists the parts of whole lines that remain when long lines are cut. */
function* cutLines(lines: Bytes, units: number): Generator<Bytes> {
  let from = 0;
  for (let start = 0; start < lines.length;) {
    const end = lines.indexOf(LF, start);
    const line = lines.subarray(start, end);
    const length = line.length > units ? lengthOf(line, units) : line.length;
    if (length < line.length) {
      yield lines.subarray(from, start + length);
      from = end;
    }
    start = end + 1;
  }
  yield lines.subarray(from);
}

/**
 * Returns the number of bytes in the first `units` UTF-16 code units of a line.
 * In invalid UTF-8, each byte that starts no character counts as one unit.
 */
function lengthOf(line: Bytes, units: number): number {
  let left = units;
  let at = 0;
  while (at < line.length) {
    const length = characterLength(line, at);
    left -= length === UNIT_BYTES ? 2 : 1;
    if (left < 0) return at;
    at += length;
  }
  return at;
}

/**
 * Returns the number of bytes of the character at an index; 1 if it is invalid.
 */
function characterLength(line: Bytes, at: number): number {
  const first = line[at] ?? 0;
  const length = first < 0xc2 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  for (let i = 1; i < length; i++) {
    if (((line[at + i] ?? 0) & 0xc0) !== 0x80) return 1;
  }
  return length;
}
