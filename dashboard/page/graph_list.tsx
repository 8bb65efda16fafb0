/** @jsxImportSource preact */
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/**
 * The graph as a list, for who cannot see it, and to search in.
 *
 * @module
 */

import { conditionText } from "./edge_words.ts";
import { countsDown, entryState } from "./entry_state.ts";
import { type Graph, inOrder, neededBy, needsOf } from "./graph_model.ts";
import { useNow } from "./hooks.ts";
import { Badge } from "./state_badge.tsx";

/** Shows all entries with what they need, in the order in which they start. */
export function GraphList({ graph, onChoose }: {
  graph: Graph;
  onChoose: (entry: string) => void;
}) {
  const { linked, single } = inOrder(graph);
  return (
    <div class="graph-list panel">
      <table class="table">
        <thead>
          <tr>
            <th scope="col">Entry</th>
            <th scope="col">State</th>
            <th scope="col">Needs</th>
            <th scope="col">Needed by</th>
          </tr>
        </thead>
        <tbody>
          {[...linked, ...single].map((entry) => (
            <Row key={entry} {...{ entry, graph, onChoose }} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Row({ entry, graph, onChoose }: {
  entry: string;
  graph: Graph;
  onChoose: (entry: string) => void;
}) {
  const node = graph.nodes.get(entry);
  const now = useNow(node !== undefined && countsDown(node));
  if (node === undefined) return null;
  const { tone, words } = entryState(node, now);
  const needed = neededBy(graph, entry).map(({ to }) => to);
  return (
    <tr>
      <th scope="row">
        <button
          type="button"
          class="graph-link"
          data-entry={entry}
          onClick={() => onChoose(entry)}
        >
          {entry}
        </button>
      </th>
      <td>
        <Badge tone={tone}>{words}</Badge>
      </td>
      <td>
        <ul>
          {needsOf(graph, entry).map((edge) => (
            <li key={edge.from} data-awaited={edge.awaited}>
              <strong>{edge.from}</strong>: {conditionText(edge)}
            </li>
          ))}
        </ul>
      </td>
      <td>{needed.join(", ")}</td>
    </tr>
  );
}
