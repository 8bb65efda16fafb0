/** @jsxImportSource preact */
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/**
 * What is selected in the log, whole.
 *
 * @module
 */

import type { Ref } from "preact";
import { AnsiText } from "./ansi_text.tsx";
import { clockTime, counted, dateTime } from "./format.ts";
import type { Highlight } from "./highlight.ts";
import { textOf, written } from "./log_export.ts";
import {
  isFiltering,
  lineLink,
  type LogFilter,
  NO_FILTER,
} from "./log_filter.ts";
import { nameColor } from "./log_row.tsx";
import { linkTo } from "./route.ts";
import type { LogLine } from "./source.ts";

/** How many lines are shown whole. */
const MOST_LINES = 200;

/** What is selected, and what can be done with it. */
export interface LogDetailProps {
  readonly lines: readonly LogLine[];
  readonly filter: LogFilter;
  readonly highlight: Highlight | undefined;
  readonly focus: Ref<HTMLButtonElement>;
  /** Puts a text into the clipboard, and says what it is. */
  readonly copy: (text: string, what: string) => void;
  readonly onClose: () => void;
}

/** What is selected in the log. */
export function LogDetail(props: LogDetailProps) {
  const { lines, filter, copy, onClose } = props;
  const [first] = lines;
  if (first === undefined) return null;
  const what = counted(lines.length, "line");
  const json = () =>
    lines.map((line) => written({ kind: "line", ...line }, "json"));
  const link = lineLink(first, filter.names);
  const address = new URL(link, location.href).href;
  return (
    <section
      class="log-detail panel"
      aria-label="Selected lines"
      onKeyDown={(event) => {
        if (event.key === "Escape") onClose();
      }}
    >
      <div class="log-detail-bar bar">
        <Facts lines={lines} first={first} />
        <span class="log-detail-buttons bar bar-rest">
          <button
            type="button"
            ref={props.focus}
            class="button button-small"
            onClick={() => copy(textOf(lines), what)}
          >
            Copy text
          </button>
          <button
            type="button"
            class="button button-small"
            onClick={() => copy(json().join(""), `${what} as JSON`)}
          >
            Copy JSON
          </button>
          <button
            type="button"
            class="button button-small"
            onClick={() => copy(address, "the link")}
          >
            Copy link
          </button>
          {isFiltering({ ...filter, names: NO_FILTER.names }) && (
            <a class="button button-small" href={link}>
              Show the lines around it
            </a>
          )}
          <button type="button" class="button button-small" onClick={onClose}>
            Close
          </button>
        </span>
      </div>
      <pre class="log-detail-text" tabIndex={0} aria-label="Text">
        {lines.slice(0, MOST_LINES).map((line) => (
          <div key={line.seq}>
            <AnsiText text={line.text} highlight={props.highlight} />
          </div>
        ))}
        {lines.length > MOST_LINES && (
          <div class="soft">… {lines.length - MOST_LINES} more lines</div>
        )}
      </pre>
    </section>
  );
}

/** Where the lines are from. */
function Facts({ lines, first }: {
  lines: readonly LogLine[];
  first: LogLine;
}) {
  const { process, run, seq, source, time, truncated } = first;
  if (lines.length > 1) {
    return (
      <span>{counted(lines.length, "line")}, from {dateTime(time)} on</span>
    );
  }
  return (
    <>
      <a
        class="log-detail-name"
        href={linkTo("process", { name: process })}
        style={{ color: nameColor(process) }}
      >
        {process}
      </a>
      <span class="number">
        {dateTime(time).slice(0, 10)} {clockTime(time, { ms: true })}
      </span>
      <span class="number">run {run}, line {seq}, {source}</span>
      {truncated && <span class="tone-warn tone-text">the line was cut</span>}
    </>
  );
}
