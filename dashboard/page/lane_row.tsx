/** @jsxImportSource preact */
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/**
 * The lane of a process in the time line.
 *
 * @module
 */

import { clockTime, counted } from "./format.ts";
import { type Bar, barsOf, type Mark, marksOf } from "./lane_marks.ts";
import {
  isCrash,
  type Lane,
  type MarkerKind,
  type Segment,
  type SegmentKind,
} from "./lanes.ts";
import { memo } from "./memo.ts";
import { linkTo } from "./route.ts";
import type { Span } from "./time_scale.ts";

/** What is chosen in the time line. */
export type Choice =
  | { readonly kind: "event"; readonly id: number }
  | { readonly kind: "segment"; readonly name: string; readonly from: number };

/** What a lane is given. */
export interface RowProps {
  readonly lane: Lane;
  readonly span: Span;
  readonly now: number;
  /** The width of what is drawn, in pixels. */
  readonly width: number;
  /** Its place among all lanes, 0 for the first. */
  readonly index: number;
  readonly count: number;
  readonly height: number;
  readonly choice: Choice | null;
  readonly onChoose: (choice: Choice) => void;
}

/** The signs of markers; each also has a shape. */
export const SIGNS: Readonly<Record<MarkerKind, string>> = {
  crash: "×",
  "gave-up": "!",
  killed: "K",
  unhealthy: "~",
  unready: "?",
  stop: "■",
  end: "✓",
};

/** What the markers mean. */
export const MARKER_WORDS: Readonly<Record<MarkerKind, string>> = {
  crash: "crash",
  "gave-up": "given up",
  killed: "killed",
  unhealthy: "unhealthy",
  unready: "became not ready",
  stop: "stopped",
  end: "ended",
};

/** The segments that have something to say of themselves. */
const TELLING: readonly SegmentKind[] = ["waiting", "unready"];

/** Narrower than this, a bar cannot be pointed at, in pixels. */
const POINTABLE = 8;

/** Shows the lane of a process. It is rendered only when it has changed. */
export const LaneRow = memo((props: RowProps) => {
  const { lane, span, now, width, index, count, height } = props;
  const bars = barsOf(lane, span, width, now);
  const marks = marksOf(lane, span, width);
  const { name, crashes } = lane;
  const sum = crashes === 0 ? "" : counted(crashes, "crash", "crashes");
  return (
    <li
      class="time-row"
      aria-setsize={count}
      aria-posinset={index + 1}
      style={{ top: `${index * height}px`, height: `${height}px` }}
    >
      <div class="time-name">
        <a href={linkTo("process", { name })} title={name}>{name}</a>
        {sum !== "" && <span class="time-crashes small">{sum}</span>}
      </div>
      <div class="time-track" role="group" aria-label={`What ${name} did`}>
        {bars.map((bar) => (
          <BarItem
            key={keyOf(bar)}
            bar={bar}
            first={marks.length === 0 && bar === bars.findLast(tells)}
            {...props}
          />
        ))}
        {marks.map((mark, i) => (
          <MarkButton
            key={mark.markers[0]?.event.id}
            mark={mark}
            first={i === marks.length - 1}
            {...props}
          />
        ))}
      </div>
    </li>
  );
});

function keyOf({ segment: { kind, from, run } }: Bar): string {
  return `${kind} ${from} ${run}`;
}

/** Whether a bar can be chosen, for what it has to say. */
function tells({ segment: { kind, from }, width }: Bar): boolean {
  return TELLING.includes(kind) && from !== null && width >= POINTABLE;
}

function BarItem({ bar, first, lane, choice, onChoose }: RowProps & {
  bar: Bar;
  first: boolean;
}) {
  const { segment, left, width, open } = bar;
  const { kind, from } = segment;
  const text = barText(segment);
  const shared = {
    class: `time-bar time-${kind}`,
    "data-open": open,
    "data-hint": text,
    style: { left: `${left}px`, width: `${width}px` },
  };
  if (!tells(bar) || from === null) return <div {...shared} />;
  const chosen = choice?.kind === "segment" && choice.name === lane.name &&
    choice.from === from;
  return (
    <button
      type="button"
      {...shared}
      aria-label={text}
      aria-pressed={chosen}
      data-x={left + width / 2}
      tabIndex={first ? 0 : -1}
      onClick={() => onChoose({ kind: "segment", name: lane.name, from })}
    />
  );
}

function MarkButton({ mark, first, choice, onChoose }: RowProps & {
  mark: Mark;
  first: boolean;
}) {
  const { markers, main, x } = mark;
  const { kind, event } = main;
  const text = markText(mark);
  const chosen = choice?.kind === "event" &&
    markers.some(({ event }) => event.id === choice.id);
  return (
    <button
      type="button"
      class={`time-mark time-mark-${kind}`}
      style={{ left: `${x}px` }}
      aria-label={text}
      aria-pressed={chosen}
      data-hint={text}
      data-x={x}
      tabIndex={first ? 0 : -1}
      onClick={() => onChoose({ kind: "event", id: event.id })}
    >
      <span
        aria-hidden="true"
        class="time-sign"
        data-many={markers.length > 1}
        // It is drawn by CSS: it is not a text of the button.
        data-sign={`${SIGNS[kind]}${countText(mark)}`}
      />
    </button>
  );
}

/** Returns how many markers of the kind there are, and whether there are others. */
function countText({ markers, main }: Mark): string {
  const crash = isCrash(main);
  const same =
    markers.filter((marker) =>
      crash ? isCrash(marker) : marker.kind === main.kind
    ).length;
  const others = same < markers.length ? "+" : "";
  return same > 1 ? `${same}${others}` : others;
}

function barText({ text, from, to }: Segment): string {
  const began = from === null ? "" : `, from ${clockTime(from)}`;
  const ended = to === null ? "" : ` to ${clockTime(to)}`;
  return `${text}${began}${ended}`;
}

function markText({ markers, main }: Mark): string {
  const { event } = main;
  const others = markers.length - 1;
  const more = others === 0 ? "" : `; and ${counted(others, "more event")}`;
  return `${clockTime(event.time)} ${event.text}${more}`;
}
