/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/**
 * Where the list of the log is scrolled to.
 *
 * @module
 */

import { useLayoutEffect, useRef, useState } from "preact/hooks";
import type { LogFeed } from "./log_feed.ts";
import type { LogWindow } from "./log_window.ts";

/** The height of a row, in pixels: `--log-row` of `log_view.css`. */
export const ROW = 20;

/** How many rows before the edge others are loaded. */
const NEAR = 60;

/** Which row is to be scrolled to, and how. */
export interface Reveal {
  readonly index: number;
  readonly middle: boolean;
}

/** Returns the height of an element, now and after each change. */
export function useHeight(element: { current: HTMLElement | null }): number {
  const [height, setHeight] = useState(0);
  useLayoutEffect(() => {
    const { current } = element;
    if (current === null) return;
    setHeight(current.clientHeight);
    const observer = new ResizeObserver(() => setHeight(current.clientHeight));
    observer.observe(current);
    return () => observer.disconnect();
  }, []);
  return height;
}

/** What the list showed last. */
interface Shown {
  readonly log: LogWindow;
  readonly origin: number;
  readonly top: number;
}

/**
 * Keeps the list where it is while rows are added and dropped: at the newest
 * row while the log is live, else at the row that is at the top.
 */
export function useScroll(
  list: { current: HTMLElement | null },
  feed: LogFeed,
  height: number,
) {
  const { window: log, origin, state } = feed;
  const [, setTop] = useState(0);
  const shown = useRef<Shown>({ log, origin, top: 0 });
  const end = Math.max(0, log.rows.length * ROW - height);
  const atEnd = state.kind === "live" || shown.current.log !== log;
  const kept = shown.current.top - (origin - shown.current.origin) * ROW;
  const top = atEnd ? end : Math.max(0, Math.min(kept, end));
  useLayoutEffect(() => {
    const { current } = list;
    if (current === null || height === 0) return;
    if (shown.current.top !== top || atEnd) current.scrollTop = top;
    shown.current = { log, origin, top };
    if (log.rows.length * ROW < height) feed.loadOlder();
  });
  const onScroll = () => {
    const { current } = list;
    if (current === null) return;
    const before = shown.current.top;
    const now = current.scrollTop;
    if (Math.abs(now - before) < 1) return;
    const upwards = now < before - 1;
    if (feed.state.kind === "live" && !upwards) return;
    shown.current = { ...shown.current, top: now };
    if (upwards) feed.pause();
    if (now < NEAR * ROW) feed.loadOlder();
    if (!upwards && now > end - ROW) feed.loadNewer();
    setTop(now);
  };
  const show = ({ index, middle }: Reveal) => {
    const { current } = list;
    if (current === null || index < 0) return;
    const at = index * ROW;
    if (middle) current.scrollTop = at - (height - ROW) / 2;
    else if (at < top) current.scrollTop = at;
    else if (at + 2 * ROW > top + height) {
      current.scrollTop = at + 2 * ROW - height;
    }
  };
  return { first: Math.floor(top / ROW), onScroll, show };
}
