/**
 * What a supervisor remembers of a process: a fold over its events. The
 * functions are pure.
 *
 * @module
 */

import {
  type ExitEvent,
  type ProcessEvent,
  SpawnError,
  type StopEvent,
} from "../mod.ts";
import { endingOf, shortened } from "./event_words.ts";
import { messageOf } from "./problem.ts";
import type { EndView, StopView } from "./wire.ts";

/** Why a run ended, in one word. */
export type ExitReason =
  | "success"
  | "crash"
  | "signal"
  | "not-ready"
  | "unhealthy"
  | "requested";

/** All reasons why a run can end. */
export const EXIT_REASONS: readonly ExitReason[] = [
  "success",
  "crash",
  "signal",
  "not-ready",
  "unhealthy",
  "requested",
];

/** What is remembered of a process. */
export interface History {
  /** How many runs there have been, counted over all lives. */
  readonly runs: number;
  /** When the present run began; `null` if no run is alive. */
  readonly since: number | null;
  /** How many times it was restarted after a crash. */
  readonly restarts: number;
  /** How many more restarts its limit allows; `null` if that is not known. */
  readonly restartsLeft: number | null;
  /** How its last run ended. */
  readonly last: EndView | null;
  /** How it was stopped the last time; `null` if it never was. */
  readonly stop: StopView | null;
  /** Whether the last thing that happened to it was a stop. */
  readonly stopped: boolean;
  /** How many runs have ended, by the reason. */
  readonly exits: Readonly<Record<ExitReason, number>>;
}

/** What is remembered of a process that nothing is known about. */
export const NO_HISTORY: History = {
  runs: 0,
  since: null,
  restarts: 0,
  restartsLeft: null,
  last: null,
  stop: null,
  stopped: false,
  exits: {
    success: 0,
    crash: 0,
    signal: 0,
    "not-ready": 0,
    unhealthy: 0,
    requested: 0,
  },
};

/** The most lines of stderr that are remembered of a run. */
const STDERR_LINES = 20;

/** Returns what is remembered after another event. */
export function remember(history: History, event: ProcessEvent): History {
  switch (event.kind) {
    case "start":
      return {
        ...history,
        runs: history.runs + 1,
        since: event.time,
        stopped: false,
      };
    case "exit":
      return afterExit(history, event);
    case "restart":
      return {
        ...history,
        restarts: history.restarts + (event.decision.crashed ? 1 : 0),
        restartsLeft: event.decision.restartsLeft ?? null,
        stopped: false,
        ...event.error && {
          last: notStarted(history, event.time, event.error),
        },
      };
    case "failed":
      return {
        ...history,
        restartsLeft: 0,
        stopped: false,
        ...event.error instanceof SpawnError && {
          last: notStarted(history, event.time, event.error),
        },
      };
    case "stop":
      return afterStop(history, event);
    default:
      return history;
  }
}

function afterStop(history: History, { time, report }: StopEvent): History {
  const { steps, forced, survivors } = report;
  const durationMs = steps.reduce((sum, step) => sum + step.durationMs, 0);
  const stop: StopView = {
    time,
    durationMs: Math.round(durationMs),
    signals: steps.map(({ signal }) => signal ?? "stop command"),
    forced,
    survivors: [...survivors],
  };
  return { ...history, since: null, stop, stopped: true };
}

/** Returns why a run ended. */
export function reasonOf(
  { verdict, requested, crashed, status }: Pick<
    ExitEvent,
    "verdict" | "requested" | "crashed" | "status"
  >,
): ExitReason {
  if (verdict) return verdict.reason;
  if (requested) return "requested";
  if (!crashed) return "success";
  return status.signal === null ? "crash" : "signal";
}

function afterExit(history: History, event: ExitEvent): History {
  const { time, status, crashed, requested, stderr } = event;
  const reason = reasonOf(event);
  return {
    ...history,
    since: null,
    last: {
      run: history.runs,
      time,
      code: status.code,
      signal: status.signal,
      crashed,
      requested,
      reason: shortened(endingOf(event)),
      stderr: stderr.slice(-STDERR_LINES).map(shortened),
    },
    exits: { ...history.exits, [reason]: history.exits[reason] + 1 },
  };
}

/** Returns the end of a run whose program could not be started. */
function notStarted(
  { runs: run }: History,
  time: number,
  error: Error,
): EndView {
  const { cause } = error;
  return {
    run,
    time,
    code: cause instanceof Deno.errors.NotFound ? 127 : 126,
    signal: null,
    crashed: true,
    requested: false,
    // The name of the process stands beside it.
    reason: `could not be started: ${
      messageOf(error).replace(/^Cannot start process "[^"]*": /, "")
    }`,
    stderr: [],
  };
}

/**
 * Returns an event with the number of its run counted over all lives.
 *
 * @param event The event.
 * @param runs How many runs there have been, after the event.
 */
export function renumbered(event: ProcessEvent, runs: number): ProcessEvent {
  if (!("run" in event)) return event;
  const coming = event.kind === "waiting" ||
    event.kind === "hook" && event.hook === "before";
  return { ...event, run: coming ? runs + 1 : runs };
}
