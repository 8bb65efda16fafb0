/**
 * The written form of the lines of a log: one record for each line, as text
 * that `less` and `grep` can read. The functions are pure.
 *
 * A record is `TIME RUN OUTPUT TEXT`, such as
 * `2026-11-27T21:30:48.123Z 3 out listening`. OUTPUT is `out` or `err`, with a
 * `+` if the line was cut.
 *
 * @module
 */

import type { Line } from "../mod.ts";

/** Lines in their written form. */
export interface Packed {
  /** The records, each with its line break. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** The number of lines. */
  readonly count: number;
  /** The earliest time of a line. */
  readonly minTime: number;
  /** The latest time of a line. */
  readonly maxTime: number;
  /** The lowest number of a run. */
  readonly minRun: number;
  /** The highest number of a run. */
  readonly maxRun: number;
}

/** What a record says; its number follows from its place in the file. */
export interface LogRecord {
  /** When the line arrived, in milliseconds since the epoch. */
  readonly time: number;
  /** The number of the run, counted over all supervisors. */
  readonly run: number;
  /** The output. */
  readonly source: "stdout" | "stderr";
  /** Whether the line was cut. */
  readonly truncated: boolean;
  /** The line. */
  readonly text: string;
}

/** The times that ISO 8601 writes with four digits for the year. */
const FIRST_TIME = -62_167_219_200_000;
const LAST_TIME = 253_402_300_799_999;

const TIME_LENGTH = 24;

const encoder = new TextEncoder();

/**
 * Writes lines as records.
 *
 * @param lines The lines.
 * @param base What to add to the numbers of their runs.
 * @param maxChars How many characters one part has at most, unless one line
 * alone has more.
 * @returns Parts of the lines, in order.
 */
export function* pack(
  lines: readonly Line[],
  base: number,
  maxChars: number,
): Generator<Packed> {
  let start = 0;
  let chars = 0;
  for (let i = 0; i < lines.length; i++) {
    const length = TIME_LENGTH + (lines[i]?.text.length ?? 0);
    if (chars > 0 && chars + length > maxChars) {
      yield packed(lines.slice(start, i), base);
      start = i;
      chars = 0;
    }
    chars += length;
  }
  if (start < lines.length) yield packed(lines.slice(start), base);
}

function packed(lines: readonly Line[], base: number): Packed {
  let text = "";
  let last = NaN;
  let time = "";
  let [minTime, maxTime] = [Infinity, -Infinity];
  let [minRun, maxRun] = [Infinity, -Infinity];
  for (const line of lines) {
    // Lines that arrived together share the text of their time.
    if (line.time !== last) {
      last = line.time;
      const whole = Math.trunc(clamp(last));
      time = new Date(whole).toISOString();
      minTime = Math.min(minTime, whole);
      maxTime = Math.max(maxTime, whole);
    }
    const run = base + line.run;
    minRun = Math.min(minRun, run);
    maxRun = Math.max(maxRun, run);
    const output = line.source === "stderr" ? "err" : "out";
    text += `${time} ${run} ${output}${
      line.truncated ? "+" : ""
    } ${line.text}\n`;
  }
  const bytes = encoder.encode(text);
  return { bytes, count: lines.length, minTime, maxTime, minRun, maxRun };
}

function clamp(time: number): number {
  return Math.min(Math.max(time, FIRST_TIME), LAST_TIME);
}

/** What a record that cannot be read takes over from the one before it. */
interface Before {
  time: number;
  run: number;
}

/**
 * Reads whole records. A record that is damaged becomes a line of stdout, with
 * the time and the run of the one before it.
 *
 * @param bytes The records; the last one ends with its line break.
 * @param before The time and the run of the record before them.
 */
export function unpack(
  bytes: Uint8Array,
  before: Before = { time: 0, run: 0 },
): LogRecord[] {
  const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
  const records: LogRecord[] = [];
  let { time, run } = before;
  let iso = "";
  let start = 0;
  for (let end; (end = text.indexOf("\n", start)) !== -1; start = end + 1) {
    const at = start + TIME_LENGTH;
    const written = text.slice(start, at);
    const read = headOf(text, at, end);
    if (read === undefined) {
      records.push(damaged(time, run, text.slice(start, end)));
      continue;
    }
    if (written !== iso) {
      const parsed = Date.parse(written);
      if (Number.isNaN(parsed)) {
        records.push(damaged(time, run, text.slice(start, end)));
        continue;
      }
      time = parsed;
      iso = written;
    }
    run = read.run;
    records.push({
      time,
      run,
      source: read.source,
      truncated: read.truncated,
      text: text.slice(read.from, end),
    });
  }
  return records;
}

function damaged(time: number, run: number, text: string): LogRecord {
  return { time, run, source: "stdout", truncated: false, text };
}

/** Reads what follows the time: ` RUN OUTPUT `. */
function headOf(text: string, at: number, end: number) {
  if (text.charCodeAt(at) !== 32) return undefined;
  const space = text.indexOf(" ", at + 1);
  if (space === -1 || space > at + 17) return undefined;
  const run = Number(text.slice(at + 1, space));
  const name = text.slice(space + 1, space + 4);
  const truncated = text.charCodeAt(space + 4) === 43;
  const from = space + (truncated ? 6 : 5);
  if (name !== "out" && name !== "err" || !Number.isSafeInteger(run)) {
    return undefined;
  }
  if (from > end || text.charCodeAt(from - 1) !== 32) return undefined;
  const source = name === "err" ? "stderr" as const : "stdout" as const;
  return { run, source, truncated, from };
}
