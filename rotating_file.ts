/**
 * A file of whole lines that is renamed before it becomes too large.
 *
 * @module
 */

import { checkFileAccess } from "./permissions.ts";
import type { Clock } from "./kernel.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** How large a file may become, and how many are kept. */
export interface Limits {
  /** How many bytes the file may hold; `Infinity` for no limit. */
  readonly maxBytes: number;
  /** How many renamed files are kept. */
  readonly maxFiles: number;
}

/** Time before the next try after a write has failed, in milliseconds. */
const RETRY_MS = 5_000;

/** Time between two checks of whether the file was moved, in milliseconds. */
const CHECK_MS = 1_000;

const LF = 10;

/** One file, whose operations run one after another. */
export class RotatingFile {
  /** The absolute path. */
  readonly path: string;
  readonly #warn: (message: string) => void;
  readonly #clock: Clock;
  /** The open file. */
  #file: Deno.FsFile | undefined;
  /** How many bytes the file holds; `undefined` if it is not a regular file. */
  #size: number | undefined;
  /** The bytes of the present lines that are not in the file yet. */
  #rest: Bytes = new Uint8Array();
  /** How many lines were lost; present after the file could not be written. */
  #lost: number | undefined;
  #retryAt = 0;
  #checkAt = 0;
  /** Resolves when the last operation so far has ended. */
  #last: Promise<void> = Promise.resolve();

  /** Creates a file, which is opened when there is a line to write. */
  constructor(path: string, warn: (message: string) => void, clock: Clock) {
    this.path = path;
    this.#warn = warn;
    this.#clock = clock;
  }

  /** Appends lines, which are lost if the file cannot be written. */
  append(lines: readonly string[], limits: Limits): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#clock.now() < this.#retryAt) return this.#lose(lines.length);
      this.#rest = new TextEncoder().encode(lines.join("\n") + "\n");
      if (!await this.#try(() => this.#append(limits))) {
        return this.#lose(countLines(this.#rest));
      }
      if (this.#lost === undefined) return;
      const lost = counted(this.#lost);
      this.#warn(`Writing to "${this.path}" again: ${lost} lost`);
      this.#lost = undefined;
    });
  }

  /** Closes the file, and opens the one that has its path now. */
  reopen(): Promise<void> {
    return this.#inTurn(async () => {
      this.#retryAt = 0;
      this.#close();
      await this.#try(() => this.#open());
    });
  }

  /** Closes the file after all earlier operations. */
  close(): Promise<void> {
    return this.#inTurn(() => {
      this.#close();
      if (!this.#lost) return;
      this.#warn(`Cannot write to "${this.path}": ${counted(this.#lost)} lost`);
    });
  }

  #lose(lines: number): void {
    this.#lost = (this.#lost ?? 0) + lines;
  }

  /** Runs an operation after all earlier ones. */
  #inTurn(act: () => Promise<void> | void): Promise<void> {
    return this.#last = this.#last.then(act);
  }

  /**
   * Runs an action that can fail; returns whether it succeeded. Of several
   * failures in a row, it warns only of the first.
   */
  async #try(act: () => Promise<unknown>): Promise<boolean> {
    try {
      await act();
      return true;
    } catch (error) {
      this.#close();
      this.#retryAt = this.#clock.now() + RETRY_MS;
      if (this.#lost !== undefined) return false;
      this.#lost = 0;
      const why = error instanceof Error ? error.message : String(error);
      this.#warn(
        `Cannot write to "${this.path}", lines are lost until it works again: ${why}`,
      );
      return false;
    }
  }

  async #append({ maxBytes, maxFiles }: Limits): Promise<void> {
    let file = await this.#current();
    while (this.#rest.length > 0) {
      const length = this.#size === undefined
        ? this.#rest.length
        : fitting(this.#rest, this.#size, maxBytes);
      if (length > 0) await this.#write(file, length);
      else file = await this.#rotate(maxFiles);
    }
  }

  /** Returns the file, opened anew if it was moved or removed. */
  async #current(): Promise<Deno.FsFile> {
    const file = this.#file;
    if (file === undefined) return await this.#open();
    const now = this.#clock.now();
    if (now < this.#checkAt) return file;
    this.#checkAt = now + CHECK_MS;
    checkAccess(this.path, 0, "");
    const own = await file.stat();
    const there = await Deno.stat(this.path).catch(() => undefined);
    if (there?.ino === own.ino && there.dev === own.dev) {
      if (own.isFile) this.#size = own.size;
      return file;
    }
    this.#close();
    return await this.#open();
  }

  async #open(): Promise<Deno.FsFile> {
    checkAccess(this.path, 0, "");
    const file = await Deno.open(this.path, {
      read: true,
      append: true,
      create: true,
    });
    this.#file = file;
    this.#checkAt = this.#clock.now() + CHECK_MS;
    const { isFile, size } = await file.stat();
    this.#size = isFile ? size : undefined;
    if (isFile && size > 0 && await lastByte(file) !== LF) {
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
   * Gives the file, and each renamed one, the next number, and opens a new
   * file.
   */
  async #rotate(maxFiles: number): Promise<Deno.FsFile> {
    this.#close();
    checkAccess(this.path, maxFiles, "");
    if (maxFiles === 0) await Deno.remove(this.path);
    for (let number = maxFiles; number > 0; number--) {
      const from = numbered(this.path, number - 1);
      try {
        await Deno.rename(from, numbered(this.path, number));
      } catch (error) {
        if (!(error instanceof Deno.errors.NotFound)) throw error;
      }
    }
    return await this.#open();
  }

  /**
   * Writes the first bytes of the rest. If that fails, only the whole lines
   * among the bytes that were written stay in the file.
   */
  async #write(file: Deno.FsFile, length: number): Promise<void> {
    const part = this.#rest.subarray(0, length);
    const start = this.#size;
    let done = 0;
    try {
      while (done < length) done += await file.write(part.subarray(done));
    } catch (error) {
      done = part.subarray(0, done).lastIndexOf(LF) + 1;
      // If this fails too, `#open()` completes the last line.
      if (start !== undefined) {
        await file.truncate(start + done).catch(() => {});
      }
      throw error;
    } finally {
      if (start !== undefined) this.#size = start + done;
      this.#rest = this.#rest.subarray(done);
    }
  }
}

/**
 * Throws unless this program may read and write a file under its own name and
 * under those that it is renamed to. Without this check, Deno would prompt for
 * a permission.
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
 * empty file takes the first line, however long the line is.
 */
function fitting(lines: Bytes, size: number, maxBytes: number): number {
  const room = maxBytes - size;
  if (lines.length <= room) return lines.length;
  const length = room > 0 ? lines.lastIndexOf(LF, room - 1) + 1 : 0;
  return length === 0 && size === 0 ? lines.indexOf(LF) + 1 : length;
}

function countLines(lines: Bytes): number {
  let count = 0;
  for (const byte of lines) if (byte === LF) count++;
  return count;
}

function counted(lines: number): string {
  return lines === 1 ? "1 line was" : `${lines} lines were`;
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
