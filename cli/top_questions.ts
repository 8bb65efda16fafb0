/**
 * What `top` asks before it does something. The functions are pure.
 *
 * @module
 */

import type { ProcessView } from "../control/client.ts";
import type { Question, TopAction } from "./top_state.ts";

/**
 * Returns what is asked before an action; nothing if it ends no run.
 *
 * @param action The action.
 * @param processes All processes.
 */
export function questionOf(
  action: TopAction,
  processes: readonly ProcessView[],
): Question | undefined {
  const text = textOf(action, processes);
  return text === undefined ? undefined : { text, action };
}

function textOf(
  action: TopAction,
  processes: readonly ProcessView[],
): string | undefined {
  const { kind, name } = action;
  const alive = processes.filter(({ pid }) => pid !== null);
  const runs = alive.some((each) => each.name === name);
  switch (kind) {
    case "start":
    case "signal":
      return undefined;
    case "kill":
      return `Kill ${name}? It gets no chance to finish its work.`;
    case "stop":
    case "restart": {
      if (!runs) return undefined;
      const verb = kind === "stop" ? "Stop" : "Restart";
      const others = followersOf(name, alive);
      const more = others.length === 0
        ? ""
        : ` This also ${kind}s ${namesOf(others)}.`;
      return `${verb} ${name}?${more}`;
    }
    case "scale": {
      const units = processes.filter(({ entry }) => entry === name);
      const over = units.slice(action.replicas);
      if (over.length === 0) return undefined;
      return `Scale ${name} to ${action.replicas}? This stops ${
        namesOf(over)
      }.`;
    }
    default:
      return kind satisfies never;
  }
}

function namesOf(processes: readonly ProcessView[]): string {
  const [first, second, ...more] = processes.map(({ name }) => name);
  if (second === undefined) return `${first}`;
  if (more.length === 0) return `${first} and ${second}`;
  return `${first} and ${more.length + 1} others`;
}

/** Returns what goes down with a process, as its dependencies say. */
function followersOf(
  name: string,
  processes: readonly ProcessView[],
): ProcessView[] {
  const own = processes.find((each) => each.name === name);
  if (own === undefined) return [];
  const entries = new Set([own.entry]);
  // A set yields what is added to it while it is read.
  for (const entry of entries) {
    for (const { entry: other, dependencies } of processes) {
      const follows = dependencies.some((each) =>
        each.name === entry && each.restart !== "never"
      );
      if (follows) entries.add(other);
    }
  }
  entries.delete(own.entry);
  return processes.filter(({ entry }) => entries.has(entry));
}
