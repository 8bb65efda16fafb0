/** @jsxImportSource preact */
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/**
 * What can be set of the time line: the time, and the lanes. And its legend.
 *
 * @module
 */

import { MARKER_WORDS, SIGNS } from "./lane_row.tsx";
import type { MarkerKind, SegmentKind } from "./lanes.ts";
import {
  type Known,
  moveWindow,
  RANGES,
  type TimeWindow,
  zoomWindow,
} from "./time_window.ts";

interface TimeProps {
  readonly window: TimeWindow;
  readonly known: Known;
  /** Whether time goes on: not in a report. */
  readonly live: boolean;
  readonly onChange: (window: TimeWindow) => void;
}

/** Lets the user choose the time that is shown. */
export function TimeTools(props: TimeProps) {
  const { window, onChange } = props;
  return (
    <>
      <div class="bar" role="group" aria-label="Range">
        {RANGES.map(([label, length]) => (
          <button
            key={label}
            type="button"
            class="chip"
            aria-pressed={window.kind === "now" && window.length === length}
            onClick={() => onChange({ kind: "now", length })}
          >
            {label}
          </button>
        ))}
      </div>
      <Moves {...props} />
    </>
  );
}

function Moves({ window, known, live, onChange }: TimeProps) {
  const button = (label: string, title: string, next: () => TimeWindow) => (
    <button
      type="button"
      class="button button-small"
      aria-label={title}
      title={title}
      onClick={() => onChange(next())}
    >
      {label}
    </button>
  );
  return (
    <div class="bar" role="group" aria-label="Time">
      {button("←", "Earlier", () => moveWindow(window, known, -0.5))}
      {button("→", "Later", () => moveWindow(window, known, 0.5))}
      {button("−", "Zoom out", () => zoomWindow(window, known, 2))}
      {button("+", "Zoom in", () => zoomWindow(window, known, 0.5))}
      <button
        type="button"
        class="chip"
        aria-pressed={window.kind === "now"}
        onClick={() => onChange(toNow(window))}
      >
        {live ? "Now" : "End"}
      </button>
    </div>
  );
}

function toNow(window: TimeWindow): TimeWindow {
  if (window.kind === "now") return window;
  return { kind: "now", length: window.span.to - window.span.from };
}

/** Lets the user choose the lanes that are shown. */
export function LaneTools(
  { filter, crashed, table, onFilter, onCrashed, onTable }: {
    filter: string;
    crashed: boolean;
    table: boolean;
    onFilter: (filter: string) => void;
    onCrashed: (crashed: boolean) => void;
    onTable: (table: boolean) => void;
  },
) {
  const chip = (
    label: string,
    on: boolean,
    change: (on: boolean) => void,
  ) => (
    <button
      type="button"
      class="chip"
      aria-pressed={on}
      onClick={() => change(!on)}
    >
      {label}
    </button>
  );
  return (
    <div class="bar">
      <input
        class="field time-filter"
        type="search"
        aria-label="Filter processes by name"
        placeholder="Filter processes"
        value={filter}
        onInput={({ currentTarget }) => onFilter(currentTarget.value)}
      />
      {chip("Only with crashes", crashed, onCrashed)}
      {chip("As a table", table, onTable)}
    </div>
  );
}

const BARS: readonly (readonly [SegmentKind, string])[] = [
  ["starting", "starting"],
  ["ready", "running or ready"],
  ["unready", "not ready any more"],
  ["waiting", "waiting"],
  ["backoff", "waiting for its restart"],
  ["stopping", "stopping"],
];

const MARKERS: readonly MarkerKind[] = [
  "crash",
  "gave-up",
  "unready",
  "unhealthy",
  "killed",
  "stop",
  "end",
];

/** Says what bars and markers mean. */
export function TimeLegend() {
  return (
    <ul class="time-legend small soft" aria-label="Legend">
      {BARS.map(([kind, words]) => (
        <li key={kind}>
          <span class="time-legend-bar" aria-hidden="true">
            <span class={`time-bar time-${kind}`} />
          </span>
          {words}
        </li>
      ))}
      {MARKERS.map((kind) => (
        <li key={kind}>
          <span class={`time-mark-${kind}`} aria-hidden="true">
            <span class="time-sign" data-sign={SIGNS[kind]} />
          </span>
          {MARKER_WORDS[kind]}
        </li>
      ))}
    </ul>
  );
}
