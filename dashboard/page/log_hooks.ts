/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/**
 * How the view of the log is tied to the page: to the address, to whether
 * somebody sees it, to the keyboard and to the height of the window.
 *
 * @module
 */

import {
  useEffect,
  useLayoutEffect,
  useMemo,
  useReducer,
  useRef,
} from "preact/hooks";
import { useKnown, useStore } from "./hooks.ts";
import { LogFeed, type Target } from "./log_feed.ts";
import { type LogFilter, queryOf, targetOf } from "./log_filter.ts";
import type { Route } from "./route.ts";
import type { LogQuery } from "./source.ts";

/** The least time between two pictures of a live log, in milliseconds. */
const PICTURE_MS = 50;

/** The most time between two of them. */
const LATEST_MS = 250;

/** How much of the time pictures of a live log may take: one in so many. */
const SHARE = 6;

/** What shows the log that the address names. */
export interface Feeding {
  readonly feed: LogFeed;
  /** The line that the address links to. */
  readonly target: Target | undefined;
  /** Returns the query that the address stands for now. */
  readonly query: () => LogQuery;
}

/** Feeds the log that the address names while the page is visible. */
export function useFeed(route: Route, filter: LogFilter): Feeding {
  const { source } = useStore();
  const feed = useMemo(() => new LogFeed(source), [source]);
  const target = useMemo(() => targetOf(route.query), [route]);
  const log = useKnown(({ supervisor }) =>
    // The numbers of a log in memory begin anew with each supervisor.
    supervisor === null || supervisor.logs !== null ? 0 : supervisor.startedAt
  );
  useRenders(feed);
  const query = () => queryOf(filter, source.now());
  useEffect(() => {
    feed.open(query(), target);
  }, [feed, route, log]);
  useEffect(() => {
    const look = () => feed.setHidden(document.visibilityState !== "visible");
    look();
    document.addEventListener("visibilitychange", look);
    return () => document.removeEventListener("visibilitychange", look);
  }, [feed]);
  return { feed, target, query };
}

/** Renders after changes of a feed: once a frame at most, less while live. */
function useRenders(feed: LogFeed): void {
  const [, render] = useReducer((count: number) => count + 1, 0);
  useEffect(() => {
    let frame: number | undefined;
    let next = 0;
    const draw = (time: number) => {
      if (feed.state.kind === "live" && time < next) {
        frame = requestAnimationFrame(draw);
        return;
      }
      frame = undefined;
      render(undefined);
      // A message arrives when the picture has been made.
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => {
        const tookMs = performance.now() - time;
        const rest = Math.min(SHARE * tookMs, LATEST_MS);
        next = time + Math.max(PICTURE_MS, rest);
        port1.close();
      };
      port2.postMessage(undefined);
    };
    const end = feed.subscribe(() => frame ??= requestAnimationFrame(draw));
    return () => {
      end();
      feed.close();
      if (frame !== undefined) cancelAnimationFrame(frame);
    };
  }, [feed]);
}

/** Calls functions for keys that are pressed outside of fields. */
export function useKeys(keys: Readonly<Record<string, () => void>>): void {
  const current = useRef(keys);
  current.current = keys;
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      const { target, ctrlKey, metaKey, altKey } = event;
      if (ctrlKey || metaKey || altKey || event.defaultPrevented) return;
      if (
        target instanceof Element &&
        target.closest("input, select, textarea, dialog")
      ) return;
      const act = current.current[event.key];
      if (act === undefined) return;
      event.preventDefault();
      act();
    };
    addEventListener("keydown", press);
    return () => removeEventListener("keydown", press);
  }, []);
}

/** Gives an element the rest of the height of the window. */
export function useRest(element: { current: HTMLElement | null }): void {
  useLayoutEffect(() => {
    const measure = () => {
      const { current } = element;
      if (current === null) return;
      const top = current.getBoundingClientRect().top + scrollY;
      const { paddingBottom } = getComputedStyle(
        current.parentElement ?? current,
      );
      current.style.height = `calc(100dvh - ${
        Math.ceil(top)
      }px - ${paddingBottom})`;
    };
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(document.body);
    return () => observer.disconnect();
  }, []);
}

/** Closes a menu when something outside of it is pressed. Returns how, too. */
export function useMenu(
  menu: { current: HTMLDetailsElement | null },
): () => void {
  useEffect(() => {
    const press = ({ target }: Event) => {
      const { current } = menu;
      const inside = target instanceof Node && current?.contains(target);
      if (current !== null && !inside) current.open = false;
    };
    addEventListener("pointerdown", press);
    return () => removeEventListener("pointerdown", press);
  }, []);
  return () => {
    if (menu.current === null) return;
    menu.current.open = false;
    menu.current.querySelector("summary")?.focus();
  };
}
