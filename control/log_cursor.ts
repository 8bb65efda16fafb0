/**
 * Where a reader of a log is in the lines of each process, and how these are
 * merged.
 *
 * @module
 */

import type { LineFilter } from "./log_filter.ts";
import type { Track, TrackReader } from "./log_track.ts";
import type { LogItem, LogLine } from "./wire.ts";

/** A line that is to be returned, after lines that were missed. */
interface Waiting {
  readonly line: LogLine;
  readonly missed: number;
}

/** Where a reader is in the lines of one process. */
export class Cursor {
  /** The lines. */
  readonly track: Track;
  readonly #filter: LineFilter;
  readonly #reader: TrackReader;
  /** The number of the line that should come next. */
  #next: number;
  /** The end of what is read now. */
  #end: number;
  #waiting: Waiting[] = [];
  #index = 0;
  /** Lines that were missed before the next line that is asked for. */
  #missed = 0;

  /**
   * Creates a cursor.
   *
   * @param from The number of the first line to read.
   * @param end The number of the line to stop before.
   */
  constructor(track: Track, filter: LineFilter, from: number, end: number) {
    this.track = track;
    this.#filter = filter;
    this.#reader = track.open(from);
    this.#next = from;
    this.#end = end;
  }

  /** The time of the line that comes next; `undefined` if there is none. */
  get time(): number | undefined {
    return this.#waiting[this.#index]?.line.time;
  }

  /** Lets it go on to a line that has arrived meanwhile. */
  extend(end: number): void {
    this.#end = Math.max(this.#end, end);
  }

  /** Makes sure that the next line is known, if there is one. */
  async fill(): Promise<void> {
    while (this.#index >= this.#waiting.length && !this.#filter.over) {
      const lines = await this.#reader.read(this.#end);
      if (lines.length === 0) return;
      this.#waiting = [];
      this.#index = 0;
      const chosen = new Set(await this.#filter.choose(lines));
      for (const line of lines) {
        this.#missed += line.seq - this.#next;
        this.#next = line.seq + 1;
        if (!chosen.has(line)) continue;
        this.#waiting.push({ line, missed: this.#missed });
        this.#missed = 0;
      }
    }
  }

  /** Returns the lines up to a time that are known, and what was missed. */
  *take(until: number): Generator<LogItem> {
    const process = this.track.name;
    while (true) {
      const next = this.#waiting[this.#index];
      if (next === undefined || next.line.time > until) return;
      this.#index++;
      if (next.missed > 0) {
        yield { kind: "missed", process, count: next.missed };
      }
      yield { kind: "line", ...next.line };
    }
  }

  /** Returns what was missed after the last line that was asked for. */
  *rest(): Generator<LogItem> {
    const first = Math.min(this.track.first, this.#end);
    if (first > this.#next) {
      this.#missed += first - this.#next;
      this.#next = first;
    }
    if (this.#missed === 0) return;
    yield { kind: "missed", process: this.track.name, count: this.#missed };
    this.#missed = 0;
  }
}

/** Returns the lines of several cursors up to their ends, merged by time. */
export async function* merged(
  cursors: readonly Cursor[],
): AsyncGenerator<LogItem> {
  for (const cursor of cursors) await cursor.fill();
  let open = cursors.filter(({ time }) => time !== undefined);
  while (open.length > 0) {
    const [first, second] = earliest(open);
    if (first === undefined) break;
    yield* first.take(second?.time ?? Infinity);
    await first.fill();
    if (first.time === undefined) {
      open = open.filter((cursor) => cursor !== first);
    }
  }
  for (const cursor of cursors) yield* cursor.rest();
}

/** Returns the cursor whose next line is the earliest, and the next one. */
function earliest(
  cursors: readonly Cursor[],
): [Cursor | undefined, Cursor | undefined] {
  let first: Cursor | undefined;
  let second: Cursor | undefined;
  for (const cursor of cursors) {
    const time = cursor.time ?? Infinity;
    if (first === undefined || time < (first.time ?? Infinity)) {
      second = first;
      first = cursor;
    } else if (second === undefined || time < (second.time ?? Infinity)) {
      second = cursor;
    }
  }
  return [first, second];
}
