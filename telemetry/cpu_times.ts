/**
 * The processor time of processes, across all their runs.
 *
 * @module
 */

/** What is known about the processor time of a process. */
interface Known {
  readonly pid: number;
  /** What the runs before the present one have used, in milliseconds. */
  readonly beforeMs: number;
  /** What the present run had used when it was last read, in milliseconds. */
  readonly lastMs: number;
}

/** Adds up the processor time of the runs of each process. */
export class CpuTimes {
  readonly #known = new Map<string, Known>();

  /**
   * Returns the processor time of all runs of a process, which never becomes
   * less: what a run has used since it was last read is lost at its end.
   *
   * @param name The name of the process.
   * @param pid The process ID of the child of its present run.
   * @param cpuMs What the present run has used, in milliseconds.
   */
  add(name: string, pid: number, cpuMs: number): number {
    const known = this.#known.get(name);
    let [beforeMs, lastMs] = [0, cpuMs];
    if (known !== undefined) {
      const same = known.pid === pid;
      beforeMs = known.beforeMs + (same ? 0 : known.lastMs);
      // The time of a process that has escaped from the run is missing.
      if (same) lastMs = Math.max(cpuMs, known.lastMs);
    }
    this.#known.set(name, { pid, beforeMs, lastMs });
    return beforeMs + lastMs;
  }

  /** Forgets all processes except some. */
  keep(names: readonly string[]): void {
    const kept = new Set(names);
    for (const name of this.#known.keys()) {
      if (!kept.has(name)) this.#known.delete(name);
    }
  }
}
