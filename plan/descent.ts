/**
 * Ends runs of a plan in reverse order.
 *
 * @module
 */

import type { Board } from "./board.ts";
import type { LiveUnit } from "./live_unit.ts";
import type { StopRules } from "./wait_options.ts";

/**
 * Ends the runs of units and of those that restart with them, in reverse order,
 * and then lets new ones start, in order.
 *
 * @param board The plan.
 * @param targets The units that start in any case.
 * @param names Their names, for `why()`.
 * @param signal Ends the operation; what has ended by then starts again.
 * @returns The units that start.
 * @throws {StopError} If a run cannot be ended.
 * @throws The reason of the signal.
 */
export async function renew(
  board: Board,
  targets: readonly LiveUnit[],
  names: string,
  signal: AbortSignal,
): Promise<LiveUnit[]> {
  const all = [...targets, ...followers(board, targets)];
  const before = new Set(
    targets.filter(({ state }) => state.kind === "stopped"),
  );
  const release = holdBack(all, `the restart of ${names}`);
  try {
    await endInReverse(board, all, async (unit) => {
      await endRun(board, unit, signal);
      // A stop that came in the meantime takes precedence.
      const stopped = unit.state.kind === "stopped" && !before.has(unit);
      if (targets.includes(unit) && !stopped) unit.start();
    });
    return all;
  } finally {
    release();
  }
}

/**
 * Stops units in reverse order. Those that restart with them are ended first,
 * and wait for them.
 *
 * @param board The plan.
 * @param targets The units.
 * @param names Their names, for `why()`.
 * @param rules How to stop each, and when to kill those that are left.
 * @throws {StopError} If a run cannot be ended; several errors become an
 * `AggregateError`.
 */
export async function stopUnits(
  board: Board,
  targets: readonly LiveUnit[],
  names: string,
  { stop, withinMs }: StopRules,
): Promise<void> {
  const others = followers(board, targets);
  const all = [...targets, ...others];
  const release = holdBack(all, `the stop of ${names}`);
  const done = new AbortController();
  const { signal } = done;
  const hurry = () => {
    for (const unit of targets) unit.kill();
    for (const unit of others) unit.restart({ gracePeriodMs: 0 });
  };
  if (withinMs < Infinity) {
    board.pm.clock.delay(withinMs, { signal })
      .then(() => signal.aborted || hurry());
  }
  try {
    await stopInReverse(
      board,
      all,
      (unit) =>
        targets.includes(unit) ? unit.stop(stop) : endRun(board, unit, signal),
    );
  } finally {
    done.abort();
    release();
  }
}

/**
 * Ends the runs of units, each after those of the units that depend on it. If
 * one cannot be ended, those that it depends on are left as they are.
 *
 * @param board The plan.
 * @param units The units.
 * @param end Ends the run of a unit.
 * @throws What `end` throws; an `AggregateError` if it throws several errors.
 */
export async function endInReverse(
  board: Board,
  units: readonly LiveUnit[],
  end: (unit: LiveUnit) => Promise<void>,
): Promise<void> {
  const ended = new Map<LiveUnit, Promise<void>>();
  for (const unit of board.units.reverse()) {
    if (!units.includes(unit)) continue;
    const first = board.dependents([unit]).map((each) => ended.get(each));
    ended.set(unit, Promise.all(first).then(() => end(unit)));
  }
  const results = await Promise.allSettled(ended.values());
  // One error can be the reason why several runs have not ended.
  throwAll(
    new Set(
      results.flatMap((each) =>
        each.status === "rejected" ? [each.reason] : []
      ),
    ),
  );
}

/**
 * Stops units, each after those that depend on it. Each is stopped even if
 * another one cannot be.
 *
 * @param board The plan.
 * @param units The units.
 * @param end Stops a unit, or ends its run.
 * @throws What `end` throws; an `AggregateError` if it throws several errors.
 */
export async function stopInReverse(
  board: Board,
  units: readonly LiveUnit[],
  end: (unit: LiveUnit) => Promise<void>,
): Promise<void> {
  const errors = new Set<unknown>();
  await endInReverse(
    board,
    units,
    (unit) => end(unit).catch((error) => void errors.add(error)),
  );
  throwAll(errors);
}

function throwAll(errors: ReadonlySet<unknown>): void {
  const [first] = errors;
  if (errors.size > 1) {
    throw new AggregateError(errors, `${errors.size} processes did not end`);
  }
  if (errors.size === 1) throw first;
}

/**
 * Ends the present run of a unit, if there is one; the next run waits at the
 * gate. The unit must be held back.
 *
 * @throws {StopError} If the child survives `SIGKILL`.
 * @throws The reason of the signal.
 */
export async function endRun(
  board: Board,
  unit: LiveUnit,
  signal: AbortSignal,
): Promise<void> {
  signal.throwIfAborted();
  if (!unit.alive) return;
  unit.restart();
  await board.until(() => {
    if (unit.survival) throw unit.survival;
    return !unit.alive;
  }, signal);
}

/**
 * Waits until a stop of the whole plan, which has begun, has ended a unit. If
 * the user has asked for its start meanwhile, it is not over then.
 */
export async function untilStopped(
  board: Board,
  live: LiveUnit,
): Promise<void> {
  // The stop holds the unit back until all of it is over.
  await board.until(() => live.over || live.heldFor === undefined);
}

/**
 * Stops a unit for good. If the whole plan is being stopped, it waits for that,
 * which has its own order.
 *
 * @param board The plan.
 * @param live The unit.
 * @param scope Aborted when the whole plan is stopped.
 * @throws {StopError} If the run cannot be ended.
 */
export async function dismiss(
  board: Board,
  live: LiveUnit,
  scope: AbortSignal,
): Promise<void> {
  if (scope.aborted) await untilStopped(board, live);
  if (!scope.aborted || !live.over) await live.dismiss();
}

/**
 * Holds units back: no run of them starts until they are released.
 *
 * @param units The units.
 * @param reason What they wait for.
 * @returns A function that releases them.
 */
export function holdBack(
  units: readonly LiveUnit[],
  reason: string,
): () => void {
  const hold = { reason };
  for (const unit of units) unit.hold(hold);
  return () => {
    for (const unit of units) unit.release(hold);
  };
}

/**
 * Returns the units that restart when some units are restarted by hand, except
 * those that have ended.
 */
export function followers(
  board: Board,
  units: readonly LiveUnit[],
): LiveUnit[] {
  return board.dependents(units, ({ restart }) => restart !== "never")
    .filter((each) => !each.over);
}
