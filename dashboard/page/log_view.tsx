/** @jsxImportSource preact */
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/**
 * The view: log.
 *
 * @module
 */

import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import "./log_view.css";
import { Highlight } from "./highlight.ts";
import { useKnown } from "./hooks.ts";
import { LogBar } from "./log_bar.tsx";
import { LogDetail } from "./log_detail.tsx";
import { LogEmpty } from "./log_empty.tsx";
import { textOf } from "./log_export.ts";
import type { LogFeed } from "./log_feed.ts";
import {
  grepFault,
  type LogFilter,
  logLink,
  parseFilter,
} from "./log_filter.ts";
import { LogFilters } from "./log_filters.tsx";
import { useFeed, useKeys, useRest } from "./log_hooks.ts";
import { LogList } from "./log_list.tsx";
import { selectedLines, type Selection } from "./log_selection.ts";
import type { Route } from "./route.ts";

/** Shows what all processes write. */
export function LogView({ route }: { route: Route }) {
  const filter = useMemo(() => parseFilter(route.query), [route]);
  const names = useNames();
  const { feed, target, query } = useFeed(route, filter);
  const [selection, setSelection] = useSelection(feed, target);
  const [note, say] = useNote();
  const highlight = useMemo(
    () => filter.grep === "" ? undefined : new Highlight(filter.grep),
    [filter.grep],
  );
  const section = useRef<HTMLElement>(null);
  const search = useRef<HTMLInputElement>(null);
  const detail = useRef<HTMLButtonElement>(null);
  useRest(section);
  const goLive = () => {
    setSelection(undefined);
    if (route.query.has("line")) location.replace(logLink(filter));
    else feed.goLive();
  };
  const toggle = () => feed.state.kind === "paused" ? goLive() : feed.pause();
  useKeys({ "/": () => search.current?.focus(), p: toggle });
  const change = (next: LogFilter) => location.replace(logLink(next));
  const { state } = feed;
  const fault = state.kind === "refused" ? grepFault(state.message) : undefined;
  const lines = selectedLines(feed.window, selection);
  const close = () => {
    setSelection(undefined);
    section.current?.querySelector<HTMLElement>(".log-list")?.focus();
  };
  return (
    <section
      ref={section}
      class="log"
      aria-label="Log"
      onCopy={(event) => copyPlain(event, () => textOf(lines))}
      onKeyDown={(event) => {
        const isList = event.target instanceof Element &&
          event.target.classList.contains("log-list");
        if (event.key !== " " || !isList) return;
        event.preventDefault();
        toggle();
      }}
    >
      <LogFilters
        filter={filter}
        names={names}
        fault={fault}
        search={search}
        onChange={change}
      />
      <LogBar
        feed={feed}
        query={query}
        note={note}
        missing={isMissing(feed, target)}
        toggle={toggle}
        say={say}
      />
      <div class="log-main panel">
        <LogList
          feed={feed}
          selection={selection}
          highlight={highlight}
          onSelect={setSelection}
          onDetail={() => detail.current?.focus()}
          onLive={goLive}
        />
        <LogEmpty feed={feed} filter={filter} onChange={change} />
      </div>
      <LogDetail
        lines={lines}
        filter={filter}
        highlight={highlight}
        focus={detail}
        copy={(text, what) => copy(text, what).then(say)}
        onClose={close}
      />
    </section>
  );
}

/** How long a note is shown, in milliseconds. */
const NOTE_MS = 5_000;

/** What was done last, for a while, and how to say it. */
function useNote(): [string, (text: string) => void] {
  const [note, setNote] = useState("");
  useEffect(() => {
    const timer = setTimeout(() => setNote(""), NOTE_MS);
    return () => clearTimeout(timer);
  }, [note]);
  return [note, setNote];
}

/** Returns the names of all processes. */
function useNames(): readonly string[] {
  const processes = useKnown(({ processes }) => processes);
  return useMemo(() => processes.map(({ name }) => name), [processes]);
}

/** What is selected; at first, the line that the address links to. */
function useSelection(
  feed: LogFeed,
  target: { process: string; seq: number } | undefined,
): [Selection | undefined, (selection: Selection | undefined) => void] {
  const [chosen, setChosen] = useState<{
    readonly of: unknown;
    readonly selection: Selection | undefined;
  }>({ of: undefined, selection: undefined });
  const linked = useMemo(() => {
    if (target === undefined) return undefined;
    const place = { key: `${target.process}:${target.seq}`, at: NaN };
    return { head: place, anchor: place, linked: true };
  }, [target]);
  // What was selected is forgotten with the lines of another query.
  const of = target ?? feed.query;
  return [
    chosen.of === of ? chosen.selection : linked,
    (selection) => setChosen({ of, selection }),
  ];
}

/** Whether the line that the address links to is not there. */
function isMissing(
  { state, window }: LogFeed,
  target: { process: string; seq: number } | undefined,
): boolean {
  return target !== undefined &&
    (state.kind === "paused" || state.kind === "complete") &&
    window.rowOf(target.process, target.seq) < 0;
}

/** Puts what is selected into the clipboard, as text alone. */
function copyPlain(event: ClipboardEvent, selected: () => string): void {
  const { target, clipboardData } = event;
  if (target instanceof HTMLInputElement || clipboardData === null) return;
  const marked = getSelection();
  const text = marked !== null && !marked.isCollapsed
    ? marked.toString()
    : selected();
  if (text === "") return;
  clipboardData.setData("text/plain", text);
  event.preventDefault();
}

/** Puts a text into the clipboard; returns how that went. */
async function copy(text: string, what: string): Promise<string> {
  try {
    await navigator.clipboard.writeText(text);
    return `Copied ${what}`;
  } catch {
    return `Cannot copy ${what}: the browser does not allow it`;
  }
}
