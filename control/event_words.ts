/**
 * Says what events mean, in words and as JSON.
 *
 * @module
 */

import type {
  ExitEvent,
  HookEvent,
  LeftoversEvent,
  ProcessEvent,
  RestartDecision,
  StopReport,
} from "../mod.ts";
import { messageOf } from "./problem.ts";

/** The most characters of a text in an event; a line can be much longer. */
const LONGEST = 2_000;

/** Returns a text that is not too long to be kept for a while. */
export function shortened(text: string): string {
  if (text.length <= LONGEST) return text;
  // A part of a string keeps all of it in memory, unless it is copied.
  return JSON.parse(JSON.stringify(`${text.slice(0, LONGEST)}…`));
}

/** Returns what happened, in words. */
export function wordsOf(event: ProcessEvent): string {
  return shortened(sentenceOf(event));
}

function sentenceOf(event: ProcessEvent): string {
  switch (event.kind) {
    case "start":
      return `${event.name} started with PID ${event.pid}, run ${event.run}`;
    case "waiting":
      return `${event.name} waits for ${event.reason}`;
    case "hook":
      return hookText(event);
    case "ready":
      return `${event.name} is ready after ${duration(event.afterMs)}`;
    case "unready":
      return `${event.name} is not ready any more: ${event.reason}`;
    case "unhealthy":
      return `${event.name} is unhealthy after ${
        counted(event.failures, "failure")
      } in a row: ${event.reason}`;
    case "exit":
      return `${event.name} ${endingOf(event)} after ${
        duration(event.durationMs)
      }`;
    case "leftovers":
      return leftoversText(event);
    case "restart":
      return `${event.name} ${restartText(event.decision, event.error)}`;
    case "failed":
      return `${event.name} is given up: ${messageOf(event.error)}`;
    case "stop":
      return stopText(event.report);
    case "signal":
      return `the program received ${event.signal}`;
    case "lost":
      return `${counted(event.count, "event")} were dropped`;
    default:
      return event satisfies never;
  }
}

/** Returns how a run ended, in words: `crashed with code 1`. */
export function endingOf(
  { status: { code, signal }, crashed, requested, verdict }: Pick<
    ExitEvent,
    "status" | "crashed" | "requested" | "verdict"
  >,
): string {
  if (verdict?.reason === "not-ready") {
    return `was ended because it was not ready in time: ${verdict.answer}`;
  }
  if (verdict?.reason === "unhealthy") {
    return `was ended because it was unhealthy: ${verdict.answer}`;
  }
  if (requested) {
    return signal === null
      ? `was stopped and ended with code ${code}`
      : `was stopped by ${signal}`;
  }
  if (signal !== null) return `was killed by ${signal}`;
  return `${crashed ? "crashed" : "ended"} with code ${code}`;
}

/**
 * Returns the properties of an event, besides its name, kind and time, as
 * values that JSON has.
 */
export function detailsOf(event: ProcessEvent): Record<string, unknown> {
  const { kind: _kind, time: _time, ...rest } = event;
  if ("name" in rest) {
    const { name: _name, ...own } = rest;
    return plain(own, shortened);
  }
  return plain(rest, shortened);
}

/**
 * Returns an object as JSON has it. An error becomes its message, as does
 * anything that was thrown, and what JSON does not have is left out.
 *
 * @param value The object.
 * @param shorten What becomes of its texts; they stay as they are by default.
 */
export function plain(
  value: object,
  shorten: (text: string) => string = (text) => text,
): Record<string, unknown> {
  try {
    const text = JSON.stringify(value, (key, each) => {
      const error = key === "error" && each !== undefined;
      if (error || each instanceof Error) return shorten(messageOf(each));
      if (typeof each === "string") return shorten(each);
      return typeof each === "bigint" ? String(each) : each;
    });
    return JSON.parse(text);
  } catch {
    // What a program has thrown can fail in any way.
    return {};
  }
}

function hookText({ name, hook, pid, end }: HookEvent): string {
  const what = hook === "stop"
    ? `the stop command of ${name}`
    : `the hook "${hook}" of ${name}`;
  if (end === undefined) {
    return pid === undefined
      ? `${what} is about to run`
      : `${what} runs with PID ${pid}`;
  }
  return end.failure === undefined
    ? `${what} succeeded after ${duration(end.durationMs)}`
    : `${what} ${end.failure}`;
}

function leftoversText({ name, survivors, forced }: LeftoversEvent): string {
  const how = forced ? "killed" : "ended";
  const rest = survivors.length > 0
    ? `; still alive: ${survivors.join(", ")}`
    : "";
  return `what ${name} left behind was ${how}${rest}`;
}

function restartText(
  { reason, attempt, delayMs, restartsLeft }: RestartDecision,
  error: Error | undefined,
): string {
  const why = error === undefined ? "" : `: ${messageOf(error)}`;
  const left = restartsLeft === undefined
    ? ""
    : `, ${counted(restartsLeft, "more restart")} allowed`;
  const which = attempt > 0 ? ` (attempt ${attempt}${left})` : "";
  return `restarts in ${duration(delayMs)}${which} after ${
    REASONS[reason]
  }${why}`;
}

const REASONS: Readonly<Record<RestartDecision["reason"], string>> = {
  crash: "a crash",
  exit: "it ended",
  spawn: "it could not be started",
  "not-ready": "it was not ready in time",
  unhealthy: "it was unhealthy",
};

function stopText({ name, forced, survivors }: StopReport): string {
  const how = forced ? "was stopped by SIGKILL" : "was stopped";
  return survivors.length === 0
    ? `${name} ${how}`
    : `${name} ${how}; still alive: ${survivors.join(", ")}`;
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? "" : "s"}`;
}

/** Returns a duration such as `300 ms`, `8.2 s` or `3 min`. */
function duration(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 120_000) return `${Math.round(ms / 100) / 10} s`;
  return `${Math.round(ms / 60_000)} min`;
}
