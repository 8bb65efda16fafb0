/**
 * Log files: the output of processes as whole lines, in files that are bounded.
 *
 * @module
 */

import type { Line } from "./lines.ts";
import {
  type Check,
  fileOrUrl,
  flag,
  options as optionsOf,
  whole,
  wrong,
} from "./validate.ts";

/** Where the output of a process is written to, see `output.file`. */
export interface OutputFileOptions {
  /**
   * The file, in a folder that exists. What it holds already is kept: lines are
   * added at its end. Processes of one manager may share it; other programs may
   * move it away, but should not write to it.
   */
  path: string | URL;
  /**
   * How many bytes the file may have. Before a line would make it larger, it is
   * renamed to `path.1`, what has that name to `path.2`, and so on. A line that
   * is longer than that gets a file of its own. `Infinity`: it is never renamed.
   *
   * @default {10_485_760}
   */
  maxBytes?: number;
  /**
   * How many of the renamed files are kept, up to 1,000. `0`: the file is
   * removed instead of being renamed.
   *
   * @default {5}
   */
  maxFiles?: number;
  /**
   * Whether each line is written as a JSON object with `time` (ISO 8601),
   * `process`, `source`, `run`, `text` and `truncated`, instead of as it is.
   *
   * @default {false}
   */
  json?: boolean;
}

/** Checks the options of a file. */
export const checkFile: Check = optionsOf<OutputFileOptions>({
  path: fileOrUrl,
  maxBytes: (value, path) => {
    if (value === Infinity) return;
    if (typeof value !== "number") wrong(path, "a number", value);
    if (!Number.isSafeInteger(value) || value < 1) {
      wrong(path, "a whole number >= 1 or Infinity", value, RangeError);
    }
  },
  maxFiles: (value, path) => {
    whole(value, path);
    if (value as number > 1_000) {
      wrong(path, "a whole number <= 1000", value, RangeError);
    }
  },
  json: flag,
});

/** The options of a file where nothing else is said. */
export const FILE_DEFAULTS: Required<Omit<OutputFileOptions, "path">> = {
  maxBytes: 10_485_760,
  maxFiles: 5,
  json: false,
};

/** Writes the lines of one process to its log file. */
export interface FileWriter {
  /** Writes lines; resolves when that is done, or has failed. Never rejects. */
  write(lines: readonly Line[]): Promise<void>;
  /** Resolves when the file is not needed any more. Never rejects. */
  close(): Promise<void>;
}

type Bytes = Uint8Array<ArrayBuffer>;

/** How long a file that failed is left alone, in milliseconds. */
const RETRY_MS = 5_000;

/** How often it is looked whether a file was moved away, in milliseconds. */
const LOOK_MS = 1_000;

/** How many lines are written at once: no more than a few milliseconds take. */
const LINES_AT_ONCE = 4_000;

const LF = 10;

/** The log files of a manager: each is open once, whoever writes to it. */
export class OutputFiles {
  readonly #files = new Map<string, OutputFile>();
  readonly #warn: (message: string) => void;

  /** Creates the set; `warn` is told of files that cannot be written. */
  constructor(warn: (message: string) => void) {
    this.#warn = warn;
  }

  /**
   * Returns what writes the lines of a process. Its file is opened when there
   * is a line.
   *
   * @throws {Deno.errors.NotCapable} If a permission is missing.
   */
  writer(process: string, options: Required<OutputFileOptions>): FileWriter {
    const path = absolute(options.path);
    const { maxBytes, maxFiles } = options;
    checkAccess(
      path,
      maxBytes === Infinity ? 0 : maxFiles,
      `Cannot write the output of process "${process}" to a file: `,
    );
    let file: OutputFile | undefined;
    return {
      write: async (lines) => {
        file ??= this.#take(path);
        for (let start = 0; start < lines.length; start += LINES_AT_ONCE) {
          const some = lines.slice(start, start + LINES_AT_ONCE);
          await file.append(some, process, options);
        }
      },
      close: async () => {
        if (file !== undefined) await this.#giveBack(file);
      },
    };
  }

  /** Opens all files anew; resolves when no old one is written any more. */
  async reopen(): Promise<void> {
    await Promise.all(
      Array.from(this.#files.values(), (file) => file.reopen()),
    );
  }

  #take(path: string): OutputFile {
    const file = this.#files.get(path) ?? new OutputFile(path, this.#warn);
    this.#files.set(path, file);
    file.users++;
    return file;
  }

  async #giveBack(file: OutputFile): Promise<void> {
    if (--file.users > 0) return;
    this.#files.delete(file.path);
    await file.close();
  }
}

/** One file, which is written by one at a time. */
class OutputFile {
  /** How many processes write to it. */
  users = 0;
  readonly path: string;
  readonly #warn: (message: string) => void;
  #file: Deno.FsFile | undefined;
  /** How long it is; nothing but a regular file has a length. */
  #size: number | undefined;
  /** What is being written and is not yet in the file. */
  #rest: Bytes = new Uint8Array();
  /** How many lines were lost since it failed. */
  #lost: number | undefined;
  #retryAt = 0;
  #lookAt = 0;
  #last: Promise<void> = Promise.resolve();

  constructor(path: string, warn: (message: string) => void) {
    this.path = path;
    this.#warn = warn;
  }

  /** Adds lines of a process. */
  append(
    lines: readonly Line[],
    process: string,
    options: Required<OutputFileOptions>,
  ): Promise<void> {
    return this.#inTurn(async () => {
      if (performance.now() < this.#retryAt) return this.#lose(lines.length);
      this.#rest = encode(lines, options.json ? process : undefined);
      if (!await this.#try(() => this.#append(options))) {
        return this.#lose(countLines(this.#rest));
      }
      if (this.#lost === undefined) return;
      const lost = counted(this.#lost);
      this.#warn(`Writing to "${this.path}" again: ${lost} lost`);
      this.#lost = undefined;
    });
  }

  /** Closes the file and opens what has its name now. */
  reopen(): Promise<void> {
    return this.#inTurn(async () => {
      this.#retryAt = 0;
      this.#close();
      await this.#try(() => this.#open());
    });
  }

  /** Closes the file after what was begun. */
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

  /** Does something after what was begun earlier. */
  #inTurn(act: () => Promise<void> | void): Promise<void> {
    return this.#last = this.#last.then(act);
  }

  /** Does something that can fail, which is told once. */
  async #try(act: () => Promise<unknown>): Promise<boolean> {
    try {
      await act();
      return true;
    } catch (error) {
      this.#close();
      this.#retryAt = performance.now() + RETRY_MS;
      if (this.#lost !== undefined) return false;
      this.#lost = 0;
      const why = error instanceof Error ? error.message : String(error);
      this.#warn(
        `Cannot write to "${this.path}", lines are lost until it works again: ${why}`,
      );
      return false;
    }
  }

  async #append(
    { maxBytes, maxFiles }: Required<OutputFileOptions>,
  ): Promise<void> {
    let file = await this.#current();
    while (this.#rest.length > 0) {
      const length = this.#size === undefined
        ? this.#rest.length
        : fitting(this.#rest, this.#size, maxBytes);
      if (length > 0) await this.#write(file, length);
      else file = await this.#rotate(maxFiles);
    }
  }

  /** Returns the file, which is not one that was moved away or removed. */
  async #current(): Promise<Deno.FsFile> {
    const file = this.#file;
    if (file === undefined) return await this.#open();
    const now = performance.now();
    if (now < this.#lookAt) return file;
    this.#lookAt = now + LOOK_MS;
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
    this.#lookAt = performance.now() + LOOK_MS;
    const { isFile, size } = await file.stat();
    this.#size = isFile ? size : undefined;
    if (isFile && size > 0 && await lastByte(file) !== LF) {
      // Somebody was interrupted, and the next line is not to be part of it.
      await file.write(Uint8Array.of(LF));
      this.#size = size + 1;
    }
    return file;
  }

  #close(): void {
    this.#file?.close();
    this.#file = undefined;
  }

  /** Makes room: gives the file, and those before it, the next number. */
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

  /** Writes the beginning of the rest: all of it, or as many lines as can be. */
  async #write(file: Deno.FsFile, length: number): Promise<void> {
    const part = this.#rest.subarray(0, length);
    const start = this.#size;
    let done = 0;
    try {
      while (done < length) done += await file.write(part.subarray(done));
    } catch (error) {
      done = part.subarray(0, done).lastIndexOf(LF) + 1;
      // Where that fails too, the end is mended by who opens the file next.
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
 * Throws unless a file, and those that it is renamed to, may be used: Deno would
 * ask the user for it.
 */
function checkAccess(path: string, maxFiles: number, what: string): void {
  for (let number = 0; number <= maxFiles; number++) {
    const file = numbered(path, number);
    for (const name of ["read", "write"] as const) {
      const { state } = Deno.permissions.querySync({ name, path: file });
      if (state === "granted") continue;
      const folder = path.slice(0, path.lastIndexOf("/")) || "/";
      throw new Deno.errors.NotCapable(
        `${what}requires ${name} access to "${file}", run again with --allow-read=${folder} --allow-write=${folder}`,
      );
    }
  }
}

/** Writes lines as they are, or as JSON with the name of their process. */
function encode(lines: readonly Line[], process: string | undefined): Bytes {
  const texts = process === undefined
    ? lines.map(({ text }) => text)
    : asJson(lines, process);
  return new TextEncoder().encode(texts.join("\n") + "\n");
}

function asJson(lines: readonly Line[], process: string): string[] {
  let last = NaN;
  let time = "";
  return lines.map((line) => {
    // Of lines that arrive together, one has its time written out.
    if (line.time !== last) time = new Date(line.time).toISOString();
    last = line.time;
    const { source, run, text, truncated } = line;
    return JSON.stringify({ time, process, source, run, text, truncated });
  });
}

/** Returns how many bytes of whole lines a file of a size has room for. */
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

/** Returns a path that stays the same when the working directory changes. */
function absolute(path: string | URL): string {
  if (path instanceof URL) {
    const { pathname } = path;
    return decodeURIComponent(
      Deno.build.os === "windows" ? pathname.slice(1) : pathname,
    );
  }
  const rooted = /^(\/|\\|[a-z]:)/i.test(path);
  if (rooted) return path;
  try {
    return `${Deno.cwd()}/${path}`;
  } catch (cause) {
    if (!(cause instanceof Deno.errors.NotFound)) throw cause;
    throw new Deno.errors.NotFound(
      `Cannot resolve option "output.file.path": the working directory of this program has been deleted: current value is ${
        JSON.stringify(path)
      }`,
      { cause },
    );
  }
}
