/**
 * Derives the state of a process of a plan from what is known about it.
 *
 * @module
 */

import type { ProcessState, Verdict } from "../mod.ts";
import type { UnitState } from "./unit_state.ts";

/** How the last life of a process ended, or what its last event said. */
export type Outcome = "stopped" | "succeeded" | "crashed" | undefined;

/** What is known about a process of a plan. */
export interface KnownFacts {
  /** The state of the process; `undefined` before its first start. */
  readonly process: ProcessState | undefined;
  /** Whether it does something once. */
  readonly task: boolean;
  /** Whether a run waits at the gate. */
  readonly waits: boolean;
  /** Whether it is about to be started. */
  readonly begins: boolean;
  /** How its last life ended. */
  readonly outcome: Outcome;
  /** Why it could not be started. */
  readonly refusal: Error | undefined;
  /** How many more restarts its limit allows. */
  readonly restartsLeft: number | undefined;
  /** Why its last run ended or did not start, if its status does not say it. */
  readonly cause: string | undefined;
}

/** Returns whether no run of a process is alive, and none follows. */
export function isOver(process: ProcessState | undefined): boolean {
  const kind = process?.kind;
  return kind === undefined || kind === "exited" || kind === "failed";
}

/** Returns the state of a process of a plan. */
export function stateOf(facts: KnownFacts): UnitState {
  const { process, waits, begins, outcome, refusal, restartsLeft } = facts;
  if (begins && isOver(process)) return { kind: "starting" };
  // If a life has begun since, its state and its events say how it ended.
  if (refusal && isOver(process)) {
    return { kind: "failed", message: refusal.message };
  }
  switch (process?.kind) {
    case undefined:
      return neverRun(facts);
    case "starting":
    case "waiting":
      // The process learns a little later that its gate has opened.
      return { kind: waits ? "waiting" : "starting" };
    case "stopping":
      return { kind: "stopping" };
    case "running":
      return runningState(process);
    case "backoff": {
      const { attempt, until, status } = process;
      const verb = attempt > 0 ? "crashed" : "ended";
      const cause = facts.cause ?? endText(verb, status);
      return { kind: "backoff", attempt, until, restartsLeft, cause };
    }
    case "exited":
      return ended(facts, process.status);
    case "failed":
      if (outcome === "stopped") return { kind: "stopped" };
      return { kind: "failed", message: process.error.message };
    default:
      return process satisfies never;
  }
}

/** A process can have been put back as what it was, without a run. */
function neverRun({ task, outcome }: KnownFacts): UnitState {
  if (outcome === "stopped") return { kind: "stopped" };
  return { kind: task && outcome === "succeeded" ? "done" : "idle" };
}

/** Returns the state after the last run has ended. */
function ended(
  { outcome, task }: KnownFacts,
  status: Deno.CommandStatus,
): UnitState {
  switch (outcome) {
    case "stopped":
      return { kind: "stopped" };
    case "succeeded":
      return { kind: task ? "done" : "ended" };
    case "crashed":
      return { kind: "failed", message: `it ${endText("crashed", status)}` };
    case undefined:
      // The event that says how it ended has not arrived yet.
      return { kind: "stopping" };
    default:
      return outcome satisfies never;
  }
}

/** Returns how a run ended, in the words of the log. */
function endText(
  verb: "crashed" | "ended",
  { code, signal }: Deno.CommandStatus,
): string {
  return signal === null ? `${verb} with code ${code}` : `${verb} by ${signal}`;
}

/** Returns why a probe ended a run. */
export function verdictText({ reason, answer }: Verdict): string {
  return reason === "not-ready"
    ? `was not ready in time (${answer})`
    : `was unhealthy (${answer})`;
}

/** Returns why a run could not be started. */
export function refusalText(name: string, { message }: Error): string {
  const known = `Cannot start process "${name}": `;
  const why = message.startsWith(known) ? message.slice(known.length) : message;
  return `could not be started (${why})`;
}

function runningState(
  { ready, answer, since }: Extract<ProcessState, { kind: "running" }>,
): UnitState {
  const why = answer === undefined ? {} : { answer };
  return { kind: "running", ready, since, ...why };
}
