/**
 * Changes a plan that runs into another one.
 *
 * @module
 */

import type { Board } from "./board.ts";
import { dismiss, stopInReverse } from "./descent.ts";
import { difference, type PlanDifference } from "./difference.ts";
import type { LiveUnit, SeatKind } from "./live_unit.ts";
import type { Plan, PlannedEntry, Unit } from "./planned.ts";
import { clash } from "./ports.ts";
import { fill, layDown, Roll, type Seat, seatOf } from "./roll.ts";
import { withRequired } from "./selection.ts";
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
  board.checkNames("Cannot apply the plan", [...started, ...spares]);
  return result;
}

/**
 * Changes the plan that runs into another one. What is the same in both is not
 * touched. If that fails, everything is put back.
 *
 * @param board The plan that runs.
 * @param next The new plan.
 * @param terms When to give up.
 * @param names The names of the entries that are started if they are new.
 * @throws {PlanError} If a process does not get ready.
 * @throws The reason of the signal.
 */
export async function apply(
  board: Board,
  next: Plan,
  terms: Terms,
  names: ReadonlySet<string>,
): Promise<void> {
  const { plan } = board;
  const seats = new Map(board.units.map((live) => [live.name, seatOf(live)]));
  const fresh = [...names].filter((name) => !plan.entries.has(name));
  const starts = withRequired(next, fresh);
  const change = new Change(board, next, seats, terms, { names, starts });
  try {
    await change.run();
  } catch (error) {
    const none = { names, starts: new Set<string>() };
    await new Change(board, plan, seats, lenient(terms), none).run();
    const { woken } = change;
    // A stop of the whole plan stops these processes in its own order.
    if (!terms.scope.aborted) {
      await stopInReverse(board, woken, (live) => layDown(live, "idle"));
    }
    throw error;
  }
}

/** What is started by a change. */
interface Starts {
  /** The names of the entries that start without being asked to. */
  readonly names: ReadonlySet<string>;
  /** The names of the entries that are new, and of those that they require. */
  readonly starts: ReadonlySet<string>;
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
  /** The names of the entries that are new, and of those that they require. */
  readonly #starts: ReadonlySet<string>;
  /** The names of the entries that start without being asked to. */
  readonly #names: ReadonlySet<string>;
  /** The units that were started because something new requires them. */
  readonly woken: LiveUnit[] = [];

  /** Finds out what has to be changed. */
  constructor(
    board: Board,
    plan: Plan,
    seats: ReadonlyMap<string, Seat>,
    terms: Terms,
    { names, starts }: Starts,
  ) {
    this.#board = board;
    this.#plan = plan;
    this.#seats = seats;
    this.#starts = starts;
    this.#names = names;
    const signal = AbortSignal.any([terms.signal, this.#failed.signal]);
    this.#terms = terms.lenient ? terms : { ...terms, signal };
    const wanted = [...plan.entries.values()].flatMap(({ units }) => units);
    const kept = new Set(wanted.map(({ name }) => name));
    const { replaced, updated } = difference(present(board), plan).units;
    const vacant = board.units.filter((live) => live.vacant);
    this.#added = wanted.filter(({ name }) => board.get(name) === undefined);
    this.#updated = wanted.filter(({ name }) => updated.includes(name));
    this.#replaced = new Set(replaced.concat(vacant.map(({ name }) => name)));
    this.#removed = board.units.filter(({ name }) => !kept.has(name));
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
    const ended = stopInReverse(board, units, async (live) => {
      await dismiss(board, live, scope);
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

  /**
   * Starts the new replicas of an entry, and then replaces old ones. What is
   * required by something new is started at last.
   */
  async #change(entry: PlannedEntry): Promise<void> {
    const board = this.#board;
    const terms = this.#terms;
    if (!terms.lenient) terms.signal.throwIfAborted();
    const old = board.units.filter(({ unit }) => unit.entry === entry.name);
    const as = this.#asOthers(entry.name, old);
    const added = this.#added.filter((unit) => unit.entry === entry.name)
      .map((unit) => this.#add(entry, unit, as));
    await this.#stand(added);
    const replaced = old.filter(({ name }) => this.#replaced.has(name));
    const units = replaced.filter((live) => !this.#exchange(live, entry));
    if (units.length > 0) {
      const leaving = this.#replaced;
      const changing = this.#changing();
      await new Roll(board, { entry, units, leaving, changing }, terms).run();
    }
    await this.#wake(old.filter(({ unit }) => this.#starts.has(unit.entry)));
  }

  /**
   * Gives other options to a task that has ended and only runs when it is asked
   * to.
   *
   * @returns Whether it is such a task.
   */
  #exchange(live: LiveUnit, { name, type, units }: PlannedEntry): boolean {
    const unit = units.find((each) => each.name === live.name);
    const runs = type !== "task" || this.#names.has(name);
    if (runs || !live.over || unit === undefined) return false;
    const { as } = seatOf(live);
    live.put(unit, true, as === "vacant" ? "idle" : as);
    return true;
  }

  /** Waits until units are there. */
  async #stand(units: readonly LiveUnit[]): Promise<void> {
    const board = this.#board;
    const terms = this.#terms;
    for (const live of units) {
      await forUnit(
        board,
        live,
        terms,
        () => stand(board, live, terms, { patient: true }),
      );
    }
  }

  /** Starts those of some units that have not been started. */
  async #wake(units: readonly LiveUnit[]): Promise<void> {
    const idle = units.filter(({ state }) => state.kind === "idle");
    if (idle.length === 0) return;
    this.#terms.signal.throwIfAborted();
    this.woken.push(...idle);
    for (const live of idle) live.start();
    await this.#stand(idle);
  }

  /** Returns what a new unit of an entry is, given the others of the entry. */
  #asOthers(entry: string, others: readonly LiveUnit[]): SeatKind {
    if (others.length === 0) return this.#starts.has(entry) ? "vacant" : "idle";
    if (!others.every(({ rests }) => rests)) return "vacant";
    if (others.some(({ state }) => state.kind === "stopped")) return "stopped";
    return this.#starts.has(entry) ? "vacant" : "idle";
  }

  /** Returns the names of the entries that have new or other processes. */
  #changing(): Set<string> {
    const added = this.#added.map(({ entry }) => entry);
    const replaced = [...this.#plan.entries.values()]
      .filter((entry) => this.#hasReplaced(entry))
      .map(({ name }) => name);
    return new Set([...added, ...replaced]);
  }

  /** Adds a unit as it was before, or as others are, and starts what is vacant. */
  #add({ type }: PlannedEntry, unit: Unit, others: SeatKind): LiveUnit {
    const live = this.#board.add(unit);
    const { lenient, scope } = this.#terms;
    const as = this.#seats.get(unit.name)?.as ?? others;
    const ending = lenient && scope.aborted && as === "vacant";
    live.put(unit, type === "task", ending ? "stopped" : as);
    if (live.vacant) fill(live, this.#terms);
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
