/** @jsxImportSource preact */
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/**
 * The panel of an entry of the graph: why it is where it is, what it needs, and
 * what needs it.
 *
 * @module
 */

import { ActionButtons } from "./action_buttons.tsx";
import { conditionText, edgeText } from "./edge_words.ts";
import { entryState } from "./entry_state.ts";
import {
  type Graph,
  type GraphEdge,
  type GraphNode,
  neededBy,
  needsOf,
} from "./graph_model.ts";
import { useNow } from "./hooks.ts";
import { linkTo } from "./route.ts";
import { SidePanel } from "./side_panel.tsx";
import type { ProcessView } from "./source.ts";
import { Badge, StateBadge } from "./state_badge.tsx";

/** What the panel is given. */
export interface PanelProps {
  readonly graph: Graph;
  readonly node: GraphNode;
  readonly onChoose: (entry: string) => void;
  readonly onClose: () => void;
}

/** Shows an entry. */
export function GraphPanel({ graph, node, onChoose, onClose }: PanelProps) {
  const { entry, type, processes } = node;
  const needs = needsOf(graph, entry);
  const needed = neededBy(graph, entry);
  return (
    <SidePanel
      name="graph-panel"
      title={entry}
      about={<span class="soft small">{type}</span>}
      chosen={entry}
      onClose={onClose}
    >
      <ul class="graph-processes">
        {processes.map((process) => (
          <ProcessItem key={process.name} process={process} />
        ))}
      </ul>
      <Edges title="Needs" edges={needs} {...{ graph, onChoose }} end="from" />
      <Edges
        title="Needed by"
        edges={needed}
        {...{ graph, onChoose }}
        end="to"
      />
    </SidePanel>
  );
}

function ProcessItem({ process }: { process: ProcessView }) {
  const { name, why } = process;
  return (
    <li class="panel-body">
      <div class="bar">
        <a href={linkTo("process", { name })}>{name}</a>
        <StateBadge process={process} />
        <a class="small bar-rest" href={linkTo("log", { query: { name } })}>
          Log<span class="unseen">of {name}</span>
        </a>
        <a class="small" href={linkTo("time", { query: { name } })}>
          Time line<span class="unseen">of {name}</span>
        </a>
      </div>
      <p class="graph-why">{why}</p>
      <ActionButtons process={process} />
    </li>
  );
}

function Edges({ title, edges, graph, end, onChoose }: {
  title: string;
  edges: readonly GraphEdge[];
  graph: Graph;
  end: "from" | "to";
  onChoose: (entry: string) => void;
}) {
  const now = useNow(false);
  return (
    <div class="panel-body graph-panel-edges">
      <h3>{title}</h3>
      {edges.length === 0 && <p class="soft">nothing</p>}
      <ul>
        {edges.map((edge) => {
          const node = graph.nodes.get(edge[end]);
          if (node === undefined) return null;
          const { tone, words } = entryState(node, now);
          return (
            <li key={edge[end]}>
              <div class="bar">
                <button
                  type="button"
                  class="graph-link"
                  onClick={() => onChoose(edge[end])}
                >
                  {edge[end]}
                </button>
                <Badge tone={tone}>{words}</Badge>
              </div>
              <p class="small soft">
                {end === "from" ? conditionText(edge) : edgeText(edge)}
              </p>
            </li>
          );
        })}
      </ul>
    </div>
  );
}
