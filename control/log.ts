/**
 * The logs of processes: what is recorded of their output, and how it is read.
 *
 * @module
 */

import type { Clock, Processman } from "../mod.ts";
import { DiskShelf, ForeignShelf } from "./log_disk.ts";
import { MemoryShelf } from "./log_memory.ts";
import { readShelf } from "./log_read.ts";
import { recordAll } from "./log_recorder.ts";
import type { Shelf } from "./log_track.ts";
import { warnOnStderr } from "./log_warn.ts";
import { PlaceError } from "./presence.ts";
import type { LogRules } from "./log_writer.ts";
import type { LogItem, LogQuery, LogSource } from "./wire.ts";

export { LogQueryError } from "./log_query.ts";

/** A log that records the output of all processes of a manager. */
export interface Log extends LogSource {
  /**
   * Records all lines of all processes, also of those that start later. A child
   * that writes faster than the log takes lines has to wait.
   *
   * @param pm The manager; one for each log.
   * @returns A promise that resolves when everything is kept, after the manager
   * was shut down. Those who follow the log get all lines, and then the end.
   * Never rejects.
   */
  record(pm: Processman): Promise<void>;
  /** Closes files; what has been recorded stays. */
  close(): Promise<void>;
}

/** How much is kept of each process. */
export interface LogLimits {
  /**
   * The maximum size on disk in bytes, for each process. When it is reached,
   * about the oldest eighth is removed.
   *
   * @default {52_428_800}
   */
  readonly maxBytes?: number | undefined;
  /**
   * The maximum age in milliseconds. Lines are removed some time after it: at
   * most an eighth of the age.
   *
   * @default {604_800_000}
   */
  readonly maxAgeMs?: number | undefined;
}

/** Options of {@linkcode openLog}, besides the limits. */
export interface OpenLogOptions extends LogLimits {
  /**
   * Called with a message when lines cannot be written, and when they can be
   * written again.
   *
   * @default {writes the message to stderr}
   */
  readonly warn?: ((message: string) => void) | undefined;
}

/** Options of {@linkcode memoryLog}. */
export interface MemoryLogOptions {
  /**
   * How many of the newest lines are kept of each process.
   *
   * @default {1_000}
   */
  readonly lines?: number | undefined;
}

/** Seven days, and 50 MiB. */
const DEFAULTS: LogRules = { maxBytes: 52_428_800, maxAgeMs: 604_800_000 };

/** Time between two searches for lines that are too old, in milliseconds. */
const SWEEP_MS = 600_000;

/**
 * Opens a log on disk, for writing and reading.
 *
 * Each process has a folder in it, with files of at most an eighth of
 * `maxBytes`. Each line is a line of text: the time, the number of the run,
 * `out` or `err`, and the text. Lines are numbered over all supervisors that
 * write to the folder, and so are runs. A file has the number of its first line
 * as its name.
 *
 * When a file cannot be written, lines are lost until a write succeeds, which
 * is tried every five seconds; processes are never affected.
 *
 * @param folder The folder; it is created if it is missing, for this user
 * alone. Only one program may write to it at a time.
 * @param options How much is kept.
 * @throws {TypeError} If an option does not exist or has a wrong type.
 * @throws {RangeError} If an option is out of range.
 * @throws {PlaceError} If another program writes to the folder.
 */
export async function openLog(
  folder: string,
  options: OpenLogOptions = {},
): Promise<Log> {
  checkText(folder);
  const { warn = warnOnStderr, ...limits } = checkOptions(options, {
    maxBytes: limit,
    maxAgeMs: limit,
    warn: callable,
  });
  const { maxBytes = DEFAULTS.maxBytes, maxAgeMs = DEFAULTS.maxAgeMs } = limits;
  const shelf = new DiskShelf(folder, { maxBytes, maxAgeMs }, warn);
  await makeFolder(folder);
  const lock = await takeFolder(folder);
  return {
    ...readerOf(() => shelf),
    async record(pm) {
      const { clock } = pm;
      const over = new AbortController();
      const sweeper = sweepAgain(shelf, clock, over.signal);
      await recordAll(pm, shelf.keeper(clock));
      over.abort();
      await sweeper.last;
      shelf.end();
    },
    async close() {
      await shelf.close();
      lock?.close();
    },
  };
}

/**
 * Returns a log on disk for reading, while another program writes to it or none
 * does. A folder that does not exist is a log without lines.
 *
 * @param folder The folder.
 * @throws {TypeError} If the folder is not a string.
 */
export function readLog(folder: string): LogSource {
  checkText(folder);
  return readerOf(() => new ForeignShelf(folder));
}

/**
 * Returns a log in memory, which has the newest lines of each process: of those
 * that run, and of the 100 that have ended last.
 *
 * @param options How many lines.
 * @throws {TypeError} If an option does not exist or has a wrong type.
 * @throws {RangeError} If an option is out of range.
 */
export function memoryLog(options: MemoryLogOptions = {}): Log {
  const { lines = 1_000 } = checkOptions(options, { lines: limit });
  const shelf = new MemoryShelf(lines);
  return {
    ...readerOf(() => shelf),
    async record(pm) {
      await recordAll(pm, shelf);
      shelf.end();
    },
    close: () => Promise.resolve(),
  };
}

function readerOf(shelf: () => Shelf): LogSource {
  return {
    read: (query: LogQuery, signal: AbortSignal): AsyncIterable<LogItem> =>
      readShelf(shelf, query, signal),
    async names() {
      const tracks = await shelf().tracks();
      return tracks.map(({ name }) => name).sort();
    },
  };
}

/**
 * Removes lines that are too old, now and again, until a signal is aborted.
 * The wait does not keep the program alive, so nothing can wait for its end.
 */
function sweepAgain(
  shelf: DiskShelf,
  clock: Clock,
  signal: AbortSignal,
): { readonly last: Promise<void> } {
  const sweeper = { last: shelf.sweep(clock) };
  const goOn = async () => {
    while (!signal.aborted) {
      await sweeper.last;
      await clock.delay(SWEEP_MS, { signal, persistent: false });
      if (!signal.aborted) sweeper.last = shelf.sweep(clock);
    }
  };
  goOn();
  return sweeper;
}

/** Creates a folder for this user alone. The first write says what is wrong. */
async function makeFolder(folder: string): Promise<void> {
  try {
    await Deno.mkdir(folder, { recursive: true, mode: 0o700 });
    if (Deno.build.os !== "windows") await Deno.chmod(folder, 0o700);
  } catch {
    // Lines are lost, and that is said.
  }
}

/**
 * Makes sure that no other program writes to a folder, until what is returned
 * is closed.
 */
async function takeFolder(folder: string): Promise<Deno.FsFile | undefined> {
  let file;
  try {
    file = await Deno.open(`${folder}/lock`, { write: true, create: true });
  } catch {
    // Nothing can be written to it; the first write says why.
    return undefined;
  }
  if (await file.tryLock(true)) return file;
  file.close();
  throw new PlaceError(
    `Another program writes its logs to "${folder}": give each configuration ` +
      "a folder of its own, or end the other program " +
      `(fuser "${folder}/lock" finds it)`,
  );
}

type Check = (value: unknown, name: string) => void;

/** Checks options; `undefined` is the same as leaving an option out. */
function checkOptions<T extends object>(
  options: T,
  checks: Readonly<Record<keyof T, Check>>,
): T {
  for (const [name, value] of Object.entries(options)) {
    if (!Object.hasOwn(checks, name)) {
      const names = Object.keys(checks).join(", ");
      throw new TypeError(
        `Option "${name}" does not exist: the options are ${names}`,
      );
    }
    if (value !== undefined) checks[name as keyof T](value, name);
  }
  return options;
}

function limit(value: unknown, name: string): void {
  if (typeof value !== "number") wrong(name, "a number", value);
  if (value === Infinity) return;
  if (!Number.isSafeInteger(value) || value < 1) {
    const expected = "a whole number >= 1 or Infinity";
    wrong(name, expected, value, RangeError);
  }
}

function callable(value: unknown, name: string): void {
  if (typeof value !== "function") wrong(name, "a function", value);
}

function checkText(folder: unknown): void {
  if (typeof folder !== "string" || folder === "" || folder.includes("\0")) {
    wrong("folder", "a path", folder);
  }
}

function wrong(
  name: string,
  expected: string,
  value: unknown,
  kind: typeof TypeError | typeof RangeError = TypeError,
): never {
  const shown = typeof value === "string" ? JSON.stringify(value) : `${value}`;
  throw new kind(
    `Option "${name}" must be ${expected}: current value is ${shown}`,
  );
}
