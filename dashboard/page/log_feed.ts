/**
 * Fills the window of the log: follows the newest lines, and loads older and
 * newer ones when they are asked for.
 *
 * @module
 */

import { LogWindow } from "./log_window.ts";
import { pause } from "./pause.ts";
import {
  LockedError,
  type LogItem,
  type LogQuery,
  messageOf,
  RefusedError,
  type Source,
} from "./source.ts";

/** What the feed does. */
export type FeedState =
  /** The first lines are searched for. */
  | { readonly kind: "loading" }
  /** New lines appear as they arrive. */
  | { readonly kind: "live" }
  /** New lines do not appear. */
  | { readonly kind: "paused" }
  /** There will be no new lines: it is a report, or a time in the past. */
  | { readonly kind: "complete" }
  /** The supervisor does not answer; the feed goes on when it does. */
  | { readonly kind: "lost"; readonly message: string }
  /** The supervisor refuses the query. */
  | { readonly kind: "refused"; readonly message: string };

/** A line to open the log at. */
export interface Target {
  readonly process: string;
  readonly seq: number;
  readonly time: number;
}

/** Options of {@linkcode LogFeed}; tests set them. */
export interface FeedOptions {
  /** How long to wait before another attempt, in milliseconds. */
  readonly retryMs?: number;
  /** How many lines the window holds. */
  readonly windowLines?: number;
}

/** How many lines are shown first. */
const FIRST_LINES = 2_000;

/** How many lines are loaded at once. */
const MORE_LINES = 1_000;

/** How many lines are loaded before and after a line that is linked to. */
const CONTEXT_LINES = 500;

/** How far behind the feed may be before it skips lines, in milliseconds. */
const BEHIND_MS = 5_000;

/** How long lines are handled before the page can do something else. */
const WORK_MS = 8;

/** Fills the window of the log. */
export class LogFeed {
  readonly #source: Source;
  readonly #retryMs: number;
  readonly #windowLines: number | undefined;
  readonly #listeners = new Set<() => void>();
  #query: LogQuery = {};
  #state: FeedState = { kind: "loading" };
  #window = new LogWindow(true);
  #origin = 0;
  /** When the newest lines were asked for. */
  #askedAt = -Infinity;
  /** Ends what is going on. */
  #scope = new AbortController();
  /** What is loaded at the edges of the window. */
  #busy: "older" | "newer" | null = null;
  #hidden = false;
  /** Whether the window is not that of the query yet. */
  #stale = true;
  /** The line to open at, until that is done. */
  #target: Target | undefined;
  #lastBreath = 0;

  /** Creates a feed that does nothing until `open()`. */
  constructor(source: Source, options: FeedOptions = {}) {
    this.#source = source;
    this.#retryMs = options.retryMs ?? 1_000;
    this.#windowLines = options.windowLines;
  }

  /** What it was asked for; another object after each `open()`. */
  get query(): LogQuery {
    return this.#query;
  }

  /** What it does. */
  get state(): FeedState {
    return this.#state;
  }

  /** The lines; another window after each query. */
  get window(): LogWindow {
    return this.#window;
  }

  /**
   * The number of the first row: it falls when older rows are added, and rises
   * when the oldest ones are dropped.
   */
  get origin(): number {
    return this.#origin;
  }

  /** Whether older or newer lines are loaded. */
  get busy(): "older" | "newer" | null {
    return this.#busy;
  }

  /** Calls a function after each change; returns how to end that. */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * Shows the newest lines of a query and follows them, or shows those around
   * a line.
   */
  async open(query: LogQuery, target?: Target): Promise<void> {
    this.#query = query;
    this.#target = target;
    this.#stale = true;
    const { signal } = this.#begin();
    this.#set({ kind: "loading" });
    await this.#go(signal);
  }

  /** Stops following; nothing that was shown changes. */
  pause(): void {
    const { kind } = this.#state;
    if (kind !== "live" && kind !== "lost") return;
    this.#begin();
    this.#set({ kind: "paused" });
  }

  /** Shows the newest lines and follows them. */
  async goLive(): Promise<void> {
    if (this.#state.kind !== "paused") return;
    const { signal } = this.#begin();
    this.#stale ||= !this.#window.atEnd;
    this.#set({ kind: this.#stale ? "loading" : "live" });
    await this.#go(signal);
  }

  /** Ends the stream while nobody sees the page, and resumes it. */
  async setHidden(hidden: boolean): Promise<void> {
    if (hidden === this.#hidden) return;
    this.#hidden = hidden;
    const { kind } = this.#state;
    if (kind !== "live" && kind !== "loading" && kind !== "lost") return;
    const { signal } = this.#begin();
    if (!hidden) await this.#go(signal);
  }

  /** Ends everything. */
  close(): void {
    this.#begin();
    this.#listeners.clear();
  }

  /** Opens or closes a fold. */
  toggle(fold: Parameters<LogWindow["toggle"]>[0]): void {
    this.#window.toggle(fold);
    this.#changed();
  }

  /** Loads older lines, unless there are none or the log is live. */
  async loadOlder(): Promise<void> {
    const edge = this.#window.older();
    if (!this.#canLoad() || this.#window.atStart || edge === undefined) return;
    const until = Math.min(edge.until, this.#query.until ?? Infinity);
    await this.#load("older", async (signal) => {
      for (let lines = MORE_LINES;; lines *= 2) {
        const query = { ...this.#query, until, lines };
        const items = await this.#read(query, signal);
        const added = this.#window.prepend(items);
        this.#origin -= added.rows;
        this.#window.atStart = items.length < lines;
        if (added.items > 0 || this.#window.atStart || lines > 10_000) return;
      }
    });
  }

  /** Loads newer lines while the log is paused. */
  async loadNewer(): Promise<void> {
    if (!this.#canLoad()) return;
    if (this.#state.kind === "complete" && this.#window.atEnd) return;
    await this.#load("newer", async (signal) => {
      const query = this.#newerQuery(this.#askedAt);
      const items = await this.#read(query, signal, MORE_LINES);
      this.#origin += this.#window.append(items);
      this.#window.atEnd = items.length < MORE_LINES;
    });
  }

  #canLoad(): boolean {
    const { kind } = this.#state;
    return this.#busy === null && (kind === "paused" || kind === "complete");
  }

  async #load(
    edge: "older" | "newer",
    load: (signal: AbortSignal) => Promise<void>,
  ): Promise<void> {
    const { signal } = this.#scope;
    this.#busy = edge;
    this.#changed();
    try {
      await load(signal);
    } catch (error) {
      // It is asked for again at the next occasion.
      if (!signal.aborted && error instanceof RefusedError) this.#note(error);
    }
    if (signal.aborted) return;
    this.#busy = null;
    this.#changed();
  }

  /** Does what the query and the target ask for until the signal. */
  async #go(signal: AbortSignal): Promise<void> {
    while (!signal.aborted && !this.#hidden) {
      try {
        if (this.#target !== undefined) {
          return await this.#readAround(this.#target, signal);
        }
        if (this.#stale) await this.#readFirst(signal);
        if (signal.aborted) return;
        if (!this.#source.live || this.#query.until !== undefined) {
          return this.#set({ kind: "complete" });
        }
        this.#set({ kind: "live" });
        this.#stale = await this.#tail(signal) === "behind";
        if (this.#stale || signal.aborted) continue;
        this.#set({ kind: "lost", message: "The supervisor has ended" });
      } catch (error) {
        if (signal.aborted) return;
        this.#note(error);
        if (this.#state.kind === "refused") return;
      }
      await pause(this.#retryMs, signal);
    }
  }

  /** Reads the lines around a line. */
  async #readAround(target: Target, signal: AbortSignal): Promise<void> {
    const { time } = target;
    const window = this.#newWindow();
    const before = { ...this.#query, until: time + 1, lines: CONTEXT_LINES };
    const earlier = await this.#read(before, signal);
    window.append(earlier);
    window.atStart = earlier.length < CONTEXT_LINES;
    const after = { ...this.#query, since: time };
    const later = await this.#read(after, signal, CONTEXT_LINES);
    window.append(later);
    window.atEnd = later.length < CONTEXT_LINES;
    if (signal.aborted) return;
    this.#show(window, -Infinity);
    this.#set({ kind: this.#source.live ? "paused" : "complete" });
  }

  /** Reads the newest lines of the query. */
  async #readFirst(signal: AbortSignal): Promise<void> {
    const askedAt = this.#source.now();
    const window = this.#newWindow();
    const query = { ...this.#query, lines: FIRST_LINES };
    const items = await this.#read(query, signal);
    if (signal.aborted) return;
    window.append(items);
    window.atStart = items.length < FIRST_LINES;
    this.#show(window, askedAt);
  }

  #show(window: LogWindow, askedAt: number): void {
    this.#window = window;
    this.#origin = 0;
    this.#askedAt = askedAt;
    this.#stale = false;
    this.#target = undefined;
  }

  /** Adds lines as they arrive, until the stream ends or is far behind. */
  async #tail(signal: AbortSignal): Promise<"ended" | "behind"> {
    const over = new AbortController();
    const query = { ...this.#newerQuery(this.#askedAt), follow: true };
    const both = AbortSignal.any([signal, over.signal]);
    let count = 0;
    try {
      for await (const items of this.#source.logs(query, both)) {
        if (signal.aborted) return "ended";
        this.#origin += this.#window.append(items);
        this.#changed();
        count += items.length;
        if (count > FIRST_LINES && this.#isBehind(items)) return "behind";
        await this.#breathe();
      }
      return "ended";
    } finally {
      over.abort();
    }
  }

  #isBehind(items: readonly LogItem[]): boolean {
    const last = items.findLast((item) => item.kind === "line");
    return last !== undefined && last.time < this.#source.now() - BEHIND_MS;
  }

  /** Returns the query for what comes after the window. */
  #newerQuery(askedAt: number): LogQuery {
    const { since = -Infinity } = this.#query;
    const newer = this.#window.newer(askedAt);
    const from = Math.max(since, newer.since ?? -Infinity);
    return {
      ...this.#query,
      ...newer,
      since: from === -Infinity ? undefined : from,
    };
  }

  /** Reads lines to the end, or the first of them. */
  async #read(
    query: LogQuery,
    signal: AbortSignal,
    most = Infinity,
  ): Promise<LogItem[]> {
    const over = new AbortController();
    const both = AbortSignal.any([signal, over.signal]);
    const all: LogItem[] = [];
    try {
      for await (const items of this.#source.logs(query, both)) {
        for (const item of items) all.push(item);
        if (all.length >= most) break;
        await this.#breathe();
      }
    } finally {
      over.abort();
    }
    return all.slice(0, most);
  }

  #newWindow(): LogWindow {
    // Lines that were searched for are shown, not folded.
    return new LogWindow(this.#query.grep === undefined, this.#windowLines);
  }

  /** Notes why lines could not be read. */
  #note(error: unknown): void {
    const message = messageOf(error);
    const refused = error instanceof RefusedError ||
      error instanceof LockedError;
    // What is shown is from another query.
    if (refused && this.#stale) this.#window = this.#newWindow();
    this.#set({ kind: refused ? "refused" : "lost", message });
  }

  /** Ends what is going on, and returns the scope of what begins. */
  #begin(): AbortController {
    this.#scope.abort();
    this.#scope = new AbortController();
    this.#busy = null;
    return this.#scope;
  }

  /** Lets the page do something else, now and then. */
  async #breathe(): Promise<void> {
    if (performance.now() - this.#lastBreath < WORK_MS) return;
    await new Promise((resolve) => setTimeout(resolve));
    this.#lastBreath = performance.now();
  }

  #set(state: FeedState): void {
    this.#state = state;
    this.#changed();
  }

  #changed(): void {
    for (const listener of this.#listeners) listener();
  }
}
