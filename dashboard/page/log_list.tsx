/** @jsxImportSource preact */
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/**
 * The list of the log: of many rows, only those that can be seen are elements.
 *
 * @module
 */

import { useLayoutEffect, useRef } from "preact/hooks";
import type { Highlight } from "./highlight.ts";
import type { LogFeed } from "./log_feed.ts";
import { LogRow } from "./log_row.tsx";
import type { Row } from "./log_rows.ts";
import { type Reveal, ROW, useHeight, useScroll } from "./log_scroll.ts";
import { keyOfRow, moved, type Selection } from "./log_selection.ts";

/** How many rows are elements before and after those that can be seen. */
const AROUND = 8;

/** What the list shows and does. */
export interface LogListProps {
  readonly feed: LogFeed;
  readonly selection: Selection | undefined;
  readonly highlight: Highlight | undefined;
  /** Selects rows. */
  readonly onSelect: (selection: Selection | undefined) => void;
  /** Goes to the details of what is selected. */
  readonly onDetail: () => void;
  /** Shows and follows the newest lines. */
  readonly onLive: () => void;
}

/** The list of the log. */
export function LogList(props: LogListProps) {
  const { feed, selection, highlight } = props;
  const { window: log, origin } = feed;
  const { rows } = log;
  const list = useRef<HTMLDivElement>(null);
  const height = useHeight(list);
  const scroll = useScroll(list, feed, height);
  const reveal = useRef<Reveal | undefined>(undefined);

  const chosen = selectedRange(rows, origin, selection);
  useLayoutEffect(() => {
    // A line that the address links to is selected as soon as it is there.
    if (selection?.linked) {
      reveal.current = { index: chosen.head, middle: true };
    }
  }, [log, selection]);
  useLayoutEffect(() => {
    const wanted = reveal.current;
    if (wanted === undefined || height === 0) return;
    reveal.current = undefined;
    scroll.show(wanted);
  });

  const select = (index: number, extend: boolean) => {
    const row = rows[index];
    if (row === undefined) return;
    feed.pause();
    const head = { key: keyOfRow(row), at: origin + index };
    props.onSelect({ head, anchor: extend && selection?.anchor || head });
  };
  const open = (row: Row | undefined) => {
    if (row?.kind === "fold") feed.toggle(row);
    else if (row !== undefined) props.onDetail();
  };
  const press = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const { key } = event;
    const page = Math.max(1, Math.floor(height / ROW) - 1);
    const last = Math.min(rows.length, scroll.first + page + 1) - 1;
    const from = chosen.head < 0 ? last + 1 : chosen.head;
    const to = moved(key, from, { page, end: rows.length - 1 });
    if (key === "End") props.onLive();
    else if (to !== undefined) {
      select(to, event.shiftKey);
      reveal.current = { index: to, middle: false };
      if (to === 0) feed.loadOlder();
      if (to === rows.length - 1) feed.loadNewer();
    } else if (key === "Enter") open(rows[chosen.head]);
    else if (key === "Escape") props.onSelect(undefined);
    else return;
    event.preventDefault();
  };
  const click = (event: MouseEvent) => {
    const index = indexAt(event);
    if (index === undefined || !getSelection()?.isCollapsed) return;
    select(index - origin, event.shiftKey);
    const row = rows[index - origin];
    if (row?.kind === "fold" && row.lines.length > 1) feed.toggle(row);
  };

  return (
    <div
      ref={list}
      class="log-list"
      role="listbox"
      aria-label="Lines"
      aria-multiselectable="true"
      data-rows
      aria-activedescendant={isNear(chosen.head, scroll.first, height)
        ? `log-row-${origin + chosen.head}`
        : undefined}
      tabIndex={0}
      onKeyDown={press}
      onClick={click}
      onScroll={scroll.onScroll}
      onWheel={({ deltaY }) => {
        if (deltaY < 0) feed.pause();
      }}
      onTouchMove={() => feed.pause()}
      onPointerDown={({ button }) => {
        // What is pressed, a row or the scroll bar, must not move away.
        if (button === 0) feed.pause();
      }}
    >
      <Shown
        feed={feed}
        first={scroll.first}
        height={height}
        chosen={chosen}
        highlight={highlight}
      />
    </div>
  );
}

/** The rows that can be seen, and a few around them. */
function Shown({ feed, first, height, chosen, highlight }: {
  feed: LogFeed;
  first: number;
  height: number;
  chosen: { readonly first: number; readonly last: number };
  highlight: Highlight | undefined;
}) {
  const { window: { rows }, origin } = feed;
  // While the log is live nothing can be scrolled to, and all rows change at
  // each picture: then their elements are used again, which takes less time.
  const live = feed.state.kind === "live";
  const base = useRef(0);
  const around = live ? 1 : AROUND;
  const start = Math.max(0, first - around);
  const count = Math.ceil(height / ROW) + 2 * around;
  if (live) base.current = origin + start;
  return (
    <div
      class="log-rows"
      role="presentation"
      style={{ height: `${rows.length * ROW}px` }}
    >
      <div
        class="log-shown"
        role="presentation"
        style={{ transform: `translateY(${start * ROW}px)` }}
      >
        {rows.slice(start, start + count).map((row, i) => (
          <LogRow
            key={origin + start + i - base.current}
            row={row}
            index={origin + start + i}
            place={[start + i + 1, rows.length]}
            selected={start + i >= chosen.first && start + i <= chosen.last}
            highlight={highlight}
          />
        ))}
      </div>
    </div>
  );
}

/** Whether a row is one of those that can be seen. */
function isNear(index: number, first: number, height: number): boolean {
  return index >= first && index < first + Math.ceil(height / ROW);
}

/** Returns the number of the row that an event is about. */
function indexAt({ target }: Event): number | undefined {
  const row = target instanceof Element ? target.closest("[data-index]") : null;
  const index = row?.getAttribute("data-index");
  return index === null || index === undefined ? undefined : Number(index);
}

/** Returns which rows are selected. */
function selectedRange(
  rows: readonly Row[],
  origin: number,
  selection: Selection | undefined,
): { head: number; first: number; last: number } {
  const find = ({ key, at }: Selection["head"]) => {
    const row = rows[at - origin];
    if (row !== undefined && keyOfRow(row) === key) return at - origin;
    return rows.findIndex((row) =>
      keyOfRow(row) === key ||
      row.kind === "fold" && !row.open &&
        row.lines.some((line) => `${line.process}:${line.seq}` === key)
    );
  };
  if (selection === undefined) return { head: -1, first: -1, last: -2 };
  const head = find(selection.head);
  const anchor = selection.anchor === selection.head
    ? head
    : find(selection.anchor);
  if (head < 0 || anchor < 0) return { head, first: head, last: head };
  return { head, first: Math.min(head, anchor), last: Math.max(head, anchor) };
}
