/**
 * Watches folders for changes of the files in them.
 *
 * @module
 */

import { now, pause } from "./clock.ts";
import type { WatchRules } from "./file_watch_rules.ts";
import { Found, isFolder, scan } from "./file_watch_scan.ts";

/** How far the times of files can be behind the clock, in milliseconds. */
const COARSE_MS = 20;

/** After how many events at once some can be missing. */
const MANY = 200;

type Kind = Deno.FsEvent["kind"];

/** What the changes are told to. */
export interface FolderWatchOptions {
  /** Called with each file that has changed, and each folder that has gone. */
  readonly changed: (path: string, isFolder: boolean) => void;
  /** Called when folders are watched, or cannot be. */
  readonly opened: (folders: number, error?: unknown) => void;
}

/**
 * Watches the folders that some rules need, one by one: what is ignored, such as
 * `node_modules`, costs nothing.
 */
export class FolderWatch implements AsyncDisposable {
  readonly #options: FolderWatchOptions;
  #rules: readonly WatchRules[] = [];
  #found: Found = new Found();
  /** The real paths of the folders whose files have been seen. */
  #known = new Set<string>();
  /** Whether files that were there before are no news. */
  #isFirst = true;
  #watcher: Deno.FsWatcher | undefined;
  #reading: Promise<void> = Promise.resolve();
  /** The events that have been read, by their paths. */
  #events = new Map<string, Set<Kind>>();
  /** Present while there are events that have been read. */
  #working: Promise<void> | undefined;
  /** Whether the folders must be looked for again. */
  #stale = false;
  /** Present while the folders are looked for. */
  #looking: Promise<void> | undefined;
  #over = false;

  /** Creates a watch of nothing. */
  constructor(options: FolderWatchOptions) {
    this.#options = options;
  }

  /** Resolves when all folders that there are now are watched. */
  get settled(): Promise<void> {
    return this.#looking ?? Promise.resolve();
  }

  /**
   * Watches what some rules need, and nothing else.
   *
   * @param rules The rules.
   * @returns A promise that resolves when it does.
   */
  async watch(rules: readonly WatchRules[]): Promise<void> {
    this.#rules = rules;
    this.#isFirst = true;
    this.#look();
    await this.settled;
  }

  /** Ends it. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#over = true;
    await this.#working;
    await this.#looking;
    await this.#close();
  }

  #look(): void {
    this.#stale = true;
    this.#looking ??= this.#update().finally(() => this.#looking = undefined);
  }

  /** Looks for the folders until they stay the same. */
  async #update(): Promise<void> {
    while (this.#stale && !this.#over) {
      this.#stale = false;
      const isFirst = this.#isFirst;
      this.#isFirst = false;
      const found = await scan(this.#rules);
      // Deno watches a folder that was made again only after this one's end.
      const since = now() - COARSE_MS;
      await this.#close();
      if (this.#over) return;
      this.#found = found;
      if (found.folders.size === 0 || !this.#open(found)) continue;
      const again = await scan(this.#rules);
      if (!again.isSame(found)) this.#stale = true;
      await this.#report(again, since, isFirst);
    }
  }

  /** Opens the watcher; returns whether that was possible. */
  #open({ folders }: Found): boolean {
    const paths = [...folders.keys()];
    try {
      this.#watcher = Deno.watchFs(paths, { recursive: false });
      this.#reading = this.#read(this.#watcher);
      this.#options.opened(paths.length);
      return true;
    } catch (error) {
      // A folder that has gone meanwhile is not found the next time.
      if (error instanceof Deno.errors.NotFound) this.#stale = true;
      else this.#options.opened(paths.length, error);
      return false;
    }
  }

  async #close(): Promise<void> {
    this.#watcher?.close();
    this.#watcher = undefined;
    await this.#reading;
    // Only then, Deno has forgotten the folders.
    await pause(0);
  }

  /** Reads events as fast as possible: Deno drops those that wait for long. */
  async #read(watcher: Deno.FsWatcher): Promise<void> {
    for await (const { kind, paths, flag } of watcher) {
      if (flag === "rescan") this.#look();
      if (kind === "access") continue;
      for (const path of paths) {
        const kinds = this.#events.get(path) ?? new Set();
        this.#events.set(path, kinds.add(kind));
      }
      this.#working ??= this.#work().finally(() => this.#working = undefined);
    }
  }

  /** Finds out what the events mean. */
  async #work(): Promise<void> {
    while (this.#events.size > 0 && !this.#over) {
      const events = this.#events;
      this.#events = new Map();
      for (const [path, kinds] of events) await this.#see(path, kinds);
      // Events of new folders can have been dropped.
      if (events.size > MANY) this.#look();
    }
  }

  async #see(path: string, kinds: ReadonlySet<Kind>): Promise<void> {
    const names = this.#found.namesOf(path);
    if (this.#found.folders.has(path)) {
      if (!kinds.has("remove") && !kinds.has("rename")) return;
      this.#forget(path);
      // If it has moved, there are no events for its files.
      names.forEach((name) => this.#tell(name, true));
      return this.#look();
    }
    const isFile = kinds.size === 1 && kinds.has("modify");
    if (isFile || !await isFolder(path)) {
      return names.forEach((name) => this.#tell(name));
    }
    const matter = (name: string) =>
      this.#rules.some((each) => each.enters(name) || each.leads(name));
    if (names.some(matter)) this.#look();
  }

  /** Forgets a folder and what is in it: all of it is new if it comes again. */
  #forget(folder: string): void {
    for (const path of this.#known) {
      if (`${path}/`.startsWith(`${folder}/`)) this.#known.delete(path);
    }
  }

  /** Tells of files in folders that are new, and of files that are. */
  async #report(found: Found, since: number, isFirst: boolean): Promise<void> {
    const known = this.#known;
    this.#known = new Set(found.folders.keys());
    if (isFirst && known.size === 0) return;
    for (const [folder, files] of found.files) {
      const fresh = !isFirst && !known.has(folder);
      for (const file of files) {
        if (fresh || await modified(file) >= since) this.#tell(file);
      }
    }
  }

  #tell(name: string, isFolder = false): void {
    if (!this.#over) this.#options.changed(name, isFolder);
  }
}

/** Returns when a file was modified, in milliseconds since the epoch. */
async function modified(path: string): Promise<number> {
  const facts = await Deno.stat(path).catch(() => undefined);
  return facts?.mtime?.getTime() ?? 0;
}
