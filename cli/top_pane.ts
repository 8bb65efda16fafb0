/**
 * The pane of `top` below the list: the log, the details or the graph. The
 * functions are pure.
 *
 * @module
 */

import { plainText } from "./plain_text.ts";
import { entriesOf } from "./status.ts";
import { clip, wrapped } from "./styled_text.ts";
import { graphRows } from "./top_graph.ts";
import { areaOf, layoutOf } from "./top_layout.ts";
import { lineRows } from "./top_line.ts";
import { chosenOf, type TopState } from "./top_state.ts";

/** The width of the titles of the details, with the space after them. */
const TITLE = 12;

/** Returns the rows of the pane, at most as many as it has. */
export function paneRows(state: TopState, now: number): readonly string[] {
  const { pane } = layoutOf(state);
  if (pane === 0) return [];
  if (state.pane === "log") return logRows(state);
  const rows = allRows(state, now);
  const from = Math.min(offsetOf(state), Math.max(0, rows.length - pane));
  return rows.slice(from, from + pane);
}

/** Returns how many rows the details or the graph have. */
export function paneHeight(state: TopState): number {
  return allRows(state, 0).length;
}

/** Returns the index of the first row that is shown. */
export function offsetOf(state: TopState): number {
  if (state.pane !== "graph" || state.focus === "pane") return state.scroll;
  const { pane } = layoutOf(state);
  const { rows, chosen } = graphOf(state, 0);
  if (chosen < pane) return 0;
  return Math.min(rows.length - pane, chosen - Math.floor(pane / 2));
}

function allRows(state: TopState, now: number): readonly string[] {
  return state.pane === "graph"
    ? graphOf(state, now).rows
    : detailRows(state, now);
}

function graphOf(state: TopState, now: number) {
  const { processes, size, color } = state;
  const entry = chosenOf(state)?.entry;
  return graphRows(processes, entry, now, { width: size.columns, color });
}

function logRows(state: TopState): readonly string[] {
  const { items, end, below, want, note } = state.log;
  const area = areaOf(state);
  if (items.length === 0) {
    if (want !== undefined && note === undefined) return [];
    return [note ?? (state.filter === "" ? "no output" : "no line matches")];
  }
  const rows: string[] = [];
  for (let i = end - 1; i >= 0 && rows.length < area.rows + below; i--) {
    const item = items[i];
    if (item !== undefined) rows.unshift(...lineRows(item, area));
  }
  const shown = below > 0 ? rows.slice(0, -below) : rows;
  return shown.slice(-area.rows);
}

function detailRows(state: TopState, now: number): readonly string[] {
  const view = chosenOf(state);
  if (view === undefined) return ["there is no process"];
  const details = state.details?.name === view.name ? state.details : null;
  const { columns } = state.size;
  const room = Math.max(1, columns - TITLE);
  return entriesOf({ ...view, details }, now).flatMap(([title, text]) => {
    const lines = typeof text === "string" ? [text] : text ?? [];
    const rows = lines.flatMap((line) => wrapped(plainText(line), room));
    return rows.map((row, index) =>
      clip(`${(index === 0 ? title : "").padEnd(TITLE)}${row}`, columns)
    );
  });
}
