/** @jsxImportSource preact */
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/**
 * The facts about a process: its child, its runs, and what is left of its limit.
 *
 * @module
 */

import { dateTime, exactDuration, shortDuration, untilText } from "./format.ts";
import { useKnown, useNow } from "./hooks.ts";
import { Ago, Fact, Panel } from "./process_panel.tsx";
import { restartLimit } from "./process_options.ts";
import type { ProcessDetails, ProcessView } from "./source.ts";
import { attemptOf } from "./state_words.ts";

/** A process, and its details if they are known. */
interface Props {
  readonly process: ProcessView;
  readonly details: ProcessDetails | undefined;
}

/** Shows the facts. */
export function ProcessFacts({ process, details }: Props) {
  const { pid, run, since, until, state, labels, type, usage } = process;
  const now = useNow(since !== null || until !== null);
  const next = until === null ? "" : untilText(until - now);
  return (
    <Panel title="Now">
      <dl class="process-facts">
        {state === "backoff" && until !== null && (
          <Fact name="Next try">
            <b class="number">{until <= now ? "now" : `in ${next}`}</b>
            <NextAttempt name={process.name} />
          </Fact>
        )}
        {state === "stopping" && until !== null && (
          <Fact name="SIGKILL">
            <b class="number">in {next}</b>, if it has not ended by then
          </Fact>
        )}
        <Fact name="PID">
          {pid === null ? <None>no child</None> : <code>{pid}</code>}
        </Fact>
        <Fact name="Uptime">
          {since === null
            ? <None>not running</None>
            : (
              <span class="number" title={`since ${dateTime(since)}`}>
                {shortDuration(now - since)}
              </span>
            )}
        </Fact>
        <Fact name="Runs">
          <span class="number">{run === 0 ? "none yet" : run}</span>
        </Fact>
        <Fact name="Restarts">
          <Restarts process={process} details={details} />
        </Fact>
        {usage !== null && (
          <Fact name="Consists of">
            {usage.processes === 1
              ? "1 system process"
              : `${usage.processes} system processes`}
          </Fact>
        )}
        <Fact name="Kind">
          {type}
          {labels.length > 0 && (
            <>
              {", labels "}
              {labels.map((label) => (
                <code key={label} class="process-label">{label}</code>
              ))}
            </>
          )}
        </Fact>
      </dl>
    </Panel>
  );
}

function None({ children }: { children: string }) {
  return <span class="soft">{children}</span>;
}

function NextAttempt({ name }: { name: string }) {
  const attempt = useKnown(({ events }) => attemptOf(events, name));
  return attempt > 0 ? <>, attempt {attempt}</> : null;
}

/** How often it was restarted, and what is left of the limit. */
function Restarts({ process, details }: Props) {
  const { restarts, restartsLeft: left } = process;
  const limit = details && restartLimit(details.options);
  const count = <span class="number">{restarts}</span>;
  if (left === null) return <>{count}, without a limit</>;
  if (limit === undefined) return <>{count}, {left} more allowed</>;
  const used = Math.max(0, limit.restarts - left);
  const period = limit.withinMs === null
    ? "in a row"
    : `in ${exactDuration(limit.withinMs)}`;
  const text = `${left} left of ${limit.restarts} ${period}`;
  return (
    <>
      {count}, {text}{" "}
      <meter
        class="process-meter"
        aria-label="Used up restarts"
        min={0}
        max={limit.restarts}
        value={used}
        low={limit.restarts / 2}
        high={limit.restarts * 0.75}
        optimum={0}
      >
        {text}
      </meter>
    </>
  );
}

/** Shows how a process was stopped the last time. */
export function LastStop({ details }: { details: ProcessDetails }) {
  const { stopped } = details;
  if (stopped === null) return null;
  const { time, durationMs, signals, forced, survivors } = stopped;
  return (
    <Panel title="Last stop" aside={<Ago time={time} />}>
      <dl class="process-facts">
        <Fact name="Signals">
          {signals.length === 0
            ? <None>none was necessary</None>
            : <code>{signals.join(" → ")}</code>}
        </Fact>
        <Fact name="Took">{exactDuration(durationMs)}</Fact>
        <Fact name="Forced">
          {forced ? <b class="tone-bad tone-text">by SIGKILL</b> : "no"}
        </Fact>
        <Fact name="Survivors">
          {survivors.length === 0 ? "none" : (
            <b class="tone-bad tone-text">
              still alive: <code>{survivors.join(", ")}</code>
            </b>
          )}
        </Fact>
      </dl>
    </Panel>
  );
}
