/** @jsxImportSource preact */
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/**
 * The lanes of the time line, below their axis. Only those in sight are drawn.
 *
 * @module
 */

import { useEffect, useRef, useState } from "preact/hooks";
import { clockTime } from "./format.ts";
import { type Choice, LaneRow } from "./lane_row.tsx";
import type { Lane } from "./lanes.ts";
import { useSize } from "./size_hook.ts";
import { moveFocus } from "./time_keys.ts";
import type { TimeLine } from "./time_line.ts";
import { placeOf, type Span, ticksIn, timeAt } from "./time_scale.ts";

/** The width of the names, if they stand beside their lanes, in pixels. */
const NAMES = 220;

/** Narrower than this, names stand above their lanes, in pixels. */
const NARROW = 600;

/** How many lanes are drawn beyond what is in sight, on each side. */
const BEYOND = 4;

/** What the lanes are given. */
export interface LanesProps {
  readonly timeLine: TimeLine;
  /** Those that are shown. */
  readonly lanes: readonly Lane[];
  readonly span: Span;
  readonly now: number;
  /** Whether the page has seen that the supervisor was restarted. */
  readonly restarted: boolean;
  readonly choice: Choice | null;
  readonly onChoose: (choice: Choice) => void;
  readonly onZoom: (factor: number, around: number) => void;
  readonly onMove: (share: number) => void;
}

/** Shows the lanes. */
export function TimeLanes(props: LanesProps) {
  const scroller = useRef<HTMLDivElement>(null);
  const { width: room, height } = useSize(scroller);
  const [top, setTop] = useState(0);
  const narrow = room < NARROW;
  const names = narrow ? 0 : NAMES;
  const width = Math.max(room - names - 16, 50);
  const rowHeight = narrow ? 52 : 32;
  const drawn = { ...props, width, names };
  useWheel(scroller, drawn);
  const { shown, listeners } = useHint(scroller);
  const first = Math.max(0, Math.floor(top / rowHeight) - BEYOND);
  const last = Math.ceil((top + height) / rowHeight) + BEYOND;
  return (
    <div
      class="time-scroller panel"
      ref={scroller}
      data-narrow={narrow}
      onScroll={({ currentTarget }) => setTop(currentTarget.scrollTop)}
      onKeyDown={moveFocus}
      {...listeners}
    >
      <Axis {...drawn} />
      <div
        class="time-lanes"
        data-rows
        style={{ height: `${props.lanes.length * rowHeight}px` }}
      >
        <Marks {...drawn} />
        <Rows {...drawn} {...{ first, last, rowHeight }} />
      </div>
      {shown !== null && <HintBox hint={shown} />}
    </div>
  );
}

/** Shows some of the lanes. */
function Rows({ lanes, first, last, rowHeight, ...drawn }: Drawn & {
  first: number;
  last: number;
  rowHeight: number;
}) {
  const { span, width, choice, onChoose } = drawn;
  // What is after the span does not change a lane.
  const now = Math.min(drawn.now, span.to);
  return (
    <ol class="time-rows">
      {lanes.slice(first, last).map((lane, i) => (
        <LaneRow
          key={lane.name}
          {...{ lane, span, now, width, choice, onChoose }}
          index={first + i}
          count={lanes.length}
          height={rowHeight}
        />
      ))}
    </ol>
  );
}

function HintBox({ hint: { left, top, text } }: { hint: Hint }) {
  return (
    <div
      class="time-hint"
      role="presentation"
      style={{ left: `${left}px`, top: `${top}px` }}
    >
      {text}
    </div>
  );
}

interface Drawn extends LanesProps {
  readonly width: number;
  readonly names: number;
}

/** Shows the times, and what happened to the supervisor. */
function Axis({ span, now, width, names, timeLine }: Drawn) {
  const zone = new Date(now).getTimezoneOffset();
  const ticks = ticksIn(span, Math.max(2, Math.floor(width / 90)), zone);
  return (
    <div class="time-axis" aria-hidden="true">
      <div class="time-axis-track" style={{ left: `${names + 8}px` }}>
        {ticks.map(({ time, label }) => {
          const x = placeOf(time, span, width);
          // A label that would be cut says nothing.
          if (x < 28 || x > width - 28) return null;
          return (
            <span key={time} class="time-tick" style={{ left: `${x}px` }}>
              {label}
            </span>
          );
        })}
        {timeLine.notices.map(({ id, time, kind, text }) =>
          time >= span.from && time <= span.to && (
            <span
              key={id}
              class="time-notice"
              data-hint={`${clockTime(time)} ${text}`}
              style={{ left: `${placeOf(time, span, width)}px` }}
            >
              {kind}
            </span>
          )
        )}
      </div>
    </div>
  );
}

/** Shows lines through all lanes: ticks, the present, where knowledge begins. */
function Marks({ span, now, width, names, timeLine, restarted }: Drawn) {
  const zone = new Date(now).getTimezoneOffset();
  const ticks = ticksIn(span, Math.max(2, Math.floor(width / 90)), zone);
  const { knownFrom, whole } = timeLine;
  const known = Math.min(placeOf(knownFrom, span, width), width);
  const present = placeOf(now, span, width);
  const began = whole
    ? `supervisor ${restarted ? "restarted" : "started"}`
    : "older events are forgotten";
  return (
    <div
      class="time-marks"
      aria-hidden="true"
      style={{ left: `${names + 8}px`, width: `${width}px` }}
    >
      {ticks.map(({ time }) => (
        <div
          key={time}
          class="time-line"
          style={{ left: `${placeOf(time, span, width)}px` }}
        />
      ))}
      {known > 0 && (
        <div class="time-unknown" style={{ width: `${known}px` }}>
          {known > 120 && (
            <span class="time-unknown-text">
              {clockTime(knownFrom)} {began}
            </span>
          )}
        </div>
      )}
      {present >= 0 && present <= width && (
        <div class="time-line time-now" style={{ left: `${present}px` }} />
      )}
    </div>
  );
}

/** Zooms by the wheel with Ctrl, moves by a wheel that goes sideways. */
function useWheel(
  ref: { readonly current: HTMLElement | null },
  drawn: Omit<Drawn, "lanes">,
): void {
  const latest = useRef(drawn);
  latest.current = drawn;
  useEffect(() => {
    const element = ref.current;
    if (element === null) return;
    const turn = (event: WheelEvent) => {
      const { span, names, width, onZoom, onMove } = latest.current;
      const { deltaX, deltaY, ctrlKey, metaKey, shiftKey, clientX } = event;
      const { left } = element.getBoundingClientRect();
      const sideways = shiftKey && deltaX === 0 ? deltaY : deltaX;
      if (ctrlKey || metaKey) {
        const around = timeAt(clientX - left - names - 8, span, width);
        onZoom(Math.exp(Math.max(-60, Math.min(60, deltaY)) / 200), around);
      } else if (sideways !== 0 && Math.abs(sideways) >= Math.abs(deltaX)) {
        onMove(sideways / width);
      } else return;
      event.preventDefault();
    };
    // The page must not zoom or go back instead.
    element.addEventListener("wheel", turn, { passive: false });
    return () => element.removeEventListener("wheel", turn);
  }, [ref]);
}

interface Hint {
  readonly text: string;
  readonly left: number;
  readonly top: number;
}

/** Shows what an element has to say while it is pointed at or has the focus. */
function useHint(ref: { readonly current: HTMLElement | null }) {
  const [shown, setShown] = useState<Hint | null>(null);
  const show = ({ target }: Event) => {
    const item = target instanceof Element
      ? target.closest("[data-hint]")
      : null;
    const element = ref.current;
    if (!(item instanceof HTMLElement) || element === null) {
      return setShown(null);
    }
    const frame = element.getBoundingClientRect();
    const { left, bottom, top } = item.getBoundingClientRect();
    const below = bottom - frame.top + 80 < frame.height;
    const y = below ? bottom + 4 : top - 60;
    const room = frame.width - Math.min(320, frame.width - 16) - 8;
    setShown({
      text: item.dataset["hint"] ?? "",
      left: Math.max(8, Math.min(left - frame.left, room)),
      top: y - frame.top + element.scrollTop,
    });
  };
  const hide = () => setShown(null);
  const listeners = {
    onPointerOver: show,
    onPointerLeave: hide,
    onFocusIn: show,
    onFocusOut: hide,
  };
  return { shown, listeners };
}
