/**
 * On which terms an operation replaces processes, and how it waits for them.
 *
 * @module
 */

import type { Board } from "./board.ts";
import { decide, progress, type Verdict } from "./decide.ts";
import { PlanError } from "./errors.ts";
import type { LiveUnit } from "./live_unit.ts";

/** How long to wait for a process that has been put back, in milliseconds. */
const PATIENCE_MS = 60_000;

/** How long an operation may take. */
export interface Limited {
  /** What it does, as in "Cannot apply the plan". */
  readonly goal: string;
  /** Aborted when it is given up. What has begun is then put back. */
  readonly signal: AbortSignal;
  /** The reason of `signal` when the time is over. */
  readonly late: Error;
}

/** On which terms an operation replaces processes. */
export interface Terms extends Limited {
  /** Aborted when the whole plan is stopped. Then nothing is started. */
  readonly scope: AbortSignal;
  /** Whether it continues after a failure, because it puts things back. */
  readonly lenient: boolean;
}

/** When an operation is given up. */
interface Limits {
  readonly signal?: AbortSignal | undefined;
  readonly withinMs?: number | undefined;
}

/**
 * Does something within a time, which begins now.
 *
 * @param board The plan.
 * @param goal What is done, as in "Cannot apply the plan".
 * @param limits When it is given up.
 * @param action Does it.
 * @param awaited Returns the units that are awaited when the time is over.
 * @throws {PlanError} If the time is over.
 * @throws What `action` throws.
 */
export async function within<Result>(
  board: Board,
  goal: string,
  { signal, withinMs = Infinity }: Limits,
  action: (limited: Limited) => Promise<Result>,
  awaited: () => readonly LiveUnit[] = () => [],
): Promise<Result> {
  const late = new Error(`${goal} within ${withinMs} ms`);
  const over = new AbortController();
  const done = new AbortController();
  if (withinMs < Infinity) {
    board.pm.clock.delay(withinMs, { signal: done.signal })
      .then(() => done.signal.aborted || over.abort(late));
  }
  const signals = [over.signal, ...signal ? [signal] : []];
  try {
    return await action({ goal, signal: AbortSignal.any(signals), late });
  } catch (error) {
    if (error !== late) throw error;
    const missing = board.missing(awaited());
    throw new PlanError(late.message, missing.map((unit) => board.why(unit)));
  } finally {
    done.abort();
  }
}

/**
 * Waits until all of some units are ready or completed, within a time.
 *
 * @param board The plan.
 * @param goal What for, as in "Cannot start db".
 * @param units The units.
 * @param limits When it is given up.
 * @throws {PlanError} If nothing can change by itself any more, or the time is
 * over.
 * @throws The reason of the signal.
 */
export async function arriveWithin(
  board: Board,
  goal: string,
  units: readonly LiveUnit[],
  limits: Limits,
): Promise<void> {
  await within(
    board,
    goal,
    limits,
    ({ signal }) => board.arrive(goal, units, signal),
    () => units,
  );
}

/** Returns the terms on which something is put back. */
export function lenient(terms: Terms): Terms {
  return { ...terms, signal: terms.scope, lenient: true };
}

/**
 * Does something for one unit. If the time is over, the error says where the
 * unit is.
 */
export async function forUnit(
  board: Board,
  live: LiveUnit,
  terms: Terms,
  action: () => Promise<void>,
): Promise<void> {
  const { signal, late } = terms;
  try {
    if (!terms.lenient) signal.throwIfAborted();
    await action();
  } catch (error) {
    if (error !== late) throw error;
    throw new PlanError(late.message, [board.why(live)]);
  }
}

/** How to wait for a unit. */
export interface StandOptions {
  /** How long it must be ready, in milliseconds. */
  readonly minReadyMs?: number;
  /** Whether it can crash on the way, as its restart policy allows. */
  readonly patient?: boolean;
}

/**
 * Waits until a unit is ready, or completed, or is not to run: the user has
 * stopped it, or it has not been started.
 *
 * @throws {PlanError} If it does not get there, unless the terms are lenient.
 * @throws The reason of the signal.
 */
export async function stand(
  board: Board,
  live: LiveUnit,
  terms: Terms,
  { minReadyMs = 0, patient = false }: StandOptions = {},
): Promise<void> {
  if (terms.lenient) return await settle(board, live, terms.scope);
  const { signal, goal } = terms;
  const far = () => {
    const now = farOf(board, live, patient);
    if (now !== "lost") return now;
    throw new PlanError(goal, [board.why(live)]);
  };
  await board.until(() => far() !== "coming", signal);
  if (minReadyMs === 0 || live.task) return;
  await forTime(board, minReadyMs, async (over) => {
    await board.until(() => {
      const now = far();
      if (now === "coming") throw new PlanError(goal, [board.why(live)]);
      return now === "resting" || over();
    }, signal);
  });
}

/** Waits until a unit that has been put back is there, but not for ever. */
async function settle(
  board: Board,
  live: LiveUnit,
  scope: AbortSignal,
): Promise<void> {
  await forTime(board, PATIENCE_MS, async (over) => {
    const settled = () => over() || farOf(board, live, false) !== "coming";
    // If the whole plan is stopped, nothing is awaited any more.
    await board.until(settled, scope).catch(() => {});
  });
}

/** Does something that can ask whether a time is over. */
async function forTime(
  board: Board,
  ms: number,
  action: (over: () => boolean) => Promise<void>,
): Promise<void> {
  const done = new AbortController();
  let over = false;
  board.pm.clock.delay(ms, { signal: done.signal }).then(() => {
    over = true;
    board.changed();
  });
  try {
    await action(() => over);
  } finally {
    done.abort();
  }
}

/** Returns what holds back a start of an entry now. */
export function verdictOf(board: Board, entry: string): Verdict {
  const { verdicts } = decide(board.graph, board.snapshot());
  return verdicts.get(entry) ?? { kind: "open" };
}

function farOf(
  board: Board,
  live: LiveUnit,
  patient: boolean,
): "there" | "coming" | "resting" | "lost" {
  const { state, attempt, task, unit: { entry } } = live;
  if (live.rests) return "resting";
  const far = progress(state, verdictOf(board, entry), task);
  if (far === "stuck") return "lost";
  const crashed = attempt > 0 || state.kind === "backoff";
  return far === "coming" && crashed && !patient && !task ? "lost" : far;
}
