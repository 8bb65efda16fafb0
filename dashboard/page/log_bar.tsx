/** @jsxImportSource preact */
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/**
 * What the log does, and what can be done with all of it.
 *
 * @module
 */

import { counted } from "./format.ts";
import { useKnown, useStore } from "./hooks.ts";
import { LogDownload } from "./log_download.tsx";
import type { FeedState, LogFeed } from "./log_feed.ts";
import type { LogQuery } from "./source.ts";

/** What the bar shows. */
export interface LogBarProps {
  readonly feed: LogFeed;
  readonly query: () => LogQuery;
  /** What was done last. */
  readonly note: string;
  /** Whether the line that the address links to is not there. */
  readonly missing: boolean;
  readonly toggle: () => void;
  readonly say: (text: string) => void;
}

/** What the log does. */
export function LogBar(props: LogBarProps) {
  const { feed, note, missing, toggle } = props;
  const { source } = useStore();
  const { state, window } = feed;
  const inMemory = useKnown(({ supervisor }) => supervisor?.logs === null);
  const paused = state.kind === "paused";
  const canToggle = paused || state.kind === "live" || state.kind === "lost";
  return (
    <div class="log-bar bar">
      {canToggle && (
        <button
          type="button"
          class={`button button-small ${paused ? "button-primary" : ""}`}
          aria-keyshortcuts="p"
          onClick={toggle}
        >
          {paused ? "Go live" : "Pause"}
        </button>
      )}
      <span role="status" class={`log-state log-state-${state.kind}`}>
        {stateText(state)}
        {missing && " The line of this link is not in the log any more."}
      </span>
      <span class="soft number log-count">
        {window.items.length > 0 && counted(window.items.length, "line")}
        {window.items.length > 0 && !window.atStart &&
          " loaded; scroll up for older ones"}
        {inMemory && source.live ? " (kept in memory only)" : ""}
      </span>
      <span class="soft" role="status">{note}</span>
      <span class="bar-rest">
        <LogDownload source={source} query={props.query} say={props.say} />
      </span>
    </div>
  );
}

/** Returns what the log does, in words. */
function stateText(state: FeedState): string {
  switch (state.kind) {
    case "loading":
      return "Searching…";
    case "live":
      return "Live";
    case "paused":
      return "Paused";
    case "complete":
      return "Complete";
    case "lost":
      return "Interrupted: it goes on when the supervisor answers";
    case "refused":
      return "Not searched";
    default:
      return state satisfies never;
  }
}
