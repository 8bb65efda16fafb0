/**
 * Replaces the processes of an entry one after another.
 *
 * @module
 */

import type { Board } from "./board.ts";
import {
  dismiss,
  endInReverse,
  endRun,
  followers,
  holdBack,
  untilStopped,
} from "./descent.ts";
import { PlanError } from "./errors.ts";
import { dependentsOf, graphOf, inOrder } from "./graph.ts";
import type { LiveUnit, SeatKind } from "./live_unit.ts";
import type { PlannedEntry, Unit } from "./planned.ts";
import { clash } from "./ports.ts";
import { forUnit, lenient, stand, type Terms, verdictOf } from "./terms.ts";
import { explain } from "./why.ts";

/** What a unit runs, and what it is when it does not run. */
export interface Seat {
  /** What it runs. */
  readonly unit: Unit;
  /** Whether it does something once. */
  readonly task: boolean;
  /** What it is until it is started; what is vacant is to be started. */
  readonly as: SeatKind;
}

/** Returns what a unit is now, so that it can be put back. */
export function seatOf({ unit, task, state: { kind } }: LiveUnit): Seat {
  const stays = kind === "idle" || kind === "stopped" || kind === "done";
  return { unit, task, as: stays ? kind : "vacant" };
}

/** Which processes to replace. */
export interface RollPlan {
  /** The entry as it is to be. */
  readonly entry: PlannedEntry;
  /** Its units that are to be replaced. */
  readonly units: readonly LiveUnit[];
  /** The names of units that are replaced later. */
  readonly leaving?: ReadonlySet<string>;
  /** The names of all entries that are changed by the same operation. */
  readonly changing?: ReadonlySet<string>;
}

/** One unit that is replaced. */
interface Replacement {
  readonly live: LiveUnit;
  readonly before: Seat;
  readonly after: Seat;
}

/**
 * A rolling restart of one entry. The processes that rely on it keep running,
 * unless its only replica is stopped before the next one starts: then they are
 * restarted, as after a restart by hand.
 */
export class Roll {
  readonly #board: Board;
  readonly #plan: RollPlan;
  readonly #terms: Terms;
  readonly #changes: readonly Replacement[];
  /** Present while an additional replica serves. */
  #spare: LiveUnit | undefined;
  /** The names of the units that do not count at present. */
  readonly #out = new Set<string>();
  /** The units that were stopped because they rely on a replaced one. */
  readonly #followers = new Set<LiveUnit>();
  readonly #releases: (() => void)[] = [];

  /** Prepares a rolling restart. */
  constructor(board: Board, plan: RollPlan, terms: Terms) {
    this.#board = board;
    this.#plan = plan;
    this.#terms = terms;
    const { type, units } = plan.entry;
    const task = type === "task";
    const wanted = new Map(units.map((unit) => [unit.name, unit]));
    this.#changes = this.#freeingPorts(plan.units.map((live) => {
      const before = seatOf(live);
      const unit = wanted.get(live.name) ?? live.unit;
      return { live, before, after: { unit, task, as: "vacant" } };
    }));
  }

  /**
   * Replaces the processes. If one does not get ready, all are put back.
   *
   * @throws {PlanError} If one does not get ready.
   * @throws The reason of the signal.
   */
  async run(): Promise<void> {
    const begun: Replacement[] = [];
    try {
      const started = this.#startSpare();
      await (this.#terms.lenient ? started.catch(() => {}) : started);
      for (const change of this.#changes) {
        begun.unshift(change);
        await forUnit(
          this.#board,
          change.live,
          this.#terms,
          () => this.#replace(change),
        );
      }
      this.#release();
      await this.#awaitFollowers();
    } catch (error) {
      await this.#putBack(begun);
      await this.#dismissSpare().catch(() => {});
      throw error;
    } finally {
      this.#release();
    }
    await this.#dismissSpare();
  }

  /** Orders changes so that each new process finds its port free. */
  #freeingPorts(changes: readonly Replacement[]): Replacement[] {
    const { sharedPorts } = this.#board.plan.options;
    const graph = changes.map((change) => {
      const first = changes.filter(({ live, before }) =>
        live !== change.live &&
        clash(change.after.unit, before.unit, sharedPorts)
      );
      return [change, first] as const;
    });
    return inOrder(new Map(graph));
  }

  /** Returns whether one replica more can run beside all that run now. */
  #hasRoom(spare: Unit): boolean {
    const { plan: { options: { sharedPorts } }, units } = this.#board;
    return units.every(({ over, unit }) =>
      over || !clash(unit, spare, sharedPorts)
    );
  }

  /** Starts one replica more, if the entry is replaced without a gap. */
  async #startSpare(): Promise<void> {
    const { entry: { spare, roll } } = this.#plan;
    const terms = this.#terms;
    const serving = this.#changes.some(({ live: { state } }) =>
      state.kind === "running" && state.ready
    );
    if (!spare || !serving || !this.#hasRoom(spare)) return;
    if (terms.lenient && terms.scope.aborted) return;
    terms.signal.throwIfAborted();
    const live = this.#board.add(spare);
    this.#spare = live;
    await forUnit(this.#board, live, terms, async () => {
      live.start();
      await stand(this.#board, live, terms, roll);
      if (!live.rests || terms.lenient) return;
      throw new PlanError(terms.goal, [this.#board.why(live)]);
    });
  }

  async #dismissSpare(): Promise<void> {
    const spare = this.#spare;
    if (spare === undefined) return;
    this.#spare = undefined;
    try {
      await dismiss(this.#board, spare, this.#terms.scope);
      await this.#board.until(() => spare.over);
    } finally {
      this.#board.remove(spare);
    }
  }

  async #replace({ live, after }: Replacement): Promise<void> {
    const board = this.#board;
    const { entry } = this.#plan;
    const terms = this.#terms;
    if (live.alive && !terms.lenient) await this.#awaitConditions(entry.name);
    const stays = live.rests && live.unit !== after.unit;
    if (this.#isGentle) this.#takeOut(live);
    else if (!stays) await this.#endFollowers(live);
    await swap(board, live, after, terms);
    await stand(board, live, terms, terms.lenient ? {} : entry.roll);
    this.#bringBack(live);
  }

  /** Whether the entry continues to serve while one of its units does not. */
  get #isGentle(): boolean {
    return this.#spare !== undefined || this.#plan.entry.units.length > 1;
  }

  /** Waits until a new process could start before an old one is stopped. */
  async #awaitConditions(entry: string): Promise<void> {
    const board = this.#board;
    const { goal, signal } = this.#terms;
    await board.until(() => {
      const held = verdictOf(board, entry);
      if (held.kind !== "blocked") return held.kind === "open";
      const time = board.pm.clock.time();
      throw new PlanError(goal, [
        explain(entry, { kind: "waiting" }, held, time),
      ]);
    }, signal);
  }

  /** Ends the runs that rely on a unit, in reverse order. */
  async #endFollowers(live: LiveUnit): Promise<void> {
    const board = this.#board;
    const { leaving } = this.#plan;
    const terms = this.#terms;
    if (terms.lenient && terms.scope.aborted) return;
    const relying = followers(board, [live]);
    const later = this.#dependOnChanges();
    for (const unit of relying) {
      const awaited = unit.alive && !leaving?.has(unit.name) &&
        !later.has(unit.unit.entry);
      if (awaited) this.#followers.add(unit);
    }
    this.#releases.push(holdBack(relying, `the restart of ${live.name}`));
    const ended = endInReverse(board, relying, async (unit) => {
      if (unit.over) return;
      if (leaving?.has(unit.name)) await unit.vacate();
      else await endRun(board, unit, terms.signal);
    });
    await (terms.lenient ? ended.catch(() => {}) : ended);
  }

  /**
   * Returns the names of the entries that depend on other ones that change.
   * They can have to wait until after this rolling restart.
   */
  #dependOnChanges(): Set<string> {
    const { entry, changing = new Set() } = this.#plan;
    const others = [...changing].filter((name) => name !== entry.name);
    const graph = graphOf(this.#board.plan.entries.values());
    return new Set(dependentsOf(graph, others));
  }

  async #awaitFollowers(): Promise<void> {
    if (this.#terms.lenient) return;
    for (const unit of this.#followers) {
      await forUnit(this.#board, unit, this.#terms, async () => {
        await stand(this.#board, unit, this.#terms, { patient: true });
      });
    }
  }

  /** Puts back what has been replaced, as far as possible. */
  async #putBack(changes: readonly Replacement[]): Promise<void> {
    const terms = lenient(this.#terms);
    for (const { live, before } of changes) {
      if (this.#isGentle) this.#takeOut(live);
      await swap(this.#board, live, before, terms);
      await stand(this.#board, live, terms);
      this.#bringBack(live);
    }
  }

  /** Lets the conditions of others be about the units that serve meanwhile. */
  #takeOut(live: LiveUnit): void {
    live.substitute = true;
    this.#out.add(live.name);
    this.#count();
  }

  #bringBack(live: LiveUnit): void {
    live.substitute = false;
    this.#out.delete(live.name);
    this.#count();
  }

  /** Tells the plan which units of the entry count. */
  #count(): void {
    const { entry } = this.#plan;
    const units = entry.units.filter(({ name }) => !this.#out.has(name));
    if (this.#out.size > 0 && this.#spare) units.push(this.#spare.unit);
    const { plan } = this.#board;
    const entries = new Map(plan.entries).set(entry.name, { ...entry, units });
    this.#board.plan = { ...plan, entries };
  }

  #release(): void {
    for (const release of this.#releases.splice(0)) release();
  }
}

/**
 * Restarts units, one after another.
 *
 * @throws {PlanError} If one does not get ready.
 * @throws The reason of the signal.
 */
export async function rollAll(
  board: Board,
  all: readonly LiveUnit[],
  terms: Terms,
): Promise<void> {
  const { plan } = board;
  try {
    for (const entry of plan.entries.values()) {
      const units = all.filter(({ unit }) => unit.entry === entry.name);
      await new Roll(board, { entry, units }, terms).run();
    }
  } finally {
    board.plan = plan;
  }
}

/**
 * Replaces a process, or restarts it if it stays as it is. A unit that is
 * stopped by the user stays stopped, and one that has not been started is not
 * started by that.
 */
async function swap(
  board: Board,
  live: LiveUnit,
  { unit, task, as }: Seat,
  terms: Terms,
): Promise<void> {
  const asleep = as !== "vacant"
    ? as
    : live.state.kind === "idle"
    ? "idle"
    : "stopped";
  if (terms.scope.aborted && terms.lenient) {
    await untilStopped(board, live);
    const same = live.unit === unit && !live.vacant;
    if (live.over && !same) live.put(unit, task, asleep);
    if (live.over || same) return;
  }
  if (live.unit === unit && !live.vacant) {
    if (!terms.lenient) await renew(board, live, terms.signal);
    else if (as === "stopped" || as === "idle") await layDown(live, as);
    else if (live.over && live.state.kind === "failed") live.start();
    return;
  }
  const vacated = live.vacate();
  await (terms.lenient ? vacated.catch(() => {}) : vacated);
  if (!live.over) return;
  const next = live.vacant ? as : asleep;
  live.put(unit, task, next);
  if (!terms.lenient) terms.signal.throwIfAborted();
  if (next === "vacant") fill(live, terms);
}

/**
 * Starts a unit that is vacant. If it cannot be started, it becomes stopped.
 *
 * @throws What the start throws, unless the terms are lenient.
 */
export function fill(live: LiveUnit, { lenient }: Terms): void {
  try {
    live.start();
  } catch (error) {
    // The manager has been shut down, or the name is taken.
    live.put(live.unit, live.task, "stopped");
    if (!lenient) throw error;
  }
}

/** Stops a unit that was not to run, so that it is what it was. */
export async function layDown(
  live: LiveUnit,
  as: "stopped" | "idle",
): Promise<void> {
  await live.stop().catch(() => {});
  if (as === "idle" && live.over) live.put(live.unit, live.task, as);
}

/** Restarts a process with the options that it has. */
async function renew(
  board: Board,
  live: LiveUnit,
  signal: AbortSignal,
): Promise<void> {
  if (live.over) return live.start();
  const release = holdBack([live], "the rolling restart");
  try {
    await endRun(board, live, signal);
    // One that has crashed need not wait for the end of its backoff.
    if (live.state.kind === "backoff") live.start();
    live.attempt = 0;
  } finally {
    release();
  }
}
