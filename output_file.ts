/**
 * The files to which processman writes the output of processes.
 *
 * @module
 */

import {
  absolutePath,
  type FileTarget,
  targetOf,
  workingDirectory,
} from "./file_path.ts";
import type { Clock } from "./kernel.ts";
import type { Line, OutputSource } from "./lines.ts";
import { checkFileAccess } from "./permissions.ts";
import { joined, type RawLines } from "./raw_lines.ts";
import { checkAccess, type Limits, RotatingFile } from "./rotating_file.ts";
import { StreamFile } from "./stream_file.ts";
import {
  fileOrUrl,
  type Filled,
  flag,
  options as optionsOf,
  type OptionsCheck,
  whole,
  wrong,
} from "./validate.ts";

/** The file to which processman writes the output of a process. */
export interface OutputFileOptions {
  /**
   * The path of the file. processman creates the file and its folder if they
   * are missing, and appends lines to an existing file. Several processes of
   * one manager can write to it. Other programs and managers can move it, but
   * should not write to it.
   *
   * A relative path is resolved when you call `command()`, against the working
   * directory that this program has then. If the path is a link, processman
   * uses the target of the link, and does not read the link again.
   *
   * `/dev/stdout` and `/dev/stderr` are the streams of this program itself, for
   * which it needs no permission. The path can also be a device, but not a
   * FIFO, a socket or a directory. processman never renames a file in `/dev` or
   * `/proc`, nor a file that a link there leads to, such as `/dev/fd/3`.
   */
  path: string | URL;
  /**
   * The path of another file, for the lines of stderr alone. Each of the two
   * files is rotated on its own. Neither can have the name of a renamed file of
   * the other.
   *
   * @default {none}
   */
  stderr?: string | URL | undefined;
  /**
   * The maximum size of the file in bytes. If the next line does not fit,
   * processman first renames the file to `path.1`, an earlier `path.1` to
   * `path.2`, and so on. A line longer than this gets its own file. With
   * `Infinity`, processman never renames the file.
   *
   * @default {10_485_760}
   */
  maxBytes?: number | undefined;
  /**
   * How many renamed files processman keeps, at most 1,000. With `0`, it
   * removes the file instead of renaming it.
   *
   * @default {5}
   */
  maxFiles?: number | undefined;
  /**
   * Whether each line is written as a JSON object with `time` (ISO 8601),
   * `process`, `source`, `run`, `text` and `truncated`. In `text`, U+FFFD
   * replaces invalid UTF-8. Without this option, each line is written as its
   * original bytes and LF.
   *
   * @default {false}
   */
  json?: boolean | undefined;
}

/** Checks the options of a file. */
export const checkFile: OptionsCheck<OutputFileOptions> = optionsOf<
  OutputFileOptions
>({
  path: fileOrUrl,
  stderr: fileOrUrl,
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
}, ["path"]);

/** The options of a file, with the defaults filled in. */
export type FileRules =
  & Filled<Omit<OutputFileOptions, "stderr">>
  & Pick<OutputFileOptions, "stderr">;

/** The default options of a file. */
export const FILE_DEFAULTS: Omit<FileRules, "path" | "stderr"> = {
  maxBytes: 10_485_760,
  maxFiles: 5,
  json: false,
};

type Bytes = Uint8Array<ArrayBuffer>;

/** Writes the lines of one process. */
export interface Writer<Item> {
  /** Writes lines; resolves when they are written or lost. Never rejects. */
  write(lines: readonly Item[]): Promise<void>;
  /**
   * Drops the lines that a stream or device does not take, instead of waiting
   * for it. A regular file still gets all lines.
   */
  giveUp?(): void;
  /**
   * Releases the files, because no lines follow. Resolves when that is done.
   * Never rejects.
   */
  close(): Promise<void>;
}

/** Writes lines as text, in some form. */
interface TextWriter extends Writer<Line> {
  readonly raw?: false;
}

/** Writes lines as bytes. */
interface RawWriter extends Writer<RawLines> {
  readonly raw: true;
}

/** Writes the lines of one process, in the form that its file needs. */
export type FileWriter = TextWriter | RawWriter;

/**
 * The maximum number of lines to convert to JSON at once; more take too long.
 */
const LINES_AT_ONCE = 4_000;

/** How lines are appended to a file. */
interface Appending extends Limits {
  /** Aborted when lines are to be dropped instead of waiting for the file. */
  readonly signal: AbortSignal;
}

/** A file that is open for one process; others can write to it too. */
interface OpenFile {
  append(lines: Bytes, how: Appending): Promise<void>;
  close(): Promise<void>;
}

/** A file, and the number of processes that write to it. */
interface SharedFile {
  readonly file: RotatingFile | StreamFile;
  writers: number;
}

/** Where each output of a process is written. */
type Targets = Readonly<Record<OutputSource, FileTarget>>;

/** The files of a manager; each is open once, for all processes that use it. */
export class OutputFiles {
  readonly #files = new Map<string, SharedFile>();
  /** Where paths led when they were first used. */
  readonly #targets = new WeakMap<FileRules, Targets>();
  readonly #warn: (message: string) => void;
  readonly #clock: Clock;

  /** Creates the set; `warn` is called about files that cannot be written. */
  constructor(warn: (message: string) => void, clock: Clock) {
    this.#warn = warn;
    this.#clock = clock;
  }

  /**
   * Returns a writer for the lines of a process. It opens a file when there is
   * a line to write. With the same options object, it writes to the same files
   * each time.
   *
   * @throws {TypeError} If output cannot be written to a path, or if one of two
   * files would be renamed to the other.
   * @throws {Deno.errors.NotCapable} If a permission is missing.
   * @throws {Deno.errors.NotFound} If a path is relative and the working
   * directory has been deleted.
   */
  writer(process: string, options: FileRules): FileWriter {
    const before =
      `Cannot write the output of process "${process}" to a file: `;
    const targets = this.#targetsOf(options, before);
    for (const target of new Set(Object.values(targets))) {
      checkTarget(target, options, before);
    }
    const open = (target: FileTarget) => this.#take(target);
    if (!options.json) {
      return { raw: true, ...writerTo(targets, options, open, asBytes) };
    }
    const encode = (lines: readonly Line[]) => asJson(lines, process);
    return writerTo(targets, options, open, encode);
  }

  /**
   * Closes all files and opens their paths again. Resolves when nothing more is
   * written to the old files.
   */
  async reopen(): Promise<void> {
    await Promise.all(
      Array.from(this.#files.values(), ({ file }) => file.reopen()),
    );
  }

  /** Returns where each output goes, as found at the first call. */
  #targetsOf(options: FileRules, before: string): Targets {
    const known = this.#targets.get(options);
    if (known !== undefined) return known;
    const find = (path: string | URL, option: string) =>
      targetOf(absolutePath(path, option, workingDirectory()), option, before);
    const stdout = find(options.path, "output.file.path");
    const own = options.stderr && find(options.stderr, "output.file.stderr");
    const stderr = own && own.path !== stdout.path ? own : stdout;
    checkNumbers(stdout, stderr.path, options);
    checkNumbers(stderr, stdout.path, options);
    this.#targets.set(options, { stdout, stderr });
    return { stdout, stderr };
  }

  /** Opens a file for one more writer. */
  #take(target: FileTarget): OpenFile {
    const { path } = target;
    const shared = this.#files.get(path) ??
      { file: fileFor(target, this.#warn, this.#clock), writers: 0 };
    this.#files.set(path, shared);
    shared.writers++;
    const { file } = shared;
    return {
      append: (lines, how) => file.append(lines, how),
      close: async () => {
        if (--shared.writers > 0) return;
        this.#files.delete(path);
        await file.close();
      },
    };
  }
}

function fileFor(
  target: FileTarget,
  warn: (message: string) => void,
  clock: Clock,
): RotatingFile | StreamFile {
  return target.kind === "file"
    ? new RotatingFile(target.path, warn, clock)
    : new StreamFile(target, warn, clock);
}

/** Throws unless this program has the permissions that a file needs. */
function checkTarget(
  target: FileTarget,
  options: FileRules,
  before: string,
): void {
  const { kind, path } = target;
  const { maxBytes, maxFiles } = limitsOf(target, options);
  if (kind === "device") checkFileAccess(path, before, ["write"]);
  if (kind !== "file") return;
  checkAccess(path, maxBytes === Infinity ? 0 : maxFiles, before);
}

/** Throws if another file of the process has the name of a renamed file. */
function checkNumbers(
  target: FileTarget,
  other: string,
  options: FileRules,
): void {
  const { maxBytes, maxFiles } = limitsOf(target, options);
  const number = Number(other.slice(target.path.length + 1));
  if (other !== `${target.path}.${number}` || maxBytes === Infinity) return;
  if (!Number.isInteger(number) || number < 1 || number > maxFiles) return;
  const expected =
    'a path that differs from "output.file.path" in more than the number of a renamed file';
  wrong("output.file.stderr", expected, String(options.stderr));
}

/** Returns the limits of a file. Some files are never renamed. */
function limitsOf({ renamable }: FileTarget, options: FileRules): Limits {
  const { maxBytes, maxFiles } = options;
  return { maxBytes: renamable ? maxBytes : Infinity, maxFiles };
}

/** Returns a writer that splits the lines of a process between its files. */
function writerTo<Item extends { readonly source: OutputSource }>(
  targets: Targets,
  options: FileRules,
  open: (target: FileTarget) => OpenFile,
  encode: (lines: readonly Item[]) => Iterable<Bytes>,
): Writer<Item> {
  const files = new Map<FileTarget, OpenFile>();
  const patience = new AbortController();
  const append = async (target: FileTarget, lines: readonly Item[]) => {
    if (lines.length === 0) return;
    const file = files.get(target) ?? open(target);
    files.set(target, file);
    const how = { ...limitsOf(target, options), signal: patience.signal };
    for (const bytes of encode(lines)) await file.append(bytes, how);
  };
  return {
    write: async (lines) => {
      const { stdout, stderr } = targets;
      if (stdout === stderr) return await append(stdout, lines);
      const of = (name: OutputSource) =>
        lines.filter(({ source }) => source === name);
      await Promise.all([
        append(stdout, of("stdout")),
        append(stderr, of("stderr")),
      ]);
    },
    giveUp: () => patience.abort(),
    close: async () => {
      await Promise.all(Array.from(files.values(), (file) => file.close()));
    },
  };
}

/** Joins lines that are bytes. */
function asBytes(lines: readonly RawLines[]): Bytes[] {
  const parts = lines.map(({ bytes }) => bytes);
  return parts.length > 1 ? [joined(parts)] : parts;
}

/** Converts lines to JSON, a limited number at once. */
function* asJson(lines: readonly Line[], process: string): Generator<Bytes> {
  let last = NaN;
  let time = "";
  const encoder = new TextEncoder();
  for (let start = 0; start < lines.length; start += LINES_AT_ONCE) {
    const texts = lines.slice(start, start + LINES_AT_ONCE).map((line) => {
      // Lines that arrived together share the text of their time.
      if (line.time !== last) time = new Date(line.time).toISOString();
      last = line.time;
      const { source, run, text, truncated } = line;
      return JSON.stringify({ time, process, source, run, text, truncated });
    });
    yield encoder.encode(texts.join("\n") + "\n");
  }
}
