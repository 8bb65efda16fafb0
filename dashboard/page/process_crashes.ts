/**
 * Finds the crashes of a process among events. The functions are pure.
 *
 * @module
 */

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

type Details = Readonly<Record<string, unknown>>;

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
  const { id, time, kind, details } = event;
  const how = event.text.startsWith(`${name} `)
    ? event.text.slice(name.length + 1)
    : event.text;
  if (kind === "exit" && details.crashed === true) {
    const { run, stderr } = details;
    return {
      id,
      time,
      run: typeof run === "number" ? run : null,
      how,
      decision: decisionText(details.decision),
      stderr: Array.isArray(stderr) ? stderr.map(String) : [],
    };
  }
  const decision = detailsIn(details.decision);
  if (kind !== "restart" || decision?.reason !== "spawn") return undefined;
  const error = typeof details.error === "string" ? `: ${details.error}` : "";
  return {
    id,
    time,
    run: null,
    how: `could not be started${error}`,
    decision: decisionText(decision),
    stderr: [],
  };
}

/** Returns what was decided after a crash, in words. */
function decisionText(value: unknown): string {
  const decision = detailsIn(value);
  switch (decision?.kind) {
    case "restart":
      return restartText(decision);
    case "leave":
      return decision.reason === "stop-code"
        ? "is not restarted: the exit code is one of stopCodes"
        : "is not restarted: the policy is never";
    case "fail":
      return decision.reason === "limit"
        ? `is given up: ${limitText(decision.limit)} reached`
        : decision.reason === "spawn"
        ? "is given up: it cannot be started"
        : "is given up: its backoff failed";
    default:
      return "a stop or restart was under way";
  }
}

function restartText({ delayMs, attempt, restartsLeft }: Details): string {
  const parts = [
    typeof attempt === "number" && attempt > 0 ? `attempt ${attempt}` : "",
    typeof restartsLeft === "number"
      ? `${counted(restartsLeft, "more restart")} allowed`
      : "",
  ].filter((part) => part !== "");
  const when = typeof delayMs === "number"
    ? `restarts in ${exactDuration(delayMs)}`
    : "restarts";
  return parts.length === 0 ? when : `${when}: ${parts.join(", ")}`;
}

function limitText(value: unknown): string {
  const { restarts, withinMs } = detailsIn(value) ?? {};
  if (typeof restarts !== "number") return "the limit of restarts is";
  const count = `the limit of ${counted(restarts, "restart")}`;
  return typeof withinMs === "number"
    ? `${count} in ${exactDuration(withinMs)} is`
    : `${count} in a row is`;
}

function detailsIn(value: unknown): Details | undefined {
  const isObject = typeof value === "object" && value !== null;
  return isObject ? { ...value } : undefined;
}
