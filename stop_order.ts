/**
 * The order in which processes are stopped together.
 *
 * @module
 */

import type { CommandOptions, Stoppable } from "./options.ts";
import { allReports, type StopReport } from "./stop.ts";

/** Returns the present option `stopAfter` of a process. */
export type StopAfter = () => CommandOptions["stopAfter"];

/** The order in which the processes of a manager are stopped together. */
export class StopOrder<Process extends Stoppable> {
  readonly #after = new Map<Process, StopAfter>();

  /** Adds a process. */
  add(process: Process, after: StopAfter): void {
    this.#after.set(process, after);
  }

  /** Removes a process that has ended. */
  remove(process: Process): void {
    this.#after.delete(process);
  }

  /**
   * Ends processes. Each is asked to end when those before it have ended, or
   * could not be ended.
   *
   * @param what The verb for the error message, such as "stop".
   * @param processes The processes.
   * @param end Ends one of them.
   * @returns The reports.
   * @throws {AggregateError} With all failures, if there are any.
   */
  end(
    what: string,
    processes: readonly Process[],
    end: (process: Process) => Promise<StopReport>,
  ): Promise<StopReport[]> {
    const before = this.#among(processes);
    const ends = new Map<Process, Promise<StopReport>>();
    for (const process of inOrder(processes, before)) {
      const earlier = before.get(process)?.map((each) => ends.get(each)) ?? [];
      // Without an order, all processes are asked in this turn.
      const ended = earlier.length === 0
        ? end(process)
        : Promise.allSettled(earlier).then(() => end(process));
      ends.set(process, ended);
    }
    return allReports(what, processes, async (each) => {
      return await (ends.get(each) ?? end(each));
    });
  }

  /** Returns the names of the processes that are asked later than others. */
  waiting(processes: readonly Process[]): Set<string> {
    const waiting = [...this.#among(processes)]
      .filter(([, before]) => before.length > 0);
    return new Set(waiting.map(([{ name }]) => name));
  }

  /**
   * Returns how long it takes to end processes in their order.
   *
   * @param processes The processes.
   * @param graceMs Returns how long one of them can take, in milliseconds.
   */
  longestMs(
    processes: readonly Process[],
    graceMs: (process: Process) => number,
  ): number {
    const before = this.#among(processes);
    const until = new Map<Process, number>();
    for (const process of inOrder(processes, before)) {
      const earlier = before.get(process)?.map((each) => until.get(each) ?? 0);
      const from = Math.max(0, ...earlier ?? []);
      until.set(process, from + graceMs(process));
    }
    return Math.max(0, ...until.values());
  }

  /** Returns, for each of some processes, those of them that end before it. */
  #among(processes: readonly Process[]): Map<Process, Process[]> {
    const all = [...new Set(processes)];
    return new Map(processes.map((process) => {
      const before = new Set(stoppables(this.#after.get(process)));
      // Most processes have no order, and there can be thousands of them.
      const among = before.size > 0
        ? all.filter((each) => before.has(each))
        : [];
      return [process, among];
    }));
  }
}

/**
 * Sorts processes so that each comes after those before it, and removes from
 * `before` what would make a circle.
 */
function inOrder<Process>(
  processes: readonly Process[],
  before: Map<Process, Process[]>,
): Process[] {
  const sorted = new Set<Process>();
  const path = new Set<Process>();
  const visit = (process: Process) => {
    if (sorted.has(process)) return;
    path.add(process);
    const earlier = before.get(process)?.filter((each) => !path.has(each));
    before.set(process, earlier ?? []);
    earlier?.forEach(visit);
    path.delete(process);
    sorted.add(process);
  };
  processes.forEach(visit);
  return [...sorted];
}

/** Calls a function of the program, which can throw or return anything. */
function stoppables(after: StopAfter | undefined): readonly unknown[] {
  try {
    return [...after?.()?.() ?? []];
  } catch {
    // Without an order, a stop still ends everything.
    return [];
  }
}
