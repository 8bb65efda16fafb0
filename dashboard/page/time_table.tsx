/** @jsxImportSource preact */
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/**
 * The time line as a table, for who cannot see it, and to search in.
 *
 * @module
 */

import { useState } from "preact/hooks";
import { factsOf } from "./event_facts.ts";
import { clockTime, counted, dateTime } from "./format.ts";
import { useStore } from "./hooks.ts";
import { isCrash, type Lane, type Marker } from "./lanes.ts";
import { memo } from "./memo.ts";
import { linkTo } from "./route.ts";
import type { EventView } from "./source.ts";

/** How many rows are shown at first. */
const FIRST = 200;

/** Shows events, the newest first. */
export function TimeTable({ events, lanes, onChoose }: {
  events: readonly EventView[];
  lanes: readonly Lane[];
  onChoose: (marker: Marker) => void;
}) {
  const [all, setAll] = useState(false);
  const names = new Set(lanes.map(({ name }) => name));
  const about = ({ name }: EventView) => name === null || names.has(name);
  const rows = events.filter(about).toReversed();
  const crashes = new Map(
    lanes.flatMap(({ markers }) => markers.filter(isCrash))
      .map((marker) => [marker.event.id, marker]),
  );
  const shown = all ? rows : rows.slice(0, FIRST);
  return (
    <div class="time-table panel">
      <table class="table">
        <thead>
          <tr>
            <th scope="col">Time</th>
            <th scope="col">Process</th>
            <th scope="col">Run</th>
            <th scope="col">What happened</th>
          </tr>
        </thead>
        <tbody>
          {shown.map((event) => (
            <Row
              key={event.id}
              event={event}
              crash={crashes.get(event.id)}
              onChoose={onChoose}
            />
          ))}
        </tbody>
      </table>
      {rows.length === 0 && <p class="panel-body soft">No events are known.</p>}
      {shown.length < rows.length && (
        <p class="panel-body">
          <button type="button" class="button" onClick={() => setAll(true)}>
            Show all {counted(rows.length, "event")}
          </button>
        </p>
      )}
    </div>
  );
}

const Row = memo(({ event, crash, onChoose }: {
  event: EventView;
  crash: Marker | undefined;
  onChoose: (marker: Marker) => void;
}) => {
  const { name, time, text } = event;
  const { source } = useStore();
  const full = dateTime(time);
  const today = full.slice(0, 10) === dateTime(source.now()).slice(0, 10);
  return (
    <tr>
      <td class="number" title={full}>{today ? clockTime(time) : full}</td>
      <td>
        {name !== null && <a href={linkTo("process", { name })}>{name}</a>}
      </td>
      <td>{factsOf(event).run}</td>
      <td>
        {crash === undefined ? text : (
          <button
            type="button"
            class="time-link"
            onClick={() => onChoose(crash)}
          >
            <span aria-hidden="true">×</span> {text}
          </button>
        )}
      </td>
    </tr>
  );
});
