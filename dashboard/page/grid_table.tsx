/** @jsxImportSource preact */
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/**
 * The table of all processes.
 *
 * @module
 */

import { useEffect, useRef, useState } from "preact/hooks";
import { useActions } from "./actions.ts";
import { EntryRow } from "./grid_entry.tsx";
import { ProcessRow } from "./grid_row.tsx";
import type { GridRow } from "./grid_rows.ts";
import { useSteady } from "./hooks.ts";

const COLUMNS = [
  "Name",
  "State",
  "CPU",
  "Memory",
  "Uptime",
  "PID",
  "Restarts",
  "Last end",
];

/** Shows rows. Arrow keys move between them, Space selects, Enter opens. */
export function GridTable({ rows, selected, select, toggle }: {
  rows: readonly GridRow[];
  selected: ReadonlySet<string>;
  select: (names: ReadonlySet<string>) => void;
  toggle: (entry: string) => void;
}) {
  const { allowed } = useActions();
  const [focused, setFocused] = useState("");
  const body = useRef<HTMLTableSectionElement>(null);
  const choose = useSteady((name: string) => {
    const next = new Set(selected);
    if (!next.delete(name)) next.add(name);
    select(next);
  });
  const keys = rows.map(keyOfRow);
  const current = keys.includes(focused) ? focused : keys[0] ?? "";
  const press = (event: KeyboardEvent) =>
    onRowKey(event, {
      choose: allowed ? choose : undefined,
      clear: () => select(new Set()),
      toggle,
    });
  return (
    <div class="panel grid-panel">
      <table
        role="table"
        class={`grid ${allowed ? "grid-full" : ""}`}
        onKeyDown={press}
      >
        <caption class="unseen">
          Processes; arrow keys move between rows, Enter opens one
          {allowed && ", Space selects it"}
        </caption>
        <thead role="rowgroup">
          <tr role="row" class="grid-head">
            {allowed && (
              <th role="columnheader" class="grid-check">
                <SelectAll rows={rows} selected={selected} select={select} />
              </th>
            )}
            {[...COLUMNS, ...allowed ? ["Actions"] : []].map((title) => (
              <th key={title} role="columnheader" scope="col">{title}</th>
            ))}
          </tr>
        </thead>
        <tbody
          role="rowgroup"
          data-rows
          ref={body}
          onFocusIn={(event) => {
            const row = event.target instanceof Element &&
              event.target.closest<HTMLElement>("tr");
            if (row) setFocused(row.dataset.key ?? "");
          }}
        >
          {rows.map((row) => {
            const key = keyOfRow(row);
            if (row.kind === "entry") {
              return (
                <EntryRow
                  key={key}
                  id={key}
                  row={row}
                  focused={key === current}
                  toggle={toggle}
                />
              );
            }
            const { process, trouble } = row.item;
            return (
              <ProcessRow
                key={key}
                id={key}
                process={process}
                trouble={trouble}
                inner={row.inner}
                selected={selected.has(process.name)}
                focused={key === current}
                choose={choose}
              />
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

function keyOfRow(row: GridRow): string {
  return row.kind === "entry"
    ? `entry ${row.entry}`
    : `process ${row.item.process.name}`;
}

/** Moves between rows, and does what a row can do. */
function onRowKey(event: KeyboardEvent, { choose, clear, toggle }: {
  choose: ((name: string) => void) | undefined;
  clear: () => void;
  toggle: (entry: string) => void;
}): void {
  const { target, currentTarget, key } = event;
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (!(target instanceof HTMLElement)) return;
  if (!(currentTarget instanceof HTMLElement)) return;
  const row = target.closest<HTMLElement>("tbody tr");
  if (row === null) return;
  const all = [...currentTarget.querySelectorAll<HTMLElement>("tbody tr")];
  const at = all.indexOf(row);
  const next = {
    ArrowDown: at + 1,
    j: at + 1,
    ArrowUp: at - 1,
    k: at - 1,
    Home: 0,
    End: all.length - 1,
  }[key];
  if (next !== undefined) {
    event.preventDefault();
    all[Math.min(Math.max(0, next), all.length - 1)]?.focus();
    return;
  }
  if (key === "Escape") return clear();
  if (target !== row) return;
  const [, kind, name = ""] = row.dataset.key?.match(/^(\w+) (.*)$/s) ?? [];
  if (key === "Enter") {
    event.preventDefault();
    if (kind === "entry") toggle(name);
    else row.querySelector<HTMLElement>("a")?.click();
  } else if (key === " ") {
    event.preventDefault();
    if (kind === "process") choose?.(name);
  }
}

/** A box that selects all processes that are shown, or none. */
function SelectAll({ rows, selected, select }: {
  rows: readonly GridRow[];
  selected: ReadonlySet<string>;
  select: (names: ReadonlySet<string>) => void;
}) {
  const names = [
    ...new Set(
      rows.flatMap((row) =>
        row.kind === "entry"
          ? row.items.map(({ process }) => process.name)
          : [row.item.process.name]
      ),
    ),
  ];
  const count = names.filter((name) => selected.has(name)).length;
  const box = useRef<HTMLInputElement>(null);
  useEffect(() => {
    if (box.current === null) return;
    box.current.indeterminate = count > 0 && count < names.length;
  });
  return (
    <input
      ref={box}
      type="checkbox"
      aria-label="Select all processes that are shown"
      checked={count > 0 && count === names.length}
      onChange={() => select(new Set(count === names.length ? [] : names))}
    />
  );
}
