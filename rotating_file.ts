/**
 * A file of whole lines that is renamed before it becomes too large.
 *
 * @module
 */

import { kindOf } from "./file_path.ts";
import type { Clock } from "./kernel.ts";
import { Losses } from "./losses.ts";
import { checkFileAccess } from "./permissions.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** How large a file can become, and how many renamed files to keep. */
export interface Limits {
  /** The maximum size of the file in bytes; `Infinity` for no limit. */
  readonly maxBytes: number;
  /** How many renamed files to keep. */
  readonly maxFiles: number;
}

/** Time between two checks of whether the file was moved, in milliseconds. */
const CHECK_MS = 1_000;

const LF = 10;

/** One regular file. Its operations run one after another. */
export class RotatingFile {
  /** The absolute path, with all links resolved. */
  readonly path: string;
  readonly #clock: Clock;
  readonly #losses: Losses;
  /** The open file. */
  #file: Deno.FsFile | undefined;
  /** The size of the file in bytes. */
  #size = 0;
  /** The bytes of the current lines that are not in the file yet. */
  #rest: Bytes = new Uint8Array();
  #checkAt = 0;
  /** Resolves when the last operation so far has ended. */
  #last: Promise<void> = Promise.resolve();

  /** Creates a file, which is opened when there is a line to write. */
  constructor(path: string, warn: (message: string) => void, clock: Clock) {
    this.path = path;
    this.#clock = clock;
    this.#losses = new Losses(path, warn, clock);
  }

  /**
   * Appends lines. They are lost if the file cannot be written.
   *
   * @param lines The lines, each with its line break.
   */
  append(lines: Bytes, limits: Limits): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#losses.waiting) return this.#losses.add(lines);
      this.#rest = lines;
      if (await this.#try(() => this.#append(limits))) {
        this.#losses.recovered();
      } else this.#losses.add(this.#rest);
    });
  }

  /** Closes the file, and opens the file that is at its path now. */
  reopen(): Promise<void> {
    return this.#inTurn(async () => {
      this.#losses.retry();
      this.#close();
      await this.#try(() => this.#open());
    });
  }

  /** Closes the file after all earlier operations. */
  close(): Promise<void> {
    return this.#inTurn(() => {
      this.#close();
      this.#losses.closed();
    });
  }

  /** Runs an operation after all earlier ones. */
  #inTurn(act: () => Promise<void> | void): Promise<void> {
    return this.#last = this.#last.then(act);
  }

  /** Runs an action that can fail; returns whether it succeeded. */
  async #try(act: () => Promise<unknown>): Promise<boolean> {
    try {
      await act();
      return true;
    } catch (error) {
      this.#close();
      this.#losses.failed(error);
      return false;
    }
  }

  async #append({ maxBytes, maxFiles }: Limits): Promise<void> {
    let file = await this.#current();
    while (this.#rest.length > 0) {
      const length = fitting(this.#rest, this.#size, maxBytes);
      if (length > 0) await this.#write(file, length);
      else file = await this.#rotate(maxFiles);
    }
  }

  /** Returns the open file; opens it again if it was moved or removed. */
  async #current(): Promise<Deno.FsFile> {
    const file = this.#file;
    if (file === undefined) return await this.#open();
    const now = this.#clock.now();
    if (now < this.#checkAt) return file;
    this.#checkAt = now + CHECK_MS;
    const own = await file.stat();
    const there = await look(this.path);
    if (there?.ino === own.ino && there.dev === own.dev) {
      this.#size = own.size;
      return file;
    }
    this.#close();
    return await this.#open();
  }

  async #open(): Promise<Deno.FsFile> {
    checkFileAccess(this.path, "");
    // An open FIFO without a reader would keep this program alive forever.
    await look(this.path);
    const file = await openIn(this.path);
    this.#file = file;
    this.#checkAt = this.#clock.now() + CHECK_MS;
    const { size } = await file.stat();
    this.#size = size;
    if (size > 0 && await lastByte(file) !== LF) {
      // A write was interrupted; the next line must not continue its last line.
      await file.write(Uint8Array.of(LF));
      this.#size = size + 1;
    }
    return file;
  }

  #close(): void {
    this.#file?.close();
    this.#file = undefined;
  }

  /**
   * Renames the file to number 1 and opens a new one. To make room, each
   * numbered file before the first free number gets the next number.
   */
  async #rotate(maxFiles: number): Promise<Deno.FsFile> {
    this.#close();
    if (maxFiles === 0) {
      await look(this.path);
      await Deno.remove(this.path);
      return await this.#open();
    }
    let last = 0;
    while (last < maxFiles && await look(numbered(this.path, last))) last++;
    if (last === maxFiles) await look(numbered(this.path, last));
    for (let number = last; number > 0; number--) {
      const to = numbered(this.path, number);
      checkFileAccess(to, "");
      await Deno.rename(numbered(this.path, number - 1), to);
    }
    return await this.#open();
  }

  /**
   * Writes the first bytes of the rest. If that fails, only the whole lines
   * among the written bytes stay in the file.
   */
  async #write(file: Deno.FsFile, length: number): Promise<void> {
    const part = this.#rest.subarray(0, length);
    const start = this.#size;
    let done = 0;
    try {
      while (done < length) done += await file.write(part.subarray(done));
    } catch (error) {
      const whole = part.subarray(0, done).lastIndexOf(LF) + 1;
      // If this fails too, `#open()` completes the last line.
      await shorten(file, start + done, start + whole).catch(() => {});
      done = whole;
      throw error;
    } finally {
      this.#size = start + done;
      this.#rest = this.#rest.subarray(done);
    }
  }
}

/**
 * Throws unless this program can read and write a file under its own name and
 * under the names that it is renamed to. Without this check, Deno would prompt
 * for a permission.
 */
export function checkAccess(
  path: string,
  maxFiles: number,
  before: string,
): void {
  for (let number = 0; number <= maxFiles; number++) {
    checkFileAccess(numbered(path, number), before);
  }
}

/**
 * Returns how many bytes of whole lines fit into a file of the given size. An
 * empty file accepts the first line, however long the line is.
 */
function fitting(lines: Bytes, size: number, maxBytes: number): number {
  const room = maxBytes - size;
  if (lines.length <= room) return lines.length;
  const length = room > 0 ? lines.lastIndexOf(LF, room - 1) + 1 : 0;
  return length === 0 && size === 0 ? lines.indexOf(LF) + 1 : length;
}

/** Shortens a file, unless another program has written to it. */
async function shorten(
  file: Deno.FsFile,
  from: number,
  to: number,
): Promise<void> {
  const { size } = await file.stat();
  if (size === from) await file.truncate(to);
}

/**
 * Returns the file at a path; `undefined` if there is none. Throws if it is not
 * a regular file.
 */
async function look(path: string): Promise<Deno.FileInfo | undefined> {
  checkFileAccess(path, "");
  let found: Deno.FileInfo | undefined;
  try {
    found = await Deno.lstat(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
  if (kindOf(found) === "file") return found;
  throw new TypeError(`"${path}" is ${kindOf(found)}, not a regular file`);
}

/** Opens a file, and creates it and its folder if they are missing. */
async function openIn(path: string): Promise<Deno.FsFile> {
  const options = { read: true, append: true, create: true };
  try {
    return await Deno.open(path, options);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    const folder = path.slice(0, path.lastIndexOf("/"));
    checkFileAccess(folder, "", ["write"]);
    await Deno.mkdir(folder, { recursive: true });
    return await Deno.open(path, options);
  }
}

async function lastByte(file: Deno.FsFile): Promise<number | undefined> {
  const byte = new Uint8Array(1);
  await file.seek(-1, Deno.SeekMode.End);
  await file.read(byte);
  return byte[0];
}

function numbered(path: string, number: number): string {
  return number === 0 ? path : `${path}.${number}`;
}
