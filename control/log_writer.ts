/**
 * Writes the lines of one process to disk, and removes those that are too many
 * or too old.
 *
 * @module
 */

import type { Clock, Line } from "../mod.ts";
import type { TrackFiles } from "./log_files.ts";
import type { LogLosses } from "./log_losses.ts";
import { folderName, NAME_FILE } from "./log_names.ts";
import { pack, type Packed } from "./log_record.ts";
import { Segment } from "./log_segment.ts";

/** How much is kept of each process, with the defaults filled in. */
export interface LogRules {
  /** Bytes; `Infinity` for no limit. */
  readonly maxBytes: number;
  /** Age in milliseconds; `Infinity` for no limit. */
  readonly maxAgeMs: number;
}

/** In how many files the lines of a process are divided, more or less. */
const PARTS = 8;

/** The maximum size of a file in bytes, unless a line is longer. */
const MOST_SEGMENT_BYTES = 8 * 1024 * 1024;

/** How many characters to write at once; more take too long. */
const WRITE_CHARS = 128 * 1024;

/** Time between two checks of whether the file was removed, in milliseconds. */
const CHECK_MS = 1_000;

/** Writes the lines of one process. Its operations run one after another. */
export class TrackWriter {
  /** What has been written. */
  readonly files: TrackFiles;
  readonly #rules: LogRules;
  readonly #losses: LogLosses;
  readonly #changed: () => void;
  readonly #segmentBytes: number;
  #file: Deno.FsFile | undefined;
  #checkAt = 0;
  /** Whether the files of earlier supervisors have been looked at. */
  #found = false;
  /** Whether the newest of them has been opened. */
  #opened = false;
  #last: Promise<unknown> = Promise.resolve();

  /** Creates a writer; `changed` is called when lines have been added. */
  constructor(
    files: TrackFiles,
    rules: LogRules,
    losses: LogLosses,
    changed: () => void,
  ) {
    this.files = files;
    this.#rules = rules;
    this.#losses = losses;
    this.#changed = changed;
    const part = Math.ceil(rules.maxBytes / PARTS);
    this.#segmentBytes = Math.min(part, MOST_SEGMENT_BYTES);
  }

  /**
   * Appends lines; resolves when they are kept or lost. Never rejects.
   *
   * @param lines The lines.
   * @param base What to add to the numbers of their runs.
   */
  append(lines: readonly Line[], base: number, clock: Clock): Promise<void> {
    return this.#inTurn(async () => {
      const most = Math.min(WRITE_CHARS, this.#segmentBytes);
      for (const packed of pack(lines, base, most)) {
        if (await this.#try(() => this.#add(packed, clock), clock)) continue;
        this.files.lost += packed.count;
        this.#losses.add(packed.count);
      }
    });
  }

  /** Returns the number of the newest run; 0 if it cannot be found out. */
  lastRun(clock: Clock): Promise<number> {
    return this.#inTurn(async () => {
      await this.#try(() => this.#open(), clock);
      return this.files.lastRun;
    });
  }

  /**
   * Looks at the files of earlier supervisors, to read them.
   *
   * @throws If they cannot be read.
   */
  find(): Promise<void> {
    // What has been found is kept up to date by the writer.
    if (this.#found) return Promise.resolve();
    return this.#inTurn(() => this.#find());
  }

  /** Removes lines that are too old. */
  sweep(clock: Clock): Promise<void> {
    return this.#inTurn(async () => {
      await this.#try(async () => {
        await this.#find();
        await this.#removeOld(clock.time());
      }, clock);
    });
  }

  /** Closes the file after all earlier operations; the next line opens it. */
  close(): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#file === undefined) return;
      await this.files.segments.at(-1)?.writeIndex().catch(() => {});
      this.#file.close();
      this.#file = undefined;
      this.#opened = false;
    });
  }

  #inTurn<T>(act: () => Promise<T>): Promise<T> {
    const result = this.#last.then(act);
    this.#last = result.catch(() => {});
    return result;
  }

  /** Runs an action that can fail; returns whether it succeeded. */
  async #try(act: () => Promise<void>, clock: Clock): Promise<boolean> {
    const { name } = this.files;
    if (this.#losses.waiting(name, clock.now())) return false;
    try {
      await act();
      this.#losses.recovered(name);
      return true;
    } catch (error) {
      this.#losses.failed(name, error, clock.now());
      return false;
    }
  }

  async #add(packed: Packed, clock: Clock): Promise<void> {
    await this.#open();
    const { length } = packed.bytes;
    await this.#makeRoom(length, clock);
    const segment = this.files.segments.at(-1);
    const file = this.#file;
    if (segment === undefined || file === undefined) return;
    await this.#write(file, packed.bytes, segment.size);
    segment.add(packed);
    this.#changed();
  }

  /** Begins a new file and removes old ones, as is needed for more bytes. */
  async #makeRoom(length: number, clock: Clock): Promise<void> {
    const size = this.files.segments.at(-1)?.size ?? 0;
    const full = size > 0 && size + length > this.#segmentBytes;
    const rotates = this.#file === undefined || full || this.files.lost > 0 ||
      this.#aged(clock.time()) || await this.#removed(clock);
    if (!rotates) return;
    await this.#rotate();
    await this.#prune(length, clock.time());
  }

  /** Writes bytes whole, or else removes what was written of them. */
  async #write(
    file: Deno.FsFile,
    bytes: Uint8Array<ArrayBuffer>,
    size: number,
  ): Promise<void> {
    try {
      let done = 0;
      while (done < bytes.length) {
        done += await file.write(bytes.subarray(done));
      }
    } catch (error) {
      // If this fails too, a reader leaves out what is left.
      await file.truncate(size).catch(() => {});
      file.close();
      this.#file = undefined;
      throw error;
    }
  }

  /** Looks at the files of earlier supervisors, and opens the newest one. */
  async #open(): Promise<void> {
    if (this.#opened) return;
    const { files } = this;
    await Deno.mkdir(files.folder, { recursive: true, mode: 0o700 });
    await this.#find();
    if (!files.folder.endsWith(`/${files.name}`)) {
      const text = JSON.stringify(files.name);
      await Deno.writeTextFile(`${files.folder}/${NAME_FILE}`, text);
    }
    const last = files.segments.at(-1);
    if (last !== undefined) {
      const file = await Deno.open(last.path, { append: true });
      this.#file = file;
      // The last record can be torn.
      await file.truncate(last.size);
    }
    this.#opened = true;
  }

  async #find(): Promise<void> {
    if (this.#found) return;
    const { files } = this;
    try {
      await files.refresh();
      await files.blocks();
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
      return;
    }
    for (const segment of files.segments) segment.growing = false;
    this.#found = true;
  }

  /** Whether the newest file should not get more lines because of its age. */
  #aged(time: number): boolean {
    const { maxAgeMs } = this.#rules;
    const first = this.files.segments.at(-1)?.blocks[0];
    return first !== undefined && first.minTime < time - maxAgeMs / PARTS;
  }

  /** Whether another program has removed the file; looks once a second. */
  async #removed(clock: Clock): Promise<boolean> {
    if (clock.now() < this.#checkAt) return false;
    this.#checkAt = clock.now() + CHECK_MS;
    const own = await this.#file?.stat();
    return own?.nlink === 0;
  }

  /** Begins a new file. */
  async #rotate(): Promise<void> {
    const { files } = this;
    const last = files.segments.at(-1);
    const { next: first, lastRun: run } = files;
    const known = last?.first === first;
    const segment = known ? last : new Segment(files.folder, { first, run });
    await Deno.mkdir(files.folder, { recursive: true, mode: 0o700 });
    const file = await Deno.open(segment.path, {
      append: true,
      // A file with this name that is not known must not be appended to.
      ...known ? { create: true } : { createNew: true },
      mode: 0o600,
    });
    await last?.writeIndex().catch(() => {});
    this.#file?.close();
    this.#file = file;
    segment.begin();
    const others = files.segments.filter((each) => each.first < first);
    files.segments = [...others, segment];
    files.lost = 0;
  }

  /** Removes what is too old; all of it, if that is all there is. */
  async #removeOld(time: number): Promise<void> {
    const { files } = this;
    const last = files.segments.at(-1);
    if (last === undefined) return;
    const idle = this.#file === undefined;
    if (!idle || last.maxTime >= time - this.#rules.maxAgeMs) {
      if (!idle && this.#aged(time)) await this.#rotate();
      return await this.#prune(0, time);
    }
    // The next line has the number that it would have had.
    const { next } = files;
    await Deno.remove(files.folder, { recursive: true });
    files.segments = [];
    files.lost = next - 1;
    this.#opened = false;
    this.#changed();
  }

  /** Removes the oldest files until the rest, with more bytes, may be kept. */
  async #prune(more: number, time: number): Promise<void> {
    const { maxBytes, maxAgeMs } = this.#rules;
    const { files } = this;
    let bytes = files.segments.reduce((sum, { size }) => sum + size, more);
    while (files.segments.length > 1) {
      const [oldest] = files.segments;
      if (oldest === undefined) return;
      const young = oldest.maxTime >= time - maxAgeMs;
      if (bytes <= maxBytes && young && oldest.size > 0) return;
      await oldest.remove();
      bytes -= oldest.size;
      files.segments = files.segments.slice(1);
      this.#changed();
    }
  }
}

/** A process that a log on disk has lines of, and the folder of these. */
export interface Found {
  /** The name of the process. */
  readonly name: string;
  /** The folder. */
  readonly folder: string;
}

/** Returns the folder of a process. */
export async function folderOf(log: string, process: string): Promise<string> {
  return `${log}/${await folderName(process)}`;
}

/**
 * Lists the processes that a log on disk has lines of; none if there is no log.
 *
 * @throws If the folder cannot be read.
 */
export async function listFolders(log: string): Promise<Found[]> {
  const found: Found[] = [];
  try {
    for await (const { name, isDirectory } of Deno.readDir(log)) {
      if (!isDirectory) continue;
      const folder = `${log}/${name}`;
      found.push({ folder, name: await readName(folder) ?? name });
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return found.sort((a, b) => a.name < b.name ? -1 : 1);
}

async function readName(folder: string): Promise<string | undefined> {
  if (!folder.includes("~")) return undefined;
  try {
    const name = JSON.parse(await Deno.readTextFile(`${folder}/${NAME_FILE}`));
    return typeof name === "string" ? name : undefined;
  } catch {
    return undefined;
  }
}
