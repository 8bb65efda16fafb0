/**
 * Which rows of the log are selected. The functions are pure.
 *
 * @module
 */

import type { LogWindow } from "./log_window.ts";
import type { LogLine } from "./source.ts";
import { keyOf, type Row } from "./log_rows.ts";

/** A row: what tells it from others, and where it was. */
export interface Place {
  readonly key: string;
  readonly at: number;
}

/** Rows from one to another. */
export interface Selection {
  /** The row that the keys move. */
  readonly head: Place;
  /** The row at the other end. */
  readonly anchor: Place;
  /** Whether the address links to it. */
  readonly linked?: boolean;
}

/** Returns what tells a row from all others. */
export function keyOfRow(row: Row): string {
  if (row.kind === "line") return keyOf(row.line);
  if (row.kind === "run") return `run ${row.process}:${row.run}`;
  if (row.kind === "missed") return `missed ${row.process}`;
  const [first] = row.lines;
  if (first === undefined) return "";
  // A fold of one line is that line.
  return row.lines.length === 1 ? keyOf(first) : `fold ${keyOf(first)}`;
}

/** Returns where a key moves to from a row; `undefined` for other keys. */
export function moved(
  key: string,
  from: number,
  { page, end }: { readonly page: number; readonly end: number },
): number | undefined {
  const steps: Readonly<Record<string, number>> = {
    ArrowUp: -1,
    ArrowDown: 1,
    k: -1,
    j: 1,
    PageUp: -page,
    PageDown: page,
    Home: -Infinity,
  };
  const step = steps[key];
  return step === undefined
    ? undefined
    : Math.max(0, Math.min(from + step, end));
}

/** Returns the lines that are selected. */
export function selectedLines(
  { rows }: LogWindow,
  selection: Selection | undefined,
): LogLine[] {
  if (selection === undefined) return [];
  const ends = [selection.head.key, selection.anchor.key].map((key) =>
    rows.findIndex((row) => holds(row, key))
  );
  if (ends.includes(-1)) return [];
  const chosen = rows.slice(Math.min(...ends), Math.max(...ends) + 1);
  return chosen.flatMap((row) => {
    if (row.kind === "line") {
      // The lines of an open fold are rows, and told by the fold too.
      const [first] = chosen;
      const told = row.folded && first?.kind === "fold" &&
        first.lines.includes(row.line);
      return told ? [] : [row.line];
    }
    return row.kind === "fold" && (!row.open || row === chosen[0])
      ? row.lines
      : [];
  });
}

/** Whether a row is that of a key, or a closed fold with that line. */
function holds(row: Row, key: string): boolean {
  return keyOfRow(row) === key ||
    row.kind === "fold" && !row.open &&
      row.lines.some((line) => keyOf(line) === key);
}
