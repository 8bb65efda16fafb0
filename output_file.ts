/**
 * The files to which the output of processes is written.
 *
 * @module
 */

import type { Clock } from "./kernel.ts";
import type { Line } from "./lines.ts";
import { checkAccess, RotatingFile } from "./rotating_file.ts";
import {
  type Check,
  fileOrUrl,
  type Filled,
  flag,
  options as optionsOf,
  whole,
  wrong,
} from "./validate.ts";

/** The file to which the output of a process is written. */
export interface OutputFileOptions {
  /**
   * The path of the file, in a folder that exists. Lines are appended to what
   * the file holds already. Several processes of one manager may write to it.
   * Other programs may move it, but should not write to it.
   */
  path: string | URL;
  /**
   * The largest size of the file in bytes. If the next line does not fit,
   * processman first renames the file to `path.1`, an earlier `path.1` to
   * `path.2`, and so on. A line that is longer than this gets a file of its
   * own. With `Infinity`, processman never renames the file.
   *
   * @default {10_485_760}
   */
  maxBytes?: number | undefined;
  /**
   * How many renamed files are kept, at most 1,000. With `0`, the file is
   * removed instead of being renamed.
   *
   * @default {5}
   */
  maxFiles?: number | undefined;
  /**
   * Whether each line is written as a JSON object with `time` (ISO 8601),
   * `process`, `source`, `run`, `text` and `truncated`, instead of as its text.
   *
   * @default {false}
   */
  json?: boolean | undefined;
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

/** The defaults of the options of a file. */
export const FILE_DEFAULTS: Filled<Omit<OutputFileOptions, "path">> = {
  maxBytes: 10_485_760,
  maxFiles: 5,
  json: false,
};

/** Writes the lines of one process to its file. */
export interface FileWriter {
  /** Writes lines; resolves when they are written or lost. Never rejects. */
  write(lines: readonly Line[]): Promise<void>;
  /**
   * Releases the file, since no lines follow; resolves when that is done. Never
   * rejects.
   */
  close(): Promise<void>;
}

/** The most lines that are written at once; more would take too long. */
const LINES_AT_ONCE = 4_000;

/** A file that several processes may write to. */
interface SharedFile {
  readonly file: RotatingFile;
  /** The number of processes that write to it. */
  writers: number;
}

/** The files of a manager; each is open once, for all processes that use it. */
export class OutputFiles {
  readonly #files = new Map<string, SharedFile>();
  readonly #warn: (message: string) => void;
  readonly #clock: Clock;

  /** Creates the set; `warn` is called about files that cannot be written. */
  constructor(warn: (message: string) => void, clock: Clock) {
    this.#warn = warn;
    this.#clock = clock;
  }

  /**
   * Returns a writer for the lines of a process. It opens the file when there
   * is a line to write.
   *
   * @throws {Deno.errors.NotCapable} If a permission is missing.
   */
  writer(process: string, options: Filled<OutputFileOptions>): FileWriter {
    const { maxBytes, maxFiles, json } = options;
    const path = absolute(options.path);
    checkAccess(
      path,
      maxBytes === Infinity ? 0 : maxFiles,
      `Cannot write the output of process "${process}" to a file: `,
    );
    let shared: SharedFile | undefined;
    return {
      write: async (lines) => {
        shared ??= this.#take(path);
        for (let start = 0; start < lines.length; start += LINES_AT_ONCE) {
          const some = lines.slice(start, start + LINES_AT_ONCE);
          const texts = json ? asJson(some, process) : asText(some);
          await shared.file.append(texts, { maxBytes, maxFiles });
        }
      },
      close: async () => {
        if (shared !== undefined) await this.#giveBack(shared);
      },
    };
  }

  /**
   * Closes all files and opens their paths again; resolves when nothing is
   * written to the old files any more.
   */
  async reopen(): Promise<void> {
    await Promise.all(
      Array.from(this.#files.values(), ({ file }) => file.reopen()),
    );
  }

  #take(path: string): SharedFile {
    const shared = this.#files.get(path) ??
      { file: new RotatingFile(path, this.#warn, this.#clock), writers: 0 };
    this.#files.set(path, shared);
    shared.writers++;
    return shared;
  }

  async #giveBack(shared: SharedFile): Promise<void> {
    if (--shared.writers > 0) return;
    this.#files.delete(shared.file.path);
    await shared.file.close();
  }
}

function asText(lines: readonly Line[]): string[] {
  return lines.map(({ text }) => text);
}

function asJson(lines: readonly Line[], process: string): string[] {
  let last = NaN;
  let time = "";
  return lines.map((line) => {
    // Lines that have arrived together share the text of their time.
    if (line.time !== last) time = new Date(line.time).toISOString();
    last = line.time;
    const { source, run, text, truncated } = line;
    return JSON.stringify({ time, process, source, run, text, truncated });
  });
}

/** Makes a path independent of the working directory. */
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
