/** @jsxImportSource preact */
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/**
 * A row of the log.
 *
 * @module
 */

import { levelOf } from "../../control/log_level.ts";
import { AnsiText } from "./ansi_text.tsx";
import { colorOf, textColor } from "./colors.ts";
import { clockTime, counted } from "./format.ts";
import type { Highlight } from "./highlight.ts";
import type { Row } from "./log_rows.ts";
import type { LogLine } from "./source.ts";

/** How much of a line a row shows, in characters. */
const MOST = 2_000;

/** What a row shows. */
export interface LogRowProps {
  readonly row: Row;
  /** Its number. */
  readonly index: number;
  /** Which one it is, of how many. */
  readonly place: readonly [number, number];
  readonly selected: boolean;
  readonly highlight: Highlight | undefined;
}

/** A row of the log. */
export function LogRow(props: LogRowProps) {
  const { row, index, place, selected } = props;
  return (
    <div
      id={`log-row-${index}`}
      class={`log-row ${classOf(row)}`}
      role="option"
      aria-selected={selected}
      aria-posinset={place[0]}
      aria-setsize={place[1]}
      data-index={index}
    >
      <Content {...props} />
    </div>
  );
}

function Content({ row, highlight }: LogRowProps) {
  if (row.kind === "run") {
    const { process, run } = row;
    return <span class="log-rule">{process} run {run}</span>;
  }
  if (row.kind === "missed") {
    const lines = counted(row.count, "line is", "lines are");
    return <span class="log-rule">{lines} missing of {row.process}</span>;
  }
  if (row.kind === "line") {
    return <Line line={row.line} highlight={highlight} />;
  }
  const [first] = row.lines;
  if (first === undefined) return null;
  if (row.lines.length === 1) {
    return row.open
      ? <span class="log-text log-more">▾ 1 more line</span>
      : <Line line={first} highlight={highlight} />;
  }
  return (
    <>
      <Start line={first} />
      <span class="log-more">
        {row.open ? "▾" : "▸"} {row.lines.length} more lines
      </span>
      {!row.open && (
        <span class="log-text log-preview">
          <AnsiText text={first.text.trim()} most={200} />
        </span>
      )}
    </>
  );
}

function Line({ line, highlight }: {
  line: LogLine;
  highlight: Highlight | undefined;
}) {
  return (
    <>
      <Start line={line} />
      <span class="log-text">
        <AnsiText text={line.text} highlight={highlight} most={MOST} />
        {line.truncated && <span class="ansi-dim">… cut</span>}
      </span>
    </>
  );
}

/** When, by which process, and to which output. */
function Start({ line: { process, source, time } }: { line: LogLine }) {
  return (
    <>
      <span class="log-time">{clockTime(time, { ms: true })}</span>
      <span
        class="log-name"
        title={process}
        style={{ color: nameColor(process) }}
      >
        {process}
      </span>
      <span class="log-source">
        {source === "stderr" ? "err" : ""}
      </span>
    </>
  );
}

/** The colors of names that have been shown. */
const COLORS = new Map<string, string>();

/** Returns the color of a name, as CSS. */
export function nameColor(name: string): string {
  let color = COLORS.get(name);
  if (color === undefined) {
    color = textColor(colorOf(name));
    COLORS.set(name, color);
  }
  return color;
}

function classOf(row: Row): string {
  if (row.kind === "run" || row.kind === "missed") return `log-${row.kind}`;
  if (row.kind === "fold") return "log-fold";
  if (row.folded) return "log-folded";
  const level = levelOf(row.line.text);
  return level === undefined ? "" : `log-${level}`;
}
