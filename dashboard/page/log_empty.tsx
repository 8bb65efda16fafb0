/** @jsxImportSource preact */
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/**
 * What stands where the log has no lines.
 *
 * @module
 */

import type { LogFeed } from "./log_feed.ts";
import {
  grepFault,
  isFiltering,
  type LogFilter,
  NO_FILTER,
} from "./log_filter.ts";

/** Why there are no lines. */
export interface LogEmptyProps {
  readonly feed: LogFeed;
  readonly filter: LogFilter;
  readonly onChange: (filter: LogFilter) => void;
}

/** What stands where the log has no lines. */
export function LogEmpty({ feed, filter, onChange }: LogEmptyProps) {
  const { state, window } = feed;
  const filtering = isFiltering(filter);
  if (state.kind !== "refused" && window.rows.length > 0) return null;
  return (
    <div class="log-empty empty">
      <Words feed={feed} filtering={filtering} />
      {filtering && state.kind !== "loading" && (
        <p>
          <button
            type="button"
            class="button"
            onClick={() => onChange(NO_FILTER)}
          >
            Clear filters
          </button>
        </p>
      )}
    </div>
  );
}

function Words({ feed, filtering }: { feed: LogFeed; filtering: boolean }) {
  const { state } = feed;
  if (state.kind === "loading") return <h2>Searching the log…</h2>;
  if (state.kind === "refused" || state.kind === "lost") {
    const fault = grepFault(state.message);
    return (
      <>
        <h2>
          {fault === undefined
            ? "The log cannot be read"
            : "The regular expression cannot be used"}
        </h2>
        <p>{fault ?? state.message}</p>
      </>
    );
  }
  if (filtering) {
    return (
      <>
        <h2>No line matches</h2>
        <p class="soft">
          All of the log was searched.
          {state.kind === "live" && " New lines that match appear here."}
        </p>
      </>
    );
  }
  return (
    <>
      <h2>No lines yet</h2>
      <p class="soft">What the processes write appears here.</p>
    </>
  );
}
