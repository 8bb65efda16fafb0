/**
 * Draws in which order the entries of a configuration start. The functions are
 * pure.
 *
 * @module
 */

import type { Edge } from "../plan/mod.ts";
import { needsText } from "./status_details.ts";
import { widthOf } from "./text_width.ts";

/** An entry, as it is drawn. */
export interface GraphNode {
  /** Its name. */
  readonly name: string;
  /** What it is called: `api (2)` with its replicas. */
  readonly title: string;
  /** What it depends on. */
  readonly needs: readonly Edge[];
}

/** Entries of which none depends on another, after all that they depend on. */
export type Level = readonly GraphNode[];

/**
 * Returns the levels of a graph: what starts first, what can start after that,
 * and so on.
 *
 * @param nodes The nodes, each after those that it depends on.
 */
export function levelsOf(nodes: readonly GraphNode[]): Level[] {
  const depths = new Map<string, number>();
  for (const { name, needs } of nodes) {
    const below = needs.map(({ on }) => depths.get(on) ?? -1);
    depths.set(name, Math.max(-1, ...below) + 1);
  }
  const levels = Map.groupBy(nodes, ({ name }) => depths.get(name) ?? 0);
  return [...levels].sort(([a], [b]) => a - b).map(([, level]) => level);
}

/** The most columns of a title, so that long ones leave room for others. */
const MOST_TITLE = 32;

/** The least columns of what a node needs. */
const LEAST_NEEDS = 24;

/**
 * Draws levels, a line or several for each node.
 *
 * @param levels The levels.
 * @param width How many columns there are.
 */
export function graphLines(
  levels: readonly Level[],
  width = Infinity,
): string[] {
  const digits = String(levels.length).length;
  const titles = levels.flat().map(({ title }) => widthOf(title));
  const column = Math.min(Math.max(0, ...titles), MOST_TITLE);
  // Two spaces before the number, and its branch between two others.
  const rest = Math.max(LEAST_NEEDS, width - digits - 2 - 3 - column - 2);
  return levels.flatMap((level, at) =>
    level.flatMap(({ title, needs }, i) => {
      const last = i === level.length - 1;
      const number = i === 0 ? String(at + 1) : "";
      const branch = level.length === 1
        ? "─"
        : i === 0
        ? "┬"
        : last
        ? "└"
        : "├";
      const gap = " ".repeat(Math.max(0, column - widthOf(title)));
      const [first = "", ...others] = wrapped(needsOf(needs), rest);
      const stem = `  ${" ".repeat(digits)} ${last ? " " : "│"} `;
      return [
        `  ${number.padStart(digits)} ${branch} ${title}${gap}  ${first}`,
        ...others.map((text) => `${stem}${" ".repeat(column)}  ${text}`),
      ].map((line) => line.trimEnd());
    })
  );
}

function needsOf(needs: readonly Edge[]): string[] {
  const texts = needs.map(({ on, ...edge }) =>
    needsText([{ ...edge, name: on, awaited: false }]) ?? ""
  );
  return texts.map((text, i) =>
    `${i === 0 ? "after " : ""}${text}${i < texts.length - 1 ? "," : ""}`
  );
}

/** Fills lines with parts that are not broken. */
function wrapped(parts: readonly string[], width: number): string[] {
  const lines: string[] = [];
  for (const part of parts) {
    const longer = `${lines.at(-1) ?? ""} ${part}`;
    if (lines.length > 0 && widthOf(longer) <= width) {
      lines[lines.length - 1] = longer;
    } else lines.push(part);
  }
  return lines;
}
