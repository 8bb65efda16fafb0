/**
 * The part of a log that the page holds: lines in a row without gaps, of which
 * the oldest or the newest are dropped when there are too many.
 *
 * @module
 */

import { type Fold, keyOf, type Row, Rows } from "./log_rows.ts";
import type { LogItem, LogLine, LogQuery } from "./source.ts";

/** How many lines are held at most. */
const WINDOW_LINES = 20_000;

/** How many characters the lines have at most in all. */
export const WINDOW_CHARACTERS = 16_000_000;

/** How many processes a query can resume: the header is limited. */
const RESUMED = 150;

/** How much later than others a line can arrive, in milliseconds. */
const LATE_MS = 2_000;

/** The lines of a process that are held: these and all between them. */
interface Held {
  first: number;
  last: number;
  lastTime: number;
}

/** The part of a log that the page holds. */
export class LogWindow {
  readonly #folds: boolean;
  readonly #most: number;
  readonly #open = new Set<string>();
  #items: LogItem[] = [];
  #characters = 0;
  #held = new Map<string, Held>();
  #rows: Rows;
  /** The newest time of the lines that were dropped before the first one. */
  #droppedUntil = -Infinity;
  /** Whether there are no older lines that match. */
  atStart = false;
  /** Whether the newest lines that have arrived are held. */
  atEnd = true;

  /**
   * Creates an empty window.
   *
   * @param folds Whether lines that continue others are folded.
   * @param most How many lines are held at most.
   */
  constructor(folds: boolean, most: number = WINDOW_LINES) {
    this.#folds = folds;
    this.#most = most;
    this.#rows = new Rows(folds, this.#open);
  }

  /** The rows, the oldest first. */
  get rows(): readonly Row[] {
    return this.#rows.all;
  }

  /** The items, the oldest first. */
  get items(): readonly LogItem[] {
    return this.#items;
  }

  /**
   * Adds items after all others, without those that are held already.
   *
   * @returns How many rows were dropped before the first one.
   */
  append(items: readonly LogItem[]): number {
    for (const item of items) {
      if (item.kind === "line" && !this.#take(item)) continue;
      this.#items.push(item);
      this.#characters += sizeOf(item);
      this.#rows.add(item);
    }
    return this.#dropOldest();
  }

  /**
   * Adds older items before all others, without those that are held already.
   *
   * @returns How many items and how many rows were added.
   */
  prepend(items: readonly LogItem[]): { items: number; rows: number } {
    const older = items.filter((item) => {
      if (item.kind === "missed") return false;
      const held = this.#held.get(item.process);
      return held === undefined || item.seq < held.first;
    });
    if (older.length === 0) return { items: 0, rows: 0 };
    const before = this.#rows.all.length;
    this.#items = [...older, ...this.#items];
    const kept = this.#rebuild();
    const rows = kept - before;
    const excess = this.#excess(this.#items.toReversed());
    if (excess > 0) {
      this.#items.length -= excess;
      this.atEnd = false;
      this.#rebuild();
    }
    this.#droppedUntil = -Infinity;
    return { items: older.length, rows };
  }

  /** Opens or closes a fold. */
  toggle(fold: Fold): void {
    this.#rows.toggle(fold);
  }

  /** Returns the index of the row of a line; -1 if it is not held. */
  rowOf(process: string, seq: number): number {
    return this.rows.findIndex((row) =>
      row.kind === "line"
        ? row.line.process === process && row.line.seq === seq
        : row.kind === "fold" && !row.open &&
          row.lines.some((line) => line.process === process && line.seq === seq)
    );
  }

  /** Returns what to ask for older lines; `undefined` if none are held. */
  older(): { until: number } | undefined {
    const first = this.#items.find((item) => item.kind === "line");
    if (first === undefined) return undefined;
    return { until: Math.max(first.time, this.#droppedUntil) + 1 };
  }

  /**
   * Returns what to ask for newer lines than the last one.
   *
   * @param since When the newest lines were asked for, if later ones have
   * been waited for since then.
   */
  newer(since: number = -Infinity): Pick<LogQuery, "since" | "after"> {
    const last = this.#items.findLast((item) => item.kind === "line");
    const time = Math.max(since, last?.time ?? -Infinity);
    if (time === -Infinity) return {};
    const from = time - LATE_MS;
    const recent = [...this.#held].filter(([, held]) => held.lastTime >= from);
    if (recent.length > RESUMED) return { since: from };
    const after = recent.map(([name, held]) => [name, held.last] as const);
    return { since: from, after: Object.fromEntries(after) };
  }

  /** Returns whether a line is new, and notes that it is held. */
  #take({ process, seq, time }: LogLine): boolean {
    const held = this.#held.get(process);
    if (held === undefined) {
      this.#held.set(process, { first: seq, last: seq, lastTime: time });
      return true;
    }
    // A later line with a lower number is from another log.
    if (seq <= held.last && time <= held.lastTime) return false;
    if (seq <= held.last) held.first = seq;
    held.last = seq;
    held.lastTime = time;
    return true;
  }

  /** Makes the rows anew; returns how many there are. */
  #rebuild(): number {
    const rows = new Rows(this.#folds, this.#open);
    this.#held = new Map();
    this.#characters = 0;
    for (const item of this.#items) {
      if (item.kind === "line") this.#take(item);
      this.#characters += sizeOf(item);
      rows.add(item);
    }
    this.#rows = rows;
    return rows.all.length;
  }

  /** Drops the oldest items that are too many; returns how many rows. */
  #dropOldest(): number {
    const excess = this.#excess(this.#items);
    if (excess === 0) return 0;
    const keys = new Set<string>();
    for (const item of this.#items.splice(0, excess)) {
      this.#characters -= sizeOf(item);
      if (item.kind !== "line") continue;
      keys.add(keyOf(item));
      this.#droppedUntil = Math.max(this.#droppedUntil, item.time);
      const held = this.#held.get(item.process);
      if (held === undefined) continue;
      held.first = item.seq + 1;
      if (held.first > held.last) this.#held.delete(item.process);
    }
    this.atStart = false;
    return this.#dropRows(keys);
  }

  /** Drops the rows of lines that are not held any more. */
  #dropRows(dropped: ReadonlySet<string>): number {
    const { all } = this.#rows;
    const isHeld = (row: Row) => {
      const line = row.kind === "line"
        ? row.line
        : row.kind === "fold"
        ? row.lines.at(-1)
        : undefined;
      return line !== undefined && !dropped.has(keyOf(line));
    };
    const first = all.findIndex(isHeld);
    const count = first < 0 ? all.length : first;
    all.splice(0, count);
    return count;
  }

  /** Returns how many of the first items are too many. */
  #excess(items: readonly LogItem[]): number {
    let count = Math.max(0, items.length - this.#most);
    let characters = this.#characters;
    for (const [i, item] of items.entries()) {
      if (i >= count && characters <= WINDOW_CHARACTERS) return count;
      characters -= sizeOf(item);
      count = Math.max(count, i + 1);
    }
    return count;
  }
}

function sizeOf(item: LogItem): number {
  return item.kind === "line" ? item.text.length + 100 : 100;
}
