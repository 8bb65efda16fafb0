/**
 * What a manager does when a signal asks this program to end.
 *
 * @module
 */

import { afterReactions, untilAborted } from "./abortable.ts";
import { ProcessmanClosedError, ReadinessError } from "./errors.ts";
import { call, isA, messageOf, stackOf } from "./foreign.ts";
import type { EventHub } from "./event_hub.ts";
import type { Clock } from "./kernel.ts";
import type { Log } from "./log.ts";
import type { ManagerRules, OnSignal } from "./manager_options.ts";
import type { Outlets } from "./outlets.ts";
import { ProgramExit, type SignalledProgram } from "./program_exit.ts";
import type { RunRegistry } from "./run_registry.ts";
import type { StopReport } from "./stop.ts";
import type { StopOrder } from "./stop_order.ts";

/** Time after the longest grace period until this program has to end. */
const AFTER_GRACE_MS = 5_000;

/** The longest time between the last kill and the end of this program. */
const AFTER_KILL_MS = 1_000;

/**
 * Time for the code of this program to use the last lines and events, in
 * milliseconds. A reader of lines can have something to write, for example.
 */
const REACTION_MS = 50;

/**
 * The longest wait for the log before `onSignal()` is called, and at the
 * deadline, in milliseconds.
 */
const LOG_MS = 250;

/** A process that can be stopped. */
interface Stoppable {
  readonly name: string;
  readonly finished: Promise<unknown>;
  stop(): Promise<StopReport>;
}

/** The part of a manager that is stopped or ended on a signal. */
export interface SignalledManager {
  /** The clock. */
  readonly clock: Clock;
  /** The log. */
  readonly log: Log;
  /** The events. */
  readonly events: EventHub;
  /** The runs that are not over. */
  readonly runs: RunRegistry;
  /** The order in which processes are stopped. */
  readonly order: Pick<
    StopOrder<Stoppable>,
    "end" | "waiting" | "longestMs"
  >;
  /** What has to be delivered before this program ends. */
  readonly outlets: Outlets;
  /** Lists the processes that are running or waiting to run. */
  processes(): readonly Stoppable[];
  /** Rejects commands from now on. */
  refuse(): void;
  /** Stops all processes and frees all resources. */
  shutdown(): Promise<void>;
  /** Kills all processes, and waits for their end. */
  killAll(): Promise<unknown>;
}

/** The schedule of an end, in milliseconds from the signal. */
export interface ExitSchedule {
  /** The latest time at which the stop begins. */
  readonly stopMs: number;
  /** When all remaining processes are killed. */
  readonly killMs: number;
  /** The latest time at which this program ends. */
  readonly endMs: number;
}

/**
 * Divides the time that the end of this program can take. The stop begins early
 * enough for the longest grace period, but not in the first quarter.
 *
 * @param deadlineMs The value of `exitDeadlineMs`, if there is one.
 * @param longestGraceMs How long the stop of all processes can take.
 */
export function exitSchedule(
  deadlineMs: number | undefined,
  longestGraceMs: number,
): ExitSchedule {
  const endMs = deadlineMs ?? longestGraceMs + AFTER_GRACE_MS;
  const killMs = endMs - Math.min(AFTER_KILL_MS, endMs / 4);
  const stopMs = Math.max(killMs - longestGraceMs, endMs / 4);
  return { stopMs, killMs, endMs };
}

/**
 * Prepares a manager for signals and for the end of this program.
 *
 * @param manager The manager.
 * @param rules Its options.
 */
export function programExit(
  manager: SignalledManager,
  rules: ManagerRules,
): ProgramExit {
  const { signals, onSignal, orphans } = rules;
  const { runs, clock } = manager;
  const ends = onSignal !== "stop";
  const joins = rules.kernel === undefined || signals.length > 0;
  const atEnd = orphans === "leave" ? undefined : {
    fail: () => runs.prepareForEnd(),
    unload: () => runs.leave(orphans),
  };
  const end = new SignalEnd(manager, rules);
  return new ProgramExit({ signals, ends, joins }, end, clock, atEnd);
}

/** Stops or ends a manager on a signal. */
export class SignalEnd implements SignalledProgram {
  readonly #manager: SignalledManager;
  readonly #onSignal: OnSignal;
  readonly #deadlineMs: number | undefined;
  /** Resolves when all processes have been stopped; present meanwhile. */
  #stopping: Promise<void> | undefined;

  /** Prepares for a signal. */
  constructor(
    manager: SignalledManager,
    { onSignal, exitDeadlineMs }: ManagerRules,
  ) {
    this.#manager = manager;
    this.#onSignal = onSignal;
    this.#deadlineMs = exitDeadlineMs;
  }

  /** Stops all processes; this program then continues. Never rejects. */
  async stop(signal: Deno.Signal): Promise<void> {
    // This leaves out processes that other listeners for the signal start.
    const processes = this.#manager.processes();
    const names = processes.map(({ name }) => `"${name}"`);
    this.#stopping = this.#stopAll(processes, () => {
      this.#announce(signal, `stopping ${names.join(", ") || "nothing"}`);
    });
    await this.#stopping;
    this.#stopping = undefined;
  }

  /**
   * Ends the manager: drains with `onSignal`, stops all processes, and waits
   * until everything is delivered, or until the deadline. Never rejects.
   */
  async end(signal: Deno.Signal): Promise<void> {
    const manager = this.#manager;
    manager.refuse();
    manager.log.defer();
    const time = exitSchedule(this.#deadlineMs, this.#longestGraceMs());
    const over = new AbortController();
    const due = new AbortController();
    const after = async (ms: number, act: () => void) => {
      await manager.clock.delay(ms, { signal: over.signal });
      if (!over.signal.aborted) act();
    };
    after(time.killMs, () => void manager.killAll().catch(() => {}));
    after(time.endMs, () => due.abort());
    await untilAborted(this.#end(signal, time.stopMs), due.signal);
    over.abort();
    if (due.signal.aborted) await this.#tellCut(signal, time.endMs);
  }

  /** Kills all runs at once, because this program ends. */
  killAll(): void {
    this.#manager.runs.killAll();
  }

  /** Reports an uncaught error while this program ends. Never throws. */
  caught(error: unknown): void {
    // A start-up sequence gets these errors for its next command, or its wait.
    if (isA(error, ProcessmanClosedError)) return;
    if (isA(error, ReadinessError)) return;
    this.#manager.log.write(
      "error",
      `Uncaught error while this program ends: ${stackOf(error)}`,
    );
  }

  async #end(signal: Deno.Signal, stopMs: number): Promise<void> {
    const manager = this.#manager;
    const { outlets } = manager;
    if (typeof this.#onSignal === "function") {
      this.#announce(signal, "calling onSignal()");
      // The function can end this program by itself.
      await this.#logged();
      await this.#drain(this.#onSignal, signal, stopMs);
      await this.#stopAll(manager.processes(), () => {});
    } else await (this.#stopping ?? this.stop(signal));
    await manager.shutdown().catch(() => {});
    await outlets.empty();
    await afterReactions();
    await manager.clock.delay(REACTION_MS);
    outlets.add("the log", manager.log.flush());
    await outlets.empty();
  }

  /** Calls the function of the program, and waits for it until `stopMs`. */
  async #drain(
    drain: (signal: Deno.Signal) => void | Promise<void>,
    signal: Deno.Signal,
    stopMs: number,
  ): Promise<void> {
    const { clock, outlets, log } = this.#manager;
    const over = new AbortController();
    const called = call(drain, signal)
      .catch((error) =>
        log.write("error", `onSignal() failed: ${messageOf(error)}`)
      )
      .finally(() => over.abort());
    outlets.add("onSignal()", called);
    await clock.delay(stopMs, { signal: over.signal });
  }

  /**
   * Stops processes. With `to: "leader"`, the leaders receive their signal
   * first; the rest follows after the handover.
   */
  #stopAll(processes: readonly Stoppable[], then: () => void): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const { runs, order } = this.#manager;
    const waiting = order.waiting(processes);
    runs.askLeaders(
      (name) => waiting.has(name),
      () => resolve(this.#stopNow(processes, then)),
    );
    return promise;
  }

  /** Returns how long the stop of all processes can take. */
  #longestGraceMs(): number {
    const { runs, order, processes } = this.#manager;
    const graces = runs.gracesMs();
    return order.longestMs(processes(), ({ name }) => graces.get(name) ?? 0);
  }

  async #stopNow(
    processes: readonly Stoppable[],
    then: () => void,
  ): Promise<void> {
    // The stop comes first, so that no process waits for the log.
    const { order } = this.#manager;
    const stopped = order.end("stop", processes, (each) => each.stop());
    then();
    try {
      await stopped;
    } catch (error) {
      this.#manager.log.write("error", `${error}`);
    }
  }

  #announce(signal: Deno.Signal, what: string): void {
    const { log, events, clock } = this.#manager;
    log.write("info", `Received ${signal}: ${what}`);
    events.publish({ kind: "signal", signal, time: clock.time() });
  }

  /** Logs what is not finished at the deadline. Never rejects. */
  async #tellCut(signal: Deno.Signal, endMs: number): Promise<void> {
    const { outlets, log, processes } = this.#manager;
    const left = [
      ...processes().map(({ name }) => `process "${name}"`),
      ...outlets.names(),
    ];
    if (left.length === 0) return;
    log.write(
      "error",
      `Ending by ${signal} after ${endMs} ms, without waiting for ${
        left.join(", ")
      }`,
    );
    await this.#logged();
  }

  /** Waits briefly for the log. Never rejects. */
  async #logged(): Promise<void> {
    const { clock, log } = this.#manager;
    const written = new AbortController();
    log.flush().finally(() => written.abort());
    await clock.delay(LOG_MS, { signal: written.signal });
  }
}
