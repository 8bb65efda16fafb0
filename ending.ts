/**
 * The way down of one run: a signal to its session, a grace period, `SIGKILL`,
 * and the proof that nothing is left.
 *
 * @module
 */

import { delay } from "@std/async/delay";
import type { ProcessTable, Table, TableEntry } from "./process_table.ts";
import type { Run, Sent } from "./run.ts";
import type {
  Asked,
  EscapedProcess,
  StopOutcome,
  StopRequest,
} from "./stop.ts";
import { before } from "./abortable.ts";

/** How long `SIGKILL` may take to have its effect, in milliseconds. */
export const KILL_WAIT_MS = 5_000;

/** The longest time that a timer can run, in milliseconds: 24 days. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** The longest pause between two looks at a group, in milliseconds. */
const LONGEST_PAUSE_MS = 64;

/** When the process table is first read if the group has not vanished by then. */
const FIRST_LOOK_MS = 15;

/** The longest pause between two readings of the process table. */
const LONGEST_LOOK_PAUSE_MS = 512;

/** How many looks that leave a doubt are enough to call a session empty. */
const DOUBTS = 8;

/** How long what has escaped may take to end by itself, in milliseconds. */
const ESCAPE_MS = 250;

/** In place of a group: the child alone. */
const CHILD = 0;

/** One run being ended, with everything in its session. */
export class Ending {
  /** The outcome; never rejects and is bounded in time. */
  readonly done: Promise<StopOutcome>;
  readonly #run: Run;
  readonly #table: ProcessTable;
  readonly #tell: (asked: Asked) => void;
  readonly #requests: StopRequest[] = [];
  readonly #steps: Sent[] = [];
  /** The signals that have been sent to each group, process, or the child. */
  readonly #sent = new Map<number, Set<Deno.Signal>>();
  /** The signals that go to each process in the group of the child by itself. */
  readonly #singly = new Set<Deno.Signal>();
  /** What was seen to have left the session, by process ID. */
  readonly #departed = new Map<number, TableEntry>();
  readonly #patience = new AbortController();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #killAt = Infinity;
  #final = false;
  /** Whether there was more in the session than the child. */
  #crowded = false;
  /** What the last look saw, and whether it can have missed something. */
  #seen: Table | undefined;
  #doubt = false;
  #over = false;

  /** Begins to end a run; `tell` is called each time after signals were sent. */
  constructor(
    run: Run,
    request: StopRequest,
    table: ProcessTable,
    tell: (asked: Asked) => void = () => {},
  ) {
    this.#run = run;
    this.#table = table;
    this.#tell = tell;
    const { asked } = run;
    if (asked) {
      this.#sent.set(CHILD, new Set([asked.signal]));
      this.#steps.push(asked);
    }
    this.ask(request);
    this.done = this.#descend();
  }

  /** When `SIGKILL` is sent, in milliseconds since the epoch. */
  get killAt(): number {
    return Date.now() + this.#killAt - performance.now();
  }

  /** Whether a signal has reached anything. */
  get effective(): boolean {
    return this.#steps.length > 0;
  }

  /**
   * Takes one more request. Its signal is sent unless it has been sent already.
   * `SIGKILL` comes at the earliest deadline of all requests; but a request that
   * does not say its grace period has no part in that beside one that does.
   */
  ask(request: StopRequest): void {
    if (this.#over) return;
    const kill = request.signal === "SIGKILL";
    const final = kill || request.final;
    const now = performance.now();
    const killAt = now + (kill ? 0 : request.gracePeriodMs);
    const counts = final && !this.#final ||
      final === this.#final && killAt < this.#killAt;
    this.#final ||= final;
    // The signal comes first: the first timer of a program takes Deno a while.
    if (!counts || killAt > now) this.#send(request);
    if (counts) this.#setKillAt(killAt);
    this.#tellAsked();
  }

  /** Tells who has been asked, and how, by the last request. */
  #tellAsked(): void {
    const { signal } = this.#requests.at(-1) ?? { signal: "SIGKILL" };
    const groups = [...this.#sent].flatMap(([target, signals]) =>
      target > 0 && signals.has(signal) ? [target] : []
    );
    const singly = this.#singly.has(signal);
    if (singly) groups.push(this.#run.pid);
    // Of a group in which the child alone has had the signal, the rest can wait.
    const all = this.#requests.some(({ to }) => to === "group") &&
      (singly || !this.#sent.get(CHILD)?.has(signal));
    const to = all ? "group" : "leader";
    this.#tell({ signal, to, groups, killAt: this.killAt });
  }

  /** Sends the signal of a request, unless it has been sent already. */
  #send(request: StopRequest): void {
    if (this.#patience.signal.aborted) return;
    const known = this.#requests.some(({ signal, to }) =>
      signal === request.signal && (to === request.to || to === "group")
    );
    if (known) return;
    this.#requests.push(request);
    this.#deliver([this.#run.pid]);
    // What is in other groups is found by the looks that follow the first.
    if (this.#requests.length > 1) this.#look();
  }

  #setKillAt(killAt: number): void {
    this.#killAt = killAt;
    if (this.#timer !== undefined) clearTimeout(this.#timer);
    const ms = killAt - performance.now();
    if (ms <= 0) return this.#patience.abort();
    this.#timer = ms > LONGEST_TIMER_MS
      ? setTimeout(() => this.#setKillAt(killAt), LONGEST_TIMER_MS)
      : setTimeout(() => this.#patience.abort(), ms);
  }

  async #descend(): Promise<StopOutcome> {
    const patience = this.#patience.signal;
    let over = !patience.aborted && await this.#emptied(patience);
    if (this.#timer !== undefined) clearTimeout(this.#timer);
    const forced = !over;
    if (forced) {
      this.#patience.abort();
      this.#kill([]);
      const limit = new AbortController();
      const timer = setTimeout(() => limit.abort(), KILL_WAIT_MS);
      over = await this.#emptied(limit.signal);
      clearTimeout(timer);
    }
    this.#over = true;
    const end = performance.now();
    const escaped = await this.#escaped();
    const steps = this.#steps.map(({ signal, at }, i) => ({
      signal,
      durationMs: (this.#steps[i + 1]?.at ?? end) - at,
    }));
    const left = over ? [] : await this.#left();
    return { steps, forced, survivors: left, escaped };
  }

  /** Waits until the session is empty; `false` if it gives up first. */
  async #emptied(until: AbortSignal): Promise<boolean> {
    const run = this.#run;
    if (run.alive) {
      // What is in other groups is found now, while the child may wait for it.
      if (run.group) this.#look();
      await before(run.status, until);
      if (run.alive) return false;
    }
    if (!run.group) return true;
    if (this.#deliver([run.pid])) this.#tellAsked();

    // Nothing tells when a session is empty, so this looks again and again.
    let pauseMs = 1;
    let waitedMs = 0;
    let lookAtMs = FIRST_LOOK_MS;
    let groupLeft = true;
    let empty = 0;
    let doubts = 0;
    while (true) {
      const vanished = groupLeft && !run.groupLeft();
      if (vanished || waitedMs >= lookAtMs) {
        if (vanished) groupLeft = false;
        const left = await before(this.#look(), until);
        if (left !== 0) empty = doubts = 0;
        // A child may be born while its parent ends, look after look.
        else if (!this.#doubt || ++doubts > DOUBTS) empty++;
        // What is born during a look may be missing from it, but not twice.
        if (empty === (this.#crowded ? 2 : 1)) break;
        if (until.aborted) return false;
        if (left === undefined && !run.groupLeft()) break;
        lookAtMs = left === 0 ? waitedMs : waitedMs +
          Math.max(pauseMs, Math.min(waitedMs, LONGEST_LOOK_PAUSE_MS));
      }
      await delay(pauseMs, { signal: until }).catch(() => {});
      if (until.aborted) return false;
      waitedMs += pauseMs;
      pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
    }
    run.groupEnded();
    return true;
  }

  /**
   * Looks at the session, and sends the groups that it finds what they have not
   * been sent yet.
   *
   * @returns How many processes there are; `undefined` if it cannot be seen.
   */
  async #look(): Promise<number | undefined> {
    const table = await this.#table.look();
    if (table === undefined) return undefined;
    if (this.#over) return 0;
    const { pid } = this.#run;
    for (const entry of table.departed(pid)) {
      this.#departed.set(entry.pid, entry);
    }
    const members = table.session(pid);
    this.#doubt = table.doubtful(pid, this.#seen);
    this.#seen = table;
    const groups = new Set(members.map(({ group }) => group));
    if (members.some((entry) => entry.pid !== pid)) this.#crowded = true;
    if (this.#patience.signal.aborted) this.#kill(groups);
    else if (this.#deliver(groups, members)) this.#tellAsked();
    return members.length;
  }

  /**
   * Sends groups, or the child alone, the signals that are due, each once. What
   * shares its group with a child that has had one already gets it by itself.
   *
   * @returns Whether a group was sent one.
   */
  #deliver(
    groups: Iterable<number>,
    members: readonly TableEntry[] = [],
  ): boolean {
    const run = this.#run;
    let news = false;
    for (const { signal, to } of this.#requests) {
      if (run.alive && (to === "leader" || !run.group)) {
        this.#once(CHILD, signal, () => run.trySignal(signal));
      } else if (run.group) {
        const alone = this.#singly.has(signal) ||
          run.alive && this.#sent.get(CHILD)?.has(signal);
        for (const group of groups) {
          if (alone && group === run.pid) continue;
          const send = () => run.trySignalGroup(signal, group);
          if (this.#once(group, signal, send)) news = true;
        }
        if (!alone) continue;
        if (members.length > 0) this.#singly.add(signal);
        for (const { pid, group } of members) {
          if (group !== run.pid || pid === run.pid) continue;
          const send = () => run.trySignalMember(signal, pid);
          if (this.#once(-pid, signal, send)) news = true;
        }
      }
    }
    return news;
  }

  /** Sends a signal to a target unless it has been sent; tells whether it was. */
  #once(target: number, signal: Deno.Signal, send: () => boolean): boolean {
    const sent = this.#sent.get(target) ?? new Set();
    if (sent.has(signal)) return false;
    this.#sent.set(target, sent.add(signal));
    this.#note(signal, send());
    return true;
  }

  /** Sends `SIGKILL` to the group of the child, and to others of its session. */
  #kill(groups: Iterable<number>): void {
    const run = this.#run;
    let reached = false;
    for (const group of new Set([run.pid, ...groups])) {
      reached = run.trySignalGroup("SIGKILL", group) || reached;
    }
    this.#note("SIGKILL", reached);
  }

  /** Notes that a signal was sent. */
  #note(signal: Deno.Signal, reached: boolean): void {
    if (!reached || this.#steps.some((step) => step.signal === signal)) return;
    this.#steps.push({ signal, at: performance.now() });
  }

  /** Tells what has escaped and lives on, after it has had time to end. */
  async #escaped(): Promise<EscapedProcess[]> {
    const latest = performance.now() + ESCAPE_MS;
    let pauseMs = 1;
    while (this.#departed.size > 0) {
      const table = await this.#table.look();
      for (const entry of this.#departed.values()) {
        if (!isThere(entry, table)) this.#departed.delete(entry.pid);
      }
      if (this.#departed.size === 0 || performance.now() > latest) break;
      await delay(pauseMs);
      pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
    }
    return Array.from(
      this.#departed.values(),
      ({ pid, name }) => ({ pid, name }),
    );
  }

  /** Lists what of the run is still there. */
  async #left(): Promise<number[]> {
    const run = this.#run;
    if (!run.group) return run.alive ? [run.pid] : [];
    const table = await this.#table.look();
    if (table === undefined) return run.groupLeft() ? [run.pid] : [];
    return table.session(run.pid).map(({ pid }) => pid);
  }
}

/** Whether a table has a process, and not another one of the same number. */
function isThere(entry: TableEntry, table: Table | undefined): boolean {
  return table?.processes.get(entry.pid)?.startedAt === entry.startedAt;
}
