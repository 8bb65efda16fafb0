/**
 * One file of the log of a process, with its index.
 *
 * @module
 */

import { type SegmentName, segmentName } from "./log_names.ts";
import { type LogRecord, type Packed, unpack } from "./log_record.ts";
import type { Block } from "./log_track.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** A block of a file. */
interface Stretch extends Block {
  end: number;
  minTime: number;
  maxTime: number;
  minRun: number;
  maxRun: number;
  /** Where it begins in the file, in bytes. */
  readonly offset: number;
}

/** How many bytes of records a block has, and a scan reads at once. */
const BLOCK_BYTES = 128 * 1024;

const LF = 10;

/** A position in a file. */
export interface Position {
  /** In bytes. */
  readonly offset: number;
  /** The number of the line that begins there. */
  readonly seq: number;
}

/** Records that were read. */
export interface Part {
  /** The records. */
  readonly records: LogRecord[];
  /** How many bytes they take in the file. */
  readonly length: number;
}

/** One file of the log of a process, and what is known of its contents. */
export class Segment {
  /** Its path. */
  readonly path: string;
  /** The number of its first line. */
  readonly first: number;
  /** The number of the last run before it. */
  readonly runBefore: number;
  /** The blocks, the oldest first. */
  readonly blocks: Stretch[] = [];
  /** The size of its whole records, in bytes. */
  size = 0;
  /** The number after that of its last line. */
  end: number;
  /** Whether lines can still be added by another program. */
  growing = true;
  #loaded = false;
  /** Present while it is being loaded. */
  #loading: Promise<void> | undefined;

  /** Creates a segment of a folder; nothing is read yet. */
  constructor(folder: string, name: SegmentName) {
    this.path = `${folder}/${segmentName(name)}`;
    this.first = name.first;
    this.runBefore = name.run;
    this.end = name.first;
  }

  /** The highest number of a run. */
  get lastRun(): number {
    return this.blocks.reduce(
      (last, { maxRun }) => Math.max(last, maxRun),
      this.runBefore,
    );
  }

  /** The latest time of a line; `-Infinity` if there is none. */
  get maxTime(): number {
    return this.blocks.reduce(
      (last, { maxTime }) => Math.max(last, maxTime),
      -Infinity,
    );
  }

  /** Whether its index has been read. */
  get loaded(): boolean {
    return this.#loaded;
  }

  /** Marks it as new and empty: there is nothing to read. */
  begin(): void {
    this.#loaded = true;
    this.growing = false;
  }

  /**
   * Reads the index, and the records that the index does not have. Does nothing
   * more once that is done, unless it is still growing.
   *
   * @throws If the file cannot be read, such as when it has been removed.
   */
  load(): Promise<void> {
    if (this.#loaded && !this.growing) return Promise.resolve();
    return this.#loading ??= this.#load().finally(() =>
      this.#loading = undefined
    );
  }

  async #load(): Promise<void> {
    using file = await Deno.open(this.path);
    const { size } = await file.stat();
    if (!this.#loaded) await this.#readIndex(size);
    this.#loaded = true;
    if (size > this.size) await this.#scan(file, size);
  }

  /** Records that lines have been appended. */
  add(packed: Packed): void {
    const { count, bytes, minTime, maxTime, minRun, maxRun } = packed;
    let block = this.blocks.at(-1);
    if (block === undefined || this.size - block.offset >= BLOCK_BYTES) {
      const { end, size: offset } = this;
      block = { first: end, end, offset, minTime, maxTime, minRun, maxRun };
      this.blocks.push(block);
    }
    block.end += count;
    block.minTime = Math.min(block.minTime, minTime);
    block.maxTime = Math.max(block.maxTime, maxTime);
    block.minRun = Math.min(block.minRun, minRun);
    block.maxRun = Math.max(block.maxRun, maxRun);
    this.end += count;
    this.size += bytes.length;
  }

  /** Returns where to begin to read in order to reach a line. */
  locate(seq: number): Position {
    let low = 0;
    let high = this.blocks.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.blocks[middle]?.end ?? 0) <= seq) low = middle + 1;
      else high = middle;
    }
    const block = this.blocks[low];
    return block === undefined
      ? { offset: this.size, seq: this.end }
      : { offset: block.offset, seq: block.first };
  }

  /**
   * Reads records from a position on, some at once.
   *
   * @throws If the file cannot be read, such as when it has been removed.
   */
  async read(offset: number): Promise<Part> {
    if (offset >= this.size) return { records: [], length: 0 };
    using file = await Deno.open(this.path);
    const bytes = await wholeRecords(file, offset, this.size);
    return { records: unpack(bytes), length: bytes.length };
  }

  /** Writes the index. Without it, the next reader reads the whole file. */
  async writeIndex(): Promise<void> {
    const { size, end } = this;
    const blocks = this.blocks.map((block) => [
      block.first,
      block.end,
      block.offset,
      block.minTime,
      block.maxTime,
      block.minRun,
      block.maxRun,
    ]);
    const text = JSON.stringify({ size, end, blocks });
    await Deno.writeTextFile(indexOf(this.path), text, { mode: 0o600 });
  }

  /** Removes the file and its index. */
  async remove(): Promise<void> {
    for (const path of [this.path, indexOf(this.path)]) {
      try {
        await Deno.remove(path);
      } catch (error) {
        if (!(error instanceof Deno.errors.NotFound)) throw error;
      }
    }
  }

  async #readIndex(size: number): Promise<void> {
    const index = await readIndex(indexOf(this.path));
    if (index === undefined || index.size > size) return;
    this.size = index.size;
    this.end = index.end;
    this.blocks.push(...index.blocks);
  }

  /** Reads the records after those that are known. */
  async #scan(file: Deno.FsFile, size: number): Promise<void> {
    while (this.size < size) {
      const bytes = await wholeRecords(file, this.size, size);
      const records = unpack(bytes, {
        time: this.blocks.at(-1)?.maxTime ?? 0,
        run: this.lastRun,
      });
      if (records.length === 0) return;
      this.add(summary(bytes, records));
    }
  }
}

function indexOf(path: string): string {
  return path.replace(/\.log$/, ".index");
}

/** Returns an index; `undefined` if there is none, or it is damaged. */
async function readIndex(
  path: string,
): Promise<{ size: number; end: number; blocks: Stretch[] } | undefined> {
  try {
    const { size, end, blocks } = JSON.parse(await Deno.readTextFile(path));
    const rows = blocks as readonly (readonly number[])[];
    const numbers = [size, end, ...rows.flat()];
    if (!numbers.every((each) => Number.isFinite(each))) return undefined;
    return { size, end, blocks: rows.map(stretchOf) };
  } catch {
    return undefined;
  }
}

function stretchOf(row: readonly number[]): Stretch {
  const [first = 0, end = 0, offset = 0] = row;
  const [minTime = 0, maxTime = 0, minRun = 0, maxRun = 0] = row.slice(3);
  return { first, end, offset, minTime, maxTime, minRun, maxRun };
}

function summary(bytes: Bytes, records: readonly LogRecord[]): Packed {
  let [minTime, maxTime] = [Infinity, -Infinity];
  let [minRun, maxRun] = [Infinity, -Infinity];
  for (const { time, run } of records) {
    minTime = Math.min(minTime, time);
    maxTime = Math.max(maxTime, time);
    minRun = Math.min(minRun, run);
    maxRun = Math.max(maxRun, run);
  }
  return { bytes, count: records.length, minTime, maxTime, minRun, maxRun };
}

/** Reads whole records from `offset` on; more than a block if one is longer. */
async function wholeRecords(
  file: Deno.FsFile,
  offset: number,
  size: number,
): Promise<Bytes> {
  for (let length = BLOCK_BYTES;; length *= 2) {
    const bytes = new Uint8Array(Math.min(length, size - offset));
    await file.seek(offset, Deno.SeekMode.Start);
    let done = 0;
    while (done < bytes.length) {
      const read = await file.read(bytes.subarray(done));
      if (read === null) break;
      done += read;
    }
    const whole = bytes.subarray(0, done).lastIndexOf(LF) + 1;
    if (whole > 0 || done < length) return bytes.subarray(0, whole);
  }
}
