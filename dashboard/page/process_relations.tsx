/** @jsxImportSource preact */
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/**
 * What a process depends on, and what depends on it.
 *
 * @module
 */

import { Panel, ProcessLink } from "./process_panel.tsx";
import type { DependencyView, ProcessView } from "./source.ts";
import { Badge, StateBadge } from "./state_badge.tsx";

/** A process among all. */
interface Props {
  readonly process: ProcessView;
  readonly processes: readonly ProcessView[];
}

/** Shows what a process depends on. */
export function Dependencies({ process, processes }: Props) {
  const { dependencies } = process;
  if (dependencies.length === 0) return null;
  return (
    <Panel title="Depends on">
      <ul class="process-relations">
        {dependencies.map((dependency) => (
          <Dependency
            key={dependency.name}
            dependency={dependency}
            members={membersOf(dependency.name, processes)}
          />
        ))}
      </ul>
    </Panel>
  );
}

function Dependency(
  { dependency, members }: {
    dependency: DependencyView;
    members: readonly ProcessView[];
  },
) {
  const { name, awaited } = dependency;
  return (
    <li>
      <p>
        {members.length === 0 ? <code>{name}</code> : null}
        {members.map((member) => <Member key={member.name} process={member} />)}
      </p>
      <p class="small">
        <span class="soft">{conditionText(dependency)}</span>{" "}
        {awaited && <Badge tone="warn">awaited now</Badge>}
      </p>
    </li>
  );
}

function Member({ process }: { process: ProcessView }) {
  return (
    <span class="process-member">
      <ProcessLink name={process.name} /> <StateBadge process={process} />
    </span>
  );
}

function conditionText({ when, restart, required }: DependencyView): string {
  return [
    `must be ${when}`,
    restart === "always"
      ? "restarted after each of its restarts"
      : restart === "explicit"
      ? "restarted when it is restarted by hand"
      : "",
    required ? "" : "not required",
  ].filter((part) => part !== "").join(", ");
}

/** Shows what depends on a process. */
export function Dependents({ process, processes }: Props) {
  const dependents = processes.filter(({ dependencies }) =>
    dependencies.some(({ name }) => name === process.entry)
  );
  if (dependents.length === 0) return null;
  return (
    <Panel title="Needed by">
      <ul class="process-relations">
        {dependents.map((dependent) => (
          <li key={dependent.name}>
            <Member process={dependent} />
          </li>
        ))}
      </ul>
    </Panel>
  );
}

/** Returns the processes of an entry. */
function membersOf(
  entry: string,
  processes: readonly ProcessView[],
): ProcessView[] {
  return processes.filter((process) => process.entry === entry);
}
