/**
 * The graph of what depends on what in `top`: a tree in which each entry is
 * once, below what it waits for last. The functions are pure.
 *
 * @module
 */

import type { ProcessView } from "../control/client.ts";
import { plainText } from "./plain_text.ts";
import { stateCell } from "./state_text.ts";
import { needsText } from "./status_details.ts";
import { type Cell, type Column, tableLines } from "./table.ts";

/** The rows of a graph. */
export interface GraphRows {
  readonly rows: readonly string[];
  /** The index of the row of the entry that is chosen; -1 if it has none. */
  readonly chosen: number;
}

const COLUMNS: readonly Column[] = [
  { title: "ENTRY", least: 20 },
  { title: "STATE", least: 10 },
  { title: "NEEDS", least: 10, drop: 1 },
];

/** An entry in the tree. */
interface Node {
  readonly entry: string;
  /** What is before its name. */
  readonly branch: string;
}

/**
 * Returns the rows of the graph.
 *
 * @param processes All processes, in the order of the configuration.
 * @param chosen The entry that is chosen.
 * @param now The time.
 * @param options The width, and whether to use colors.
 */
export function graphRows(
  processes: readonly ProcessView[],
  chosen: string | undefined,
  now: number,
  options: { readonly width: number; readonly color: boolean },
): GraphRows {
  const entries = Map.groupBy(processes, ({ entry }) => entry);
  const nodes = treeOf(entries);
  const cells = nodes.map(({ entry, branch }): Cell[] => {
    const own = entries.get(entry) ?? [];
    const count = own.length > 1 ? ` ×${own.length}` : "";
    const mark = entry === chosen ? "> " : "  ";
    const needs = needsText(own[0]?.dependencies ?? []) ?? "";
    return [
      {
        text: `${mark}${cut(branch, options.width)}${plainText(entry)}${count}`,
      },
      stateOf(own, now),
      { text: plainText(needs) },
    ];
  });
  const [head = "", ...rows] = tableLines(COLUMNS, cells, options);
  const at = nodes.findIndex(({ entry }) => entry === chosen);
  return {
    rows: [`  ${head}`.slice(0, options.width), ...rows],
    chosen: at + 1,
  };
}

/** Leaves room for the names in a tree that is deeper than the screen is wide. */
function cut(branch: string, width: number): string {
  const most = Math.floor(width / 4);
  return branch.length > most
    ? `…${branch.slice(branch.length - most)}`
    : branch;
}

/** Returns the entries in the order of the tree. */
function treeOf(
  entries: ReadonlyMap<string, readonly ProcessView[]>,
): readonly Node[] {
  const levels = levelsOf(entries);
  const children = Map.groupBy(
    entries.keys(),
    (entry) => parentOf(entries, levels, entry),
  );
  const nodes: Node[] = [];
  const add = (entry: string, branch: string, below: string) => {
    nodes.push({ entry, branch });
    const own = children.get(entry) ?? [];
    for (const [index, child] of own.entries()) {
      const last = index === own.length - 1;
      add(
        child,
        below + (last ? "└─ " : "├─ "),
        below + (last ? "   " : "│  "),
      );
    }
  };
  for (const root of children.get(undefined) ?? []) add(root, "", "");
  return nodes;
}

/** Returns how many entries must be there before each, one after another. */
function levelsOf(
  entries: ReadonlyMap<string, readonly ProcessView[]>,
): ReadonlyMap<string, number> {
  const levels = new Map<string, number>();
  const visit = (entry: string): number => {
    const known = levels.get(entry);
    if (known !== undefined) return known;
    // A plan has no circles; with one, this ends all the same.
    levels.set(entry, 0);
    const before = needsOf(entries, entry).map(visit);
    const level = Math.max(-1, ...before) + 1;
    levels.set(entry, level);
    return level;
  };
  for (const entry of entries.keys()) visit(entry);
  return levels;
}

function parentOf(
  entries: ReadonlyMap<string, readonly ProcessView[]>,
  levels: ReadonlyMap<string, number>,
  entry: string,
): string | undefined {
  const level = (name: string) => levels.get(name) ?? 0;
  const [first] = needsOf(entries, entry)
    .filter((name) => level(name) < level(entry))
    .sort((a, b) => level(b) - level(a));
  return first;
}

function needsOf(
  entries: ReadonlyMap<string, readonly ProcessView[]>,
  entry: string,
): string[] {
  const [first] = entries.get(entry) ?? [];
  const names = first?.dependencies.map(({ name }) => name) ?? [];
  return names.filter((name) => entries.has(name));
}

/** Returns what the processes of an entry do. */
function stateOf(own: readonly ProcessView[], now: number): Cell {
  const [first, ...others] = own.map((process) => stateCell(process, now));
  if (first === undefined) return { text: "" };
  if (others.length === 0) return clean(first);
  const cells = [first, ...others];
  const counts = Map.groupBy(cells, ({ text }) => text);
  // The rarest state is what somebody looks for.
  const rare = [...counts].sort(([, a], [, b]) => a.length - b.length);
  const text = rare.map(([text, some]) => `${some.length} ${text}`).join(", ");
  return clean({ text, color: rare[0]?.[1][0]?.color });
}

function clean({ text, color }: Cell): Cell {
  return { text: plainText(text), color };
}
