/**
 * Says why a process of a plan is where it is. The functions are pure.
 *
 * @module
 */

import type { Obstacle } from "./decide.ts";
import type { Condition } from "./entry.ts";
import type { UnitState } from "./unit_state.ts";

/** What holds back the next run of a process. */
export type Held =
  /** Conditions that do not hold yet. */
  | { readonly kind: "waits"; readonly for: readonly Obstacle[] }
  /** Conditions that cannot hold unless you intervene. */
  | { readonly kind: "blocked"; readonly by: readonly Obstacle[] }
  /** An operation of the program, such as the restart of a dependency. */
  | { readonly kind: "operation"; readonly reason: string }
  /** The option `startLimit` of the plan. */
  | { readonly kind: "turn"; readonly startLimit: number }
  /**
   * The option `restartBudget` of the plan. `canary` is the name of the process
   * that tried last.
   */
  | { readonly kind: "budget"; readonly canary: string | undefined };

/** Why a process of a plan is where it is. */
export interface Why {
  /** The name of the process. */
  readonly name: string;
  /** Its state. */
  readonly state: UnitState;
  /** What holds back its next run; `undefined` if nothing does. */
  readonly held: Held | undefined;
  /** All of it in one sentence, without a period at its end. */
  readonly sentence: string;
}

/**
 * Says why a process is where it is.
 *
 * @param name The name of the process.
 * @param state Its state.
 * @param held What holds back its next run, if something does.
 * @param time The time in milliseconds since the epoch.
 * @returns The record, with a sentence.
 */
export function explain(
  name: string,
  state: UnitState,
  held: Held | undefined,
  time: number,
): Why {
  const reason = state.kind === "waiting" ? held : undefined;
  const what = reason?.kind === "blocked"
    ? `is ${reasonOf(reason, time)}`
    : reason
    ? `waits for ${reasonOf(reason, time)}`
    : stateText(state, time);
  return { name, state, held: reason, sentence: `${name} ${what}` };
}

/**
 * Returns what a process waits for, as the reason of the state `waiting`.
 *
 * @param held What holds back its next run.
 * @param time The time in milliseconds since the epoch.
 */
export function reasonOf(held: Held, time: number): string {
  switch (held.kind) {
    case "waits":
      return awaited(held.for, time);
    case "blocked":
      return `blocked: ${causes(held.by, time)}`;
    case "operation":
      return held.reason;
    case "turn":
      return `its turn: ${held.startLimit} ${
        held.startLimit === 1 ? "process starts" : "processes start"
      }, and the plan allows no more at once`;
    case "budget":
      return held.canary === undefined
        ? "the restart budget of the plan"
        : `the restart budget of the plan: ${held.canary} tried last`;
    default:
      return held satisfies never;
  }
}

/**
 * Returns what is awaited, and why it is not there yet. The text goes into
 * detail about the first obstacle only; the record has all of them.
 */
function awaited([first, ...rest]: readonly Obstacle[], time: number): string {
  if (first === undefined) return "nothing";
  const { unit, when, state, behind } = first;
  const others = rest.length > 0 ? ` and for ${counted(rest.length)}` : "";
  const now = behind.length > 0
    ? `waits for ${awaited(behind, time)}`
    : state.kind === "running"
    ? state.ready ? "is running" : "is running and not ready"
    : stateText(state, time);
  return `${unit} ${GOALS[when]}${others}: ${unit} ${now}`;
}

/** Returns why processes cannot come; goes into detail about the first only. */
function causes([first, ...rest]: readonly Obstacle[], time: number): string {
  if (first === undefined) return "nothing";
  const { unit, state, behind } = first;
  const others = rest.length > 0 ? ` (and ${counted(rest.length)})` : "";
  return behind.length > 0
    ? `${unit} is blocked${others}: ${causes(behind, time)}`
    : `${unit} ${stateText(state, time)}${others}`;
}

function counted(others: number): string {
  return others === 1 ? "1 other" : `${others} others`;
}

const GOALS: Readonly<Record<Condition, string>> = {
  started: "to start",
  ready: "to be ready",
  completed: "to complete",
};

/** Returns what a process does or did, as the rest of a sentence. */
function stateText(state: UnitState, time: number): string {
  switch (state.kind) {
    case "idle":
      return "has not been started";
    case "waiting":
    case "starting":
      return "is about to start";
    case "running":
      return `has been running for ${duration(time - state.since)}` +
        (state.ready ? "" : ` and is not ready${answerText(state)}`);
    case "stopping":
      return "is stopping";
    case "backoff":
      return `is in backoff after it ${state.cause}${backoffText(state, time)}`;
    case "done":
      return "is completed";
    case "ended":
      return "has ended and is not restarted";
    case "failed":
      return `failed: ${state.message}`;
    case "stopped":
      return "was stopped";
    default:
      return state satisfies never;
  }
}

/** Returns the last answer of the probe, for the end of a sentence. */
function answerText(
  { answer }: Pick<Extract<UnitState, { kind: "running" }>, "answer">,
): string {
  return answer === undefined ? "" : `: ${answer}`;
}

function backoffText(
  { attempt, until, restartsLeft }: Extract<UnitState, { kind: "backoff" }>,
  time: number,
): string {
  const rest = restartsLeft === undefined
    ? ""
    : `, ${restartsLeft} more ${
      restartsLeft === 1 ? "restart" : "restarts"
    } allowed`;
  const which = attempt === 0 ? "" : `, attempt ${attempt}`;
  const next = until <= time ? "now" : `in ${duration(until - time)}`;
  return `${which}, next try ${next}${rest}`;
}

/** Returns a duration, rounded up, such as `300 ms`, `8 s` or `3 min`. */
function duration(ms: number): string {
  const whole = Math.max(0, Math.ceil(ms));
  if (whole < 1_000) return `${whole} ms`;
  const seconds = Math.ceil(whole / 1_000);
  if (seconds < 120) return `${seconds} s`;
  const minutes = Math.ceil(seconds / 60);
  if (minutes < 120) return `${minutes} min`;
  const hours = Math.ceil(minutes / 60);
  return hours < 48 ? `${hours} h` : `${Math.ceil(hours / 24)} days`;
}
