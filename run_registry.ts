/**
 * The runs that a manager has to end when this program ends.
 *
 * @module
 */

import type { Guard, GuardInfo } from "./guard.ts";
import { HANDOVER_MS } from "./guard_script.ts";
import type { Clock, ProcessEntry } from "./kernel.ts";
import type { ProcessTable, Table } from "./process_table.ts";
import type { Run } from "./run.ts";
import type { Asked } from "./stop.ts";

/**
 * The longest run after which processman looks for a process that the run put
 * into the background, in milliseconds.
 */
const DAEMON_MS = 60_000;

/** How the guard ends a run, and what this program does after that. */
export interface RunInfo extends GuardInfo {
  /** How long the hook `after` of the run can take, in milliseconds. */
  readonly afterMs?: number | undefined;
}

/** The runs of a manager that are not over, and the guard that knows them. */
export class RunRegistry {
  readonly #clock: Clock;
  readonly #table: ProcessTable;
  readonly #guard: Guard | undefined;
  /** The runs, how to end them, and how long what follows can take. */
  readonly #runs = new Map<Run, RunInfo>();
  /** The runs that nothing has asked to end. */
  readonly #unasked = new Set<Run>();
  /** When SIGKILL is due for the others, in milliseconds since the epoch. */
  readonly #killAt = new Map<Run, number>();
  /** The background processes that have been reported. */
  readonly #reported = new Set<string>();
  /** Ends the wait for the handover; set while there is one. */
  #handedOver: (() => void) | undefined;

  /** Creates a registry without runs. */
  constructor(clock: Clock, table: ProcessTable, guard: Guard | undefined) {
    this.#clock = clock;
    this.#table = table;
    this.#guard = guard;
  }

  /** Records that a run has begun, and how to end it. */
  began(run: Run, info: RunInfo): void {
    this.#runs.set(run, info);
    this.#unasked.add(run);
    this.#guard?.watch(run, info);
  }

  /** Records that the way to end a run has changed. */
  changed(run: Run, info: RunInfo): void {
    // The change comes too late for a run that has been asked to end.
    if (!this.#unasked.has(run)) return;
    this.#runs.set(run, info);
    this.#guard?.update(run, info);
  }

  /** Records how a run has been asked to end, and when `SIGKILL` follows. */
  asked(run: Run, how: Asked): void {
    this.#unasked.delete(run);
    this.#killAt.set(run, how.killAt);
    this.#guard?.asked(run, how);
  }

  /**
   * Returns how long the runs and the hooks of each process can still take to
   * end, by the name of the process.
   */
  gracesMs(): Map<string, number> {
    const now = this.#clock.time();
    const graces = new Map<string, number>();
    for (const [run, { name, gracePeriodMs, afterMs = 0 }] of this.#runs) {
      const killAt = this.#killAt.get(run) ?? now + gracePeriodMs;
      const ms = killAt - now + afterMs;
      graces.set(name, Math.max(ms, graces.get(name) ?? 0));
    }
    return graces;
  }

  /**
   * Records that a child has ended, before its process decides what follows.
   */
  died(): void {
    // The decision depends on the stop, which begins at the handover.
    this.#handedOver?.();
  }

  /**
   * Records that the child of a run no longer has to keep this program alive.
   */
  rests(run: Run): void {
    this.#guard?.childEnded(run);
  }

  /** Records that nothing is left of a run. */
  ended(run: Run): void {
    this.#runs.delete(run);
    this.#unasked.delete(run);
    this.#killAt.delete(run);
    this.#guard?.forget(run);
  }

  /** Lists the processes that hold an output of a run open after its end. */
  holders(pid: number, startedAt: number): Promise<ProcessEntry[]> {
    const others = this.#pids();
    others.delete(pid);
    return this.#table.pipeHolders(startedAt, others);
  }

  /** Lists processes that a run put into the background, each only once. */
  async daemons(
    table: Table,
    from: number,
    until: number,
  ): Promise<ProcessEntry[]> {
    // A program that puts itself into the background does so at its start.
    if (until - from > DAEMON_MS) return [];
    const all = await this.#table.daemons(table, from, until, this.#pids());
    return all.filter(({ pid, startedAt }) => {
      const key = `${pid} ${startedAt}`;
      return !this.#reported.has(key) && this.#reported.add(key);
    });
  }

  /**
   * Asks the leader of each run with `to: "leader"` to end, before processman
   * signals anything else.
   *
   * @param waits Returns whether a process is asked later than others.
   * @param then Called at once if there is no such leader. Otherwise called
   * when a child has ended or the time for the handover is over.
   */
  askLeaders(waits: (name: string) => boolean, then: () => void): void {
    let reached = false;
    for (const [run, info] of this.#runs) {
      if (!this.#unasked.has(run)) continue;
      if (waits(info.name)) continue;
      // Such a short grace period leaves no time for a handover.
      const late = info.command !== undefined ||
        info.gracePeriodMs <= HANDOVER_MS;
      if (info.to !== "leader" || late) continue;
      if (!run.ask(info.signal)) continue;
      reached = true;
      const killAt = this.#clock.time() + info.gracePeriodMs;
      this.asked(run, { ...info, groups: [], killAt });
    }
    if (!reached) return then();
    this.#handedOver = () => {
      this.#handedOver = undefined;
      then();
    };
    this.#clock.delay(HANDOVER_MS, { persistent: false })
      .then(() => this.#handedOver?.());
  }

  /** Prepares for the end of this program by an uncaught error. */
  prepareForEnd(): void {
    this.#guard?.prepareForEnd();
  }

  /** Leaves all runs to the guard as this program ends, or kills them. */
  leave(orphans: "stop" | "kill"): void {
    this.#guard?.leave();
    if (orphans === "stop" && this.#guard) this.#kill(this.#guard.secure());
    else this.killAll();
  }

  /** Kills all runs at once, because this program ends. */
  killAll(): void {
    this.#kill(this.#runs.keys());
    // The guard finds and kills the other groups of each session.
    this.#guard?.killAll();
  }

  /** Ends the guard. */
  async close(): Promise<void> {
    await this.#guard?.close();
  }

  /** Lists the process IDs of all runs, and of the guard. */
  #pids(): Set<number> {
    const pids = new Set([...this.#runs.keys()].map(({ pid }) => pid));
    const guard = this.#guard?.pid;
    return guard === undefined ? pids : pids.add(guard);
  }

  #kill(runs: Iterable<Run>): void {
    for (const run of runs) {
      try {
        run.signalGroup("SIGKILL");
      } catch {
        // The group runs as another user, and nothing else can be done now.
      }
    }
  }
}
