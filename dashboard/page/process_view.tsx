/** @jsxImportSource preact */
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/**
 * Everything about one process.
 *
 * @module
 */

import "./process_view.css";
import { ActionButtons } from "./action_buttons.tsx";
import { useKnown } from "./hooks.ts";
import { ProcessCommand, ProcessOptions } from "./process_command.tsx";
import { LastEnd, RecentCrashes } from "./process_ends.tsx";
import { LastStop, ProcessFacts } from "./process_facts.tsx";
import { useDetails } from "./process_hooks.ts";
import { Panel } from "./process_panel.tsx";
import { ProcessProbes } from "./process_probes.tsx";
import { Dependencies, Dependents } from "./process_relations.tsx";
import { ProcessTail } from "./process_tail.tsx";
import { UnknownProcess } from "./process_unknown.tsx";
import { linkTo, type Route } from "./route.ts";
import type { ProcessView as Process } from "./source.ts";
import { StateBadge } from "./state_badge.tsx";
import { UsageCharts } from "./usage_chart.tsx";

/** Shows the process that the address names. */
export function ProcessView({ route }: { route: Route }) {
  const processes = useKnown((state) => state.processes);
  const name = route.name ?? "";
  const process = processes.find((each) => each.name === name);
  if (process === undefined) return <UnknownProcess name={name} />;
  return <Known key={name} process={process} processes={processes} />;
}

function Known(
  { process, processes }: { process: Process; processes: readonly Process[] },
) {
  const { name, entry, last } = process;
  const found = useDetails(process);
  const details = found.kind === "known" ? found.details : undefined;
  const others = processes.filter((each) => each.entry === entry);
  return (
    <article class="process" aria-labelledby="process-name">
      <header class="process-head">
        <div class="bar">
          <h2 id="process-name">{name}</h2>
          <StateBadge process={process} />
          <div class="bar-rest">
            <ActionButtons process={process} />
          </div>
        </div>
        <p class="process-why">{process.why}</p>
        {others.length > 1 && (
          <Replicas
            entry={entry}
            of={others}
            name={name}
          />
        )}
      </header>
      <div class="process-columns">
        <div class="process-column">
          <ProcessFacts process={process} details={details} />
          {last?.crashed && <LastEnd process={process} />}
          <RecentCrashes process={process} />
          {details && <ProcessProbes process={process} details={details} />}
          <Dependencies process={process} processes={processes} />
          <Dependents process={process} processes={processes} />
          {last !== null && !last.crashed && <LastEnd process={process} />}
          {details && <LastStop details={details} />}
        </div>
        <div class="process-column">
          <ProcessTail name={name} />
          <Use name={name} />
          <ProcessCommand process={process} details={details} />
          {found.kind === "failed" && (
            <Panel title="Details">
              <p class="soft">They are not known: {found.message}</p>
            </Panel>
          )}
        </div>
      </div>
      {details && <ProcessOptions details={details} />}
    </article>
  );
}

/** The processes of the same entry; one of them is shown. */
function Replicas(
  { entry, of, name }: { entry: string; of: readonly Process[]; name: string },
) {
  return (
    <nav class="process-replicas" aria-label={`Replicas of ${entry}`}>
      {of.map((each) => (
        <a
          key={each.name}
          href={linkTo("process", { name: each.name })}
          aria-current={each.name === name ? "page" : undefined}
        >
          {each.name} <StateBadge process={each} />
        </a>
      ))}
    </nav>
  );
}

/** What it uses; nothing if it has used nothing as long as the page was open. */
function Use({ name }: { name: string }) {
  const samples = useKnown(({ usage }) => usage.get(name));
  if (!samples?.some(({ memory }) => memory > 0)) return null;
  return (
    <Panel title="CPU and memory">
      <UsageCharts samples={samples} />
    </Panel>
  );
}
