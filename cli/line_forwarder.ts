/**
 * Sends the lines of processes to journald and to syslog.
 *
 * @module
 */

import type { Line, Process } from "../mod.ts";
import type { Attendant, Attending } from "./attendant.ts";
import { connectTo } from "./line_connections.ts";
import { messageOf } from "./line_message.ts";
import { LineQueue } from "./line_queue.ts";
import { targetsOf, targetText } from "./line_target.ts";
import type { ResolvedConfig } from "./resolved.ts";

/** Where the lines of a process go. */
interface Outlet {
  /** The targets as JSON, to find out whether they have changed. */
  readonly key: string;
  readonly queues: readonly LineQueue[];
}

/** Sends the lines of processes to where a configuration says. */
export class LineForwarder implements Attendant {
  readonly #attending: Attending;
  readonly #journal: string | undefined;
  #processes: ResolvedConfig["processes"] = {};
  /** The outlets of processes that have written something, by their names. */
  readonly #outlets = new Map<string, Outlet>();
  /** Resolves when all lines of a process so far have been taken. */
  readonly #followed = new WeakMap<Process, Promise<void>>();
  readonly #following = new Set<Promise<void>>();
  /** The process IDs of runs, by the name of the process and the run. */
  readonly #pids = new Map<string, Map<number, number>>();
  /** Queues that are being closed. */
  readonly #closing = new Set<Promise<void>>();
  readonly #all: Promise<void>;

  /** Creates one that sends nothing yet; tests have another journal. */
  constructor(attending: Attending, journal?: string) {
    this.#attending = attending;
    this.#journal = journal;
    this.#all = this.#follow();
    for (const process of attending.pm) {
      const { name, pid, state } = process;
      if (pid === undefined) continue;
      if (state.kind === "running") this.#note(name, state.run, pid);
      // What it has written before is not news.
      this.#read(process, false);
    }
  }

  /** Takes a configuration, also for processes that run. */
  configure({ processes }: ResolvedConfig): void {
    this.#processes = processes;
    for (const [name, outlet] of this.#outlets) {
      if (outlet.key !== this.#keyOf(name)) this.#close(name, outlet);
    }
  }

  /** Sends what is left, for a while. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#all;
    await Promise.all(this.#following);
    for (const [name, outlet] of this.#outlets) this.#close(name, outlet);
    await Promise.all(this.#closing);
  }

  async #follow(): Promise<void> {
    const { pm } = this.#attending;
    for await (const event of pm.events()) {
      if (event.kind !== "start") continue;
      const { name, run, pid } = event;
      const process = pm.get(name);
      if (process === undefined) continue;
      if (run === 1) this.#pids.delete(name);
      this.#note(name, run, pid);
      // The lines of a process end with its last run, unless it starts again.
      if (run === 1 || !this.#followed.has(process)) this.#read(process, true);
    }
  }

  #note(name: string, run: number, pid: number): void {
    const pids = this.#pids.get(name) ?? new Map<number, number>();
    pids.set(run, pid);
    for (const each of pids.keys()) if (each < run - 1) pids.delete(each);
    this.#pids.set(name, pids);
  }

  /** Takes all lines of the present life of a process, as fast as it can. */
  #read(process: Process, buffered: boolean): void {
    const before = this.#followed.get(process) ?? Promise.resolve();
    const batches = process.lines({ buffered }).batches();
    const following = before.then(async () => {
      for await (const lines of batches) this.#take(process.name, lines);
      this.#following.delete(following);
    });
    this.#followed.set(process, following);
    this.#following.add(following);
  }

  #take(name: string, lines: readonly Line[]): void {
    const queues = this.#queuesOf(name);
    if (queues.length === 0) return;
    const pids = this.#pids.get(name);
    for (const line of lines) {
      const message = messageOf(line, pids?.get(line.run));
      for (const queue of queues) queue.add(message);
    }
  }

  #queuesOf(name: string): readonly LineQueue[] {
    const known = this.#outlets.get(name);
    if (known !== undefined) return known.queues;
    const { pm: { clock }, logger } = this.#attending;
    const queues = targetsOf(name, this.#entryOf(name)).map((target) =>
      new LineQueue({
        what: `the output of "${name}" to ${targetText(target)}`,
        connect: () => connectTo(target, this.#journal),
        clock,
        logger,
      })
    );
    this.#outlets.set(name, { key: this.#keyOf(name), queues });
    return queues;
  }

  #keyOf(name: string): string {
    return JSON.stringify(targetsOf(name, this.#entryOf(name)));
  }

  /** Returns what the configuration says about a process or its entry. */
  #entryOf(name: string): Readonly<Record<string, unknown>> {
    return this.#processes[name] ??
      this.#processes[name.replace(/\.\d+$/, "")] ?? {};
  }

  #close(name: string, { queues }: Outlet): void {
    this.#outlets.delete(name);
    const closed = Promise.all(queues.map((queue) => queue.close()))
      .then(() => void this.#closing.delete(closed));
    this.#closing.add(closed);
  }
}
