/**
 * Finds the crashes of a process among events. The functions are pure.
 *
 * @module
 */

import { type DecisionFacts, factsOf } from "./event_facts.ts";
import { counted, exactDuration } from "./format.ts";
import type { EventView } from "./source.ts";

/** A run that failed, and what followed. */
export interface Crash {
  /** The number of the event. */
  readonly id: number;
  /** When it happened. */
  readonly time: number;
  /** The number of the run; `null` if it could not be started. */
  readonly run: number | null;
  /** How it ended: `crashed with code 1 after 2 s`. */
  readonly how: string;
  /** What followed: `restarts in 3 s: attempt 2, 3 more restarts allowed`. */
  readonly decision: string;
  /** The last lines of stderr. */
  readonly stderr: readonly string[];
}

/** Returns the crashes of a process, the newest first. */
export function crashesOf(events: readonly EventView[], name: string): Crash[] {
  const crashes: Crash[] = [];
  for (const event of events) {
    const crash = event.name === name ? crashOf(event, name) : undefined;
    if (crash !== undefined) crashes.push(crash);
  }
  return crashes.reverse();
}

function crashOf(event: EventView, name: string): Crash | undefined {
  const { id, time, kind } = event;
  const { crashed, run, stderr, decision, error } = factsOf(event);
  const how = event.text.startsWith(`${name} `)
    ? event.text.slice(name.length + 1)
    : event.text;
  if (kind === "exit" && crashed) {
    return { id, time, run, how, decision: decisionText(decision), stderr };
  }
  if (kind !== "restart" || decision?.reason !== "spawn") return undefined;
  const why = error === null ? "" : `: ${error}`;
  return {
    id,
    time,
    run: null,
    how: `could not be started${why}`,
    decision: decisionText(decision),
    stderr: [],
  };
}

/** Returns what was decided after a crash, in words. */
function decisionText(decision: DecisionFacts | null): string {
  switch (decision?.kind) {
    case "restart":
      return restartText(decision);
    case "leave":
      return decision.reason === "stop-code"
        ? "is not restarted: the exit code is one of stopCodes"
        : "is not restarted: the policy is never";
    case "fail":
      return decision.reason === "limit"
        ? `is given up: ${limitText(decision)} reached`
        : decision.reason === "spawn"
        ? "is given up: it cannot be started"
        : "is given up: its backoff failed";
    default:
      return "a stop or restart was under way";
  }
}

function restartText(
  { delayMs, attempt, restartsLeft }: DecisionFacts,
): string {
  const parts = [
    attempt !== null && attempt > 0 ? `attempt ${attempt}` : "",
    restartsLeft === null
      ? ""
      : `${counted(restartsLeft, "more restart")} allowed`,
  ].filter((part) => part !== "");
  const when = delayMs === null
    ? "restarts"
    : `restarts in ${exactDuration(delayMs)}`;
  return parts.length === 0 ? when : `${when}: ${parts.join(", ")}`;
}

function limitText({ limit, withinMs }: DecisionFacts): string {
  if (limit === null) return "the limit of restarts is";
  const count = `the limit of ${counted(limit, "restart")}`;
  return withinMs === null
    ? `${count} in a row is`
    : `${count} in ${exactDuration(withinMs)} is`;
}
