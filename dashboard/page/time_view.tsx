/** @jsxImportSource preact */
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/**
 * The view: what each process did when.
 *
 * @module
 */

import "./time_view.css";
import { useMemo, useRef, useState } from "preact/hooks";
import { clockTime } from "./format.ts";
import { useKnown, useNow, useSteady, useStore } from "./hooks.ts";
import type { Choice } from "./lane_row.tsx";
import type { Lane, Marker } from "./lanes.ts";
import type { Route } from "./route.ts";
import { type Shown, TimeDetail } from "./time_detail.tsx";
import { TimeLanes } from "./time_lanes.tsx";
import { type TimeLine, TimeLines } from "./time_line.ts";
import { TimeTable } from "./time_table.tsx";
import { LaneTools, TimeLegend, TimeTools } from "./time_tools.tsx";
import {
  type Known,
  moveWindow,
  showTime,
  spanOf,
  steadyNow,
  type TimeWindow,
  zoomWindow,
} from "./time_window.ts";

/** Shows the time line. */
export function TimeView({ route }: { route: Route }) {
  const supervisor = useKnown(({ supervisor }) => supervisor);
  const count = useKnown(({ processes }) => processes.length);
  const events = useKnown(({ events }) => events);
  if (supervisor === null) return <p class="empty soft">Loading …</p>;
  if (count === 0 && events.length === 0) {
    return (
      <section class="empty">
        <h2>No processes</h2>
        <p class="soft">
          The time line shows what processes do as soon as there is one.
        </p>
      </section>
    );
  }
  return <View startedAt={supervisor.startedAt} query={route.query} />;
}

function View({ startedAt, query }: {
  startedAt: number;
  query: URLSearchParams;
}) {
  const { source } = useStore();
  const events = useKnown(({ events }) => events);
  const timeLine = useTimeLine(startedAt);
  const time = { knownFrom: timeLine.knownFrom, now: useNow() };
  const [window, setWindow] = useState(() => firstWindow(time));
  const known = { ...time, now: steadyNow(window, time) };
  const [filter, setFilter] = useState(query.get("name") ?? "");
  const [crashed, setCrashed] = useState(query.get("crashed") !== null);
  const [table, setTable] = useState(query.get("as") === "table");
  const [choice, setChoice] = useState<Choice | null>(() => askedFor(query));
  const view = useRef<HTMLElement>(null);
  const shown = shownBy(timeLine, choice);
  const choose = useSteady((marker: Marker) => {
    setChoice({ kind: "event", id: marker.event.id });
    setWindow(showTime(window, known, marker.event.time));
  });
  const close = () => {
    setChoice(null);
    focusChosen(view.current);
  };
  const lanes = useMemo(() => lanesFor(timeLine, filter, crashed), [
    timeLine,
    filter,
    crashed,
  ]);
  return (
    <section class="time" aria-labelledby="time-title" ref={view}>
      <h2 id="time-title" class="unseen">Time line</h2>
      <div class="bar time-tools">
        <TimeTools
          {...{ window, known, live: source.live, onChange: setWindow }}
        />
        <LaneTools
          {...{ filter, crashed, table }}
          {...{ onFilter: setFilter, onCrashed: setCrashed, onTable: setTable }}
        />
      </div>
      <div class="time-body" data-panel={shown !== null}>
        {table
          ? <TimeTable {...{ events, lanes, onChoose: choose }} />
          : lanes.length === 0
          ? <NoLanes crashed={crashed} knownFrom={known.knownFrom} />
          : (
            <Lanes
              {...{
                timeLine,
                lanes,
                known,
                window,
                choice,
                setWindow,
                setChoice,
              }}
            />
          )}
        {shown !== null && (
          <TimeDetail
            {...{
              shown,
              events,
              now: time.now,
              onChoose: choose,
              onClose: close,
            }}
          />
        )}
      </div>
      {!table && <TimeLegend />}
    </section>
  );
}

/** Returns what the time line shows, now and after each change. */
function useTimeLine(startedAt: number): TimeLine {
  const [lines] = useState(() => new TimeLines());
  const processes = useKnown(({ processes }) => processes);
  const events = useKnown(({ events }) => events);
  return useMemo(
    () => lines.of(events, processes, startedAt),
    [events, processes, startedAt],
  );
}

/** Shows the lanes of a window. */
function Lanes({ timeLine, lanes, known, window, choice, ...set }: {
  timeLine: TimeLine;
  lanes: readonly Lane[];
  known: Known;
  window: TimeWindow;
  choice: Choice | null;
  setWindow: (change: (window: TimeWindow) => TimeWindow) => void;
  setChoice: (choice: Choice) => void;
}) {
  const restartedAt = useKnown(({ restartedAt }) => restartedAt);
  const { from, to } = spanOf(window, known);
  const span = useMemo(() => ({ from, to }), [from, to]);
  return (
    <TimeLanes
      {...{ timeLine, lanes, choice }}
      now={known.now}
      span={span}
      restarted={restartedAt !== null}
      onChoose={set.setChoice}
      onZoom={(factor, around) =>
        set.setWindow((it) => zoomWindow(it, known, factor, around))}
      onMove={(share) => set.setWindow((it) => moveWindow(it, known, share))}
    />
  );
}

/** Moves the focus to what was chosen. */
function focusChosen(view: HTMLElement | null): void {
  const chosen = view?.querySelector("[aria-pressed=true][data-x]");
  if (chosen instanceof HTMLElement) chosen.focus();
}

function NoLanes({ crashed, knownFrom }: {
  crashed: boolean;
  knownFrom: number;
}) {
  return (
    <p class="empty soft">
      {crashed
        ? `No process with such a name has crashed since ${
          clockTime(knownFrom)
        }.`
        : "No process has such a name."}
    </p>
  );
}

/** Returns a window that shows all that is known, or the last hour. */
function firstWindow({ knownFrom, now }: Known): TimeWindow {
  const hour = 3_600_000;
  return { kind: "now", length: now - knownFrom < hour / 2 ? "all" : hour };
}

function askedFor(query: URLSearchParams): Choice | null {
  const id = Number(query.get("event") ?? NaN);
  return Number.isInteger(id) ? { kind: "event", id } : null;
}

function lanesFor(
  { lanes }: TimeLine,
  filter: string,
  crashed: boolean,
): Lane[] {
  const text = filter.trim().toLowerCase();
  return lanes.filter(({ name, crashes }) =>
    (!crashed || crashes > 0) && name.toLowerCase().includes(text)
  );
}

function shownBy({ lanes }: TimeLine, choice: Choice | null): Shown | null {
  if (choice === null) return null;
  for (const lane of lanes) {
    if (choice.kind === "event") {
      const marker = lane.markers.find(({ event }) => event.id === choice.id);
      if (marker !== undefined) return { kind: "marker", lane, marker };
    } else if (lane.name === choice.name) {
      const segment = lane.segments.find(({ from }) => from === choice.from);
      if (segment !== undefined) return { kind: "segment", lane, segment };
    }
  }
  return null;
}
