/**
 * The log in `top`: a window of lines that is moved over those that the
 * supervisor keeps. The functions are pure.
 *
 * @module
 */

import type { LogItem } from "../control/client.ts";
import { heightOf, type LineStyle } from "./top_line.ts";

/** Where lines are to be read that the window does not have. */
export type Want =
  | { readonly kind: "older" | "newer" | "oldest" | "newest" }
  | { readonly kind: "find"; readonly direction: Direction };

/** Where a search goes on. */
export type Direction = "older" | "newer";

/** The lines that are there to be shown. */
export interface LogWindow {
  /** The lines, the oldest first. */
  readonly items: readonly LogItem[];
  /** Whether the newest lines are shown as they arrive. */
  readonly follows: boolean;
  /** How many items are above the lower edge of the pane. */
  readonly end: number;
  /** How many rows of the last of these items are below that edge. */
  readonly below: number;
  /** Whether the log has nothing before the first item. */
  readonly atStart: boolean;
  /** What is to be read, until that is done. */
  readonly want: Want | undefined;
  /** The number of the line that a search has found. */
  readonly found: number | undefined;
  /** What a search or a read did not find. */
  readonly note: string | undefined;
}

/** The size of the pane, and how it shows lines. */
export interface Area extends LineStyle {
  readonly rows: number;
}

/** How many items a window has at most. */
export const MOST_ITEMS = 5_000;

/** How many characters a window has at most. */
const MOST_CHARS = 4_000_000;

/** A window that waits for its first lines. */
export const NO_LINES: LogWindow = {
  items: [],
  follows: true,
  end: 0,
  below: 0,
  atStart: false,
  want: { kind: "newest" },
  found: undefined,
  note: undefined,
};

/** Adds lines that have arrived while the window follows. */
export function arrived(
  log: LogWindow,
  items: readonly LogItem[],
): LogWindow {
  const all = newest([...log.items, ...items]);
  const dropped = log.items.length + items.length - all.length;
  const end = log.follows ? all.length : Math.max(0, log.end - dropped);
  return { ...log, items: all, end, atStart: log.atStart && dropped === 0 };
}

/** Adds older lines to a window; `atStart` if there are none before them. */
export function withOlder(
  log: LogWindow,
  items: readonly LogItem[],
  atStart: boolean,
): LogWindow {
  const all = [...items, ...log.items];
  const kept = oldest(all);
  const end = Math.min(kept.length, log.end + items.length);
  return { ...log, items: kept, end, atStart, want: undefined };
}

/** Adds newer lines to a window; it follows if there are none after them. */
export function withNewer(
  log: LogWindow,
  items: readonly LogItem[],
  atEnd: boolean,
): LogWindow {
  const moved = arrived({ ...log, follows: false }, items);
  const follows = atEnd && log.end === log.items.length;
  const end = follows ? moved.items.length : moved.end;
  return { ...moved, end, follows, want: undefined };
}

/** Returns a window with other lines, of which it shows the last ones. */
export function opened(
  items: readonly LogItem[],
  more: Partial<LogWindow> = {},
): LogWindow {
  const end = items.length;
  return { ...NO_LINES, items, end, want: undefined, ...more };
}

/** Moves the window up, if the number is negative, or down by rows. */
export function scrolled(log: LogWindow, rows: number, area: Area): LogWindow {
  const quiet = { ...log, note: undefined };
  return rows < 0 ? up(quiet, -rows, area) : down(quiet, rows, area);
}

function up(log: LogWindow, rows: number, area: Area): LogWindow {
  let { end, below } = log;
  for (let left = rows; left > 0 && end > 0; left--) {
    below++;
    if (below < heightAt(log, end - 1, area)) continue;
    end--;
    below = 0;
  }
  const missing = area.rows - rowsAbove(log, end, below, area);
  if (missing <= 0) return { ...log, end, below, follows: false };
  // The first line stays at the top.
  const top = down({ ...log, end, below, follows: false }, missing, area);
  const want = log.atStart ? undefined : { kind: "older" } as const;
  const all = top.end === log.items.length && top.below === 0;
  // All lines fit, so there is nothing to scroll.
  if (all && log.atStart) return { ...top, follows: log.follows, want };
  return { ...top, follows: false, want };
}

function down(log: LogWindow, rows: number, area: Area): LogWindow {
  let { end, below } = log;
  const { length } = log.items;
  let left = rows;
  while (left > 0 && (end < length || below > 0)) {
    if (below === 0) below = heightAt(log, end++, area);
    below--;
    left--;
  }
  const want = left > 0 && !log.follows && log.want === undefined
    ? { kind: "newer" } as const
    : undefined;
  return { ...log, end, below, want: want ?? log.want };
}

/** Goes to the oldest line, or to the newest one, which is followed. */
export function toEdge(log: LogWindow, edge: "first" | "last"): LogWindow {
  const kind = edge === "first" ? "oldest" : "newest";
  return { ...log, note: undefined, want: { kind } };
}

/** Shows the first lines of a window. */
export function atTop(log: LogWindow, area: Area): LogWindow {
  const top = { ...log, end: 0, below: 0, follows: false };
  const { end, below } = down(top, area.rows, area);
  return { ...top, end, below };
}

/**
 * Goes to the next line that matches; if the window has none, it is to be
 * looked for in the log.
 *
 * @param log The window.
 * @param matches Tells whether a text matches.
 * @param direction Where to look.
 * @param area The pane.
 */
export function searched(
  log: LogWindow,
  matches: (text: string) => boolean,
  direction: Direction,
  area: Area,
): LogWindow {
  const quiet = { ...log, note: undefined };
  const step = direction === "older" ? -1 : 1;
  const at = log.items.findIndex((item) => numberOf(item) === log.found);
  const from = at < 0 ? log.end - (direction === "older" ? 0 : 1) : at;
  for (let i = from + step; i >= 0 && i < log.items.length; i += step) {
    const item = log.items[i];
    if (item?.kind === "line" && matches(item.text)) {
      return showing(quiet, item.seq, area);
    }
  }
  if (log.follows && direction === "newer") {
    return { ...quiet, note: NOT_FOUND.newer };
  }
  if (log.atStart && direction === "older") {
    return { ...quiet, note: NOT_FOUND.older };
  }
  return { ...quiet, follows: false, want: { kind: "find", direction } };
}

/** What a search says if it finds nothing. */
export const NOT_FOUND: Readonly<Record<Direction, string>> = {
  older: "no earlier line matches",
  newer: "no later line matches",
};

/** Moves the window so that a line of it is in the middle of the pane. */
export function showing(log: LogWindow, seq: number, area: Area): LogWindow {
  const at = log.items.findIndex((item) => numberOf(item) === seq);
  const found = { ...log, found: seq };
  // A line that is in the pane stays where it is.
  const top = log.end - area.rows;
  if (log.below === 0 && at > top && at < log.end) {
    return { ...found, follows: false };
  }
  const end = Math.min(log.items.length, at + 1);
  const below = Math.floor(area.rows / 2);
  const shown = down({ ...found, end, below: 0, follows: false }, below, area);
  const full = rowsAbove(shown, shown.end, shown.below, area) >= area.rows;
  return { ...(full ? shown : atTop(shown, area)), want: undefined };
}

/** The number of a line; `undefined` for a gap. */
export function numberOf(item: LogItem | undefined): number | undefined {
  return item?.kind === "line" ? item.seq : undefined;
}

/** Returns how many rows there are above the lower edge, up to what is needed. */
function rowsAbove(
  log: LogWindow,
  end: number,
  below: number,
  area: Area,
): number {
  let rows = -below;
  for (let i = end - 1; i >= 0 && rows < area.rows; i--) {
    rows += heightAt(log, i, area);
  }
  return rows;
}

function heightAt({ items }: LogWindow, index: number, area: Area): number {
  const item = items[index];
  return item === undefined ? 0 : heightOf(item, area);
}

/** Returns the newest items, as many as a window can have. */
function newest(items: readonly LogItem[]): readonly LogItem[] {
  const [most, chars] = [Math.max(0, items.length - MOST_ITEMS), MOST_CHARS];
  let first = items.length;
  for (let left = chars; first > most; first--) {
    left -= sizeOf(items[first - 1]);
    if (left < 0) break;
  }
  return first === 0 ? items : items.slice(first);
}

/** Returns the oldest items, as many as a window can have. */
function oldest(items: readonly LogItem[]): readonly LogItem[] {
  let count = 0;
  for (let left = MOST_CHARS; count < items.length; count++) {
    left -= sizeOf(items[count]);
    if (count >= MOST_ITEMS || left < 0) break;
  }
  return items.slice(0, count);
}

function sizeOf(item: LogItem | undefined): number {
  return item?.kind === "line" ? item.text.length : 0;
}
