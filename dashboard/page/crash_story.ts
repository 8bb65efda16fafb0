/**
 * Tells the story of a crash: how the run ended, what was decided, and what
 * followed. The functions are pure.
 *
 * @module
 */

import { type DecisionFacts, factsOf } from "./event_facts.ts";
import { counted, exactDuration, readableTimes } from "./format.ts";
import type { EventView } from "./source.ts";

/** Something that followed a crash. */
export interface Sequel {
  readonly id: number;
  readonly time: number;
  readonly text: string;
}

/** The story of a crash. */
export interface CrashStory {
  readonly time: number;
  /** The number of the run; `null` if none could be started. */
  readonly run: number | null;
  /** How it ended, in words. */
  readonly ended: string;
  /** The last lines of stderr. */
  readonly stderr: readonly string[];
  /** What was decided, in words. */
  readonly decision: string;
  /** What happened next, until that was settled. */
  readonly followed: readonly Sequel[];
}

/**
 * Returns the story of a crash.
 *
 * @param event The event `exit` of the crash, or the `restart` or `failed` of a
 * run that could not be started.
 * @param events All events, the oldest first.
 */
export function storyOf(
  event: EventView,
  events: readonly EventView[],
): CrashStory {
  const { run, stderr, decision, error } = factsOf(event);
  const later = events.filter(({ id, name }) =>
    id > event.id && name === event.name
  );
  const failed = later.find(({ kind }) => kind !== "leftovers");
  const reason = failed?.kind === "failed" ? failed.text : null;
  return {
    time: event.time,
    run,
    ended: error === null
      ? event.text
      : `cannot be started: ${readableTimes(error)}`,
    stderr,
    decision: event.kind === "failed"
      ? event.text
      : decisionText(decision, reason),
    followed: sequelOf(later),
  };
}

/** Returns what was decided, in words. */
function decisionText(
  decision: DecisionFacts | null,
  reason: string | null,
): string {
  if (decision === null) return "A request decides what follows";
  const { kind, attempt, delayMs, restartsLeft } = decision;
  if (kind === "restart") {
    const parts = [`Restart after ${exactDuration(delayMs ?? 0)}`];
    if (attempt !== null && attempt > 0) parts.push(`attempt ${attempt}`);
    if (restartsLeft !== null) {
      parts.push(`${counted(restartsLeft, "more restart")} allowed`);
    }
    return parts.join(", ");
  }
  if (kind === "fail") return givenUp(decision, reason);
  return `No restart: ${LEFT[decision.reason] ?? decision.reason}`;
}

const LEFT: Readonly<Record<string, string>> = {
  success: "it ended with success",
  never: "its restart policy is never",
  "stop-code": "its exit code is one that asks for none",
};

function givenUp(
  { limit, withinMs, reason: why }: DecisionFacts,
  reason: string | null,
): string {
  if (why !== "limit" || limit === null) {
    return reason === null ? "Given up" : `Given up: ${reason}`;
  }
  const restarts = counted(limit, "restart");
  const period = withinMs === null
    ? " in a row"
    : ` within ${exactDuration(withinMs)}`;
  return `Given up: it would need more than ${restarts}${period}`;
}

/** Returns what follows, up to what settles it. */
function sequelOf(later: readonly EventView[]): Sequel[] {
  const sequel: Sequel[] = [];
  for (const { id, kind, time, text } of later) {
    sequel.push({ id, time, text });
    if (SETTLED.includes(kind) || sequel.length >= 8) break;
  }
  return sequel;
}

const SETTLED = ["ready", "exit", "failed", "stop"];
