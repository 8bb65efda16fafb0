/** @jsxImportSource preact */
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/**
 * The probes of a process, and what they answered last.
 *
 * @module
 */

import { exactDuration, readableTimes } from "./format.ts";
import { Ago, Panel } from "./process_panel.tsx";
import type { ProbeView, ProcessDetails, ProcessView } from "./source.ts";
import { Badge } from "./state_badge.tsx";

/** Shows the probes. */
export function ProcessProbes(
  { process, details: { ready, live } }: {
    process: ProcessView;
    details: ProcessDetails;
  },
) {
  const running = process.pid !== null;
  return (
    <Panel title="Probes">
      {ready === null && live === null
        ? (
          <p class="soft">
            None. A run counts as ready as soon as it runs, and processman does
            not notice when it hangs.
          </p>
        )
        : (
          <>
            <Probe title="Ready" probe={ready} running={running} />
            <Probe title="Live" probe={live} running={running} />
          </>
        )}
    </Panel>
  );
}

function Probe(
  { title, probe, running }: {
    title: string;
    probe: ProbeView | null;
    running: boolean;
  },
) {
  if (probe === null) {
    return (
      <div class="process-probe">
        <h4>{title}</h4>
        <p class="soft">no probe</p>
      </div>
    );
  }
  const { name, last } = probe;
  return (
    <div class="process-probe">
      <h4>{title}</h4>
      <p>
        <code>{name}</code>
      </p>
      <p class="soft small" title={exactRules(probe)}>{rulesText(probe)}</p>
      {last === null
        ? (
          <p class="soft">
            {running
              ? "no answer yet in this run"
              : "not asked: no run is alive"}
          </p>
        )
        : (
          <p>
            <Badge tone={last.ok ? "good" : "bad"}>
              {last.ok ? "yes" : "no"}
            </Badge>{" "}
            <Ago time={last.time} />
            {last.reason !== null && (
              <span class="process-reason">{readableTimes(last.reason)}</span>
            )}
          </p>
        )}
    </div>
  );
}

function rulesText(
  { intervalMs, timeoutMs, withinMs, failures }: ProbeView,
): string {
  return [
    `every ${exactDuration(intervalMs)}`,
    `timeout ${exactDuration(timeoutMs)}`,
    withinMs === null ? "" : `ready within ${exactDuration(withinMs)}`,
    failures === null ? "" : `ended after ${failures} failures in a row`,
  ].filter((part) => part !== "").join(", ");
}

function exactRules({ intervalMs, timeoutMs, withinMs }: ProbeView): string {
  const rules = `intervalMs: ${intervalMs}, timeoutMs: ${timeoutMs}`;
  return withinMs === null ? rules : `${rules}, withinMs: ${withinMs}`;
}
