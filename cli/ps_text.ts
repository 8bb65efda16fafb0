/**
 * What `ps` prints.
 *
 * @module
 */

import type { Call } from "./call.ts";
import { bytesText, shareText, shortDuration } from "../control/format.ts";
import { plainText } from "./plain_text.ts";
import type { Row } from "./ps_rows.ts";
import { lastCell, stateCell } from "./state_text.ts";
import { type Cell, type Column, tableLines } from "./table.ts";

/** Returns the table, or JSON, that `ps` prints. */
export function psText(
  rows: readonly Row[],
  { options, io }: Pick<Call, "options" | "io">,
): string {
  if (options.flag("json")) return `${JSON.stringify(rows, null, 2)}\n`;
  const width = io.size()?.columns;
  const lines = psLines(rows, io.now(), { width, color: io.color });
  return `${lines.join("\n")}\n`;
}

const COLUMNS: readonly Column[] = [
  { title: "NAME", least: 16 },
  { title: "STATE", least: 12 },
  { title: "READY", drop: 2 },
  { title: "PID", right: true },
  { title: "UPTIME", right: true, drop: 1 },
  { title: "RESTARTS", right: true, drop: 3 },
  { title: "LAST", least: 12, drop: 4 },
  { title: "CPU", right: true, drop: 6 },
  { title: "MEMORY", right: true, drop: 5 },
];

/** Returns the lines of the table of processes. */
export function psLines(
  rows: readonly Row[],
  now: number,
  options: { readonly width?: number | undefined; readonly color?: boolean },
): string[] {
  const several = rows.some(({ supervisor }) => supervisor !== undefined);
  const cells = rows.map((row) => {
    const its = cellsOf(row, now);
    return several ? [{ text: plainText(row.supervisor ?? "") }, ...its] : its;
  });
  const columns = several
    ? [{ title: "SUPERVISOR", least: 10 }, ...COLUMNS]
    : COLUMNS;
  return tableLines(columns, cells, options);
}

/** Returns the cells of a process, without its supervisor. */
export function cellsOf(row: Row, now: number): Cell[] {
  const { name, state, ready, pid, since, restarts, usage } = row;
  const cpu = usage?.cpu ?? null;
  const runs = since !== null && ["running", "stopping"].includes(state);
  const texts = [
    ready === null ? "" : ready ? "yes" : "no",
    pid === null ? "" : String(pid),
    runs ? shortDuration(now - since) : "",
    String(restarts),
  ];
  return [
    { text: plainText(name) },
    plain(stateCell(row, now)),
    ...texts.map((text) => ({ text })),
    plain(lastCell(row, now)),
    { text: cpu === null ? "" : shareText(cpu) },
    { text: usage === null ? "" : bytesText(usage.memory) },
  ];
}

function plain({ text, color }: Cell): Cell {
  return { text: plainText(text), color };
}
