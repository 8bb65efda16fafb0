/**
 * Texts with colors, for rows of a terminal. The functions are pure.
 *
 * A text has no control codes but those that `harmless()` leaves: colors, and
 * tabs.
 *
 * @module
 */

import { columnsOf, widthOf } from "./text_width.ts";

/** Matches a code of colors; a text that is split has one in each second part. */
// deno-lint-ignore no-control-regex
const CODES = /(\x1b\[[\d;:]*m)/;

/** Matches a code that ends all colors. */
// deno-lint-ignore no-control-regex
const ENDS = /^\x1b\[[0;:]*m$/;

/** How far apart the stops of the tabulator are. */
const TAB = 8;

const RESET = "\x1b[0m";

/** Returns a text without its colors. */
export function uncolored(text: string): string {
  if (!text.includes("\x1b")) return text;
  return text.split(CODES).filter((_, index) => index % 2 === 0).join("");
}

/**
 * Returns the beginning of a text that fits into a row. If the text is cut, its
 * last character is `…`.
 */
export function clip(text: string, columns: number): string {
  if (isPlain(text)) {
    if (text.length <= columns) return text;
    return columns > 0 ? `${text.slice(0, columns - 1)}…` : "";
  }
  const whole = expanded(text);
  if (widthOf(uncolored(whole)) <= columns) return closed(whole);
  const [first = ""] = columns > 0 ? rowsOf(whole, columns - 1, 1) : [];
  return columns > 0 ? `${closed(first)}…` : "";
}

/**
 * Returns a text as rows of a width; colors go on over their ends.
 *
 * @param text The text.
 * @param columns The width of a row, at least 1.
 */
export function wrapped(text: string, columns: number): string[] {
  const width = Math.max(1, columns);
  if (text.length <= width && isPlain(text)) return [text];
  return rowsOf(expanded(text), width, Infinity).map(closed);
}

/** Returns a text with spaces behind it, as wide as a row. */
export function padded(text: string, columns: number): string {
  const left = columns - widthOf(uncolored(text));
  return left > 0 ? text + " ".repeat(left) : text;
}

/**
 * Returns a text in which what matches is in reverse.
 *
 * @param text The text.
 * @param pattern What to look for, with the flag `g`.
 */
export function marked(text: string, pattern: RegExp): string {
  const ranges = Array.from(
    uncolored(text).matchAll(pattern),
    (match) => [match.index, match.index + match[0].length] as const,
  ).filter(([from, to]) => to > from);
  if (ranges.length === 0) return text;
  let at = 0;
  return text.split(CODES).map((part, index) => {
    // A color ends the reverse, so it is begun anew after each.
    if (index % 2 === 1) return part;
    const from = at;
    at += part.length;
    return markedPart(part, from, ranges);
  }).join("");
}

function markedPart(
  part: string,
  from: number,
  ranges: readonly (readonly [from: number, to: number])[],
): string {
  let [text, done] = ["", 0];
  for (const [first, last] of ranges) {
    const start = Math.max(done, first - from);
    const end = Math.min(part.length, last - from);
    if (start >= end) continue;
    text += `${part.slice(done, start)}\x1b[7m${
      part.slice(start, end)
    }\x1b[27m`;
    done = end;
  }
  return text + part.slice(done);
}

/** Whether each character of a text takes one column. */
function isPlain(text: string): boolean {
  return /^[ -~]*$/.test(text);
}

/** Ends the colors of a row. */
function closed(row: string): string {
  return row.includes("\x1b") ? row + RESET : row;
}

/** Returns a text with spaces instead of tabs. */
function expanded(text: string): string {
  if (!text.includes("\t")) return text;
  let column = 0;
  return text.split(CODES).map((part, index) => {
    if (index % 2 === 1) return part;
    let out = "";
    for (const character of part) {
      const tab = character === "\t";
      const width = tab ? TAB - column % TAB : columnsOf(character);
      out += tab ? " ".repeat(width) : character;
      column += width;
    }
    return out;
  }).join("");
}

/** Returns the first rows of a text; each begins with the colors before it. */
function rowsOf(text: string, columns: number, most: number): string[] {
  const rows: string[] = [];
  let [row, width, colors] = ["", 0, ""];
  for (const [index, part] of text.split(CODES).entries()) {
    if (index % 2 === 1) {
      row += part;
      colors = ENDS.test(part) ? "" : colors + part;
      continue;
    }
    for (const character of part) {
      const its = columnsOf(character);
      if (width + its > columns && width > 0) {
        rows.push(row);
        if (rows.length >= most) return rows;
        [row, width] = [colors, 0];
      }
      if (its > columns) continue;
      row += character;
      width += its;
    }
  }
  return [...rows, row];
}
