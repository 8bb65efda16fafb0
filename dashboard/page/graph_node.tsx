/** @jsxImportSource preact */
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/**
 * A node of the graph.
 *
 * @module
 */

import { countsDown, entryState } from "./entry_state.ts";
import { NODE, type Point } from "./graph_layout.ts";
import type { GraphNode } from "./graph_model.ts";
import { useNow } from "./hooks.ts";
import { MARKS } from "./state_words.ts";

/** What a node is given. */
export interface NodeProps {
  readonly node: GraphNode;
  /** What it waits for, in words. */
  readonly waits: string | null;
  /** The middle of its place; `null` if it lies in a grid. */
  readonly place: Point | null;
  readonly chosen: boolean;
  /** Whether it is on the path that is looked at. */
  readonly lit: boolean;
  readonly onChoose: (entry: string) => void;
  readonly onPoint: (entry: string | null) => void;
}

/** Shows an entry: a button that opens its panel. */
export function NodeButton(
  { node, waits, place, chosen, lit, onChoose, onPoint }: NodeProps,
) {
  const now = useNow(countsDown(node));
  const { entry, type } = node;
  const { tone, words } = entryState(node, now);
  const style = place === null ? {} : {
    left: `${place.x - NODE.width / 2}px`,
    top: `${place.y - NODE.height / 2}px`,
  };
  return (
    <button
      type="button"
      class={`graph-node graph-${type} tone-${tone}`}
      data-entry={entry}
      data-lit={lit}
      aria-pressed={chosen}
      title={waits ?? undefined}
      style={style}
      onClick={() => onChoose(entry)}
      onFocus={() => onPoint(entry)}
      onBlur={() => onPoint(null)}
      onPointerEnter={() => onPoint(entry)}
      onPointerLeave={() => onPoint(null)}
    >
      <span class="graph-node-name">
        <span class="graph-node-entry">{entry}</span>
        {type === "task" && <span class="graph-node-type">task</span>}
      </span>
      <span class="graph-node-state">
        <span class="badge-mark" aria-hidden="true">{MARKS[tone]}</span>
        <span class="graph-node-words">{words}</span>
      </span>
      {waits !== null && <span class="graph-node-waits">{waits}</span>}
    </button>
  );
}
