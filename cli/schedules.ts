/**
 * Keeps the schedules of processes: runs tasks, and restarts services, at their
 * times.
 *
 * @module
 */

import type { Clock } from "../mod.ts";
import { PlanError, type UnitState } from "../plan/mod.ts";
import type { Attendant, Attending } from "./attendant.ts";
import { clockText } from "../control/format.ts";
import type { ResolvedConfig } from "./resolved.ts";
import { type NextTime, timesOf } from "./schedule.ts";
import { type Order, orderOf } from "./schedule_order.ts";

/** A schedule that is kept. */
interface Job extends Order {
  readonly entry: string;
  readonly times: NextTime;
  /** Ends it. */
  readonly scope: AbortController;
  /** Whether what it began last is not over. */
  busy: boolean;
}

/**
 * The longest wait without a look at the clock, in milliseconds: a timer stands
 * still while a computer sleeps, and does not notice when its clock is set.
 */
export const LOOK_MS = 60_000;

/** How late something can be without having been missed, in milliseconds. */
export const LATE_MS = 60_000;

/**
 * How far a clock can be set back without its times coming again, in
 * milliseconds.
 */
export const BACK_MS = 3_600_000;

/** What is known when somebody looks at the clock. */
export interface Moment {
  /** The time, in milliseconds since the epoch. */
  readonly now: number;
  /** What the clock said before. */
  readonly before: number;
  /** When something is due. */
  readonly due: number;
  /** Whether what was missed happens late. */
  readonly catchUp: boolean;
}

/** Decides what to do at a moment. */
export function decide(
  { now, before, due, catchUp }: Moment,
):
  | { readonly kind: "wait"; readonly ms: number }
  | { readonly kind: "act" | "missed" | "recompute" } {
  if (before - now > BACK_MS) return { kind: "recompute" };
  if (now < due) return { kind: "wait", ms: Math.min(due - now, LOOK_MS) };
  return { kind: now - due > LATE_MS && !catchUp ? "missed" : "act" };
}

/** Keeps the schedules of a configuration. */
export class ScheduleKeeper implements Attendant {
  readonly #attending: Attending;
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #jobs = new Map<string, Job>();

  /** Creates a keeper of nothing; `random` decides about jitter. */
  constructor(attending: Attending, random: () => number = anyNumber) {
    this.#attending = attending;
    this.#clock = attending.pm.clock;
    this.#random = random;
    const end = () => this.#end();
    attending.signal.addEventListener("abort", end, { once: true });
  }

  /** Keeps what a configuration says; what is the same in it goes on. */
  configure({ processes }: ResolvedConfig): void {
    const { schedules, signal } = this.#attending;
    if (signal.aborted) return;
    for (const [entry, job] of this.#jobs) {
      if (orderOf(processes[entry] ?? {})?.action === job.action) continue;
      this.#drop(job);
      schedules.delete(entry);
    }
    for (const [entry, options] of Object.entries(processes)) {
      const order = orderOf(options);
      if (order === undefined) continue;
      const old = this.#jobs.get(entry);
      if (JSON.stringify(old?.schedule) === JSON.stringify(order.schedule)) {
        continue;
      }
      if (old !== undefined) this.#drop(old);
      else if (options.autoStart === false) schedules.asked("stop", entry);
      this.#begin(entry, order, old?.busy ?? false);
    }
  }

  /** Keeps nothing any more. */
  [Symbol.asyncDispose](): Promise<void> {
    this.#end();
    return Promise.resolve();
  }

  #end(): void {
    for (const job of this.#jobs.values()) this.#drop(job);
  }

  #drop({ entry, scope }: Job): void {
    scope.abort();
    this.#jobs.delete(entry);
  }

  #begin(entry: string, order: Order, busy: boolean): void {
    const times = timesOf(order.schedule);
    const scope = new AbortController();
    const job: Job = { ...order, entry, times, scope, busy };
    this.#jobs.set(entry, job);
    this.#keep(job);
  }

  /** Acts at each time of a schedule. */
  async #keep(job: Job): Promise<void> {
    const { entry, action, schedule: { jitterMs, catchUp }, times } = job;
    const { signal } = job.scope;
    const clock = this.#clock;
    let after = clock.time();
    while (!signal.aborted) {
      const at = times(after);
      const due = at && at + Math.floor(this.#random() * (jitterMs + 1));
      this.#attending.schedules.set(entry, { action, next: due });
      if (at === undefined || due === undefined) {
        return this.#say(job, `The schedule of "${entry}" has no more times`);
      }
      const kind = await this.#comes(due, catchUp, signal);
      if (signal.aborted) return;
      const now = clock.time();
      after = kind === "recompute" ? now : Math.max(at, now);
      if (kind === "act") this.#act(job, at);
      if (kind === "missed") {
        this.#skip(job, at, "that time was missed");
      }
    }
  }

  /** Waits until something is due, or cannot be due any more. */
  async #comes(
    due: number,
    catchUp: boolean,
    signal: AbortSignal,
  ): Promise<"act" | "missed" | "recompute"> {
    const clock = this.#clock;
    let before = clock.time();
    while (true) {
      const now = clock.time();
      const decision = decide({ now, before, due, catchUp });
      if (decision.kind !== "wait") return decision.kind;
      before = now;
      await clock.delay(decision.ms, { signal });
      if (signal.aborted) return "missed";
    }
  }

  #act(job: Job, at: number): void {
    const { app, schedules } = this.#attending;
    const { entry, action } = job;
    const units = app.plan.entries.get(entry)?.units ?? [];
    const whys = units.map(({ name }) => app.why(name));
    if (action === "restart") {
      const names = whys.filter(({ state: { kind } }) => !isOver(kind))
        .map(({ name }) => name);
      if (names.length === 0) return;
      if (job.busy) return this.#skip(job, at, "the last one is not over");
      return void this.#do(job, at, names);
    }
    if (schedules.isSuspended(entry)) return;
    const going = whys.find(({ state: { kind } }) => !isOver(kind));
    if (going === undefined && !job.busy) {
      return void this.#do(job, at, [entry]);
    }
    const why = going?.sentence ?? `${entry} is about to start`;
    this.#skip(job, at, `the last one is not over, ${why}`);
  }

  /** Runs an entry, or restarts processes. */
  async #do(job: Job, at: number, names: readonly string[]): Promise<void> {
    const { app, logger, signal, note } = this.#attending;
    const { entry, action } = job;
    const what = action === "run" ? "runs" : "is restarted";
    const when = clockText(at, this.#clock.time());
    const text = `${entry} ${what}, as scheduled for ${when}`;
    note({ kind: "schedule", name: entry, text });
    job.busy = true;
    try {
      await (action === "run"
        ? app.start(names, { again: true, signal })
        : app.restart(names, { roll: true, signal }));
    } catch (error) {
      // The manager says why a run failed.
      const told = action === "run" && error instanceof PlanError;
      if (!told && !signal.aborted) {
        const { message } = error instanceof Error ? error : { message: error };
        logger.error(
          `The scheduled ${action} of "${entry}" failed: ${message}`,
        );
      }
    } finally {
      job.busy = false;
    }
  }

  #skip(job: Job, at: number, why: string): void {
    const { entry, action } = job;
    const when = clockText(at, this.#clock.time());
    this.#say(job, `Skipped the ${action} of "${entry}" at ${when}: ${why}`);
  }

  #say({ entry }: Job, text: string): void {
    this.#attending.logger.warn(text);
    this.#attending.note({ kind: "schedule", name: entry, text });
  }
}

/** Whether a process has ended, and does not start again by itself. */
function isOver(kind: UnitState["kind"]): boolean {
  return ["idle", "done", "ended", "failed", "stopped"].includes(kind);
}

/** Returns a random number in `[0, 1)`. */
function anyNumber(): number {
  const [value = 0] = crypto.getRandomValues(new Uint32Array(1));
  return value / 2 ** 32;
}
