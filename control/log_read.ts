/**
 * Answers queries of a log.
 *
 * @module
 */

import { Cursor, merged } from "./log_cursor.ts";
import { type Conditions, conditionsFor, LineFilter } from "./log_filter.ts";
import { Grep, type Search } from "./log_grep.ts";
import { checkQuery, nameFilter } from "./log_query.ts";
import { newest, rangeOf, type Wanted } from "./log_range.ts";
import type { Shelf, Track } from "./log_track.ts";
import type { LogItem, LogQuery } from "./wire.ts";

/**
 * Reads lines, in the order of their times.
 *
 * @param shelf Returns what to read from; called when the iteration begins.
 * @param query Which lines.
 * @param signal Ends the iteration.
 * @param search Makes the search for a regular expression.
 * @throws {LogQueryError} If the query is wrong, before anything is read.
 */
export function readShelf(
  shelf: () => Shelf,
  query: LogQuery,
  signal: AbortSignal,
  search: (grep: string) => Search = (grep) => new Grep(grep),
): AsyncIterable<LogItem> {
  checkQuery(query);
  return items(shelf(), query, signal, search);
}

async function* items(
  shelf: Shelf,
  query: LogQuery,
  signal: AbortSignal,
  search: (grep: string) => Search,
): AsyncGenerator<LogItem> {
  if (signal.aborted) return;
  using grep = query.grep ? search(query.grep) : undefined;
  using _ = query.follow ? shelf.watch() : undefined;
  const reading = new Reading(shelf, query, { grep, signal });
  let changed = shelf.changes.next();
  let { complete } = shelf;
  let cursors = await reading.begin();
  while (true) {
    for await (const item of merged(cursors)) {
      if (signal.aborted) return;
      yield item;
    }
    if (!query.follow || complete || signal.aborted) return;
    await until(changed, signal);
    if (signal.aborted) return;
    changed = shelf.changes.next();
    complete = shelf.complete;
    cursors = await reading.goOn();
  }
}

/** What one reader has read so far. */
class Reading {
  readonly #shelf: Shelf;
  readonly #query: LogQuery;
  readonly #means: Pick<Conditions, "grep" | "signal">;
  readonly #isNamed: (process: string) => boolean;
  readonly #cursors = new Map<string, Cursor>();

  constructor(
    shelf: Shelf,
    query: LogQuery,
    means: Pick<Conditions, "grep" | "signal">,
  ) {
    this.#shelf = shelf;
    this.#query = query;
    this.#means = means;
    this.#isNamed = nameFilter(query.names);
  }

  /** Returns cursors for the lines that are there. */
  async begin(): Promise<Cursor[]> {
    const { lines, after = {} } = this.#query;
    const fresh: Wanted[] = [];
    for (const track of await this.#tracks()) {
      const seq = after[track.name];
      // A number that is too high is from another log.
      const known = seq !== undefined && seq < track.next;
      if (known) this.#add(track, seq + 1);
      else fresh.push(await this.#wanted(track));
    }
    const starts = lines === undefined
      ? fresh.map(({ range }) => range.from)
      : await newest(fresh, lines);
    for (const [i, { track, range }] of fresh.entries()) {
      this.#add(track, starts[i] ?? range.from, range.end);
    }
    return [...this.#cursors.values()];
  }

  /** Returns cursors for the lines that have arrived since the last call. */
  async goOn(): Promise<Cursor[]> {
    for (const track of await this.#tracks()) {
      const cursor = this.#cursors.get(track.name);
      if (cursor === undefined) this.#add(track, 1);
      else cursor.extend(track.next);
    }
    return [...this.#cursors.values()];
  }

  #add(track: Track, from: number, end: number = track.next): void {
    const conditions = conditionsFor(this.#query, track, this.#means);
    const filter = new LineFilter(track, conditions);
    this.#cursors.set(track.name, new Cursor(track, filter, from, end));
  }

  async #wanted(track: Track): Promise<Wanted> {
    const conditions = conditionsFor(this.#query, track, this.#means);
    return { track, conditions, range: await rangeOf(track, conditions) };
  }

  async #tracks(): Promise<Track[]> {
    const tracks = await this.#shelf.tracks();
    return tracks.filter(({ name }) => this.#isNamed(name))
      .sort((a, b) => a.name < b.name ? -1 : 1);
  }
}

/** Waits for a promise until the signal is aborted. */
async function until(promise: Promise<void>, signal: AbortSignal) {
  const aborted = Promise.withResolvers<void>();
  const abort = () => aborted.resolve();
  signal.addEventListener("abort", abort, { once: true });
  await Promise.race([promise, aborted.promise]);
  signal.removeEventListener("abort", abort);
}
