/**
 * The rows of a line of a log in `top`. The functions are pure.
 *
 * @module
 */

import type { LogItem } from "../control/client.ts";
import { harmless } from "./line_format.ts";
import { clip, marked, wrapped } from "./styled_text.ts";

/** How lines are shown. */
export interface LineStyle {
  readonly columns: number;
  /** Whether long lines are wrapped, and not cut. */
  readonly wraps: boolean;
  /** Whether the time comes before each line. */
  readonly times: boolean;
  /** Whether colors are kept. */
  readonly color: boolean;
  /** What is looked for, with the flag `g`. */
  readonly search?: RegExp | undefined;
}

/** The longest text that is shown of a line. */
const MOST_CHARS = 10_000;

/** Returns the rows of an item, without control codes but colors. */
export function lineRows(item: LogItem, style: LineStyle): string[] {
  const text = textOf(item, style);
  return style.wraps
    ? wrapped(text, style.columns)
    : [clip(text, style.columns)];
}

/** Returns how many rows an item has. */
export function heightOf(item: LogItem, style: LineStyle): number {
  if (!style.wraps) return 1;
  return lineRows(item, { ...style, search: undefined }).length;
}

function textOf(item: LogItem, style: LineStyle): string {
  const { color, search, times } = style;
  if (item.kind === "missed") {
    return dim(`··· ${item.count} lines are not shown ···`, color);
  }
  const text = harmless(item.text.slice(0, MOST_CHARS), color);
  const found = search === undefined ? text : marked(text, search);
  const cut = item.truncated || item.text.length > MOST_CHARS;
  const whole = cut ? `${found}${dim(" (cut)", color)}` : found;
  return times ? `${dim(timeText(item.time), color)} ${whole}` : whole;
}

function dim(text: string, color: boolean): string {
  return color ? `\x1b[90m${text}\x1b[0m` : text;
}

/** Returns the local time of a line: `12:00:05.123`. */
function timeText(time: number): string {
  const date = new Date(time);
  const parts = [date.getHours(), date.getMinutes(), date.getSeconds()];
  const clock = parts.map((part) => String(part).padStart(2, "0")).join(":");
  return `${clock}.${String(date.getMilliseconds()).padStart(3, "0")}`;
}
