/**
 * Changes a plan that runs into another one.
 *
 * @module
 */

import type { Board } from "./board.ts";
import { stopInReverse } from "./descent.ts";
import { difference, type PlanDifference } from "./difference.ts";
import type { LiveUnit } from "./live_unit.ts";
import type { Plan, PlannedEntry, Unit } from "./planned.ts";
import { clash } from "./ports.ts";
import { Roll, type Seat, seatOf } from "./roll.ts";
import { forUnit, lenient, stand, type Terms } from "./terms.ts";

/**
 * Compares a plan with the one that runs, and checks that the names of its
 * processes are free.
 *
 * @param board The plan that runs.
 * @param next The new plan.
 * @returns What differs.
 * @throws {TypeError} If another process of the manager has one of the names.
 */
export function compare(board: Board, next: Plan): PlanDifference {
  const result = difference(board.plan, next);
  const { started, replaced } = result.units;
  const spares = [...next.entries.values()].flatMap(({ units, spare }) =>
    spare && units.some(({ name }) => replaced.includes(name))
      ? [spare.name]
      : []
  );
  for (const name of [...started, ...spares]) {
    const process = board.pm.get(name);
    if (!process || board.get(name)?.process === process) continue;
    throw new TypeError(
      `Cannot apply the plan: the name "${name}" is already taken by another process`,
    );
  }
  return result;
}

/**
 * Changes the plan that runs into another one. What is the same in both is not
 * touched. If that fails, everything is put back.
 *
 * @param board The plan that runs.
 * @param next The new plan.
 * @param terms When to give up.
 * @throws {PlanError} If a process does not get ready.
 * @throws The reason of the signal.
 */
export async function apply(
  board: Board,
  next: Plan,
  terms: Terms,
): Promise<void> {
  const { plan } = board;
  const seats = new Map(board.units.map((live) => [live.name, seatOf(live)]));
  try {
    await new Change(board, next, seats, terms).run();
  } catch (error) {
    await new Change(board, plan, seats, lenient(terms)).run();
    throw error;
  }
}

/** A change of what runs into what a plan wants. */
class Change {
  readonly #board: Board;
  readonly #plan: Plan;
  /** What ran before anything was changed, by name. */
  readonly #seats: ReadonlyMap<string, Seat>;
  readonly #terms: Terms;
  /** Aborted when the first step fails. */
  readonly #failed = new AbortController();
  readonly #added: readonly Unit[];
  readonly #updated: readonly Unit[];
  /** The names of the units that need another process. */
  readonly #replaced: ReadonlySet<string>;
  readonly #removed: readonly LiveUnit[];

  /** Finds out what has to be changed. */
  constructor(
    board: Board,
    plan: Plan,
    seats: ReadonlyMap<string, Seat>,
    terms: Terms,
  ) {
    this.#board = board;
    this.#plan = plan;
    this.#seats = seats;
    const signal = AbortSignal.any([terms.signal, this.#failed.signal]);
    this.#terms = terms.lenient ? terms : { ...terms, signal };
    const wanted = [...plan.entries.values()].flatMap(({ units }) => units);
    const names = new Set(wanted.map(({ name }) => name));
    const { replaced, updated } = difference(present(board), plan).units;
    const vacant = board.units.filter((live) => live.vacant);
    this.#added = wanted.filter(({ name }) => board.get(name) === undefined);
    this.#updated = wanted.filter(({ name }) => updated.includes(name));
    this.#replaced = new Set(replaced.concat(vacant.map(({ name }) => name)));
    this.#removed = board.units.filter(({ name }) => !names.has(name));
  }

  /** Changes everything, in the order of the plan. */
  async run(): Promise<void> {
    const board = this.#board;
    board.plan = merged(this.#plan, board.plan);
    for (const unit of this.#updated) board.get(unit.name)?.update(unit);
    const first = this.#inTheWay();
    await this.#remove(first);
    await this.#inOrder((entry) => this.#change(entry));
    await this.#remove(this.#removed.filter((live) => !first.includes(live)));
    board.plan = this.#plan;
  }

  /**
   * Returns the units that must end before others can start, and those that
   * depend on them.
   */
  #inTheWay(): LiveUnit[] {
    const spares = [...this.#plan.entries.values()].flatMap((entry) =>
      entry.spare !== undefined && this.#hasReplaced(entry) ? [entry.spare] : []
    );
    const replaced = [...this.#plan.entries.values()].flatMap(({ units }) =>
      units.filter(({ name }) => this.#replaced.has(name))
    );
    const coming = [...this.#added, ...replaced, ...spares];
    const { sharedPorts } = this.#plan.options;
    const first = this.#removed.filter(({ unit }) =>
      coming.some((each) =>
        each.name === unit.name || clash(each, unit, sharedPorts)
      )
    );
    const dependents = this.#board.dependents(first);
    return this.#removed.filter((live) =>
      first.includes(live) || dependents.includes(live)
    );
  }

  #hasReplaced({ units }: PlannedEntry): boolean {
    return units.some(({ name }) => this.#replaced.has(name));
  }

  /** Stops units in reverse order, and forgets them. */
  async #remove(units: readonly LiveUnit[]): Promise<void> {
    const board = this.#board;
    const { lenient, scope, signal } = this.#terms;
    if (!lenient) signal.throwIfAborted();
    // A stop of the whole plan stops these processes in its own order.
    const ended = stopInReverse(board, units, async (live) => {
      if (scope.aborted) await board.until(() => live.over);
      else await live.dismiss();
      board.remove(live);
    });
    await (lenient ? ended.catch(() => {}) : ended);
  }

  /** Does something with each entry, after those that it depends on. */
  async #inOrder(step: (entry: PlannedEntry) => Promise<void>): Promise<void> {
    const steps = new Map<string, Promise<void>>();
    for (const entry of this.#plan.entries.values()) {
      const before = entry.dependencies.map(({ on }) => steps.get(on));
      const done = Promise.all(before).then(() => step(entry));
      steps.set(entry.name, done);
      done.catch((error) => this.#failed.abort(error));
    }
    await Promise.allSettled(steps.values());
    const { signal } = this.#failed;
    if (signal.aborted) throw signal.reason;
  }

  /** Starts the new replicas of an entry, and then replaces old ones. */
  async #change(entry: PlannedEntry): Promise<void> {
    const board = this.#board;
    const terms = this.#terms;
    if (!terms.lenient) terms.signal.throwIfAborted();
    const old = board.units.filter(({ unit }) => unit.entry === entry.name);
    const asOld = old.length > 0 &&
      old.every(({ state }) => state.kind === "stopped");
    const added = this.#added.filter((unit) => unit.entry === entry.name)
      .map((unit) => this.#add(entry, unit, asOld));
    for (const live of added) {
      await forUnit(
        board,
        live,
        terms,
        () => stand(board, live, terms, { patient: true }),
      );
    }
    const units = old.filter(({ name }) => this.#replaced.has(name));
    if (units.length === 0) return;
    const leaving = this.#replaced;
    const changing = this.#changing();
    await new Roll(board, { entry, units, leaving, changing }, terms).run();
  }

  /** Returns the names of the entries that have new or other processes. */
  #changing(): Set<string> {
    const added = this.#added.map(({ entry }) => entry);
    const replaced = [...this.#plan.entries.values()]
      .filter((entry) => this.#hasReplaced(entry))
      .map(({ name }) => name);
    return new Set([...added, ...replaced]);
  }

  /** Adds a unit, and starts it unless it was stopped or completed before. */
  #add({ type }: PlannedEntry, unit: Unit, stopped: boolean): LiveUnit {
    const live = this.#board.add(unit);
    const { lenient, scope } = this.#terms;
    const as = this.#seats.get(unit.name)?.as ??
      (stopped ? "stopped" : "vacant");
    const ending = lenient && scope.aborted && as !== "done";
    live.put(unit, type === "task", ending ? "stopped" : as);
    if (!live.vacant) return live;
    try {
      live.start();
    } catch (error) {
      // The manager has been shut down, or the name is taken.
      live.put(unit, type === "task", "stopped");
      if (!lenient) throw error;
    }
    return live;
  }
}

/** Returns a plan of what really runs. */
function present(board: Board): Plan {
  const entries = [...board.plan.entries.values()].flatMap((entry) => {
    const own = board.units.filter(({ unit }) => unit.entry === entry.name);
    const [first] = own;
    if (first === undefined) return [];
    const type: PlannedEntry["type"] = first.task ? "task" : "service";
    const units = own.map(({ unit }) => unit);
    return [[entry.name, { ...entry, type, units }] as const];
  });
  return { ...board.plan, entries: new Map(entries) };
}

/**
 * Returns a plan that still contains the entries of an old one, so that they
 * end in their order.
 */
function merged(plan: Plan, old: Plan): Plan {
  const rest = [...old.entries].filter(([name]) => !plan.entries.has(name));
  return { ...plan, entries: new Map([...plan.entries, ...rest]) };
}
