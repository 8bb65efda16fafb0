/**
 * Which rows the grid has, and in which order. The functions are pure.
 *
 * @module
 */

import type { ProcessView } from "./source.ts";
import { isBlocked } from "./state_words.ts";
import type { Trouble } from "./troubles.ts";

/** The states that processes can be filtered by, the worst first. */
export const STATES = [
  "failed",
  "crashing",
  "blocked",
  "not ready",
  "waiting",
  "changing",
  "running",
  "completed",
  "ended",
  "stopped",
  "not started",
] as const;

/** A state that processes can be filtered by. */
export type GridState = typeof STATES[number];

/** A process in the grid. */
export interface GridItem {
  readonly process: ProcessView;
  readonly state: GridState;
  /** What is wrong with it. */
  readonly trouble: Trouble | undefined;
}

/** A row of the grid. */
export type GridRow =
  | {
    readonly kind: "process";
    readonly item: GridItem;
    readonly inner: boolean;
  }
  | {
    readonly kind: "entry";
    readonly entry: string;
    readonly items: readonly GridItem[];
    readonly open: boolean;
  };

/** How the rows are chosen and ordered. */
export interface GridChoice {
  /** Text that names, commands or reasons must have. */
  readonly text: string;
  /** The states to show; all if it is empty. */
  readonly states: ReadonlySet<GridState>;
  readonly order: "trouble" | "plan";
  /** The entries whose replicas are hidden. */
  readonly closed: ReadonlySet<string>;
}

/** Returns the processes with their states and troubles. */
export function gridItems(
  processes: readonly ProcessView[],
  troubles: readonly Trouble[],
): GridItem[] {
  const byName = new Map(troubles.map((each) => [each.name, each]));
  return processes.map((process) => {
    const trouble = byName.get(process.name);
    return { process, trouble, state: gridState(process, trouble) };
  });
}

/** Returns how many processes there are in each state. */
export function stateCounts(
  items: readonly GridItem[],
): Map<GridState, number> {
  const counts = new Map<GridState, number>();
  for (const { state } of items) {
    counts.set(state, (counts.get(state) ?? 0) + 1);
  }
  return counts;
}

/** Returns the items to show, in their order: replicas beside each other. */
export function chosenItems(
  items: readonly GridItem[],
  { text, states, order }: GridChoice,
): GridItem[][] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const shown = items.filter(({ process, state, trouble }) => {
    if (states.size > 0 && !states.has(state)) return false;
    const { name, command, why, labels } = process;
    const all = [name, ...command, why, ...labels, trouble?.reason ?? ""]
      .join(" ").toLowerCase();
    return words.every((word) => all.includes(word));
  });
  const groups = [...Map.groupBy(shown, (each) => each.process.entry).values()];
  if (order === "plan") return groups;
  const ranked = groups.map((group) => group.toSorted(byRank));
  // Sorting is stable: equal ones stay in the order of the plan.
  return ranked.sort(([a], [b]) => a && b ? byRank(a, b) : 0);
}

/** Returns the rows for items that are in order. */
export function gridRows(
  groups: readonly (readonly GridItem[])[],
  entries: ReadonlySet<string>,
  closed: ReadonlySet<string>,
): GridRow[] {
  return groups.flatMap((items): GridRow[] => {
    const entry = items[0]?.process.entry ?? "";
    const inner = entries.has(entry);
    const rows = items.map((item) =>
      ({ kind: "process", item, inner }) as const
    );
    if (!inner) return rows;
    const open = !closed.has(entry);
    return [{ kind: "entry", entry, items, open }, ...open ? rows : []];
  });
}

/** Returns the entries that have replicas. */
export function replicated(processes: readonly ProcessView[]): Set<string> {
  return new Set(
    processes.filter(({ name, entry }) => name !== entry).map(({ entry }) =>
      entry
    ),
  );
}

function byRank(a: GridItem, b: GridItem): number {
  return STATES.indexOf(a.state) - STATES.indexOf(b.state);
}

function gridState(
  process: ProcessView,
  trouble: Trouble | undefined,
): GridState {
  const { state, ready, last } = process;
  switch (state) {
    case "failed":
      return "failed";
    case "backoff":
      return "crashing";
    case "waiting":
      return isBlocked(process) ? "blocked" : "waiting";
    case "starting":
    case "stopping":
      return trouble ? "crashing" : "changing";
    case "running":
      if (trouble?.tone === "bad") return "crashing";
      return ready === false ? "not ready" : "running";
    case "completed":
      return "completed";
    case "ended":
      return last?.crashed ? "failed" : "ended";
    case "stopped":
      return "stopped";
    case "idle":
      return "not started";
    default:
      return state satisfies never;
  }
}
