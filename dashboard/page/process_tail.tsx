/** @jsxImportSource preact */
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/**
 * The last lines of a process.
 *
 * @module
 */

import { AnsiText } from "./ansi_text.tsx";
import { clockTime, dateTime } from "./format.ts";
import { useTail } from "./process_hooks.ts";
import { Panel } from "./process_panel.tsx";
import { linkTo } from "./route.ts";

/** How many lines are shown. */
const LINES = 20;

/** The longest line that is shown in full, in characters. */
const MOST = 1_000;

/** Shows the last lines of a process, live. */
export function ProcessTail({ name }: { name: string }) {
  const lines = useTail(name, LINES);
  return (
    <Panel
      title="Log"
      aside={<a href={linkTo("log", { query: { name } })}>Open in the log</a>}
    >
      {lines === undefined
        ? <p class="soft">Loading…</p>
        : lines.length === 0
        ? <p class="soft">It has written nothing.</p>
        : (
          <div
            class="process-log"
            tabIndex={0}
            role="region"
            aria-label={`Last lines of ${name}`}
          >
            <ol>
              {lines.map(({ seq, time, source, text }) => (
                <li key={seq}>
                  <time
                    dateTime={new Date(time).toISOString()}
                    title={dateTime(time)}
                  >
                    {clockTime(time)}
                  </time>
                  <span class="process-source">
                    {source === "stderr" && (
                      <abbr title="written to stderr">err</abbr>
                    )}
                  </span>
                  <span class="process-text">
                    <AnsiText text={text} most={MOST} />
                  </span>
                </li>
              ))}
            </ol>
          </div>
        )}
    </Panel>
  );
}
