/**
 * The process table of the system: which processes belong to a run, and which
 * have left it. Deno cannot tell, so a child reads the table.
 *
 * @module
 */

import { mayRun } from "./permissions.ts";
import { afterReactions } from "./abortable.ts";

/** One living process, as the process table has it. */
export interface TableEntry {
  /** The process ID. */
  readonly pid: number;
  /** The name: at most 15 bytes, any of them. */
  readonly name: string;
  /** The process ID of the parent. */
  readonly parent: number;
  /** The ID of the process group. */
  readonly group: number;
  /** The ID of the session; where the system does not tell, of the group. */
  readonly session: number;
  /** When it started, in hundredths of a second since the system did. */
  readonly startedAt: number;
}

/**
 * When something happened, as far as that is known: in milliseconds of the
 * monotonic clock.
 */
export interface Interval {
  /** Not before this. */
  readonly earliest: number;
  /** Not after this. */
  readonly latest: number;
}

/** What the process table counts the start of a process in, in milliseconds. */
const TICK_MS = 10;

/** What is known of processes that were about to end while a table was read. */
export interface Ended {
  /** Those that had ended before they could be read. */
  readonly unread: ReadonlySet<number>;
  /** Those that had ended and not been reaped yet, with their sessions. */
  readonly dead: ReadonlyMap<number, number>;
}

/** The living processes of the system at one moment. */
export class Table {
  /** The processes, by process ID. */
  readonly processes: ReadonlyMap<number, TableEntry>;
  readonly #reader: TableEntry | undefined;
  readonly #readAt: Interval;
  readonly #ended: Ended;
  readonly #sessions: ReadonlyMap<number, readonly TableEntry[]>;
  #departed: ReadonlyMap<number, readonly TableEntry[]> | undefined;

  /**
   * Creates the table of some processes, which one of them has read.
   *
   * @param entries The processes.
   * @param reader The process ID of the reader.
   * @param readAt When the reader started.
   * @param ended What ended meanwhile.
   */
  constructor(
    entries: Iterable<TableEntry>,
    reader: number,
    readAt: Interval,
    ended: Ended = { unread: new Set(), dead: new Map() },
  ) {
    this.#ended = ended;
    this.processes = new Map([...entries].map((entry) => [entry.pid, entry]));
    this.#reader = this.processes.get(reader);
    this.#readAt = readAt;
    this.#sessions = Map.groupBy(
      this.processes.values(),
      ({ session }) => session,
    );
  }

  /** Lists the processes of a session. */
  session(id: number): readonly TableEntry[] {
    return this.#sessions.get(id) ?? [];
  }

  /**
   * Whether a session may have more processes than the table shows. One that
   * ends while the table is read can have a child that is too young to be in it.
   *
   * @param id The session.
   * @param before An earlier table, in which what has ended may be found.
   */
  doubtful(id: number, before: Table = NO_TABLE): boolean {
    const { unread, dead } = this.#ended;
    const known = before.#ended;
    for (const pid of unread) {
      const entry = before.processes.get(pid);
      // What is never to be read has not ended.
      if (entry ? entry.session === id : !known.unread.has(pid)) return true;
    }
    for (const [pid, session] of dead) {
      if (session === id && !known.dead.has(pid)) return true;
    }
    return false;
  }

  /**
   * Lists the processes that have left a session, as far as the table shows it:
   * those whose parent, or the parent of that and so on, is still in it.
   */
  departed(id: number): readonly TableEntry[] {
    this.#departed ??= this.#allDeparted();
    return this.#departed.get(id) ?? [];
  }

  /** Tells when a process started. */
  startOf({ startedAt }: TableEntry): Interval {
    const ageMs = TICK_MS * ((this.#reader?.startedAt ?? 0) - startedAt);
    return {
      earliest: this.#readAt.earliest - ageMs - TICK_MS,
      latest: this.#readAt.latest - ageMs + TICK_MS,
    };
  }

  /** Whether a process descends from another one. */
  descends({ parent }: TableEntry, ancestor: number): boolean {
    const entry = this.processes.get(parent);
    if (parent === ancestor) return true;
    return entry !== undefined && entry.pid > 1 &&
      this.descends(entry, ancestor);
  }

  /**
   * Lists what a run has probably put into the background: processes that
   * started while it ran, lead a session of their own and are now children of
   * process 1, or of whatever else this program descends from and takes in
   * orphans.
   *
   * @param from When the run started, in milliseconds of the monotonic clock.
   * @param until When it ended.
   * @param known The process IDs of runs and other children of this program.
   * @returns The processes.
   */
  async daemons(
    from: number,
    until: number,
    known: ReadonlySet<number>,
  ): Promise<TableEntry[]> {
    const self = this.processes.get(Deno.pid);
    if (Deno.build.os !== "linux" || self === undefined) return [];
    const candidates = [...this.processes.values()].filter((entry) => {
      const { pid, session } = entry;
      const { earliest, latest } = this.startOf(entry);
      return latest >= from && earliest <= until && !known.has(session) &&
        !known.has(pid) && session !== self.session &&
        (entry.parent === 1 || this.descends(self, entry.parent)) &&
        // Its session is its own, or that of a process that has ended.
        (session === pid || !this.processes.has(session));
    });
    if (candidates.length === 0) return [];
    // What the system starts at the same time is in a control group of its own,
    // and what an ancestor of this program starts is no orphan.
    const { reaper, groups } = await origins([
      Deno.pid,
      ...candidates.map(({ pid }) => pid),
    ]);
    return candidates.filter(({ pid, parent }) =>
      parent === reaper && groups.get(pid) === groups.get(Deno.pid)
    );
  }

  #allDeparted(): ReadonlyMap<number, readonly TableEntry[]> {
    const departed = new Map<number, TableEntry[]>();
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

/** A table in which nothing is. */
const NO_TABLE = new Table([], 0, { earliest: 0, latest: 0 });

/**
 * Reads the process table when it is asked for. Everything that asks in one turn
 * of the event loop shares one reading.
 */
export class ProcessTable {
  readonly #forbidden: () => void;
  readonly #unreadable: () => void;
  #reading: Promise<Table | undefined> = Promise.resolve(undefined);
  #next: Promise<Table | undefined> | undefined;

  /**
   * Creates a reader.
   *
   * @param forbidden Hears of it when nothing may be run to read the table.
   * @param unreadable Hears of it when the table cannot be read nonetheless.
   */
  constructor(
    forbidden: () => void = () => {},
    unreadable: () => void = () => {},
  ) {
    this.#forbidden = forbidden;
    this.#unreadable = unreadable;
  }

  /**
   * Reads the table as it is from now on.
   *
   * @returns The table; `undefined` if it cannot be read.
   */
  look(): Promise<Table | undefined> {
    return this.#next ??= this.#look();
  }

  /**
   * Lists the processes that hold an output of a run open, although the run has
   * ended: those that write to a pipe which this program reads, descend neither
   * from this program nor from another run, and are younger than the run.
   *
   * @param startedAt When the run started, in milliseconds of the monotonic
   * clock.
   * @param runs The process IDs of the other runs.
   * @returns The processes; none if it cannot be found out.
   */
  async pipeHolders(
    startedAt: number,
    runs: ReadonlySet<number>,
  ): Promise<TableEntry[]> {
    const [table, pipes] = await Promise.all([this.look(), readPipes()]);
    const held = pipes.get(Deno.pid)?.read;
    const self = table?.processes.get(Deno.pid);
    if (!table || !held || !self) return [];
    const candidates: TableEntry[] = [];
    for (const [pid, { written }] of pipes) {
      const entry = table.processes.get(pid);
      if (entry === undefined) continue;
      if (runs.has(pid) || runs.has(entry.session)) {
        for (const pipe of written) held.delete(pipe);
      } else if (
        entry.session !== self.session &&
        // What is orphaned becomes a child of process 1.
        (Deno.pid === 1 || !table.descends(entry, Deno.pid)) &&
        table.startOf(entry).latest >= startedAt
      ) candidates.push(entry);
    }
    return candidates.filter(({ pid }) =>
      pipes.get(pid)?.written.intersection(held).size
    );
  }

  /** Resolves when no reading is under way. */
  async idle(): Promise<void> {
    await this.#next;
    await this.#reading;
  }

  async #look(): Promise<Table | undefined> {
    await this.#reading;
    await afterReactions();
    this.#next = undefined;
    const allowed = mayRun();
    if (!allowed) this.#forbidden();
    const table = await (this.#reading = readTable());
    if (allowed && !table && Deno.build.os !== "windows") this.#unreadable();
    return table;
  }
}

/**
 * The command that prints the table, on Linux after a list of what there is: a
 * shell leaves out of the second list what has ended since. Slim Linux images
 * have a shell but no `ps`, and other systems have no `/proc`.
 */
const READ_TABLE = Deno.build.os === "linux"
  ? "echo /proc/[0-9]*; exec cat /proc/[0-9]*/stat"
  : "exec ps -A -o pid=,stat=,ppid=,pgid=,comm=";

/** How often the table is read before it counts as unreadable. */
const TRIES = 2;

async function readTable(): Promise<Table | undefined> {
  for (let i = 0; i < TRIES; i++) {
    const read = await outputOf(READ_TABLE);
    if (read === undefined) return undefined;
    const make = Deno.build.os === "linux" ? linuxTable : psTable;
    const table = make(read.output, read.pid, read.startedAt);
    // A table without this program is incomplete: the reader was interrupted.
    if (table.processes.has(Deno.pid)) return table;
  }
  return undefined;
}

/** Runs a command of a shell; `undefined` if it cannot be run. */
async function outputOf(
  command: string,
): Promise<
  { pid: number; startedAt: Interval; output: Uint8Array } | undefined
> {
  if (!mayRun()) return undefined;
  try {
    const earliest = performance.now();
    const child = new Deno.Command("/bin/sh", {
      // Ctrl-C is not for the reader.
      args: ["-c", `trap '' INT QUIT HUP TSTP; ${command}`],
      // The working directory of this program may have been deleted.
      cwd: "/",
      stdin: "null",
      stdout: "piped",
      stderr: "null",
    }).spawn();
    const { pid } = child;
    // A busy machine may take its time between the two.
    const startedAt = { earliest, latest: performance.now() };
    const { stdout } = await child.output();
    return { pid, startedAt, output: stdout };
  } catch {
    return undefined;
  }
}

/**
 * The end of a record in `/proc/PID/stat`, after the name: state, parent, group,
 * session, then 13 numbers, the threads, one more, the start, and many more.
 */
const RECORD_END =
  /\) ([A-Za-z]) (\d+) (-?\d+) (-?\d+)(?: -?\d+){13} (\d+) -?\d+ (\d+)(?: -?\d+){18,}\n/g;

/**
 * Parses a list of folders `/proc/PID`, and then the files `stat` in them. A name
 * can hold any byte but is too short to hold as many numbers as follow it, so these
 * tell where it ends.
 */
function linuxTable(
  bytes: Uint8Array,
  reader: number,
  readAt: Interval,
): Table {
  // One character for each byte, whatever it is.
  const text = new TextDecoder("latin1").decode(bytes);
  const entries: TableEntry[] = [];
  const dead = new Map<number, number>();
  let from = text.indexOf("\n") + 1;
  const unread = new Set(text.slice(0, from).match(/\d+/g)?.map(Number));
  for (const end of text.matchAll(RECORD_END)) {
    const [whole, state, parent, group, session, threads, startedAt] = end;
    const nameAt = text.indexOf("(", from) + 1;
    const name = bytes.subarray(nameAt, end.index);
    const pid = Number(text.slice(from, nameAt - 1));
    from = end.index + whole.length;
    unread.delete(pid);
    if (
      // Its first thread may have ended before others.
      state === "Z" && Number(threads) <= 1 || state === "X" || state === "x"
    ) {
      dead.set(pid, Number(session));
      continue;
    }
    entries.push({
      pid,
      name: new TextDecoder().decode(name),
      parent: Number(parent),
      group: Number(group),
      session: Number(session),
      startedAt: Number(startedAt),
    });
  }
  return new Table(entries, reader, readAt, { unread, dead });
}

/** A line of `ps`: process, state, parent, group, name. */
const PS_LINE = /^\s*(\d+)\s+([A-Za-z])\S*\s+(\d+)\s+(\d+)\s+(.*)$/gm;

/** Parses what `ps` prints, which tells no sessions. */
function psTable(bytes: Uint8Array, reader: number, readAt: Interval): Table {
  const text = new TextDecoder().decode(bytes);
  const entries: TableEntry[] = [];
  for (const match of text.matchAll(PS_LINE)) {
    const [, pid, state, parent, group, name = ""] = match;
    if (state === "Z") continue;
    entries.push({
      pid: Number(pid),
      name: name.slice(name.lastIndexOf("/") + 1),
      parent: Number(parent),
      group: Number(group),
      session: Number(group),
      startedAt: 0,
    });
  }
  return new Table(entries, reader, readAt);
}

/** A shell that orphans another one, which prints who has taken it in. */
const FIND_REAPER = `(
  read -r parent rest </proc/self/stat
  (
    while read -r pid name state reaper rest </proc/self/stat &&
      [ "$reaper" = "$parent" ]; do :; done
    echo "$reaper"
  ) &
)`;

/**
 * Finds out which process takes in what this program orphans, and reads the
 * control groups of processes, each as the system writes it.
 */
async function origins(
  pids: readonly number[],
): Promise<{ reaper: number; groups: Map<number, string> }> {
  const files = pids.map((pid) => `echo @${pid}; cat /proc/${pid}/cgroup`);
  const [found, read] = await Promise.all([
    outputOf(FIND_REAPER),
    outputOf(files.join("; ")),
  ]);
  const decoder = new TextDecoder();
  const text = decoder.decode(read?.output);
  const groups = new Map(
    text.split("@").slice(1).map((part) => {
      const [pid = "", ...lines] = part.split("\n");
      return [Number(pid), lines.join("\n")];
    }),
  );
  return { reaper: Number(decoder.decode(found?.output)), groups };
}

/** The pipes that a process reads and writes, by their numbers. */
interface Pipes {
  readonly read: Set<string>;
  readonly written: Set<string>;
}

/** A heading, or a descriptor that is a pipe, in the list of descriptors. */
const PIPE_LINE =
  /^\/proc\/(\d+)\/fd:$|^l([r-])([w-])\S+ .* -> pipe:\[(\d+)\]$/gm;

/** Reads which pipes each process has, as far as this program may know. */
async function readPipes(): Promise<Map<number, Pipes>> {
  const pipes = new Map<number, Pipes>();
  if (Deno.build.os !== "linux") return pipes;
  const read = await outputOf("LC_ALL=C exec ls -l /proc/[0-9]*/fd");
  let present: Pipes | undefined;
  const text = new TextDecoder().decode(read?.output);
  for (const [, pid, readable, writable, pipe] of text.matchAll(PIPE_LINE)) {
    if (pid !== undefined) {
      present = { read: new Set(), written: new Set() };
      pipes.set(Number(pid), present);
    } else if (pipe !== undefined) {
      if (readable === "r") present?.read.add(pipe);
      if (writable === "w") present?.written.add(pipe);
    }
  }
  return pipes;
}
