/**
 * The end of one run: a signal to its session, a grace period, `SIGKILL`, and
 * the proof that nothing is left.
 *
 * @module
 */

import { untilAborted } from "./abortable.ts";
import { Delivery } from "./delivery.ts";
import type { Kernel, ProcessEntry } from "./kernel.ts";
import type { ProcessTable, Table } from "./process_table.ts";
import type { Run } from "./run.ts";
import { type StartCommand, StopCommands } from "./stop_commands.ts";
import {
  type Asked,
  type EscapedProcess,
  KILL_WAIT_MS,
  type StopOutcome,
  type StopRequest,
} from "./stop.ts";

/** The longest pause between two checks of a group, in milliseconds. */
const LONGEST_PAUSE_MS = 64;

/**
 * Time spent waiting for the group to vanish before the process table is read,
 * in milliseconds.
 */
const FIRST_LOOK_MS = 15;

/** The longest pause between two readings of the table, in milliseconds. */
const LONGEST_LOOK_PAUSE_MS = 512;

/** After this many doubtful looks in a row, later doubtful looks count. */
const DOUBTS = 8;

/**
 * The longest wait for escaped processes to end by themselves, in milliseconds.
 */
const ESCAPE_MS = 250;

/** When `SIGKILL` is due. */
interface Deadline {
  /** The time, in milliseconds of the kernel's `now()`. */
  readonly at: number;
  /** Whether a request, and not an option, states the grace period. */
  readonly explicit: boolean;
}

/** What one look at the session of a run shows. */
interface Look {
  /** The process table. */
  readonly table: Table;
  /** The processes of the session. */
  readonly members: readonly ProcessEntry[];
  /** Whether the table can lack a process of the session. */
  readonly doubtful: boolean;
}

/** Ends one run, with everything in its session. */
export class Ending {
  /** Resolves to the outcome, within a limited time. Never rejects. */
  readonly done: Promise<StopOutcome>;
  readonly #run: Run;
  readonly #table: ProcessTable;
  readonly #kernel: Kernel;
  readonly #tell: (asked: Asked) => void;
  readonly #delivery: Delivery;
  readonly #commands: StopCommands;
  /** The processes that have left the session, by process ID. */
  readonly #departed = new Map<number, ProcessEntry>();
  /** Aborted when it is time for `SIGKILL`. */
  readonly #patience = new AbortController();
  #deadline: Deadline = { at: Infinity, explicit: false };
  /** Ends the wait for the deadline. */
  #timer = new AbortController();
  #lastLook: Look | undefined;
  /** Whether a look has found a process other than the child in the session. */
  #crowded = false;
  /** Whether the ending is over, so that it sends no more signals. */
  #over = false;

  /**
   * Begins to end a run.
   *
   * @param run The run.
   * @param request How the run is asked to end.
   * @param table The process table.
   * @param kernel The clock.
   * @param tell Called after each request, and after each signal that follows
   * later.
   * @param command Starts the command of a request; without it, the signal is
   * sent.
   */
  constructor(
    run: Run,
    request: StopRequest,
    table: ProcessTable,
    kernel: Kernel,
    tell: (asked: Asked) => void = () => {},
    command?: StartCommand,
  ) {
    this.#run = run;
    this.#table = table;
    this.#kernel = kernel;
    this.#tell = tell;
    this.#delivery = new Delivery(run, kernel);
    this.#commands = new StopCommands(kernel, command);
    this.done = this.#descend(request);
  }

  /** When `SIGKILL` is sent, in milliseconds since the epoch. */
  get killAt(): number {
    return this.#kernel.time() + this.#deadline.at - this.#kernel.now();
  }

  /** Whether a signal has reached a process. */
  get effective(): boolean {
    return this.#delivery.effective;
  }

  /**
   * Adds a request. Its signal is sent unless it has been sent already.
   * `SIGKILL` is sent at the earliest deadline of all requests. Once a request
   * states its grace period, only the deadlines of such requests count.
   */
  ask(request: StopRequest): void {
    // A look finds the other groups of the session, and sends them the signal.
    if (!this.#over && this.#take(request)) this.#look();
  }

  /** Adds a request; returns whether this call has sent its signal. */
  #take(request: StopRequest): boolean {
    const kill = request.signal === "SIGKILL";
    const now = this.#kernel.now();
    const deadline: Deadline = {
      at: now + (kill ? 0 : request.gracePeriodMs),
      explicit: kill || request.explicit,
    };
    // Once `SIGKILL` has been sent, there is nothing to wait for.
    const counts = !this.#patience.signal.aborted &&
      precedes(deadline, this.#deadline);
    // The signal comes first: Deno takes milliseconds to set its first timer.
    const sent = (!counts || deadline.at > now) && this.#begin(request);
    if (counts) this.#wait(deadline);
    this.#tellAsked();
    return sent;
  }

  /**
   * Starts the command of a request, or sends its signal; returns whether this
   * call has sent the signal.
   */
  #begin(request: StopRequest): boolean {
    if (this.#patience.signal.aborted) return false;
    const failed = () => {
      if (!this.#over && this.#send(request)) this.#look();
    };
    const commanded = this.#run.alive && this.#commands.run(request, failed);
    return !commanded && this.#send(request);
  }

  /** Sends the signal of a request, unless it has been sent already. */
  #send(request: StopRequest): boolean {
    if (this.#patience.signal.aborted) return false;
    if (!this.#delivery.add(request)) return false;
    this.#delivery.send([this.#run.pid]);
    return true;
  }

  /** Begins to wait for a deadline, instead of the previous one. */
  #wait(deadline: Deadline): void {
    this.#deadline = deadline;
    this.#timer.abort();
    this.#timer = new AbortController();
    const { signal } = this.#timer;
    const ms = deadline.at - this.#kernel.now();
    if (ms <= 0) return this.#patience.abort();
    this.#kernel.delay(ms, { signal }).then(() => {
      if (!signal.aborted) this.#patience.abort();
    });
  }

  /**
   * Asks the run to end, waits until nothing of it is left, kills what is left
   * at the deadline, and reports what happened.
   */
  async #descend(request: StopRequest): Promise<StopOutcome> {
    this.#take(request);
    const patience = this.#patience.signal;
    const obeyed = !patience.aborted && await this.#emptied(patience);
    const commanded = this.#commands.over(patience);
    const empty = obeyed || await this.#killed();
    await commanded;
    this.#timer.abort();
    this.#over = true;
    const now = this.#kernel.now();
    const steps = this.#delivery.stepsUntil(now, this.#commands.ended);
    const escaped = await this.#escaped();
    const survivors = empty ? [] : await this.#survivors();
    return { steps, forced: !obeyed, survivors, escaped };
  }

  /**
   * Waits until nothing of the run is left; returns `false` if `until` is
   * aborted first.
   */
  async #emptied(until: AbortSignal): Promise<boolean> {
    const run = this.#run;
    if (run.alive) {
      // The child can be waiting for processes in other groups, so look for
      // them now.
      if (run.group) this.#look();
      await untilAborted(run.status, until);
      if (run.alive) return false;
    }
    if (!run.group) return true;
    // If only the child was asked to end, its group gets the signal now.
    if (!this.#patience.signal.aborted) {
      for (const each of this.#commands.requests) this.#delivery.add(each);
    }
    if (this.#delivery.send([run.pid])) this.#tellAsked();
    return await this.#sessionEmptied(until);
  }

  /**
   * Waits until the session of a child that has ended is empty; returns `false`
   * if `until` is aborted first. The system does not report when a session
   * becomes empty, so this method polls. It often checks whether the child's
   * group is left, which is cheap, and reads the process table less often.
   */
  async #sessionEmptied(until: AbortSignal): Promise<boolean> {
    const run = this.#run;
    const proof = new Proof();
    let pauseMs = 1;
    let waitedMs = 0;
    let lookAtMs = FIRST_LOOK_MS;
    let groupLeft = true;
    while (true) {
      const vanished = groupLeft && !run.groupLeft();
      if (vanished) groupLeft = false;
      if (vanished || waitedMs >= lookAtMs) {
        const look = await untilAborted(this.#look(), until);
        if (proof.completedBy(look, this.#crowded)) break;
        if (until.aborted) return false;
        // Without a table, the group is all that can be checked.
        if (look === undefined && !run.groupLeft()) break;
        // A session that seems empty is checked again after the next pause.
        lookAtMs = look?.members.length === 0 ? waitedMs : waitedMs +
          Math.max(pauseMs, Math.min(waitedMs, LONGEST_LOOK_PAUSE_MS));
      }
      await this.#kernel.delay(pauseMs, { signal: until });
      if (until.aborted) return false;
      waitedMs += pauseMs;
      pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
    }
    run.groupEnded();
    return true;
  }

  /**
   * Sends `SIGKILL` to everything; returns whether nothing is left after that.
   */
  async #killed(): Promise<boolean> {
    this.#patience.abort();
    this.#delivery.kill();
    const limit = new AbortController();
    this.#kernel.delay(KILL_WAIT_MS, { signal: limit.signal })
      .then(() => limit.abort());
    const empty = await this.#emptied(limit.signal);
    limit.abort();
    return empty;
  }

  /** Waits for escaped processes to end, and lists those still alive. */
  async #escaped(): Promise<EscapedProcess[]> {
    const departed = this.#departed;
    const latest = this.#kernel.now() + ESCAPE_MS;
    let pauseMs = 1;
    while (departed.size > 0) {
      const table = await this.#table.look();
      for (const entry of departed.values()) {
        if (!isIn(entry, table)) departed.delete(entry.pid);
      }
      if (departed.size === 0 || this.#kernel.now() > latest) break;
      await this.#kernel.delay(pauseMs);
      pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
    }
    return Array.from(departed.values(), ({ pid, name }) => ({ pid, name }));
  }

  /** Lists the processes of the run that are left. */
  async #survivors(): Promise<number[]> {
    const run = this.#run;
    const own = run.groupLeft() ? [run.pid] : [];
    const table = run.group ? await this.#table.look() : undefined;
    if (table === undefined) return own;
    const members = table.session(run.pid).map(({ pid }) => pid);
    // The table can lack a child whose end has not been reported yet.
    return members.length > 0 || !run.alive ? members : own;
  }

  /**
   * Looks at the session, and sends each group in it the signals that the group
   * has not received yet.
   *
   * @returns The look; `undefined` if the table cannot be read, or the ending
   * sends no more signals.
   */
  async #look(): Promise<Look | undefined> {
    const table = await this.#table.look();
    if (table === undefined || this.#over) return undefined;
    const { pid } = this.#run;
    for (const entry of table.departed(pid)) {
      this.#departed.set(entry.pid, entry);
    }
    const members = table.session(pid);
    if (members.some((entry) => entry.pid !== pid)) this.#crowded = true;
    const last = this.#lastLook;
    // Two looks at the same time share a table. It cannot be compared with
    // itself.
    const doubtful = table === last?.table
      ? last.doubtful
      : table.doubtful(pid, last?.table);
    this.#lastLook = { table, members, doubtful };
    const groups = new Set(members.map(({ group }) => group));
    if (this.#patience.signal.aborted) this.#delivery.kill(groups);
    else if (this.#delivery.send(groups, members)) this.#tellAsked();
    return this.#lastLook;
  }

  /** Reports what the last request has asked to end, and how. */
  #tellAsked(): void {
    // Until then, the guard has to send the signal itself.
    if (!this.#delivery.begun && !this.#patience.signal.aborted) return;
    this.#tell({ ...this.#delivery.asked, killAt: this.killAt });
  }
}

/** Counts looks at a session until they prove that it is empty. */
class Proof {
  #empty = 0;
  #doubts = 0;

  /** Adds a look; returns whether the proof is complete. */
  completedBy(look: Look | undefined, crowded: boolean): boolean {
    if (look?.members.length !== 0) {
      this.#empty = this.#doubts = 0;
      return false;
    }
    // On a busy machine every look can be doubtful, so the later ones count.
    if (!look.doubtful || ++this.#doubts > DOUBTS) this.#empty++;
    // One look can miss a process that starts during it, but two cannot.
    return this.#empty === (crowded ? 2 : 1);
  }
}

/** Returns whether a deadline replaces the current one. */
function precedes(next: Deadline, present: Deadline): boolean {
  return next.explicit === present.explicit
    ? next.at < present.at
    : next.explicit;
}

/** Returns whether a table holds this process, not another one with its ID. */
function isIn(entry: ProcessEntry, table: Table | undefined): boolean {
  return table?.processes.get(entry.pid)?.startedAt === entry.startedAt;
}
