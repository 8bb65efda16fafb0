/**
 * Restarts processes when files change, as their option `watch` says.
 *
 * @module
 */

import type { ProcessEvent } from "../mod.ts";
import type { Attendant, Attending } from "./attendant.ts";
import { FolderWatch, type FolderWatchOptions } from "./file_watch_folders.ts";
import { type Changes, type Loop, Pace } from "./file_watch_pace.ts";
import {
  ownFiles,
  shownPath,
  type WatchOptions,
  watchOptions,
  WatchRules,
} from "./file_watch_rules.ts";
import { changesText, failureText, loopText } from "./file_watch_text.ts";
import type { ResolvedConfig } from "./resolved.ts";

/** The states of a process that changes do not start. */
const AT_REST: readonly string[] = ["idle", "stopped", "waiting"];

/** Watches folders. */
export type Folders = Pick<
  FolderWatch,
  "watch" | typeof Symbol.asyncDispose
>;

/** An entry that is restarted when files change. */
interface Watched {
  readonly options: WatchOptions;
  readonly rules: WatchRules;
  readonly pace: Pace;
  /** Ends what is going on for it. */
  readonly ending: AbortController;
  /** The file that its last restart was for; until it is started otherwise. */
  cause: string | undefined;
}

/** Restarts processes when files change. */
export class FileWatch implements Attendant {
  readonly #attending: Attending;
  readonly #watched = new Map<string, Watched>();
  readonly #folders: Folders;
  /** The processes that are about to be restarted for changes. */
  readonly #begun = new Map<string, () => void>();
  /** The processes that are about to be restarted after a crash or an end. */
  readonly #automatic = new Set<string>();
  readonly #following: Promise<void>;
  #cwd = "";
  /** Why nothing is watched; `undefined` while it is. */
  #failure: string | undefined;

  /** Creates one that watches nothing; `open` replaces the watch in tests. */
  constructor(
    attending: Attending,
    open: (options: FolderWatchOptions) => Folders = (options) =>
      new FolderWatch(options),
  ) {
    this.#attending = attending;
    this.#folders = open({
      changed: (path, isFolder) => this.#changed(path, isFolder),
      opened: (folders, error) => this.#opened(folders, error),
    });
    this.#following = this.#follow();
  }

  /** Watches what a configuration says. */
  async configure(config: ResolvedConfig): Promise<void> {
    this.#cwd = config.cwd;
    const own = ownFiles(config);
    const before = new Map(this.#watched);
    this.#watched.clear();
    for (const [name, entry] of Object.entries(config.processes)) {
      const options = watchOptions(entry.watch);
      if (options === undefined) continue;
      const rules = new WatchRules(options, config.cwd, own);
      const old = before.get(name);
      const same = JSON.stringify(old?.options) === JSON.stringify(options);
      old?.pace.arm();
      if (same) before.delete(name);
      const next = same && old
        ? { ...old, rules }
        : this.#watch(name, options, rules);
      this.#watched.set(name, next);
    }
    for (const { ending } of before.values()) ending.abort();
    await this.#folders.watch(
      [...this.#watched.values()].map(({ rules }) => rules),
    );
  }

  /** Whether a change starts a process again that has ended. */
  awaits(): boolean {
    return [...this.#watched].some(([name, { pace }]) =>
      pace.loop === undefined && this.#units(name).length > 0
    );
  }

  /** Says why an entry was restarted, or why changes restart it no more. */
  remark(entry: string): string | undefined {
    const watched = this.#watched.get(entry);
    if (watched === undefined) return undefined;
    const { pace: { loop }, cause } = watched;
    if (this.#failure !== undefined) return this.#failure;
    if (loop !== undefined) return loopText(this.#shown(loop), "it");
    return cause && `it was restarted because ${cause} changed`;
  }

  /** Ends what is going on. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const { ending } of this.#watched.values()) ending.abort();
    for (const resolve of this.#begun.values()) resolve();
    const idle = [...this.#watched.values()].map(({ pace }) => pace.idle);
    await Promise.all([
      this.#folders[Symbol.asyncDispose](),
      this.#following,
      ...idle,
    ]);
  }

  /** Begins to watch for an entry. */
  #watch(name: string, options: WatchOptions, rules: WatchRules): Watched {
    const { pm: { clock }, signal } = this.#attending;
    const ending = new AbortController();
    const pace = new Pace({
      clock,
      debounceMs: options.debounceMs,
      signal: AbortSignal.any([signal, ending.signal]),
      wanted: () => this.#units(name).length > 0,
      restart: (changes) => this.#restart(name, changes),
      paused: (loop) => this.#paused(name, loop),
    });
    return { options, rules, pace, ending, cause: undefined };
  }

  #changed(path: string, isFolder: boolean): void {
    for (const { rules, pace } of this.#watched.values()) {
      const counts = isFolder
        ? rules.enters(path) || rules.leads(path)
        : rules.concerns(path);
      if (counts) pace.changed(path);
    }
  }

  #opened(folders: number, error: unknown): void {
    const failure = error === undefined
      ? undefined
      : failureText(error, folders);
    if (failure !== undefined && failure !== this.#failure) {
      this.#attending.logger.error(`Cannot watch files: ${failure}`);
    }
    this.#failure = failure;
  }

  /** Restarts an entry; resolves when its new runs have begun. */
  async #restart(name: string, changes: Changes): Promise<void> {
    const watched = this.#watched.get(name);
    if (watched === undefined) return;
    const { app, logger, note } = this.#attending;
    const shown = this.#shown(changes);
    const text = `${changesText(shown)}: restarting ${name}`;
    logger.info(text);
    note({ kind: "watch", name, text, details: { ...shown } });
    watched.cause = shown.path;
    const units = this.#units(name);
    const begun = Promise.all(units.map((unit) => this.#begin(unit)));
    const restarted = watched.options.cascade
      ? app.restart(units)
      : Promise.all(units.map((unit) => app.get(unit)?.restart()));
    // What goes wrong is in the log of the supervisor, and in its events.
    await Promise.race([begun, restarted.catch(() => {})]);
  }

  /** Resolves when a process begins its next run. */
  #begin(unit: string): Promise<void> {
    this.#begun.get(unit)?.();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#begun.set(unit, resolve);
    return promise;
  }

  #paused(name: string, loop: Loop): void {
    const { logger, note } = this.#attending;
    const text = loopText(this.#shown(loop), name);
    logger.warn(text);
    note({ kind: "watch", name, text, details: { path: loop.path } });
  }

  /** Returns the processes of an entry that a change is to restart. */
  #units(name: string): string[] {
    const { app } = this.#attending;
    const units = app.plan.entries.get(name)?.units ?? [];
    const states = new Map(
      app.whys().map((why) => [why.name, why.state.kind]),
    );
    return units.map((unit) => unit.name)
      .filter((unit) => !AT_REST.includes(states.get(unit) ?? "idle"));
  }

  /** Takes note of each start, and of who has asked for it. */
  async #follow(): Promise<void> {
    const { pm, signal } = this.#attending;
    for await (const event of pm.events({ signal })) this.#note(event);
  }

  #note(event: ProcessEvent): void {
    if (event.kind === "restart") this.#automatic.add(event.name);
    if (event.kind === "stop") this.#begun.delete(event.name);
    if (event.kind !== "start") return;
    const { name } = event;
    const watched = this.#watched.get(name.replace(/\.\d+$/, ""));
    const automatic = this.#automatic.delete(name);
    const resolve = this.#begun.get(name);
    this.#begun.delete(name);
    resolve?.();
    if (watched === undefined) return;
    watched.pace.started();
    if (resolve !== undefined) return;
    watched.cause = undefined;
    // Someone else has started it.
    if (!automatic) watched.pace.arm();
  }

  #shown<Subject extends { readonly path: string }>(subject: Subject): Subject {
    return { ...subject, path: shownPath(subject.path, this.#cwd) };
  }
}
