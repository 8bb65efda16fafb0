/**
 * The processes that a supervisor shows: those of its plan, those that its
 * manager runs, and those that have ended.
 *
 * @module
 */

import type { Process, ProcessEvent, Processman } from "../mod.ts";
import type { App } from "../plan/mod.ts";
import { type History, NO_HISTORY, remember, renumbered } from "./history.ts";
import { didYouMean, Problem } from "./problem.ts";

/** A process that is shown. */
export interface Subject {
  /** Its name. */
  readonly name: string;
  /** The entry of the plan that it belongs to; without a plan, its name. */
  readonly entry: string;
  /** The kind of the entry. */
  readonly type: "service" | "task";
  /** The program. */
  readonly program: string;
  /** The arguments of the program. */
  readonly args: readonly string[];
  /** The process; `undefined` if it has not been started. */
  readonly process: Process | undefined;
  /** Whether it belongs to the plan. */
  readonly planned: boolean;
}

/** How many processes without a plan are shown after they have ended. */
const KEPT = 100;

/** The processes of a manager, and what is remembered of them. */
export class Roster {
  readonly #pm: Processman;
  readonly #app: App | undefined;
  /** What is remembered, in the order of the last events. */
  readonly #histories = new Map<string, History>();
  /** The processes without a plan, in the order of their first events. */
  readonly #processes = new Map<string, Process>();

  /** Creates a roster with the processes that there are. */
  constructor(pm: Processman, app: App | undefined) {
    this.#pm = pm;
    this.#app = app;
    for (const process of pm) {
      this.#processes.set(process.name, process);
      this.#histories.set(process.name, historyOf(process));
    }
  }

  /**
   * Takes note of an event.
   *
   * @returns The event with the number of its run counted over all lives.
   */
  note(event: ProcessEvent): ProcessEvent {
    if (!("name" in event)) return event;
    const { name } = event;
    const process = this.#pm.get(name);
    if (process !== undefined) this.#processes.set(name, process);
    const history = remember(this.history(name), event);
    this.#histories.delete(name);
    this.#histories.set(name, history);
    this.#prune();
    return renumbered(event, history.runs);
  }

  /** Returns what is remembered of a process. */
  history(name: string): History {
    return this.#histories.get(name) ?? NO_HISTORY;
  }

  /** Lists all processes: those of the plan first, in its order. */
  subjects(): Subject[] {
    const planned = this.#planned();
    const names = new Set(planned.map(({ name }) => name));
    for (const process of this.#pm) {
      this.#processes.set(process.name, process);
    }
    // A replica that is gone is not shown, so only living ones have no plan.
    const others = [...this.#processes.values()].filter(({ name }) =>
      !names.has(name) &&
      (this.#app === undefined || this.#pm.get(name) !== undefined)
    );
    return [...planned, ...others.map(unplanned)];
  }

  /**
   * Returns the processes with a name, or of an entry.
   *
   * @throws {Problem} If there is none.
   */
  find(name: string): Subject[] {
    const subjects = this.subjects();
    const found = subjects.filter((each) =>
      each.name === name || each.entry === name
    );
    if (found.length > 0) return found;
    const names = subjects.flatMap((each) => [each.name, each.entry]);
    const hint = didYouMean(name, names);
    throw new Problem("not-found", `There is no process "${name}"${hint}`);
  }

  /**
   * Lists the processes of the plan. While replicas are being replaced, some
   * that run are not in its entries.
   */
  #planned(): Subject[] {
    const app = this.#app;
    if (app === undefined) return [];
    const found = new Map<string, Subject>();
    for (const { name: entry, type, units } of app.plan.entries.values()) {
      for (const { name, program, args } of units) {
        const process = app.get(name);
        const what = process ?? { program, args };
        found.set(name, subjectOf(name, entry, type, what, process));
      }
    }
    for (const process of app) {
      const { name } = process;
      if (found.has(name)) continue;
      const entry = name.replace(/\.\d+$/, "");
      const type = app.plan.entries.get(entry)?.type ?? "service";
      found.set(name, subjectOf(name, entry, type, process, process));
    }
    return [...found.values()];
  }

  /** Forgets the processes that ended first, if there are too many. */
  #prune(): void {
    if (this.#histories.size <= KEPT) return;
    const planned = new Set(this.#planned().map(({ name }) => name));
    const over = [...this.#histories.keys()].filter((name) =>
      !planned.has(name) && this.#pm.get(name) === undefined
    );
    for (const name of over.slice(0, Math.max(0, over.length - KEPT))) {
      this.#histories.delete(name);
      this.#processes.delete(name);
    }
  }
}

function subjectOf(
  name: string,
  entry: string,
  type: Subject["type"],
  { program, args }: Pick<Subject, "program" | "args">,
  process: Process | undefined,
): Subject {
  return { name, entry, type, program, args, process, planned: true };
}

function unplanned(process: Process): Subject {
  const { name } = process;
  const subject = subjectOf(name, name, "service", process, process);
  return { ...subject, planned: false };
}

/** Returns what is known of a process that was started earlier. */
function historyOf({ state }: Process): History {
  if (state.kind === "exited" || state.kind === "failed") return NO_HISTORY;
  const since = state.kind === "running" ? state.since : null;
  const alive = state.kind === "running" || state.kind === "stopping";
  return { ...NO_HISTORY, since, runs: alive ? state.run : state.run - 1 };
}
