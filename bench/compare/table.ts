/**
 * The comparison as it is kept in `comparison.json`, and the parts of the
 * documentation that are made of it.
 *
 * @module
 */

import { replacePart, table, wrap } from "../results.ts";
import { ROWS } from "./rows.ts";

/** What the last run found. */
export interface Comparison {
  /** What was compared, such as `pm2 7.0.4`. */
  readonly versions: readonly string[];
  /** How often each trial was repeated. */
  readonly rounds: number;
  /** The names of the contenders: the columns. */
  readonly contenders: readonly string[];
  /** The rows, from top to bottom. */
  readonly rows: readonly Cells[];
}

/** A row of the table. */
export interface Cells {
  /** Its first cell. */
  readonly title: string;
  /** The other cells. */
  readonly cells: readonly string[];
}

/** The file of the comparison. */
export const COMPARISON = new URL("../comparison.json", import.meta.url);

/** The task, as the markers of its parts name it. */
export const TASK = "compare";

/**
 * Documents with a part that is made of the comparison. One without the markers
 * has none.
 */
export const DOCUMENTS: readonly {
  readonly url: URL;
  readonly write: (comparison: Comparison) => string;
}[] = [
  { url: new URL("../../README.md", import.meta.url), write: short },
  { url: new URL("../README.md", import.meta.url), write: long },
];

/** Reads the comparison of the last run. */
export async function readComparison(): Promise<Comparison> {
  return JSON.parse(await Deno.readTextFile(COMPARISON));
}

/** Returns a document with its part written anew, if it has one. */
export function written(
  document: string,
  write: (comparison: Comparison) => string,
  comparison: Comparison,
): string {
  if (!document.includes(`<!-- Written by \`deno task ${TASK}\` -->`)) {
    return document;
  }
  return replacePart(document, write(comparison), TASK);
}

/** Returns the cells that two rows do not share, each with what it says. */
export function differences(
  { title, cells }: Cells,
  fresh: Cells,
  contenders: readonly string[],
): string[] {
  return contenders.flatMap((name, i) => {
    const [before, now] = [cells[i], fresh.cells[i]];
    if (before === now) return [];
    return [`${title}: ${name}: ${now}, not ${before} as in the table`];
  });
}

/** Returns the table, and what was compared. */
function short({ versions, contenders, rows }: Comparison): string {
  const lines = rows.map(({ title, cells }) => [title, ...cells]);
  return [
    table([["", ...contenders], ...lines]),
    wrap(`Compared: ${versions.join(", ")}.`),
  ].join("\n\n");
}

/** Returns the table, and what was done for each row. */
function long(comparison: Comparison): string {
  const notes = ROWS.map(({ title, done }) =>
    `- ${wrap(`_${title}._ ${done}`, 78).replaceAll("\n", "\n  ")}`
  );
  return `${short(comparison)}\n\n${notes.join("\n")}`;
}
