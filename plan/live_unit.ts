/**
 * A process of a plan that runs: its `Process`, its gate, and its state.
 *
 * @module
 */

import {
  type CommandOptions,
  type ExitEvent,
  type GateContext,
  type Process,
  type ProcessEvent,
  type Processman,
  type RestartDecision,
  type RestartEvent,
  StopError,
  type StopOptions,
} from "../mod.ts";
import type { Unit } from "./planned.ts";
import {
  isOver,
  type Outcome,
  refusalText,
  stateOf,
  verdictText,
} from "./state_of.ts";
import type { UnitFacts, UnitState } from "./unit_state.ts";
import { type Held, reasonOf } from "./why.ts";

/** What a unit needs from the plan that it belongs to. */
export interface UnitHost {
  /** The manager that runs the process. */
  readonly pm: Processman;
  /** Aborted when the plan is no longer looked after. */
  readonly signal: AbortSignal;
  /** Called when the state of a unit may have changed. */
  changed(): void;
  /** Returns whether a unit may start now; called right before its start. */
  admits(unit: LiveUnit): boolean;
  /** Returns the serials of the runs that a unit relies on if it starts now. */
  bind(unit: LiveUnit): ReadonlyMap<string, number>;
  /** Returns the processes that must end before a unit is asked to. */
  dependents(unit: LiveUnit): Iterable<Process>;
}

/** A run that waits at the gate. */
interface Visit {
  /** When it began, on a monotonic clock. */
  readonly since: number;
  /** Reports what the run waits for. */
  readonly wait: (reason: string) => void;
  /** Resolves when the gate opens, or the run is no longer wanted. */
  readonly passage: PromiseWithResolvers<void>;
  /** The last reason that was reported, without the times in it. */
  told: string | undefined;
}

/** Something that holds back the next run of units. */
export interface Hold {
  /** What they wait for. */
  readonly reason: string;
}

/** What a unit is until it is started; what is vacant is to be started. */
export type SeatKind = "vacant" | "idle" | "stopped" | "done";

/** One process of a plan that runs. */
export class LiveUnit {
  /** What it runs. */
  unit: Unit;
  /** Whether it does something once. */
  task: boolean;
  /** Whether the restart budget lets its next run pass. */
  pass = false;
  /** The number of crashes before its present or next run. */
  attempt = 0;
  /**
   * Whether its runs take the place of an earlier one, so that what relies on
   * that one goes on.
   */
  substitute = false;
  /** Why the last restart could not end the run, if it could not. */
  survival: StopError | undefined;
  readonly #host: UnitHost;
  readonly #holds: Set<Hold> = new Set();
  #process: Process | undefined;
  /** Whether its process has been asked to make room for another one. */
  #vacant = false;
  /** Whether it is about to be removed from the plan. */
  #dismissed = false;
  /** Present while a run waits at the gate. */
  #visit: Visit | undefined;
  /** Whether the gate has opened for the present or next run. */
  #admitted = false;
  /** Whether the present run has been ready. */
  #wasReady = false;
  #serial = 0;
  #bound: ReadonlyMap<string, number> = new Map();
  #outcome: Outcome;
  #decision: RestartDecision | undefined;
  /** Why the last run ended or did not start, if its status does not say it. */
  #cause: string | undefined;
  /** The number of stops that have been reported. */
  #stops = 0;
  /** The number of calls of `start()` whose result is not known. */
  #starts = 0;
  /** Why it could not be started; present until the next try. */
  #refusal: Error | undefined;
  /** Ends the reading of the events of the process. */
  #reading = new AbortController();

  /** Creates a unit that has not been started. */
  constructor(unit: Unit, task: boolean, host: UnitHost) {
    this.unit = unit;
    this.task = task;
    this.#host = host;
  }

  /** The name of the process. */
  get name(): string {
    return this.unit.name;
  }

  /** The process; `undefined` before the first start. */
  get process(): Process | undefined {
    return this.#process;
  }

  /** Whether a run waits at the gate. */
  get waits(): boolean {
    return this.#visit !== undefined;
  }

  /** Since when a run waits at the gate, on a monotonic clock. */
  get waitsSince(): number | undefined {
    return this.#visit?.since;
  }

  /** What an operation holds its next run back for, if one does. */
  get heldFor(): string | undefined {
    const [hold] = this.#holds;
    return hold?.reason;
  }

  /** Whether a run is alive, or is ending. */
  get alive(): boolean {
    const { kind } = this.state;
    return kind === "running" || kind === "stopping";
  }

  /** Whether no run is alive, and none follows. */
  get over(): boolean {
    return isOver(this.#process?.state);
  }

  /** Whether it has not been started, or was stopped. */
  get rests(): boolean {
    const { kind } = this.state;
    return kind === "idle" || kind === "stopped";
  }

  /** Whether its process has made room, or does so, for another one. */
  get vacant(): boolean {
    return this.#vacant;
  }

  /** Whether a run is between its start and the first time it is ready. */
  get starts(): boolean {
    const { state } = this;
    return state.kind === "starting" && this.#admitted ||
      state.kind === "running" && !state.ready && !this.#wasReady;
  }

  /** What is known about it now. */
  get facts(): UnitFacts {
    return { state: this.state, serial: this.#serial, bound: this.#bound };
  }

  /** Its state. */
  get state(): UnitState {
    return stateOf({
      process: this.#process?.state,
      task: this.task,
      waits: this.waits,
      begins: this.#vacant || this.#starts > 0,
      outcome: this.#outcome,
      refusal: this.#refusal,
      restartsLeft: this.#decision?.restartsLeft,
      cause: this.#cause,
    });
  }

  /** Holds back its next run until the same hold is released. */
  hold(hold: Hold): void {
    this.#holds.add(hold);
    this.#host.changed();
  }

  /** Ends a hold. */
  release(hold: Hold): void {
    this.#holds.delete(hold);
    this.#host.changed();
  }

  /** Starts the process, unless it runs or waits. */
  start(): void {
    if (this.#dismissed) return;
    this.#refusal = undefined;
    if (this.#process === undefined) return this.#create();
    // The process that takes its place is about to be started.
    if (this.#vacant) return;
    this.#begin(this.#process);
  }

  async #begin(process: Process): Promise<void> {
    const stops = this.#stops;
    this.#starts++;
    this.#host.changed();
    try {
      await process.start();
    } catch (error) {
      // If a stop came first, the state says so.
      const stopped = this.#stops !== stops;
      if (process === this.#process && !stopped) this.#refuse(error);
    }
    this.#starts--;
    this.#host.changed();
  }

  /** Ends the present run; the next one waits at the gate. */
  restart(options: StopOptions = {}): void {
    this.survival = undefined;
    if (this.over) return;
    this.#process?.restart(options).catch((error) => {
      // If a stop takes precedence, the state says so.
      if (error instanceof StopError) this.survival = error;
      this.#host.changed();
    });
    this.#host.changed();
  }

  /** Stops the process, and starts it no more. */
  async stop(options: StopOptions = {}): Promise<void> {
    if (this.#vacant) this.#outcome = "stopped";
    this.#vacant = false;
    if (this.#process === undefined) return this.#host.changed();
    const stopped = this.#process.stop(options);
    this.#host.changed();
    await stopped;
    this.#refusal = undefined;
    if (this.over && this.state.kind !== "done") this.#outcome = "stopped";
    this.#host.changed();
  }

  /** Stops the process for good, so that the unit can be removed. */
  async dismiss(): Promise<void> {
    this.#dismissed = true;
    try {
      // A program can have started the process itself.
      do await this.stop(); while (!this.over);
    } finally {
      this.#dismissed = this.over;
    }
  }

  /**
   * Ends the process, so that `put()` can put another one in its place. A unit
   * that was stopped, before or in the meantime, or has not been started, is not
   * vacant.
   */
  async vacate(): Promise<void> {
    if (this.rests) return;
    this.#vacant = true;
    this.#admitted = false;
    this.#host.changed();
    try {
      do await this.#process?.stop(); while (this.#vacant && !this.over);
    } finally {
      if (!this.over) this.#vacant = false;
      this.#host.changed();
    }
  }

  /** Kills its run, and starts it no more. Another call waits for the end. */
  kill(): void {
    this.#process?.kill().catch(() => {});
  }

  /**
   * Takes another program or other options, which need another process. The
   * present one must be over.
   *
   * @param unit What it runs.
   * @param task Whether it does something once.
   * @param as What it is until it is started.
   */
  put(unit: Unit, task: boolean, as: SeatKind): void {
    this.unit = unit;
    this.task = task;
    this.forget();
    this.#refusal = undefined;
    this.#decision = undefined;
    this.attempt = 0;
    this.pass = false;
    this.#vacant = as === "vacant";
    this.#outcome = as === "done"
      ? "succeeded"
      : as === "stopped"
      ? "stopped"
      : undefined;
    this.#host.changed();
  }

  /** Relies no longer on the present run of another unit. */
  disregard(name: string): void {
    if (!this.#bound.has(name)) return;
    this.#bound = new Map([...this.#bound].filter(([on]) => on !== name));
  }

  /** Drops the process, which must be over. */
  forget(): void {
    this.#reading.abort();
    this.#process = undefined;
  }

  /** Takes other options, all of which can be changed while it runs. */
  update(unit: Unit): void {
    this.unit = unit;
    const { options } = unit;
    this.#process?.update({
      restart: options.restart ?? {},
      stop: options.stop ?? {},
      critical: options.critical ?? false,
      prepare: options.prepare ?? (() => {}),
      ready: options.ready ?? null,
      live: options.live ?? null,
      before: options.before ?? null,
      after: options.after ?? null,
    });
  }

  /** Ends the wait of a backoff. */
  retry(): void {
    this.#process?.retry();
  }

  /** Lets the run at the gate start. */
  open(): void {
    this.#admitted = true;
    this.#visit?.passage.resolve();
    this.#visit = undefined;
  }

  /** Tells the run at the gate what it waits for. */
  tell(held: Held, time: number): void {
    const visit = this.#visit;
    // A reason that differs only in the time that is left is not news.
    const news = reasonOf(held, 0);
    if (visit === undefined || visit.told === news) return;
    visit.told = news;
    visit.wait(reasonOf(held, time));
  }

  #create(): void {
    this.#vacant = false;
    const { name, program, args, options } = this.unit;
    const own: CommandOptions = {
      ...options,
      name,
      gate: (context) => this.#gate(context),
      stopAfter: () => this.#host.dependents(this),
    };
    const process = this.#host.pm.command(program, args, own);
    this.#process = process;
    this.#listen(process);
    this.#host.changed();
  }

  async #gate(context: GateContext): Promise<() => boolean> {
    const { wait, signal, attempt, run } = context;
    this.#visit?.passage.resolve();
    const visit: Visit = {
      since: this.#host.pm.clock.now(),
      wait,
      passage: Promise.withResolvers(),
      told: undefined,
    };
    this.#visit = visit;
    this.#admitted = false;
    this.#outcome = undefined;
    this.#refusal = undefined;
    this.attempt = attempt;
    if (attempt === 0) this.pass = false;
    if (run === 1) this.#watchEnd();
    const leave = () => {
      if (this.#visit === visit) this.#visit = undefined;
      visit.passage.resolve();
    };
    signal.addEventListener("abort", leave, { once: true });
    this.#host.changed();
    await visit.passage.promise;
    signal.removeEventListener("abort", leave);
    return () => this.#enter();
  }

  /** Checks the conditions for the last time; the child starts right after. */
  #enter(): boolean {
    if (!this.#host.admits(this)) return false;
    if (!this.substitute) this.#serial++;
    this.#wasReady = false;
    this.#bound = this.#host.bind(this);
    this.pass = false;
    return true;
  }

  /** Reports the end of the present life, for which there may be no event. */
  #watchEnd(): void {
    this.#process?.finished.then(() => this.#host.changed());
  }

  async #listen(process: Process): Promise<void> {
    this.#reading = new AbortController();
    const signals = [this.#host.signal, this.#reading.signal];
    const signal = AbortSignal.any(signals);
    for await (const event of process.events({ signal })) {
      this.#note(event);
      this.#host.changed();
    }
  }

  #note(event: ProcessEvent): void {
    if (event.kind === "stop") {
      this.#outcome = "stopped";
      this.#refusal = undefined;
      this.#stops++;
    } else if (event.kind === "failed") this.#outcome = "crashed";
    else if (event.kind === "restart") this.#noteRestart(event);
    else if (event.kind === "exit") this.#noteExit(event);
    // The end of an earlier life can be reported after the next has begun.
    if (event.kind === "start") this.#outcome = undefined;
    if (event.kind === "ready") this.#wasReady = true;
  }

  #noteRestart({ decision, error }: RestartEvent): void {
    this.#decision = decision;
    if (error) this.#cause = refusalText(this.name, error);
  }

  #noteExit({ decision, verdict }: ExitEvent): void {
    this.#cause = verdict && verdictText(verdict);
    if (decision?.kind !== "leave") return;
    this.#outcome = decision.crashed ? "crashed" : "succeeded";
  }

  #refuse(error: unknown): void {
    this.#refusal = error instanceof Error ? error : new Error(`${error}`);
    this.#host.changed();
  }
}
