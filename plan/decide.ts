/**
 * Decides which processes of a plan may start, which are held back by what, and
 * which must be stopped. The functions are pure: everything they need is in the
 * plan and in a snapshot of the states.
 *
 * @module
 */

import type { Condition } from "./entry.ts";
import type { Edge, Plan, PlannedEntry } from "./planned.ts";
import type { Snapshot, UnitFacts, UnitState } from "./unit_state.ts";

/** A process that another process needs, and that is not where it must be. */
export interface Obstacle {
  /** The name of the process that is needed. */
  readonly unit: string;
  /** What it must reach. */
  readonly when: Condition;
  /** Its state. */
  readonly state: UnitState;
  /** What it waits for itself, if its next run is held back. */
  readonly behind: readonly Obstacle[];
}

/** Whether the conditions of a start hold. */
export type Verdict =
  /** All conditions hold. */
  | { readonly kind: "open" }
  /** Some conditions do not hold yet. */
  | { readonly kind: "waits"; readonly for: readonly Obstacle[] }
  /** Some conditions cannot hold unless you intervene. */
  | { readonly kind: "blocked"; readonly by: readonly Obstacle[] };

/** What follows from a plan and the states of its processes. */
export interface Decided {
  /** Whether the conditions of a start hold, for each entry by its name. */
  readonly verdicts: ReadonlyMap<string, Verdict>;
  /** The names of the processes that must be stopped now. */
  readonly stop: readonly string[];
}

/** The part of a plan that the decisions depend on. */
export type Graph = Pick<Plan, "entries">;

/** What is known about a process that is about to be added to the plan. */
const NEW: UnitFacts = {
  state: { kind: "starting" },
  serial: 0,
  bound: new Map(),
};

const OPEN: Verdict = { kind: "open" };

/**
 * Decides about all processes of a plan.
 *
 * @param plan The plan.
 * @param snapshot The states; a process without one is about to be added.
 * @returns The decisions.
 */
export function decide(plan: Graph, snapshot: Snapshot): Decided {
  const verdicts = new Map<string, Verdict>();
  const { lost, stop } = overdue(plan, snapshot);
  const expected = ending(snapshot, lost);
  // Each entry comes after those that it depends on.
  for (const entry of plan.entries.values()) {
    verdicts.set(entry.name, judge(entry, plan, expected, verdicts));
  }
  return { verdicts, stop };
}

/**
 * Returns the states as they will be when what must be stopped is asked to. What
 * would start before that would be stopped at once, again and again.
 */
function ending(snapshot: Snapshot, lost: ReadonlySet<string>): Snapshot {
  if (lost.size === 0) return snapshot;
  const states = new Map(snapshot);
  for (const name of lost) {
    const facts = snapshot.get(name) ?? NEW;
    states.set(name, { ...facts, state: { kind: "stopping" } });
  }
  return states;
}

/** Where a process is on its way to where the plan wants it. */
export type Progress =
  /** It is ready or done. */
  | "there"
  /** It can still get there by itself. */
  | "coming"
  /** It cannot get there unless you intervene. */
  | "stuck";

/**
 * Returns how far a process is on its way.
 *
 * @param state Its state.
 * @param verdict Whether the conditions of its start hold.
 * @param task Whether it is there only when it has ended with success.
 */
export function progress(
  state: UnitState,
  verdict: Verdict,
  task: boolean = false,
): Progress {
  switch (state.kind) {
    case "running":
      return state.ready && !task ? "there" : "coming";
    case "done":
      return "there";
    case "starting":
    case "stopping":
    case "backoff":
      return "coming";
    case "waiting":
      return verdict.kind === "blocked" ? "stuck" : "coming";
    case "idle":
    case "ended":
    case "failed":
    case "stopped":
      return "stuck";
    default:
      return state satisfies never;
  }
}

/**
 * Returns the processes that a run relies on, if it starts now: those that it
 * must not outlive, with the serials of their runs.
 */
export function bind(
  entry: PlannedEntry,
  plan: Graph,
  snapshot: Snapshot,
): Map<string, number> {
  const bound = new Map<string, number>();
  for (const { on, restart } of entry.dependencies) {
    if (restart !== "always") continue;
    for (const { name } of plan.entries.get(on)?.units ?? []) {
      const { state, serial } = snapshot.get(name) ?? NEW;
      if (state.kind === "running" || state.kind === "done") {
        bound.set(name, serial);
      }
    }
  }
  return bound;
}

/** Returns whether the conditions of an entry hold. */
function judge(
  { dependencies }: PlannedEntry,
  plan: Graph,
  snapshot: Snapshot,
  verdicts: ReadonlyMap<string, Verdict>,
): Verdict {
  const coming: Obstacle[] = [];
  const stuck: Obstacle[] = [];
  for (const edge of dependencies) {
    const { on, when } = edge;
    const verdict = verdicts.get(on) ?? OPEN;
    for (const unit of wanted(edge, plan, snapshot)) {
      const { state } = snapshot.get(unit) ?? NEW;
      if (holds(when, state)) continue;
      const obstacle = { unit, when, state, behind: behind(state, verdict) };
      if (progress(state, verdict) !== "stuck") coming.push(obstacle);
      else if (edge.required) stuck.push(obstacle);
    }
  }
  if (stuck.length > 0) return { kind: "blocked", by: stuck };
  return coming.length > 0 ? { kind: "waits", for: coming } : OPEN;
}

/**
 * Returns the names of the processes that a condition is about: those that have
 * been started and not stopped, or all if there are none.
 */
function wanted({ on }: Edge, plan: Graph, snapshot: Snapshot): string[] {
  const all = (plan.entries.get(on)?.units ?? []).map(({ name }) => name);
  const some = all.filter((name) => {
    const { state: { kind } } = snapshot.get(name) ?? NEW;
    return kind !== "stopped" && kind !== "idle";
  });
  return some.length > 0 ? some : all;
}

function holds(when: Condition, state: UnitState): boolean {
  switch (when) {
    case "started":
      return state.kind === "running" || state.kind === "done";
    case "ready":
      return state.kind === "running" && state.ready;
    case "completed":
      return state.kind === "done";
    default:
      return when satisfies never;
  }
}

/** Returns what a process waits for, if it waits. */
function behind(state: UnitState, verdict: Verdict): readonly Obstacle[] {
  if (state.kind !== "waiting") return [];
  switch (verdict.kind) {
    case "open":
      return [];
    case "waits":
      return verdict.for;
    case "blocked":
      return verdict.by;
    default:
      return verdict satisfies never;
  }
}

/**
 * Returns the running processes that must be stopped, because a run that they
 * rely on is over or must be stopped, and those of them that must be stopped
 * now. Each is stopped after those that rely on it have ended.
 */
function overdue(
  plan: Graph,
  snapshot: Snapshot,
): { lost: ReadonlySet<string>; stop: readonly string[] } {
  const lost = new Set<string>();
  const needed = new Set<string>();
  for (const { units, dependencies } of plan.entries.values()) {
    const relied = reliedOn(dependencies, plan);
    for (const { name } of units) {
      const { state, bound } = snapshot.get(name) ?? NEW;
      if (state.kind !== "running" && state.kind !== "stopping") continue;
      // What the plan no longer wants, or no longer relies on, is not missed.
      const runs = [...bound].filter(([on]) => relied.has(on));
      for (const [on] of runs) needed.add(on);
      if (state.kind === "stopping") continue;
      const gone = runs.some(([on, serial]) =>
        lost.has(on) || isGone(on, serial, plan, snapshot)
      );
      if (gone) lost.add(name);
    }
  }
  return { lost, stop: [...lost].filter((name) => !needed.has(name)) };
}

/** Returns the names of the processes that runs must not outlive. */
function reliedOn(dependencies: readonly Edge[], plan: Graph): Set<string> {
  const edges = dependencies.filter(({ restart }) => restart === "always");
  return new Set(
    edges.flatMap(({ on }) => plan.entries.get(on)?.units ?? [])
      .map(({ name }) => name),
  );
}

/** Returns whether a run that another process relies on is over. */
function isGone(
  name: string,
  serial: number,
  plan: Graph,
  snapshot: Snapshot,
): boolean {
  const facts = snapshot.get(name);
  // What has been removed from the plan is not missed.
  if (facts === undefined) return false;
  if (facts.serial !== serial) return true;
  const { kind } = facts.state;
  if (kind === "running" || kind === "done") return false;
  // A task ends without that being an incident.
  return kind !== "stopping" || !isTask(name, plan);
}

function isTask(name: string, plan: Graph): boolean {
  return plan.entries.get(name)?.type === "task";
}
