/**
 * Reads the lines that `top` shows: those of one process, no more than its
 * window holds.
 *
 * @module
 */

import type {
  ControlClient,
  LogItem,
  LogLine,
  LogQuery,
} from "../control/client.ts";
import { now, pause } from "./clock.ts";
import { matcherOf, patternOfAll } from "./search_text.ts";
import { areaOf, layoutOf } from "./top_layout.ts";
import {
  arrived,
  atTop,
  type Direction,
  type LogWindow,
  MOST_ITEMS,
  NOT_FOUND,
  opened,
  showing,
  type Want,
  withNewer,
  withOlder,
} from "./top_log.ts";
import type { TopState } from "./top_state.ts";
import type { TopStore } from "./top_store.ts";

/** How many lines are read at once. */
const PAGE = 500;

/** How long to wait whether another process is chosen, in milliseconds. */
const SETTLE_MS = 80;

/** How long lines are gathered before they are shown, in milliseconds. */
const GATHER_MS = 50;

/** How far behind a process the log may be before lines are skipped. */
const BEHIND_MS = 2_000;

/** What is to be read; when it differs, something else is to be read. */
export interface LogTask {
  readonly name: string;
  readonly filter: string;
  readonly search: string;
  readonly startedAt: number;
  readonly want: Want | { readonly kind: "live" };
}

/** Returns what is to be read; nothing if the log is not shown, or paused. */
export function logTaskOf(state: TopState): LogTask | undefined {
  const { chosen: name, pane, link, log, filter, search, help } = state;
  const shown = pane === "log" && layoutOf(state).pane > 0 && !help;
  if (!shown || name === undefined || link.kind === "lost") return undefined;
  const want = log.want ??
    (log.follows ? { kind: "live" } as const : undefined);
  if (want === undefined) return undefined;
  const { startedAt } = state.supervisor;
  return { name, filter, search, startedAt, want };
}

/** What the feed needs of a client. */
export type LogClient = Pick<ControlClient, "logs">;

/** Reads lines for a store. */
export class LogFeed {
  readonly #client: LogClient;
  readonly #store: TopStore;

  /** Creates a feed. */
  constructor(client: LogClient, store: TopStore) {
    this.#client = client;
    this.#store = store;
  }

  /** Does what a task asks for. */
  async read(task: LogTask, signal: AbortSignal): Promise<void> {
    const { want } = task;
    switch (want.kind) {
      case "live":
        return await this.#follow(task, signal);
      case "newest":
        return await this.#readNewest(task, signal);
      case "oldest":
        return await this.#readOldest(task, signal);
      case "older":
        return await this.#readOlder(task, signal);
      case "newer":
        return await this.#readNewer(task, signal);
      case "find":
        return await this.#find(task, want.direction, signal);
      default:
        return want satisfies never;
    }
  }

  get #log(): LogWindow {
    return this.#store.state.log;
  }

  async #readNewest(task: LogTask, signal: AbortSignal): Promise<void> {
    // With a key that is held down, each process is chosen for a moment.
    await pause(SETTLE_MS, signal);
    const items = await this.#lines(task, { lines: PAGE }, signal);
    this.#set(signal, () => opened(items, { atStart: items.length < PAGE }));
  }

  async #readOldest(task: LogTask, signal: AbortSignal): Promise<void> {
    const items = await this.#lines(task, {}, signal, PAGE);
    const log = opened(items, { atStart: true });
    this.#set(signal, (_, state) => atTop(log, areaOf(state)));
  }

  async #readOlder(task: LogTask, signal: AbortSignal): Promise<void> {
    const first = this.#log.items.find((item) => item.kind === "line");
    for (let lines = PAGE;; lines *= 2) {
      const until = first === undefined ? undefined : first.time + 1;
      const all = await this.#lines(task, { until, lines }, signal);
      const items = all.filter((item) =>
        item.kind === "line" && (first === undefined || item.seq < first.seq)
      );
      const atStart = all.length < lines;
      if (items.length === 0 && !atStart && lines < 20 * PAGE) continue;
      return this.#set(signal, (log) => withOlder(log, items, atStart));
    }
  }

  async #readNewer(task: LogTask, signal: AbortSignal): Promise<void> {
    const items = await this.#lines(task, this.#after(task), signal, PAGE);
    const atEnd = items.length < PAGE;
    this.#set(signal, (log) => withNewer(log, items, atEnd));
  }

  /** Looks in the log for a line that the window does not have. */
  async #find(
    task: LogTask,
    direction: Direction,
    signal: AbortSignal,
  ): Promise<void> {
    const line = direction === "older"
      ? await this.#findOlder(task, signal)
      : await this.#findNewer(task, signal);
    if (line === undefined) {
      const note = NOT_FOUND[direction];
      return this.#set(signal, (log) => ({ ...log, want: undefined, note }));
    }
    const { seq, time } = line;
    const before = { until: time + 1, lines: PAGE };
    const older = (await this.#lines(task, before, signal))
      .filter((item) => item.kind === "line" && item.seq <= seq);
    const after = { after: { [task.name]: seq } };
    const newer = await this.#lines(task, after, signal, PAGE);
    const log = opened([...older, ...newer], { follows: false });
    this.#set(signal, (_, state) => showing(log, seq, areaOf(state)));
  }

  async #findOlder(
    task: LogTask,
    signal: AbortSignal,
  ): Promise<LogLine | undefined> {
    const first = this.#log.items.find((item) => item.kind === "line");
    if (first === undefined) return undefined;
    const grep = patternOfAll([task.filter, task.search]);
    const query = { grep, until: first.time + 1, lines: PAGE };
    const items = await this.#lines(task, query, signal);
    return items.findLast((item) =>
      item.kind === "line" && item.seq < first.seq
    ) as LogLine | undefined;
  }

  async #findNewer(
    task: LogTask,
    signal: AbortSignal,
  ): Promise<LogLine | undefined> {
    const grep = patternOfAll([task.filter, task.search]);
    const query = { ...this.#after(task), grep };
    const matches = matcherOf(task.search);
    const items = await this.#lines(task, query, signal, 1);
    return items.find((item) => item.kind === "line" && matches(item.text)) as
      | LogLine
      | undefined;
  }

  /** Shows lines as they arrive; if there are too many, only the newest. */
  async #follow(task: LogTask, signal: AbortSignal): Promise<void> {
    let pending: LogItem[] = [];
    let count = 0;
    const behind = new AbortController();
    const flush = () => {
      const items = pending;
      pending = [];
      this.#set(signal, (log) => arrived(log, items));
      const last = items.findLast((item) => item.kind === "line");
      if (count < MOST_ITEMS || last === undefined) return;
      if (last.time > now() - BEHIND_MS) return;
      this.#set(signal, (log) => ({ ...log, want: { kind: "newest" } }));
      behind.abort();
    };
    const both = AbortSignal.any([signal, behind.signal]);
    const query = { ...this.#after(task), follow: true };
    for await (const item of this.#client.logs(queryOf(task, query), both)) {
      if (item.process !== task.name) continue;
      if (pending.length === 0) pause(GATHER_MS, both).then(flush);
      pending.push(item);
      count++;
    }
  }

  /** Returns the query for what comes after the window. */
  #after({ name }: LogTask): LogQuery {
    const last = this.#log.items.findLast((item) => item.kind === "line");
    return { after: { [name]: last?.seq ?? 0 } };
  }

  /** Reads lines to the end, or the first of them. */
  async #lines(
    task: LogTask,
    query: LogQuery,
    signal: AbortSignal,
    most = Infinity,
  ): Promise<LogItem[]> {
    const items: LogItem[] = [];
    for await (const item of this.#client.logs(queryOf(task, query), signal)) {
      if (item.process !== task.name) continue;
      items.push(item);
      if (items.length >= most) break;
    }
    return items;
  }

  /** Changes the window, unless it is not wanted any more. */
  #set(
    signal: AbortSignal,
    next: (log: LogWindow, state: TopState) => LogWindow,
  ): void {
    if (signal.aborted) return;
    this.#store.change((state) => ({ ...state, log: next(state.log, state) }));
  }
}

function queryOf({ name, filter }: LogTask, query: LogQuery): LogQuery {
  const grep = query.grep ?? patternOfAll([filter]);
  return { names: [name], ...query, grep };
}
