/** @jsxImportSource preact */
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/**
 * What is known of something in the time line: of a crash, how it ended, what
 * was decided and what followed.
 *
 * @module
 */

import { AnsiText } from "./ansi_text.tsx";
import { type CrashStory, storyOf } from "./crash_story.ts";
import { dateTime, exactDuration } from "./format.ts";
import { MARKER_WORDS } from "./lane_row.tsx";
import { isCrash, type Lane, type Marker, type Segment } from "./lanes.ts";
import { linkTo } from "./route.ts";
import { SidePanel } from "./side_panel.tsx";
import type { EventView } from "./source.ts";

/** What is shown. */
export type Shown =
  | { readonly kind: "marker"; readonly lane: Lane; readonly marker: Marker }
  | {
    readonly kind: "segment";
    readonly lane: Lane;
    readonly segment: Segment;
  };

/** What the panel is given. */
export interface DetailProps {
  readonly shown: Shown;
  readonly events: readonly EventView[];
  readonly now: number;
  readonly onChoose: (marker: Marker) => void;
  readonly onClose: () => void;
}

/** Shows it in a panel. */
export function TimeDetail(props: DetailProps) {
  const { shown, now, onClose } = props;
  const { name } = shown.lane;
  const what = shown.kind === "marker"
    ? MARKER_WORDS[shown.marker.kind]
    : "waiting";
  const time = shown.kind === "marker"
    ? shown.marker.event.time
    : shown.segment.from ?? now;
  return (
    <SidePanel
      name="time-detail"
      title={`${name}: ${what}`}
      chosen={`${name} ${time}`}
      onClose={onClose}
    >
      <div class="panel-body time-detail-body">
        {shown.kind === "marker"
          ? <MarkerText {...props} {...shown} />
          : <SegmentText segment={shown.segment} now={now} />}
        <p class="bar">
          <a href={logAround(name, time)}>Log around that time</a>
          <a href={linkTo("process", { name })}>{name} now</a>
        </p>
      </div>
    </SidePanel>
  );
}

/** How far around a time the log is shown, in milliseconds. */
const AROUND_MS = 60_000;

/** Returns the link to what a process wrote around a time. */
function logAround(name: string, time: number): string {
  const query = {
    name,
    since: String(Math.round(time - AROUND_MS)),
    until: String(Math.round(time + AROUND_MS)),
  };
  return linkTo("log", { query });
}

function MarkerText({ lane, marker, events, onChoose }: DetailProps & {
  lane: Lane;
  marker: Marker;
}) {
  const story = storyOf(marker.event, events);
  return (
    <>
      {isCrash(marker) && (
        <OtherCrashes lane={lane} marker={marker} onChoose={onChoose} />
      )}
      <p class="time-ended">{story.ended}</p>
      <dl class="time-facts">
        <dt>When</dt>
        <dd class="number">{dateTime(story.time)}</dd>
        {story.run !== null && (
          <>
            <dt>Run</dt>
            <dd>{story.run}</dd>
          </>
        )}
        {DECIDING.includes(marker.event.kind) && (
          <>
            <dt>Decision</dt>
            <dd>{story.decision}</dd>
          </>
        )}
      </dl>
      {isCrash(marker) && <Stderr lines={story.stderr} />}
      <Sequel story={story} />
    </>
  );
}

const DECIDING = ["exit", "restart", "failed"];

/** Leads to the crash before and the crash after. */
function OtherCrashes({ lane, marker, onChoose }: {
  lane: Lane;
  marker: Marker;
  onChoose: (marker: Marker) => void;
}) {
  const crashes = lane.markers.filter(isCrash);
  const index = crashes.indexOf(marker);
  const button = (label: string, other: Marker | undefined) => (
    <button
      type="button"
      class="button button-small"
      aria-disabled={other === undefined}
      onClick={() => other !== undefined && onChoose(other)}
    >
      {label}
    </button>
  );
  return (
    <div class="bar" role="group" aria-label="Crashes">
      {button("Previous crash", index > 0 ? crashes[index - 1] : undefined)}
      {button("Next crash", crashes[index + 1])}
      <span class="soft small number">{index + 1} of {crashes.length}</span>
    </div>
  );
}

function Stderr({ lines }: { lines: readonly string[] }) {
  return (
    <div>
      <h3>Last lines of stderr</h3>
      {lines.length === 0
        ? <p class="soft">It wrote nothing to stderr, or that was not kept.</p>
        : (
          <pre
            class="time-stderr"
            tabIndex={0}
            aria-label="Last lines of stderr"
          >
            {lines.map((line, i) => (
              <div key={i}>
                <AnsiText text={line} most={2_000} />
                {"\n"}
              </div>
            ))}
          </pre>
        )}
    </div>
  );
}

function Sequel({ story: { followed, time } }: { story: CrashStory }) {
  return (
    <div>
      <h3>What followed</h3>
      {followed.length === 0 && <p class="soft">Nothing yet.</p>}
      <ol class="time-sequel">
        {followed.map((event) => (
          <li key={event.id}>
            <span class="soft small number">
              after {exactDuration(event.time - time)}
            </span>{" "}
            {event.text}
          </li>
        ))}
      </ol>
    </div>
  );
}

function SegmentText({ segment: { text, from, to }, now }: {
  segment: Segment;
  now: number;
}) {
  return (
    <>
      <p class="time-ended">{text}</p>
      <dl class="time-facts">
        <dt>From</dt>
        <dd class="number">{from === null ? "not known" : dateTime(from)}</dd>
        <dt>To</dt>
        <dd class="number">{to === null ? "now" : dateTime(to)}</dd>
        {from !== null && (
          <>
            <dt>Time</dt>
            <dd class="number">{exactDuration((to ?? now) - from)}</dd>
          </>
        )}
      </dl>
    </>
  );
}
