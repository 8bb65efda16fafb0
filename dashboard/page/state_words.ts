/**
 * Says in words what a process does. The functions are pure.
 *
 * @module
 */

import { counted, ordinal, shortDuration, untilText } from "./format.ts";
import type { EventView, ProcessView } from "./source.ts";

/** How good or bad a state is: what its color says besides the words. */
export type Tone = "good" | "warn" | "bad" | "busy" | "idle";

/** What a process does, in words. */
export interface StateWords {
  /** In a few words, for a badge: `restarting in 3 s`, `not ready`. */
  readonly label: string;
  /** The rest: `fourth attempt, 1 left of 5`; empty if there is none. */
  readonly detail: string;
  /** How good or bad that is. */
  readonly tone: Tone;
}

/** What is known besides the view of a process. */
export interface Known {
  /** The time. */
  readonly now: number;
  /** How many times it has crashed in a row; see {@linkcode attemptOf}. */
  readonly attempt?: number | undefined;
  /** How many restarts its limit allows altogether. */
  readonly limit?: number | undefined;
}

/** A sign for each tone, so that color is not all that differs. */
export const MARKS: Readonly<Record<Tone, string>> = {
  good: "●",
  warn: "▲",
  bad: "■",
  busy: "◆",
  idle: "○",
};

/**
 * Returns what a process does, in words.
 *
 * @param process The process.
 * @param known What else is known.
 */
export function stateWords(process: ProcessView, known: Known): StateWords {
  const { state, until, last } = process;
  const left = until === null ? undefined : untilText(until - known.now);
  switch (state) {
    case "idle":
      return { label: "not started", detail: "", tone: "idle" };
    case "waiting":
      return waitingWords(process);
    case "starting":
      return { label: "starting", detail: "", tone: "busy" };
    case "running":
      return runningWords(process, known.now);
    case "stopping": {
      const detail = left === undefined ? "" : `SIGKILL in ${left}`;
      return isSweeping(process)
        ? { label: "cleaning up", detail: "after a crash", tone: "bad" }
        : { label: "stopping", detail, tone: "busy" };
    }
    case "backoff": {
      const label = until === null || until <= known.now
        ? "restarting now"
        : `restarting in ${left}`;
      return { label, detail: attemptText(process, known), tone: "bad" };
    }
    case "completed":
      return { label: "completed", detail: "", tone: "good" };
    case "ended":
      return last?.crashed
        ? { label: "crashed", detail: "is not restarted", tone: "bad" }
        : { label: "ended", detail: "is not restarted", tone: "idle" };
    case "failed":
      return { label: "failed", detail: failureText(process), tone: "bad" };
    case "stopped":
      return { label: "stopped", detail: "", tone: "idle" };
    default:
      return state satisfies never;
  }
}

/** Returns why a process is where it is, without its name at the beginning. */
export function whyText({ name, why }: ProcessView): string {
  return why.startsWith(`${name} `) ? why.slice(name.length + 1) : why;
}

/** Returns why a process was given up. */
export function failureText(process: ProcessView): string {
  // The label and the name stand beside it.
  return whyText(process).replace(/^failed: /, "")
    .replace(/^Cannot (?:re)?start process "[^"]*": /, "");
}

/** Whether a process cannot start unless somebody intervenes. */
export function isBlocked(process: ProcessView): boolean {
  return process.state === "waiting" &&
    whyText(process).startsWith("is blocked");
}

/**
 * Whether a process has crashed, and what its run has left behind is being
 * ended: its state is then that of a stop, without a child.
 */
export function isSweeping({ state, pid, last }: ProcessView): boolean {
  return state === "stopping" && pid === null && last !== null &&
    last.crashed && !last.requested;
}

/**
 * Returns how many times a process has crashed in a row, as events tell.
 *
 * @param events The events, the oldest first.
 * @param name The name of the process.
 */
export function attemptOf(events: readonly EventView[], name: string): number {
  const last = events.findLast((event) =>
    event.kind === "restart" && event.name === name
  );
  return numberIn(last?.details.decision, "attempt") ?? 0;
}

/** Returns a property of an object if it is a number. */
export function numberIn(value: unknown, name: string): number | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const found: unknown = Reflect.get(value, name);
  return typeof found === "number" ? found : undefined;
}

function waitingWords(process: ProcessView): StateWords {
  const why = whyText(process);
  if (isBlocked(process)) {
    const detail = why.replace(/^is blocked: /, "");
    return { label: "blocked", detail, tone: "bad" };
  }
  const detail = why.replace(/^waits /, "");
  return { label: "waiting", detail, tone: "warn" };
}

function runningWords(process: ProcessView, now: number): StateWords {
  if (process.ready !== false) {
    return { label: "running", detail: "", tone: "good" };
  }
  const { since } = process;
  const [, answer] = whyText(process).match(/ is not ready: (.*)$/s) ?? [];
  const time = since === null ? "" : `for ${shortDuration(now - since)}`;
  const detail = [time, answer].filter((part) => part).join(": ");
  return { label: "not ready", detail, tone: "warn" };
}

/** Returns which attempt comes next, and how many are left. */
function attemptText(
  { restartsLeft }: ProcessView,
  { attempt = 0, limit }: Known,
): string {
  const which = attempt > 0 ? `${ordinal(attempt)} attempt` : "";
  const left = restartsLeft === null
    ? ""
    : limit === undefined
    ? `${counted(restartsLeft, "more restart")} allowed`
    : `${restartsLeft} left of ${limit}`;
  return [which, left].filter((part) => part !== "").join(", ");
}
