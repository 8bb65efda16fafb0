/**
 * The lines of one process on disk: a folder of files that are read as one.
 *
 * @module
 */

import { parseSegmentName } from "./log_names.ts";
import type { LogRecord } from "./log_record.ts";
import { type Position, Segment } from "./log_segment.ts";
import type { Block, Track, TrackReader } from "./log_track.ts";
import type { LogLine } from "./wire.ts";

/** The files of one process. */
export class TrackFiles implements Track {
  /** The name of the process. */
  readonly name: string;
  /** The folder of the files. */
  readonly folder: string;
  /** The files, the oldest first. */
  segments: Segment[] = [];
  /** Lines that were counted and could not be kept. */
  lost = 0;
  /** The number of the newest run, if that has written nothing yet. */
  silentRun = 0;

  /** Creates the files of a process; nothing is read yet. */
  constructor(name: string, folder: string) {
    this.name = name;
    this.folder = folder;
  }

  /** The number of the oldest line that is kept; `next` if there is none. */
  get first(): number {
    const holds = this.segments.find((each) => !each.loaded || each.size > 0);
    return holds?.first ?? this.next;
  }

  /** The number of the next line that arrives. */
  get next(): number {
    return (this.segments.at(-1)?.end ?? 1) + this.lost;
  }

  /** The number of the newest run. */
  get lastRun(): number {
    return Math.max(this.segments.at(-1)?.lastRun ?? 0, this.silentRun);
  }

  /** Looks for files, and for what has been added to the newest one. */
  async refresh(): Promise<void> {
    const known = new Map(this.segments.map((each) => [each.path, each]));
    const found: Segment[] = [];
    for await (const { name } of Deno.readDir(this.folder)) {
      const parsed = parseSegmentName(name);
      if (parsed === undefined) continue;
      const segment = new Segment(this.folder, parsed);
      found.push(known.get(segment.path) ?? segment);
    }
    this.segments = found.sort((a, b) => a.first - b.first);
    const last = found.at(-1);
    for (const segment of found) {
      if (segment !== last && !segment.loaded) segment.growing = false;
      if (segment === last || segment.growing) await this.#load(segment);
      if (segment !== last) segment.growing = false;
    }
  }

  /** Lists all blocks, the oldest first. */
  async blocks(): Promise<readonly Block[]> {
    for (const segment of [...this.segments]) await this.#load(segment);
    return this.segments.flatMap(({ blocks }) => blocks);
  }

  /** Returns a reader that begins with a line. */
  open(seq: number): TrackReader {
    return new FileReader(this, seq);
  }

  /** Returns the segment that has a line, or else the next one after it. */
  find(seq: number): Segment | undefined {
    let found: Segment | undefined;
    for (const segment of this.segments) {
      if (found !== undefined && segment.first > seq) break;
      found = segment;
    }
    return found;
  }

  /** Returns the segment after one. */
  after({ first }: Segment): Segment | undefined {
    return this.segments.find((each) => each.first > first);
  }

  /** Forgets a segment that is not there any more. */
  forget(segment: Segment): void {
    // The newest one has the number of the next line.
    if (segment === this.segments.at(-1)) return;
    this.segments = this.segments.filter((each) => each !== segment);
  }

  /** Loads a segment, or forgets it if it is gone. */
  async #load(segment: Segment): Promise<void> {
    if (segment.loaded && !segment.growing) return;
    try {
      await segment.load();
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
      this.forget(segment);
    }
  }
}

/** Reads the files of a process. */
class FileReader implements TrackReader {
  readonly #files: TrackFiles;
  /** The number of the next line to return. */
  #seq: number;
  #segment: Segment | undefined;
  #at: Position = { offset: 0, seq: 0 };
  /** Lines that were read before they were asked for. */
  #ready: LogLine[] = [];

  constructor(files: TrackFiles, seq: number) {
    this.#files = files;
    this.#seq = seq;
  }

  async read(end: number): Promise<LogLine[]> {
    while (this.#seq < end) {
      if (this.#ready.length > 0) return this.#take(end);
      const segment = this.#segment ?? this.#files.find(this.#seq);
      if (segment === undefined) break;
      if (await this.#fill(segment)) continue;
      const next = this.#files.after(segment);
      if (next === undefined) break;
      this.#segment = next;
      this.#seq = Math.max(this.#seq, next.first);
      this.#at = { offset: 0, seq: next.first };
    }
    return [];
  }

  /** Takes the lines before `end` that have been read. */
  #take(end: number): LogLine[] {
    const ready = this.#ready;
    const rest = ready.findIndex(({ seq }) => seq >= end);
    this.#ready = rest === -1 ? [] : ready.slice(rest);
    const lines = rest === -1 ? ready : ready.slice(0, rest);
    this.#seq = (lines.at(-1)?.seq ?? end - 1) + 1;
    return lines;
  }

  /** Reads more of a segment; returns whether there was more. */
  async #fill(segment: Segment): Promise<boolean> {
    try {
      if (!segment.loaded) await segment.load();
      if (segment !== this.#segment) {
        this.#segment = segment;
        this.#at = segment.locate(this.#seq);
      }
      const { records, length } = await segment.read(this.#at.offset);
      if (records.length === 0) return false;
      const { offset, seq } = this.#at;
      this.#at = { offset: offset + length, seq: seq + records.length };
      const limit = this.#files.after(segment)?.first ?? Infinity;
      this.#ready = this.#lines(records, seq, limit);
      return true;
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
      this.#files.forget(segment);
      return false;
    }
  }

  /**
   * Numbers records. A write that failed can have left records whose numbers
   * belong to the next file: those from `limit` on are left out.
   */
  #lines(
    records: readonly LogRecord[],
    first: number,
    limit: number,
  ): LogLine[] {
    const process = this.#files.name;
    const skip = Math.max(0, this.#seq - first);
    return records.slice(skip, Math.max(0, limit - first)).map((record, i) => ({
      seq: first + skip + i,
      process,
      ...record,
    }));
  }
}
