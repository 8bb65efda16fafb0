/**
 * The processes of a plan that runs: opens their gates, stops those that have
 * lost what they rely on, and waits for them.
 *
 * @module
 */

import {
  type Process,
  type Processman,
  ProcessmanClosedError,
} from "../mod.ts";
import { type BudgetFacts, NO_RESTARTS, spend, STEADY_MS } from "./budget.ts";
import {
  bind,
  decide,
  type Decided,
  type Graph,
  progress,
  type Verdict,
} from "./decide.ts";
import { PlanError } from "./errors.ts";
import { LiveUnit, type UnitHost } from "./live_unit.ts";
import type { Edge, Plan, Unit } from "./planned.ts";
import { requiringNothing } from "./selection.ts";
import type { Snapshot, UnitFacts } from "./unit_state.ts";
import { explain, type Held, type Why } from "./why.ts";

const OPEN: Verdict = { kind: "open" };

/** The processes of a plan that runs. */
export class Board {
  /** The manager that runs the processes. */
  readonly pm: Processman;
  #plan: Plan;
  /** The names of the entries that do not require what they depend on. */
  readonly #alone = new Set<string>();
  readonly #units = new Map<string, LiveUnit>();
  readonly #scope = new AbortController();
  readonly #host: UnitHost;
  /** Called after each look at the states. */
  readonly #watchers = new Set<() => void>();
  #memory = NO_RESTARTS;
  /** Ends the wait for the next decision about the budget. */
  #alarm = new AbortController();
  /** Whether a look at the states is about to begin. */
  #due = false;

  /** Creates a board without processes. */
  constructor(pm: Processman, plan: Plan) {
    this.pm = pm;
    this.#plan = plan;
    this.#host = {
      pm,
      signal: this.#scope.signal,
      changed: () => this.changed(),
      admits: (unit) => this.#admits(unit),
      bind: (unit) => this.#bind(unit),
      dependents: (unit) => this.#processesAfter(unit),
    };
  }

  /** The plan. */
  get plan(): Plan {
    return this.#plan;
  }

  /** Replaces the plan. The caller adds and removes the processes. */
  set plan(plan: Plan) {
    this.#plan = plan;
    this.changed();
  }

  /** What is decided by: the plan, but some entries may require nothing. */
  get graph(): Graph {
    return requiringNothing(this.#plan, this.#alone);
  }

  /** Sets whether entries require what they depend on. */
  require(entries: Iterable<string>, required: boolean): void {
    for (const name of entries) {
      if (required) this.#alone.delete(name);
      else this.#alone.add(name);
    }
    this.changed();
  }

  /** Whether the board looks after its processes no more. */
  get closed(): boolean {
    return this.#scope.signal.aborted;
  }

  /** All units, each after those that it depends on. */
  get units(): LiveUnit[] {
    const entries = [...this.#plan.entries.keys()];
    const place = new Map(entries.map((name, index) => [name, index]));
    return [...this.#units.values()].sort((a, b) =>
      (place.get(a.unit.entry) ?? 0) - (place.get(b.unit.entry) ?? 0) ||
      a.unit.replica - b.unit.replica
    );
  }

  /** Returns the unit with a name. */
  get(name: string): LiveUnit | undefined {
    return this.#units.get(name);
  }

  /**
   * Checks that no other process of the manager has one of some names.
   *
   * @param goal What for, as in "Cannot apply the plan".
   * @param names The names of the processes that are to be started.
   * @throws {TypeError} If another process has one of the names.
   */
  checkNames(goal: string, names: readonly string[]): void {
    const taken = names.find((name) => {
      const process = this.pm.get(name);
      return process !== undefined && this.get(name)?.process !== process;
    });
    if (taken === undefined) return;
    throw new TypeError(
      `${goal}: the name "${taken}" is already taken by another process`,
    );
  }

  /** Adds a unit, which has not been started. */
  add(unit: Unit): LiveUnit {
    const task = this.#plan.entries.get(unit.entry)?.type === "task";
    const added = new LiveUnit(unit, task, this.#host);
    this.#units.set(unit.name, added);
    return added;
  }

  /** Removes a unit, whose process must be over. */
  remove(unit: LiveUnit): void {
    unit.forget();
    this.#units.delete(unit.name);
    for (const each of this.#units.values()) each.disregard(unit.name);
    this.changed();
  }

  /**
   * Returns the units that depend on one of some units, directly or through
   * others, each after those that it depends on.
   *
   * @param units The units; they are not among the result.
   * @param matters Which dependencies count; by default, all.
   */
  dependents(
    units: readonly LiveUnit[],
    matters: (edge: Edge) => boolean = () => true,
  ): LiveUnit[] {
    const roots = new Set(units.map(({ unit: { entry } }) => entry));
    const found = new Set<string>();
    for (const { name, dependencies } of this.#plan.entries.values()) {
      const depends = dependencies.some((edge) =>
        (roots.has(edge.on) || found.has(edge.on)) && matters(edge)
      );
      if (depends) found.add(name);
    }
    return this.units.filter((each) =>
      found.has(each.unit.entry) && !units.includes(each)
    );
  }

  /** Looks at the states again, soon. */
  changed(): void {
    if (this.#due) return;
    this.#due = true;
    queueMicrotask(() => {
      this.#due = false;
      if (!this.closed) this.#look();
      for (const watch of this.#watchers) watch();
    });
  }

  /** Looks after the processes no more. They must be over. */
  close(): void {
    this.#scope.abort();
    this.#alarm.abort();
    this.changed();
  }

  /** Returns the states now. */
  snapshot(): Snapshot {
    const facts = new Map<string, UnitFacts>();
    for (const unit of this.#units.values()) facts.set(unit.name, unit.facts);
    return facts;
  }

  /** Says why a unit is where it is. */
  why(unit: LiveUnit): Why {
    const [held] = this.#heldBackOf([unit]);
    return explain(unit.name, unit.state, held, this.pm.clock.time());
  }

  /** Says why each unit is where it is. */
  whys(): Why[] {
    const { units } = this;
    const held = this.#heldBackOf(units);
    const time = this.pm.clock.time();
    return units.map(({ name, state }, i) =>
      explain(name, state, held[i], time)
    );
  }

  /** Returns what holds back each of some units. */
  #heldBackOf(units: readonly LiveUnit[]): (Held | undefined)[] {
    // To decide takes a look at all units, and only those that wait are held.
    let decided: Decided | undefined;
    const room = this.#room();
    return units.map((unit) => {
      if (unit.state.kind !== "waiting") return undefined;
      decided ??= decide(this.graph, this.snapshot());
      return this.#heldBack(unit, decided, room);
    });
  }

  /**
   * Waits until a condition holds. It is asked after each change of a state.
   *
   * @throws What the condition throws, and the reason of the signal.
   */
  async until(
    condition: () => boolean,
    signal?: AbortSignal,
  ): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const watch = () => {
      try {
        signal?.throwIfAborted();
        if (condition()) resolve();
      } catch (error) {
        reject(error);
      }
    };
    this.#watchers.add(watch);
    signal?.addEventListener("abort", watch);
    try {
      watch();
      await promise;
    } finally {
      this.#watchers.delete(watch);
      signal?.removeEventListener("abort", watch);
    }
  }

  /**
   * Waits until all of some units are ready or completed.
   *
   * @param goal What for, as in "Cannot restart db".
   * @param units The units.
   * @param signal Ends the wait.
   * @throws {PlanError} If nothing can change by itself any more.
   * @throws The reason of the signal.
   */
  async arrive(
    goal: string,
    units: readonly LiveUnit[],
    signal: AbortSignal,
  ): Promise<void> {
    await this.until(() => this.#arrived(goal, units), signal);
  }

  /** Returns those of some units that are not ready or completed. */
  missing(units: readonly LiveUnit[]): LiveUnit[] {
    return units.filter(({ state, task }) =>
      progress(state, OPEN, task) !== "there"
    );
  }

  #arrived(goal: string, units: readonly LiveUnit[]): boolean {
    const { verdicts } = decide(this.graph, this.snapshot());
    const missing: LiveUnit[] = [];
    let coming = false;
    for (const unit of units) {
      const verdict = verdicts.get(unit.unit.entry) ?? OPEN;
      const far = progress(unit.state, verdict, unit.task);
      if (far !== "there") missing.push(unit);
      coming ||= far === "coming";
    }
    if (missing.length === 0) return true;
    if (this.pm.closing.aborted) {
      throw new ProcessmanClosedError(
        `${goal}: the manager is being shut down`,
      );
    }
    if (coming && !this.closed) return false;
    throw new PlanError(goal, missing.map((unit) => this.why(unit)));
  }

  #look(): void {
    const decided = decide(this.graph, this.snapshot());
    for (const name of decided.stop) {
      const unit = this.#units.get(name);
      // An operation stops what it holds back in its own order.
      if (unit && unit.heldFor === undefined) unit.restart();
    }
    this.#spend(decided);
    let room = this.#room();
    for (const unit of this.#queue()) {
      const held = this.#heldBack(unit, decided, room);
      if (held) unit.tell(held, this.pm.clock.time());
      else {
        unit.open();
        room--;
      }
    }
  }

  /**
   * Returns the units that wait at the gate, those that came first at the
   * beginning, so that those that crash again and again leave the others a turn.
   */
  #queue(): LiveUnit[] {
    const waiting = this.units.filter((each) => each.waits);
    return waiting.sort((a, b) => (a.waitsSince ?? 0) - (b.waitsSince ?? 0));
  }

  /** Returns how many more processes may start now. */
  #room(): number {
    const starting = [...this.#units.values()].filter((each) => each.starts);
    return this.#plan.options.startLimit - starting.length;
  }

  /** Returns what holds back the next run of a unit. */
  #heldBack(
    unit: LiveUnit,
    { verdicts }: Decided,
    room: number,
  ): Held | undefined {
    const verdict = verdicts.get(unit.unit.entry) ?? OPEN;
    if (verdict.kind === "blocked") return verdict;
    const reason = unit.heldFor;
    if (reason !== undefined) return { kind: "operation", reason };
    if (verdict.kind === "waits") return verdict;
    const { startLimit, restartBudget } = this.#plan.options;
    if (restartBudget && unit.attempt > 0 && !unit.pass) {
      return { kind: "budget", canary: this.#memory.herd?.tried.at(-1) };
    }
    return room > 0 ? undefined : { kind: "turn", startLimit };
  }

  /** Lets processes that have crashed pass, as far as the budget allows. */
  #spend(decided: Decided): void {
    const { restartBudget } = this.#plan.options;
    if (restartBudget === undefined) return;
    const { clock } = this.pm;
    const facts = this.#budgetFacts(decided);
    const { memory, go, again } = spend(restartBudget, this.#memory, facts);
    this.#memory = memory;
    for (const name of go) {
      const unit = this.#units.get(name);
      if (unit === undefined) continue;
      unit.pass = true;
      unit.retry();
    }
    this.#alarm.abort();
    if (again === undefined) return;
    this.#alarm = new AbortController();
    const { signal } = this.#alarm;
    clock.delay(again - clock.now(), { signal })
      .then(() => signal.aborted || this.changed());
  }

  #budgetFacts({ verdicts }: Decided): BudgetFacts {
    const { clock } = this.pm;
    const now = clock.now();
    const crashed: BudgetFacts["crashed"][number][] = [];
    const recovering: BudgetFacts["recovering"][number][] = [];
    for (const unit of this.units) {
      const { name, state, unit: { entry, options } } = unit;
      if (state.kind === "running" && state.ready && unit.attempt > 0) {
        const age = clock.time() - state.since;
        const restMs = options.ready ? 0 : STEADY_MS - age;
        recovering.push({ name, at: now + restMs });
      }
      const due = unit.waits && unit.attempt > 0;
      const free = unit.heldFor === undefined && !unit.pass &&
        verdicts.get(entry)?.kind === "open";
      const crash = due || state.kind === "backoff" && state.attempt > 0;
      if (free && crash) crashed.push({ name, due });
    }
    return { now, crashed, recovering };
  }

  #admits(unit: LiveUnit): boolean {
    if (this.closed || unit.heldFor !== undefined) return false;
    const { verdicts } = decide(this.graph, this.snapshot());
    return verdicts.get(unit.unit.entry)?.kind === "open";
  }

  #bind({ unit: { entry } }: LiveUnit): ReadonlyMap<string, number> {
    const planned = this.#plan.entries.get(entry);
    return planned
      ? bind(planned, this.#plan, this.snapshot())
      : new Map<string, number>();
  }

  *#processesAfter(unit: LiveUnit): Iterable<Process> {
    for (const { process } of this.dependents([unit])) {
      if (process !== undefined) yield process;
    }
  }
}
