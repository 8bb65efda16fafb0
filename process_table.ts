/**
 * The process table of the system: which processes belong to a run, and which
 * have left it.
 *
 * @module
 */

import { afterReactions } from "./abortable.ts";
import type { Interval, Kernel, ProcessEntry, TableReading } from "./kernel.ts";

/** The unit of start times in the process table, in milliseconds. */
const TICK_MS = 10;

/** The interval of an event at an unknown time. */
const UNKNOWN: Interval = { earliest: -Infinity, latest: Infinity };

/** The living processes of the system at one moment. */
export class Table {
  /** The processes, by process ID. */
  readonly processes: ReadonlyMap<number, ProcessEntry>;
  readonly #reading: TableReading;
  readonly #sessions: ReadonlyMap<number, readonly ProcessEntry[]>;
  #departed: ReadonlyMap<number, readonly ProcessEntry[]> | undefined;

  /** Creates the table from what has been read. */
  constructor(reading: TableReading) {
    this.#reading = reading;
    this.processes = new Map(
      reading.processes.map((entry) => [entry.pid, entry]),
    );
    this.#sessions = Map.groupBy(
      this.processes.values(),
      ({ session }) => session,
    );
  }

  /** Lists the processes of a session. */
  session(id: number): readonly ProcessEntry[] {
    return this.#sessions.get(id) ?? [];
  }

  /**
   * Returns whether a session can have more processes than the table shows. A
   * process that ends while the table is read can have a child that is too
   * young to be in the table.
   *
   * @param id The session.
   * @param before An earlier table, to find out what has ended since then.
   */
  doubtful(id: number, before: Table = EMPTY): boolean {
    const { unread, dead } = this.#reading;
    const known = before.#reading;
    for (const pid of unread ?? []) {
      const entry = before.processes.get(pid);
      // If the earlier reading could not read it either, it has not just ended.
      if (entry ? entry.session === id : !known.unread?.has(pid)) return true;
    }
    for (const [pid, session] of dead ?? []) {
      if (session === id && !known.dead?.has(pid)) return true;
    }
    return false;
  }

  /**
   * Lists the processes that have left a session, if the table shows that they
   * did: those with a parent, grandparent or earlier ancestor in the session.
   */
  departed(id: number): readonly ProcessEntry[] {
    this.#departed ??= this.#allDeparted();
    return this.#departed.get(id) ?? [];
  }

  /** Returns when a process started. */
  startOf({ startedAt }: ProcessEntry): Interval {
    const { reader } = this.#reading;
    if (reader === undefined) return UNKNOWN;
    const entry = this.processes.get(reader.pid);
    if (entry === undefined) return UNKNOWN;
    const ageMs = TICK_MS * (entry.startedAt - startedAt);
    return {
      earliest: reader.startedAt.earliest - ageMs - TICK_MS,
      latest: reader.startedAt.latest - ageMs + TICK_MS,
    };
  }

  /** Returns whether a process descends from another one. */
  descends({ parent }: ProcessEntry, ancestor: number): boolean {
    const entry = this.processes.get(parent);
    if (parent === ancestor) return true;
    return entry !== undefined && entry.pid > 1 &&
      this.descends(entry, ancestor);
  }

  /**
   * Lists the processes that a run can have put into the background. They
   * started while the run was alive, are in their own session or in one whose
   * leader has ended, and are now children of process 1 or of another ancestor
   * of this program.
   *
   * @param from When the run started, in milliseconds of a monotonic clock.
   * @param until When the run ended.
   * @param known The process IDs of runs and other children of this program.
   */
  orphans(
    from: number,
    until: number,
    known: ReadonlySet<number>,
  ): ProcessEntry[] {
    const self = this.processes.get(Deno.pid);
    if (self === undefined) return [];
    return [...this.processes.values()].filter((entry) => {
      const { pid, session } = entry;
      const { earliest, latest } = this.startOf(entry);
      return latest >= from && earliest <= until && !known.has(session) &&
        !known.has(pid) && session !== self.session &&
        (entry.parent === 1 || this.descends(self, entry.parent)) &&
        // Its session is its own, or belongs to a process that has ended.
        (session === pid || !this.processes.has(session));
    });
  }

  #allDeparted(): ReadonlyMap<number, readonly ProcessEntry[]> {
    const departed = new Map<number, ProcessEntry[]>();
    for (const entry of this.processes.values()) {
      const { session } = entry;
      const left = new Set<number>();
      for (
        let ancestor = this.processes.get(entry.parent);
        ancestor !== undefined && ancestor.pid > 1;
        ancestor = this.processes.get(ancestor.parent)
      ) {
        if (ancestor.session === session || left.has(ancestor.session)) {
          continue;
        }
        left.add(ancestor.session);
        const entries = departed.get(ancestor.session);
        if (entries) entries.push(entry);
        else departed.set(ancestor.session, [entry]);
      }
    }
    return departed;
  }
}

/** A table without processes. */
const EMPTY = new Table({ processes: [] });

/** The functions that report the processes of the system. */
export type ProcessFacts = Pick<
  Kernel,
  "sessions" | "readTable" | "readPipes" | "readOrigins"
>;

/** Functions that are called when the process table is not read. */
export interface TableListeners {
  /**
   * Called when this program lacks permission to run the command that reads the
   * table.
   */
  readonly forbidden?: () => void;
  /** Called when the table cannot be read for another reason. */
  readonly unreadable?: () => void;
}

/**
 * Reads the process table on demand. All calls in one turn of the event loop
 * share one reading.
 */
export class ProcessTable {
  readonly #facts: ProcessFacts;
  readonly #listeners: TableListeners;
  #reading: Promise<Table | undefined> = Promise.resolve(undefined);
  #next: Promise<Table | undefined> | undefined;

  /**
   * Creates a reader.
   *
   * @param facts The functions that report the processes of the system.
   * @param listeners Functions that are called when the table is not read.
   */
  constructor(facts: ProcessFacts, listeners: TableListeners = {}) {
    this.#facts = facts;
    this.#listeners = listeners;
  }

  /**
   * Reads the table, at the moment of the call or later.
   *
   * @returns The table; `undefined` if it cannot be read.
   */
  look(): Promise<Table | undefined> {
    return this.#next ??= this.#look();
  }

  /**
   * Lists the processes that hold an output of a run open although the run has
   * ended. They are younger than the run, can write to a pipe that this program
   * reads and no other run writes to, do not descend from this program, and are
   * neither in its session nor in the session of another run.
   *
   * @param startedAt When the run started, in milliseconds of a monotonic
   * clock.
   * @param runs The process IDs of the other runs.
   * @returns The processes; empty if they cannot be found.
   */
  async pipeHolders(
    startedAt: number,
    runs: ReadonlySet<number>,
  ): Promise<ProcessEntry[]> {
    const [table, pipes] = await Promise.all([
      this.look(),
      this.#facts.readPipes?.(),
    ]);
    const self = table?.processes.get(Deno.pid);
    const own = pipes?.get(Deno.pid);
    if (!table || !pipes || !self || !own) return [];
    const held = new Set(own.read);
    const candidates: ProcessEntry[] = [];
    for (const [pid, { written }] of pipes) {
      const entry = table.processes.get(pid);
      if (entry === undefined) continue;
      if (runs.has(pid) || runs.has(entry.session)) {
        for (const pipe of written) held.delete(pipe);
      } else if (
        entry.session !== self.session &&
        // An orphan becomes a child of process 1.
        (Deno.pid === 1 || !table.descends(entry, Deno.pid)) &&
        table.startOf(entry).latest >= startedAt
      ) candidates.push(entry);
    }
    return candidates.filter(({ pid }) =>
      pipes.get(pid)?.written.intersection(held).size
    );
  }

  /**
   * Lists the processes that a run has probably put into the background. They
   * are {@linkcode Table.orphans} of the run in the control group of this
   * program, and their parent is the process that adopts the orphans of this
   * program.
   *
   * @param table The table, read after the run had ended.
   * @param from When the run started, in milliseconds of a monotonic clock.
   * @param until When the run ended.
   * @param known The process IDs of runs and other children of this program.
   * @returns The processes; empty if they cannot be found.
   */
  async daemons(
    table: Table,
    from: number,
    until: number,
    known: ReadonlySet<number>,
  ): Promise<ProcessEntry[]> {
    if (this.#facts.readOrigins === undefined) return [];
    const orphans = table.orphans(from, until, known);
    if (orphans.length === 0) return [];
    // A service that the system starts at the same time is in another control
    // group. A child of another ancestor of this program is not an orphan.
    const pids = [Deno.pid, ...orphans.map(({ pid }) => pid)];
    const { reaper, groups } = await this.#facts.readOrigins(pids);
    return orphans.filter(({ pid, parent }) =>
      parent === reaper && groups.get(pid) === groups.get(Deno.pid)
    );
  }

  /** Resolves when no reading is in progress. */
  async idle(): Promise<void> {
    await this.#next;
    await this.#reading;
  }

  async #look(): Promise<Table | undefined> {
    await this.#reading;
    await afterReactions();
    this.#next = undefined;
    const { sessions } = this.#facts;
    if (!sessions) this.#listeners.forbidden?.();
    const table = await (this.#reading = this.#read());
    if (sessions && !table) this.#listeners.unreadable?.();
    return table;
  }

  async #read(): Promise<Table | undefined> {
    const reading = await this.#facts.readTable();
    return reading && new Table(reading);
  }
}
