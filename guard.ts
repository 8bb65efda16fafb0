/**
 * The orphan guard: ends the processes that this program started when the
 * program ends without ending them, for example after an uncaught error, on
 * `SIGKILL` or when it runs out of memory.
 *
 * @module
 */

import { afterReactions } from "./abortable.ts";
import { messageOf } from "./foreign.ts";
import { type Briefing, GuardProcess } from "./guard_process.ts";
import { scriptName } from "./guard_script.ts";
import type { Clock } from "./kernel.ts";
import type { Run } from "./run.ts";
import { signalNumber } from "./signals.ts";
import type { Asked } from "./stop.ts";

/** The maximum length of all arguments of a guard process, in characters. */
const MAX_ARGUMENTS = 1_048_576;

/**
 * A guard process that lives no longer than this has failed, in milliseconds:
 * the next one is likely to end as early.
 */
const EARLY_MS = 1_000;

/** The number of failures in a row after which no guard process is started. */
const MAX_FAILURES = 3;

/** The longest grace period in the script, in seconds: three years. */
const MAX_GRACE_PERIOD = 100_000_000;

/** Whether this is a Worker, which another thread can end. */
const IN_WORKER = "DedicatedWorkerGlobalScope" in globalThis;

/** How the guard ends a run. */
export interface GuardInfo {
  /** The name of the process. */
  name: string;
  /** The signal that asks it to end. */
  signal: Deno.Signal;
  /** The grace period in milliseconds. */
  gracePeriodMs: number;
  /** What gets the signal first: the whole run, or its leader alone. */
  to: "group" | "leader";
  /** What asks it to end instead of the signal; the guard cannot run it. */
  command?: readonly string[] | undefined;
  /** The outputs that this program reads: 1, 2 or both. */
  streams: readonly number[];
}

/** Options for {@linkcode Guard}. */
export interface GuardOptions {
  /**
   * The absolute path of a file to which the guard appends a line for each run
   * that it ends.
   */
  log?: string | undefined;
}

/** What a guard process knows about a run. */
interface Entry extends GuardInfo {
  /** The number of the entry, because the system can reuse a process ID. */
  readonly serial: number;
  /**
   * When this program sent the signal, in seconds since the epoch; 0 if it has
   * not.
   */
  asked: number;
  /** The groups that this program sent the signal to. */
  sent: readonly number[];
}

/**
 * Watches over the runs of a manager, from its own process.
 *
 * At an uncaught error, Deno kills the children that keep this program alive.
 * So while there are runs, a message channel keeps the program alive, and the
 * children do not.
 *
 * A guard process receives all runs when it starts, as arguments if they fit,
 * and acts only when its input ends. So the guard can kill and replace one that
 * has not read everything: two guard processes never act on the same run.
 */
export class Guard {
  readonly #clock: Clock;
  readonly #warn: (message: string) => void;
  readonly #log: string | undefined;
  readonly #entries = new Map<Run, Entry>();
  /** The runs whose children have not ended. */
  readonly #awake = new Set<Run>();
  /**
   * The guard processes that have been killed and whose end is not reported
   * yet.
   */
  readonly #replaced = new Set<Deno.ChildProcess>();
  /** The current guard process; set while there is one. */
  #process: GuardProcess | undefined;
  /** Keeps this program alive instead of the children, while it is set. */
  #channel: MessageChannel | undefined;
  #serial = 0;
  /** The number of failures in a row. */
  #failures = 0;
  /** How many calls of `leave()` are in effect. */
  #leaving = 0;
  /** Whether the guard is closed. A closed guard starts no process. */
  #closed = false;

  /**
   * Creates a guard, which starts its process with the first run.
   *
   * @param clock The clock.
   * @param warn Called with a message if the guard does not work.
   * @param options Where the guard logs what it ends.
   */
  constructor(
    clock: Clock,
    warn: (message: string) => void,
    { log }: GuardOptions = {},
  ) {
    this.#clock = clock;
    this.#warn = warn;
    this.#log = log;
  }

  /** The process ID of the guard process, while there is one. */
  get pid(): number | undefined {
    return this.#process?.child.pid;
  }

  /** Begins to watch over a run. */
  watch(run: Run, info: GuardInfo): void {
    const entry = { ...info, serial: ++this.#serial, asked: 0, sent: [] };
    this.#entries.set(run, entry);
    this.#awake.add(run);
    const present = this.#process;
    // A Worker can be ended at any time, and no event announces it.
    if (present === undefined || IN_WORKER || this.#leaving > 0) this.#start();
    // A guard process that has just been started knows the run already.
    if (present === undefined || this.#process !== present) return;
    this.#keepAlive(run);
    present.untold.add(run);
    present.add(this.#line(run, entry));
    this.#send();
  }

  /**
   * Records that this program has sent a signal to a run, so that the guard
   * process does not send it again.
   */
  asked(run: Run, { signal, to, groups, killAt }: Asked): void {
    const entry = this.#entries.get(run);
    if (entry === undefined) return;
    const now = this.#clock.time();
    entry.to = to;
    entry.signal = signal;
    entry.gracePeriodMs = killAt - now;
    entry.asked = Math.ceil(now / 1_000);
    entry.sent = groups;
    if (this.#leaving > 0) return void this.#start();
    this.#sendSoon(this.#line(run, entry));
    if (IN_WORKER) this.#secureSoon();
  }

  /** Changes how the guard ends a run that has not been asked to end. */
  update(run: Run, info: GuardInfo): void {
    const entry = this.#entries.get(run);
    if (entry === undefined) return;
    Object.assign(entry, info);
    if (this.#leaving > 0) this.#start();
    else this.#sendSoon(this.#line(run, entry));
  }

  /**
   * Records that the child of a run has ended and no longer keeps this program
   * alive.
   */
  childEnded(run: Run): void {
    if (this.#awake.delete(run)) this.#sendSoon("");
  }

  /**
   * Stops watching over a run, because the system can now give its process ID
   * to another process.
   */
  forget(run: Run): void {
    const entry = this.#entries.get(run);
    if (entry === undefined) return;
    this.#entries.delete(run);
    this.#awake.delete(run);
    this.#process?.untold.delete(run);
    // If another run starts at once, its entry is sent together with this line.
    this.#sendSoon(`- ${entry.serial}\n`);
  }

  /**
   * Makes sure, without waiting, that a guard process knows the current state
   * of all runs, in case this program is about to end. If there are runs, this
   * always starts another guard process: the current one can have died without
   * reading everything.
   *
   * @returns The runs that the guard process still does not know.
   */
  secure(): Run[] {
    if (this.#entries.size > 0) return this.#start();
    this.#drop();
    return [];
  }

  /**
   * Announces that this program is about to end, perhaps with this turn of the
   * event loop. From now on, a guard process receives every run and every
   * request at once.
   */
  leave(): void {
    this.#leaving++;
  }

  /**
   * Prepares for the end of this program by an uncaught error. If the guard
   * process does not know a run, this method sends the run its signal. If
   * another listener handles the error, the program and the guard continue.
   */
  prepareForEnd(): void {
    this.leave();
    this.#clock.delay(1, { persistent: false }).then(() => this.#leaving--);
    for (const run of this.secure()) {
      const { signal = "SIGTERM" } = this.#entries.get(run) ?? {};
      run.trySignalGroup(signal, run.pid);
    }
  }

  /** Makes the guard kill all runs when this program has ended. */
  killAll(): void {
    for (const entry of this.#entries.values()) {
      Object.assign(entry, { signal: "SIGKILL", gracePeriodMs: 0, asked: 0 });
    }
    this.secure();
  }

  /** Kills the guard process before it can end a run. No other one starts. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#letEnd();
    this.#drop();
    await Promise.all([...this.#replaced].map((child) => {
      child.ref();
      return child.status;
    }));
  }

  /**
   * Starts a guard process, which replaces any other.
   *
   * @returns The runs that the guard process does not know yet.
   */
  #start(): Run[] {
    const process = this.#spawn();
    if (process === undefined) {
      return [...this.#process?.untold ?? this.#entries.keys()];
    }
    const untold = [...process.untold];
    this.#drop();
    this.#process = process;
    for (const run of this.#awake) this.#keepAlive(run);
    this.#send();
    const startedAt = this.#clock.now();
    process.child.status.then(() =>
      this.#ended(process, this.#clock.now() - startedAt)
    );
    return untold;
  }

  /**
   * Spawns a guard process; `undefined` if that fails, has failed too often, or
   * the guard is closed.
   */
  #spawn(): GuardProcess | undefined {
    if (this.#failures === MAX_FAILURES || this.#closed) return undefined;
    try {
      return new GuardProcess(this.#briefing(), this.#log);
    } catch (error) {
      this.#failed(messageOf(error));
      return undefined;
    }
  }

  /** Returns the entries as arguments, and those that do not fit as input. */
  #briefing(): Briefing {
    const args: string[] = [];
    const untold: Run[] = [];
    let rest = "";
    let length = 0;
    for (const [run, entry] of this.#entries) {
      const line = this.#line(run, entry);
      length += line.length;
      if (length > MAX_ARGUMENTS) {
        untold.push(run);
        rest += line;
      } else args.push(line.trimEnd());
    }
    return { args, rest, untold };
  }

  /** Returns an entry as a line for the script of the guard. */
  #line(run: Run, entry: Entry): string {
    const { serial, name, signal, gracePeriodMs, to, asked, sent, streams } =
      entry;
    const mode = run.group ? to === "leader" ? "l" : "g" : "p";
    const gracePeriod = Math.ceil(Math.max(gracePeriodMs, 0) / 1_000);
    return [
      "+",
      serial,
      run.pid,
      mode,
      signalNumber(signal),
      Math.min(gracePeriod, MAX_GRACE_PERIOD),
      asked,
      sent.join(",") || 0,
      streams.join("") || 0,
      this.#log === undefined ? '""' : scriptName(name),
    ].join(" ") + "\n";
  }

  /** Keeps this program alive instead of the child of a run. */
  #keepAlive(run: Run): void {
    if (this.#channel === undefined) {
      this.#channel = new MessageChannel();
      this.#channel.port1.onmessage = () => {};
    }
    run.child.unref();
  }

  /** Stops keeping this program alive. */
  #letEnd(): void {
    this.#channel?.port1.close();
    this.#channel?.port2.close();
    this.#channel = undefined;
  }

  /** Kills the guard process, if there is one, so that it ends no run. */
  #drop(): void {
    const process = this.#process;
    if (process === undefined) return;
    const { child } = process;
    this.#process = undefined;
    this.#replaced.add(child);
    child.status.then(() => this.#replaced.delete(child));
    process.kill();
  }

  /** Replaces a guard process that ended by itself. */
  #ended(process: GuardProcess, livedMs: number): void {
    if (this.#process !== process) return;
    this.#drop();
    for (const run of this.#entries.keys()) run.child.ref();
    this.#letEnd();
    if (livedMs > EARLY_MS) this.#failures = 0;
    else this.#failed("its shell exits repeatedly");
    if (this.#entries.size > 0) this.#start();
  }

  /** Counts a failure, and warns if it is the last one. */
  #failed(why: string): void {
    this.#failures++;
    if (this.#failures < MAX_FAILURES) return;
    this.#warn(
      `The orphan guard does not work, so processes are left behind if this program is killed: ${why}`,
    );
  }

  /** Sends a line together with all others of this turn of the event loop. */
  #sendSoon(line: string): void {
    this.#process?.add(line);
    afterReactions().then(() => {
      if (this.#awake.size === 0) this.#letEnd();
      this.#send();
    });
  }

  /**
   * Replaces the guard process if it is still behind at the end of this turn.
   */
  async #secureSoon(): Promise<void> {
    await afterReactions();
    if (this.#process?.behind) this.secure();
  }

  /** Sends what has been added; replaces a guard process that does not read. */
  #send(): void {
    const process = this.#process;
    if (process?.stuck) {
      this.#start();
      if (this.#process === process) this.#drop();
    }
    this.#process?.flush();
  }
}
