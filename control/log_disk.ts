/**
 * A log on disk.
 *
 * @module
 */

import type { Clock, Line } from "../mod.ts";
import { TrackFiles } from "./log_files.ts";
import { LogLosses } from "./log_losses.ts";
import type { Keeper } from "./log_recorder.ts";
import { Changes, type Shelf, type Track } from "./log_track.ts";
import {
  folderOf,
  listFolders,
  type LogRules,
  TrackWriter,
} from "./log_writer.ts";

/** The log that this program writes. */
export class DiskShelf implements Shelf {
  readonly changes: Changes = new Changes();
  #complete = false;
  readonly #folder: string;
  readonly #rules: LogRules;
  readonly #losses: LogLosses;
  readonly #writers = new Map<string, Promise<TrackWriter>>();
  /** Present once the folders of earlier supervisors have been looked for. */
  #found: Promise<void> | undefined;

  /** Creates the log; nothing is read or written yet. */
  constructor(
    folder: string,
    rules: LogRules,
    warn: (message: string) => void,
  ) {
    this.#folder = folder;
    this.#rules = rules;
    this.#losses = new LogLosses(folder, warn);
  }

  get complete(): boolean {
    return this.#complete;
  }

  /** Ends all who follow, when they have had all lines. */
  end(): void {
    this.#complete = true;
    this.changes.happen();
  }

  /** Returns what keeps the lines. */
  keeper(clock: Clock): Keeper {
    return {
      append: async (name, lines: readonly Line[], base) =>
        await (await this.#writer(name)).append(lines, base, clock),
      lastRun: async (name) => await (await this.#writer(name)).lastRun(clock),
      began: async (name, run) => {
        const { files } = await this.#writer(name);
        files.silentRun = Math.max(files.silentRun, run);
      },
      ended: async (name) => await (await this.#writer(name)).close(),
    };
  }

  /** Removes the lines of all processes that are too old. */
  async sweep(clock: Clock): Promise<void> {
    await this.#find().catch(() => {});
    for (const writer of await this.#all()) await writer.sweep(clock);
  }

  async tracks(): Promise<Track[]> {
    await this.#find();
    const writers = await this.#all();
    for (const writer of writers) await writer.find();
    return writers.map(({ files }) => files);
  }

  watch(): Disposable {
    // The writer says when there are lines.
    return { [Symbol.dispose]() {} };
  }

  /** Closes all files. */
  async close(): Promise<void> {
    for (const writer of await this.#all()) await writer.close();
    this.#losses.closed();
  }

  #all(): Promise<TrackWriter[]> {
    return Promise.all(this.#writers.values());
  }

  /** Looks for the folders of earlier supervisors. */
  #find(): Promise<void> {
    return this.#found ??= this.#look().catch((error) => {
      this.#found = undefined;
      throw error;
    });
  }

  async #look(): Promise<void> {
    for (const { name, folder } of await listFolders(this.#folder)) {
      if (this.#writers.has(name)) continue;
      const writer = this.#makeWriter(new TrackFiles(name, folder));
      this.#writers.set(name, Promise.resolve(writer));
    }
  }

  #writer(name: string): Promise<TrackWriter> {
    const writer = this.#writers.get(name) ??
      folderOf(this.#folder, name).then((folder) =>
        this.#makeWriter(new TrackFiles(name, folder))
      );
    this.#writers.set(name, writer);
    return writer;
  }

  #makeWriter(files: TrackFiles): TrackWriter {
    const changed = () => this.changes.happen();
    return new TrackWriter(files, this.#rules, this.#losses, changed);
  }
}

/** A log on disk that another program can be writing. */
export class ForeignShelf implements Shelf {
  readonly changes: Changes = new Changes();
  readonly complete = false;
  readonly #folder: string;
  readonly #tracks = new Map<string, TrackFiles>();

  /** Creates the view of a log; nothing is read yet. */
  constructor(folder: string) {
    this.#folder = folder;
  }

  async tracks(): Promise<Track[]> {
    for (const { name, folder } of await listFolders(this.#folder)) {
      const files = this.#tracks.get(name) ?? new TrackFiles(name, folder);
      this.#tracks.set(name, files);
      await files.refresh();
    }
    return [...this.#tracks.values()];
  }

  watch(): Disposable {
    const watcher = Deno.watchFs(this.#folder);
    const notice = async () => {
      for await (const { kind } of watcher) {
        if (kind !== "access") this.changes.happen();
      }
    };
    notice();
    return watcher;
  }
}
