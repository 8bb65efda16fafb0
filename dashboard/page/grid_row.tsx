/** @jsxImportSource preact */
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/**
 * The row of a process.
 *
 * @module
 */

import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { ActionButtons } from "./action_buttons.tsx";
import { useActions } from "./actions.ts";
import { commandText } from "./command_line.ts";
import {
  agoText,
  bytesText,
  dateTime,
  shareText,
  shortDuration,
} from "./format.ts";
import { useKnown, useNow, useTimed } from "./hooks.ts";
import { keyLine } from "./key_line.ts";
import { isEqual, memo } from "./memo.ts";
import { linkTo } from "./route.ts";
import type { EndView, ProcessView, UsageView } from "./source.ts";
import { Sparkline } from "./sparkline.tsx";
import { Badge } from "./state_badge.tsx";
import { attemptOf, stateWords } from "./state_words.ts";
import type { Usage } from "./store.ts";
import type { Trouble } from "./troubles.ts";

/** What a line of memory shows at least, so that noise stays flat. */
const LEAST_MEMORY = 16 * 2 ** 20;

/** No samples; always the same, so that nothing is rendered for it. */
const NONE: readonly Usage[] = [];

interface RowProps {
  readonly id: string;
  readonly process: ProcessView;
  readonly trouble: Trouble | undefined;
  /** Whether it is below the row of its entry. */
  readonly inner: boolean;
  readonly selected: boolean;
  readonly focused: boolean;
  readonly choose: (name: string) => void;
}

/**
 * Shows a process. It is rendered only when something has changed of what it
 * shows; what changes all the time is rendered by itself.
 */
export const ProcessRow = memo((props: RowProps) => {
  const { id, process, inner, selected, focused, choose } = props;
  const { allowed } = useActions();
  const { name, command } = process;
  return (
    <tr
      role="row"
      data-key={id}
      class={`grid-row ${inner ? "grid-inner" : ""}`}
      tabIndex={focused ? 0 : -1}
      aria-selected={allowed ? selected : undefined}
    >
      {allowed && (
        <td role="cell" class="grid-check">
          <input
            type="checkbox"
            aria-label={`Select ${name}`}
            checked={selected}
            onChange={() => choose(name)}
          />
        </td>
      )}
      <th role="rowheader" scope="row" class="grid-name">
        <a href={linkTo("process", { name })} title={commandText(command)}>
          {name}
        </a>
      </th>
      <Cells {...props} />
      {allowed && (
        <td role="cell" class="grid-actions">
          <ActionButtons process={process} />
        </td>
      )}
    </tr>
  );
}, showSame);

/** Whether two rows show the same, but for what is rendered by itself. */
function showSame(before: RowProps, after: RowProps): boolean {
  return isEqual({ ...before, process: null }, { ...after, process: null }) &&
    isEqual(shownOf(before.process), shownOf(after.process));
}

/** Returns a process without what its row does not show. */
function shownOf(process: ProcessView): ProcessView {
  const { state, ready, why } = process;
  const tells = state === "waiting" || state === "failed" || ready === false;
  return { ...process, usage: null, why: tells ? why : "" };
}

/** Shows the state and the figures of a process. */
function Cells({ process, trouble }: RowProps) {
  const { name, pid, since, last } = process;
  return (
    <>
      <td role="cell" class="grid-state">
        <State process={process} trouble={trouble} />
      </td>
      <td role="cell" class="grid-usage" data-label="CPU">
        {pid === null
          ? <None />
          : <Measure name={name} of="cpu" text={cpuText} least={0.1} />}
      </td>
      <td role="cell" class="grid-usage" data-label="Memory">
        {pid === null ? <None /> : (
          <Measure
            name={name}
            of="memory"
            text={memoryText}
            least={LEAST_MEMORY}
          />
        )}
      </td>
      <td role="cell" class="number" data-label="Uptime">
        {since === null ? <None /> : <Uptime since={since} />}
      </td>
      <td role="cell" class="number mono" data-label="PID">
        {pid ?? <None />}
      </td>
      <td role="cell" class="number" data-label="Restarts">
        <Restarts process={process} />
      </td>
      <td role="cell" class="grid-last" data-label="Last end">
        {last === null
          ? <None />
          : <LastEnd last={last} shown={trouble?.reason} />}
      </td>
    </>
  );
}

function cpuText(usage: UsageView | null): string {
  const cpu = usage?.cpu ?? null;
  return cpu === null ? "–" : shareText(cpu);
}

function memoryText(usage: UsageView | null): string {
  return usage === null ? "–" : bytesText(usage.memory);
}

/** Shows that there is no value. */
function None() {
  return <span class="soft grid-none">–</span>;
}

/** Shows the state in words; counts down by itself. */
function State({ process, trouble }: {
  process: ProcessView;
  trouble: Trouble | undefined;
}) {
  const { name, state } = process;
  const attempt = useKnown(({ events }) =>
    state === "backoff" ? attemptOf(events, name) : 0
  );
  const limit = useKnown(({ limits }) => limits.get(name));
  const counts = process.until !== null || process.ready === false;
  const now = useNow(counts);
  const words = stateWords(process, { now, attempt, limit });
  // A run between two crashes is not what it looks like.
  const shaky = trouble?.tone === "bad" && words.tone !== "bad";
  const label = shaky ? `${words.label} again` : words.label;
  const detail = words.detail || trouble?.more;
  return (
    <>
      <Badge tone={shaky ? "warn" : words.tone}>{label}</Badge>
      <span class="soft small grid-detail">{detail}</span>
    </>
  );
}

/** Shows what a process uses. */
function Measure({ name, of, text, least }: {
  name: string;
  of: "cpu" | "memory";
  text: (usage: UsageView | null) => string;
  least: number;
}) {
  const samples = useKnown(({ usage }) => usage.get(name) ?? NONE);
  const measure = useRef<HTMLSpanElement>(null);
  const skipped = useSkipped(measure);
  const drawn = useRef(samples);
  if (!skipped) drawn.current = samples;
  return (
    <span class="grid-measure" ref={measure}>
      <Sparkline samples={drawn.current} of={of} least={least} />
      <span class="number">{text(samples.at(-1)?.view ?? null)}</span>
    </span>
  );
}

/**
 * Returns whether the browser skips the drawing of the row around an element,
 * because it is out of sight; see `content-visibility` in `grid_view.css`.
 */
function useSkipped(ref: { readonly current: Element | null }): boolean {
  const [skipped, setSkipped] = useState(false);
  // The browser tells it right after the first layout.
  useLayoutEffect(() => {
    const row = ref.current?.closest(".grid-row");
    const look = (event: Event) =>
      setSkipped("skipped" in event && event.skipped === true);
    const kind = "contentvisibilityautostatechange";
    row?.addEventListener(kind, look);
    return () => row?.removeEventListener(kind, look);
  }, [ref]);
  return skipped;
}

function Uptime({ since }: { since: number }) {
  const text = useTimed((now) => shortDuration(now - since));
  return <span title={`since ${dateTime(since)}`}>{text}</span>;
}

function Restarts({ process }: { process: ProcessView }) {
  const { restarts, restartsLeft } = process;
  return (
    <>
      {restarts}
      {restartsLeft !== null && (
        <span class="soft small">, {restartsLeft} left</span>
      )}
    </>
  );
}

function LastEnd(
  { last, shown }: { last: EndView; shown: string | undefined },
) {
  const ago = useTimed((now) => agoText(now - last.time));
  const { crashed, reason, stderr } = last;
  const line = crashed ? keyLine(stderr) : undefined;
  return (
    <>
      <span class={crashed ? "tone-bad tone-text" : ""} title={reason}>
        {/* The answer of a probe follows the colon; the state says it, too. */}
        {reason.replace(/^was /, "").replace(/: .*$/s, "")}
      </span>{" "}
      <span class="soft small">{ago}</span>
      {line !== undefined && line !== shown && (
        <span class="mono small grid-line" title={line}>{line}</span>
      )}
    </>
  );
}
