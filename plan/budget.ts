/**
 * The restart budget of a plan: decides which of the processes that have crashed
 * may be restarted, and which try first when many have. The functions are pure:
 * they take facts and the time, and return decisions.
 *
 * @module
 */

import type { RestartBudget } from "./entry.ts";

/**
 * Time from one try to the next while the processes wait, in milliseconds: at
 * least the first if the last try has failed, and otherwise the second.
 */
const RETRY_MS = 500;
const CANARY_MS = 1_000;

/**
 * How long a process without a probe must run until it counts as recovered, in
 * milliseconds.
 */
export const STEADY_MS = 500;

/** What is remembered from one decision to the next. */
export interface BudgetMemory {
  /** The restarts in the window. */
  readonly restarts: readonly Grant[];
  /** Present while the processes wait for one that tries. */
  readonly herd: Herd | undefined;
}

/** A restart that was allowed. */
export interface Grant {
  /** The name of the process. */
  readonly name: string;
  /** When, on a monotonic clock. */
  readonly at: number;
}

/** Many processes that have crashed together. */
export interface Herd {
  /** When a process last began to try, on a monotonic clock. */
  readonly triedAt: number;
  /** Those that have tried, by name; the last to try is the last. */
  readonly tried: readonly string[];
}

/** What a decision depends on. */
export interface BudgetFacts {
  /** The time of a monotonic clock. */
  readonly now: number;
  /**
   * The processes that have crashed and could run now if the budget allowed it,
   * in the order of the plan.
   */
  readonly crashed: readonly Crashed[];
  /**
   * The processes that run again, and from when on each counts as recovered, on
   * a monotonic clock.
   */
  readonly recovering: readonly Grant[];
}

/** A process that has crashed and has not been restarted. */
export interface Crashed {
  /** Its name. */
  readonly name: string;
  /** Whether its backoff is over. */
  readonly due: boolean;
}

/** Which processes are restarted now. */
export interface BudgetDecision {
  /** What to remember. */
  readonly memory: BudgetMemory;
  /** The names of those that are restarted, even if their backoff is not over. */
  readonly go: readonly string[];
  /** When to decide again at the latest, if nothing else happens. */
  readonly again: number | undefined;
}

/** What is remembered before any restart. */
export const NO_RESTARTS: BudgetMemory = { restarts: [], herd: undefined };

/**
 * Decides which processes are restarted now.
 *
 * @param budget The budget.
 * @param memory What the last decision returned.
 * @param facts What is known now.
 * @returns The decision.
 */
export function spend(
  budget: RestartBudget,
  memory: BudgetMemory,
  facts: BudgetFacts,
): BudgetDecision {
  const { herd } = memory;
  const recent = memory.restarts.filter(({ at }) =>
    facts.now - at < budget.withinMs
  );
  return herd === undefined
    ? spendFreely(budget, recent, facts)
    : lead(herd, recent, facts);
}

/** Grants restarts until the budget is used up. */
function spendFreely(
  budget: RestartBudget,
  recent: readonly Grant[],
  facts: BudgetFacts,
): BudgetDecision {
  const { now, crashed, recovering } = facts;
  const due = crashed.filter((each) => each.due).map(({ name }) => name);
  const go = due.slice(0, Math.max(0, budget.restarts - recent.length));
  const restarts = [...recent, ...go.map((name) => ({ name, at: now }))];
  if (go.length === due.length) {
    return { memory: { restarts, herd: undefined }, go, again: undefined };
  }
  const well = recovering.filter(({ at }) => at <= now).map(({ name }) => name);
  // One that has recovered already says nothing about those that crash now.
  const tried = [...new Set(restarts.map(({ name }) => name))]
    .filter((name) => !well.includes(name));
  const herd = { triedAt: restarts.at(-1)?.at ?? -Infinity, tried };
  const rest = crashed.filter(({ name }) => !go.includes(name));
  const next = lead(herd, restarts, { now, crashed: rest, recovering });
  return { ...next, go: [...go, ...next.go] };
}

/** Lets one process after another try, until one of them works again. */
function lead(
  herd: Herd,
  restarts: readonly Grant[],
  { now, crashed, recovering }: BudgetFacts,
): BudgetDecision {
  const { triedAt, tried } = herd;
  const names = crashed.map(({ name }) => name);
  const times = recovering.filter(({ name }) => tried.includes(name))
    .map(({ at }) => at);
  if (times.some((at) => at <= now)) {
    // Only crashes from now on count, so that the release costs nothing.
    return { memory: NO_RESTARTS, go: names, again: undefined };
  }
  const canary = leastRecent(names, tried);
  // Nothing waits for a single process, so its backoff is not cut short.
  const alone = names.length === 1 && !crashed.some(({ due }) => due) &&
    tried.at(-1) === canary;
  if (canary === undefined || alone) {
    return { memory: { restarts, herd: undefined }, go: [], again: undefined };
  }
  const failed = names.some((name) => name === tried.at(-1));
  const at = triedAt + (failed ? RETRY_MS : CANARY_MS);
  if (now < at) {
    return {
      memory: { restarts, herd },
      go: [],
      again: Math.min(...times, at),
    };
  }
  const others = tried.filter((name) => name !== canary);
  return {
    memory: {
      restarts: [...restarts, { name: canary, at: now }],
      herd: { triedAt: now, tried: [...others, canary] },
    },
    go: [canary],
    again: Math.min(...times, now + CANARY_MS),
  };
}

/** Returns the name that has not been tried, or not for the longest time. */
function leastRecent(
  names: readonly string[],
  tried: readonly string[],
): string | undefined {
  return names.find((name) => !tried.includes(name)) ??
    tried.find((name) => names.includes(name));
}
