/**
 * Tables for terminals and pipes.
 *
 * @module
 */

import { fit, widthOf } from "./text_width.ts";

/** A column of a table. */
export interface Column {
  readonly title: string;
  /** Whether its texts are at the right. */
  readonly right?: boolean;
  /**
   * The least width to which it may be cut; it is never cut without this. The
   * last columns are cut first.
   */
  readonly least?: number;
  /**
   * From 1 on, it may be left out; columns with a higher number are left out
   * before those with a lower one.
   */
  readonly drop?: number;
}

/** A text, with the codes of its color if it has one. */
export interface Cell {
  readonly text: string;
  /** A code such as 31 for red. */
  readonly color?: number | undefined;
}

/** How a table is written. */
export interface TableOptions {
  /** The width that it must fit into; any by default. */
  readonly width?: number | undefined;
  /** Whether to use colors. */
  readonly color?: boolean;
}

/** The space between two columns. */
const GAP = 2;

/** Returns the lines of a table. */
export function tableLines(
  columns: readonly Column[],
  rows: readonly (readonly Cell[])[],
  { width = Infinity, color = false }: TableOptions = {},
): string[] {
  const widths = share(columns, rows, width);
  const line = (cells: readonly Cell[]) =>
    columns.flatMap(({ right = false }, index) => {
      const its = widths[index] ?? 0;
      if (its === 0) return [];
      const { text = "", color: code } = cells[index] ?? {};
      const padded = fill(text, its, right);
      return [color && code !== undefined ? colored(padded, code) : padded];
    }).join(" ".repeat(GAP)).trimEnd();
  return [
    line(columns.map(({ title }) => ({ text: title }))),
    ...rows.map(line),
  ];
}

/** Returns a text with spaces after it, or before it; or its beginning. */
function fill(text: string, width: number, right: boolean): string {
  const left = width - widthOf(text);
  if (left === 0) return text;
  if (left < 0) return fill(fit(text, width), width, right);
  return right ? " ".repeat(left) + text : text + " ".repeat(left);
}

/** Returns a text in a color; the spaces after it have none. */
function colored(text: string, code: number): string {
  const trimmed = text.trimEnd();
  return `\x1b[${code}m${trimmed}\x1b[0m${text.slice(trimmed.length)}`;
}

/**
 * Returns the widths of the columns, 0 for those that are left out: no more
 * than needed, so that the others are cut as little as possible.
 */
function share(
  columns: readonly Column[],
  rows: readonly (readonly Cell[])[],
  most: number,
): number[] {
  const wanted = columns.map(({ title }, index) =>
    Math.max(
      widthOf(title),
      ...rows.map((cells) => widthOf(cells[index]?.text ?? "")),
    )
  );
  if (most === Infinity) return wanted;
  const ranks = columns.map(({ drop = 0 }) => drop).filter((drop) => drop > 0)
    .sort((a, b) => b - a);
  for (const limit of [Infinity, ...ranks]) {
    const widths = wanted.map((width, index) =>
      (columns[index]?.drop ?? 0) < limit ? width : 0
    );
    cut(columns, widths, most);
    if (excess(widths, most) <= 0 || limit === ranks.at(-1)) return widths;
  }
  return wanted;
}

/** Cuts columns until they fit, or until none can be cut any more. */
function cut(
  columns: readonly Column[],
  widths: number[],
  most: number,
): void {
  for (const [index, { least }] of [...columns.entries()].reverse()) {
    const width = widths[index] ?? 0;
    const over = excess(widths, most);
    if (least === undefined || over <= 0) continue;
    widths[index] = Math.max(Math.min(width, least), width - over);
  }
}

/** Returns how much too wide columns are. */
function excess(widths: readonly number[], most: number): number {
  const shown = widths.filter((width) => width > 0);
  return shown.reduce((sum, width) => sum + width + GAP, -GAP) - most;
}
