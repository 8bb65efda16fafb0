/**
 * Records the output of all processes of a manager.
 *
 * @module
 */

import {
  Beginnings,
  type Line,
  type Process,
  type Processman,
} from "../mod.ts";

/** Keeps lines. */
export interface Keeper {
  /**
   * Keeps lines of a process; resolves when they are kept or lost. Never
   * rejects.
   *
   * @param base What to add to the numbers of their runs.
   */
  append(process: string, lines: readonly Line[], base: number): Promise<void>;
  /** Returns the number of the newest run of a process. Never rejects. */
  lastRun(process: string): Promise<number>;
  /** Records that a run has begun, which can write nothing. */
  began(process: string, run: number): void;
  /** Records that no line follows unless the process is started again. */
  ended(process: string): Promise<void>;
}

/** The recording of one life of a process. */
interface Recording {
  /** The process IDs of its runs that the recorder has seen. */
  readonly pids: Set<number>;
  /** What to add to the numbers of its runs, once that is known. */
  base: number | undefined;
  /** The newest run of this life that has begun. */
  run: number;
}

/**
 * Records all lines of all processes, also of those that start later.
 *
 * @param pm The manager.
 * @param keeper What keeps the lines. While it is busy with the lines of a
 * process, a child that writes more has to wait.
 * @returns A promise that resolves when all is kept, after the shutdown of the
 * manager. Never rejects.
 */
export async function recordAll(pm: Processman, keeper: Keeper): Promise<void> {
  const events = pm.events();
  const recorder = new Recorder(keeper);
  const beginnings = new Beginnings();
  for (const process of pm) if (hasRun(process)) recorder.begin(process);
  for await (const event of events) {
    if (event.kind === "lost") {
      for (const process of pm) {
        if (hasRun(process) && !recorder.records(process.name)) {
          recorder.begin(process);
        }
      }
    }
    const begins = beginnings.begins(event);
    if (event.kind !== "start" && !begins) continue;
    const { name, run } = event;
    const process = pm.get(name);
    const pid = event.kind === "start" ? event.pid : undefined;
    if (process && recorder.isNew(name, pid, begins)) recorder.begin(process);
    if (pid !== undefined) recorder.started(name, pid, run);
  }
  await recorder.done();
}

/** Returns whether the first run of a process has been started. */
function hasRun({ state }: Process): boolean {
  const next = ["starting", "waiting", "backoff"].includes(state.kind);
  return !next || "run" in state && state.run > 1;
}

/** Records the lives of processes, those of one process in order. */
class Recorder {
  readonly #keeper: Keeper;
  /** The newest recording of each process that has one. */
  readonly #current = new Map<string, Recording>();
  /** Resolves when all recordings of a process so far have ended. */
  readonly #last = new Map<string, Promise<void>>();

  constructor(keeper: Keeper) {
    this.#keeper = keeper;
  }

  /** Whether a life of the process is being recorded. */
  records(name: string): boolean {
    return this.#current.has(name);
  }

  /**
   * Whether a run, or what comes before it, belongs to a life that is not being
   * recorded.
   */
  isNew(name: string, pid: number | undefined, begins: boolean): boolean {
    const current = this.#current.get(name);
    if (current === undefined) return true;
    return begins && (pid === undefined || !current.pids.has(pid));
  }

  /** Records that a run has begun. */
  started(name: string, pid: number, run: number): void {
    const current = this.#current.get(name);
    if (current === undefined) return;
    current.pids.add(pid);
    current.run = Math.max(current.run, run);
    this.#count(name, current);
  }

  /** Begins to record the current life of a process, from its first line. */
  begin(process: Process): void {
    const { name, pid } = process;
    const recording: Recording = {
      pids: new Set(pid === undefined ? [] : [pid]),
      base: undefined,
      run: 0,
    };
    this.#current.set(name, recording);
    // The iteration begins now; lines wait until the life before is recorded.
    const batches = process.lines().batches();
    const first = batches.next();
    const before = this.#last.get(name) ?? Promise.resolve();
    const end = before.then(async () => {
      recording.base = await this.#keeper.lastRun(name);
      this.#count(name, recording);
      for (let next = await first; !next.done; next = await batches.next()) {
        await this.#keeper.append(name, next.value, recording.base);
      }
      if (this.#current.get(name) !== recording) return;
      this.#current.delete(name);
      this.#last.delete(name);
      await this.#keeper.ended(name);
    });
    this.#last.set(name, end);
  }

  /** Resolves when everything is kept. */
  async done(): Promise<void> {
    await Promise.all(this.#last.values());
  }

  #count(name: string, { base, run }: Recording): void {
    if (base !== undefined && run > 0) this.#keeper.began(name, base + run);
  }
}
