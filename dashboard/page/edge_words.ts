/**
 * Says in words what the edges of the graph mean. The functions are pure.
 *
 * @module
 */

import type { GraphEdge } from "./graph_model.ts";

/** Returns why an entry waits, in a few words; `null` if it does not. */
export function waitText(edges: readonly GraphEdge[]): string | null {
  const [first, ...others] = edges.filter(({ awaited }) => awaited);
  if (first === undefined) return null;
  const more = others.length > 0 ? `, and ${others.length} more` : "";
  return `waits: ${first.from} is not ${first.when}${more}`;
}

/** Returns the condition of an edge, for a list of what its entry needs. */
export function conditionText(edge: GraphEdge): string {
  const { from, to, when, required, awaited } = edge;
  return joined([
    awaited ? `${to} waits until ${from} is ${when}` : `must be ${when}`,
    required ? "" : "optional",
    restartText(edge),
  ]);
}

/** Returns what an edge means, as a sentence. */
export function edgeText(edge: GraphEdge): string {
  const { from, to, when, required, awaited } = edge;
  return joined([
    `${to} starts when ${from} is ${when}`,
    required ? "" : "optional",
    restartText(edge),
    awaited ? "it waits for that now" : "",
  ]);
}

function restartText({ from, to, restart }: GraphEdge): string {
  switch (restart) {
    case "always":
      return `a restart of ${from} restarts ${to}`;
    case "explicit":
      return `a restart of ${from} by request restarts ${to}`;
    case "never":
      return "";
    default:
      return restart satisfies never;
  }
}

function joined(parts: readonly string[]): string {
  return parts.filter((part) => part !== "").join("; ");
}
