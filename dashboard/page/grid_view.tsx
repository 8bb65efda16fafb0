/** @jsxImportSource preact */
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/**
 * The first view: what needs attention, and a table of all processes.
 *
 * @module
 */

import "./grid_view.css";
import { useMemo, useState } from "preact/hooks";
import { Attention } from "./attention.tsx";
import { CopyCommand } from "./banner.tsx";
import { type GridPlace, gridPlace, placeQuery } from "./grid_place.ts";
import {
  chosenItems,
  gridItems,
  gridRows,
  replicated,
  stateCounts,
} from "./grid_rows.ts";
import { GridTable } from "./grid_table.tsx";
import { GridTools } from "./grid_tools.tsx";
import { useKnown, useStore } from "./hooks.ts";
import { linkTo, replaceRoute, type Route } from "./route.ts";
import { useTroubles } from "./use_troubles.ts";

/** Shows what needs attention, and all processes. */
export function GridView({ route }: { route: Route }) {
  const processes = useKnown(({ processes }) => processes);
  const troubles = useTroubles();
  const [closed, setClosed] = useState<ReadonlySet<string>>(new Set());
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  const place = useMemo(() => gridPlace(route.query), [route]);
  const items = useMemo(() => gridItems(processes, troubles), [
    processes,
    troubles,
  ]);
  const entries = useMemo(() => replicated(processes), [processes]);
  const rows = useMemo(
    () => gridRows(chosenItems(items, { ...place, closed }), entries, closed),
    [items, entries, place, closed],
  );
  if (processes.length === 0) return <Empty />;
  const go = (next: GridPlace) =>
    replaceRoute(linkTo("grid", { query: placeQuery(next) }));
  // A process that is gone is not selected any more.
  const chosen = processes.filter(({ name }) => selected.has(name));
  return (
    <>
      <Attention troubles={troubles} processes={processes} />
      <section aria-labelledby="grid-title">
        <h2 id="grid-title" class="unseen">Processes</h2>
        <GridTools
          place={place}
          counts={stateCounts(items)}
          total={items.length}
          go={go}
          selected={chosen}
          clear={() => setSelected(new Set())}
        />
        {rows.length > 0
          ? (
            <GridTable
              rows={rows}
              selected={selected}
              select={setSelected}
              toggle={(entry) => setClosed(toggled(closed, entry))}
            />
          )
          : (
            <div class="empty">
              <p>No process fits the filter.</p>
              <p>
                <button
                  type="button"
                  class="button"
                  onClick={() => go({ ...place, text: "", states: new Set() })}
                >
                  Show all
                </button>
              </p>
            </div>
          )}
      </section>
    </>
  );
}

/** Says how to start processes. */
function Empty() {
  const { source } = useStore();
  const config = useKnown(({ supervisor }) => supervisor?.config ?? null);
  if (!source.live) {
    return (
      <div class="empty">
        <h2>There were no processes</h2>
        <p>
          When the report was made, no supervisor ran, or it had none. The{" "}
          <a href={linkTo("log")}>log</a> tells what was before that.
        </p>
      </div>
    );
  }
  return (
    <div class="empty">
      <h2>There are no processes</h2>
      {config === null
        ? (
          <p>
            The program has started none yet. They appear here as soon as it
            does, for example with <code>pm.command()</code>.
          </p>
        )
        : (
          <>
            <p>
              Add some under <code>processes:</code> in{" "}
              <code>{config}</code>, and apply that:
            </p>
            <CopyCommand command="processman reload" />
          </>
        )}
    </div>
  );
}

/** Returns a set with or without a value. */
function toggled(set: ReadonlySet<string>, value: string): Set<string> {
  const next = new Set(set);
  if (!next.delete(value)) next.add(value);
  return next;
}
