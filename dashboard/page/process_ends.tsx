/** @jsxImportSource preact */
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/**
 * How the last runs of a process ended, and what was decided.
 *
 * @module
 */

import { useMemo } from "preact/hooks";
import { counted } from "./format.ts";
import { useKnown } from "./hooks.ts";
import { type Crash, crashesOf } from "./process_crashes.ts";
import { Ago, Panel, Stderr } from "./process_panel.tsx";
import { linkTo } from "./route.ts";
import type { ProcessView } from "./source.ts";

/** How many crashes are listed. */
const MOST = 5;

/** Shows how the last run ended. */
export function LastEnd({ process }: { process: ProcessView }) {
  const { last, name } = process;
  const crashes = useCrashes(name);
  if (last === null) return null;
  const { run, time, code, signal, crashed, reason, stderr } = last;
  const status = signal === null ? `code ${code}` : signal;
  const said = reason.includes(status) ? "" : ` (${status})`;
  const event = crashes.find((crash) => crash.run === run)?.id;
  const query = { name, ...event !== undefined && { event: String(event) } };
  return (
    <Panel
      title={crashed ? "Last crash" : "Last end"}
      aside={<Ago time={time} />}
    >
      <p>
        Run {run} <b class={crashed ? "tone-bad tone-text" : ""}>{reason}</b>
        {said}
      </p>
      {stderr.length > 0 && (
        <Stderr lines={stderr} label={`Last lines of stderr of run ${run}`} />
      )}
      {crashed && stderr.length === 0 && (
        <p class="soft">It wrote nothing to stderr.</p>
      )}
      {crashed && (
        <p class="small">
          <a href={linkTo("time", { query })}>
            Show on the time line
          </a>
        </p>
      )}
    </Panel>
  );
}

/** Shows the crashes that the page knows of, and what followed each. */
export function RecentCrashes({ process }: { process: ProcessView }) {
  const { name } = process;
  const crashes = useCrashes(name);
  if (crashes.length === 0) return null;
  const more = crashes.length - MOST;
  return (
    <Panel
      title="Recent crashes"
      aside={
        <span class="number">
          {counted(crashes.length, "crash", "crashes")}
        </span>
      }
    >
      <ol class="process-crashes" reversed>
        {crashes.slice(0, MOST).map((crash) => (
          <CrashItem key={crash.id} crash={crash} />
        ))}
      </ol>
      {more > 0 && (
        <p class="small">
          <a href={linkTo("time", { query: { name } })}>
            {counted(more, "earlier one")} on the time line
          </a>
        </p>
      )}
    </Panel>
  );
}

/** Returns the crashes of a process that the page knows of. */
function useCrashes(name: string): readonly Crash[] {
  const events = useKnown((state) => state.events);
  return useMemo(() => crashesOf(events, name), [events, name]);
}

function CrashItem({ crash }: { crash: Crash }) {
  const { run, how, decision, stderr, time } = crash;
  return (
    <li class="process-crash">
      <p>
        <Ago time={time} />: {run === null ? "" : `run ${run} `}
        {how}
      </p>
      <p class="soft">
        <span aria-hidden="true">→</span> {decision}
      </p>
      {stderr.length > 0 && (
        <details>
          <summary class="small">
            {counted(stderr.length, "line")} of stderr
          </summary>
          <Stderr
            lines={stderr}
            label={run === null ? "stderr" : `stderr of run ${run}`}
          />
        </details>
      )}
    </li>
  );
}
