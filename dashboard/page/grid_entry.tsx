/** @jsxImportSource preact */
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/**
 * The row of an entry that has replicas.
 *
 * @module
 */

import { useActions, useDoings } from "./actions.ts";
import { bytesText, counted, shareText } from "./format.ts";
import type { GridItem, GridRow } from "./grid_rows.ts";
import { useKnown, useLive } from "./hooks.ts";

/** Shows an entry, and how many replicas it has. */
export function EntryRow({ id, row, focused, toggle }: {
  id: string;
  row: Extract<GridRow, { kind: "entry" }>;
  focused: boolean;
  toggle: (entry: string) => void;
}) {
  const { allowed } = useActions();
  const planned = useKnown(({ supervisor }) => supervisor?.plan ?? false);
  const { entry, items, open } = row;
  return (
    <tr
      role="row"
      data-key={id}
      class="grid-row grid-entry"
      tabIndex={focused ? 0 : -1}
    >
      {allowed && <td role="cell" class="grid-check" />}
      <th role="rowheader" scope="row" class="grid-name">
        <button
          type="button"
          class="grid-toggle"
          aria-expanded={open}
          onClick={() => toggle(entry)}
        >
          <span class="grid-fold" aria-hidden="true">{open ? "▾" : "▸"}</span>
          {entry}
          <span class="unseen">, replicas</span>
        </button>
      </th>
      <td role="cell" class="grid-state soft">{statesText(items)}</td>
      <td role="cell" class="number soft grid-sum" data-label="CPU">
        {sumOf(items, "cpu")}
      </td>
      <td role="cell" class="number soft grid-sum" data-label="Memory">
        {sumOf(items, "memory")}
      </td>
      <td role="cell" class="grid-filler" />
      {allowed && (
        <td role="cell" class="grid-actions">
          {planned && <Scale entry={entry} />}
        </td>
      )}
    </tr>
  );
}

/** Changes the number of replicas by one. */
function Scale({ entry }: { entry: string }) {
  const actions = useActions();
  const count = useKnown(({ processes }) =>
    processes.filter((each) => each.entry === entry).length
  );
  const busy = useDoings(({ pending }) =>
    [...pending].some((key) => key.startsWith(`["scale",["${entry}"]`))
  );
  const live = useLive();
  const button = (replicas: number, sign: string, words: string) => (
    <button
      type="button"
      class="button button-small grid-step"
      aria-label={`${words} of ${entry}`}
      aria-disabled={!live || busy || replicas < 1}
      onClick={() => {
        if (!live || busy || replicas < 1) return;
        actions.request({ action: "scale", names: [entry], replicas });
      }}
    >
      {sign}
    </button>
  );
  return (
    <div class="bar actions" role="group" aria-label={`Replicas of ${entry}`}>
      {button(count - 1, "−", "One replica less")}
      <span class="number" aria-busy={busy}>
        {busy && <span class="spinner" aria-hidden="true" />} {count}
        <span class="unseen">{count === 1 ? "replica" : "replicas"}</span>
      </span>
      {button(count + 1, "+", "One replica more")}
    </div>
  );
}

/** Returns how many replicas are in which state. */
function statesText(items: readonly GridItem[]): string {
  const counts = new Map<string, number>();
  for (const { state } of items) {
    counts.set(state, (counts.get(state) ?? 0) + 1);
  }
  const states = [...counts].map(([state, count]) => `${count} ${state}`);
  return `${counted(items.length, "replica")}: ${states.join(", ")}`;
}

/** Returns what the replicas use together. */
function sumOf(items: readonly GridItem[], what: "cpu" | "memory"): string {
  const values = items.flatMap(({ process }) => process.usage?.[what] ?? []);
  if (values.length === 0) return "–";
  const sum = values.reduce((a, b) => a + b, 0);
  return what === "cpu" ? shareText(sum) : bytesText(sum);
}
