/**
 * Whether a supervisor in the foreground is done, and with which status.
 *
 * @module
 */

import { type App, PlanError, type UnitState, type Why } from "../plan/mod.ts";

/** A process of a plan, as far as the end of the supervisor depends on it. */
export interface UnitOutcome {
  /** Its name. */
  readonly name: string;
  /** Its state. */
  readonly state: UnitState;
  /** What holds back its next run. */
  readonly held: Why["held"];
  /** The exit code of its last run, 128 + n after a signal. */
  readonly code: number | undefined;
  /** Whether it does something once. */
  readonly task: boolean;
}

/**
 * Returns where all processes of a plan are.
 *
 * @param app The plan that runs.
 */
export function outcomes(app: App): UnitOutcome[] {
  const entries = [...app.plan.entries.values()];
  const tasks = new Set(
    entries.filter(({ type }) => type === "task")
      .flatMap(({ units }) => units.map(({ name }) => name)),
  );
  return app.whys().map(({ name, state, held }) => ({
    name,
    state,
    held,
    code: codeOf(app, name),
    task: tasks.has(name),
  }));
}

function codeOf(app: App, name: string): number | undefined {
  const state = app.get(name)?.state;
  switch (state?.kind) {
    case "exited":
    case "failed":
    case "backoff":
      return state.status.code;
    default:
      return undefined;
  }
}

/**
 * Returns whether no process runs, and none will run unless somebody
 * intervenes. As long as a process is there that was stopped, it can be started
 * again; so it is not over.
 *
 * @param units All processes.
 */
export function isOver(units: readonly UnitOutcome[]): boolean {
  return units.every(hasEnded) &&
    units.some(({ state }) => state.kind !== "idle");
}

function hasEnded({ state, held }: UnitOutcome): boolean {
  switch (state.kind) {
    case "idle":
    case "done":
    case "ended":
    case "failed":
      return true;
    case "waiting":
      return held?.kind === "blocked";
    default:
      return false;
  }
}

/** Returns whether a process has failed. */
export function hasFailed({ state, held, code }: UnitOutcome): boolean {
  switch (state.kind) {
    case "failed":
      return true;
    case "ended":
      return code !== 0;
    case "waiting":
      return held?.kind === "blocked";
    default:
      return false;
  }
}

/**
 * Returns the exit status of one process, for `--exit-code-from`: that of its
 * last run; 1 if it failed without one.
 *
 * @param unit The process.
 * @returns The status; `undefined` while the process has not ended for good.
 */
export function statusFrom(unit: UnitOutcome): number | undefined {
  const { state, code } = unit;
  switch (state.kind) {
    case "done":
      return 0;
    case "ended":
    case "stopped":
      return code ?? 0;
    case "failed":
      return code || 1;
    default:
      return hasFailed(unit) ? 1 : undefined;
  }
}

/**
 * Returns what blocks processes, one sentence for each that cannot start. The
 * log has said already which ones have failed.
 *
 * @param error What the start has rejected with.
 * @throws {unknown} The error, if it is something else.
 */
export function blockedBy(error: unknown): string[] {
  if (!(error instanceof PlanError)) throw error;
  return error.whys.filter(({ held }) => held?.kind === "blocked")
    .map(({ sentence }) => sentence);
}
