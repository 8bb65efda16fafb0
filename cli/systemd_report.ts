/**
 * Tells systemd how the processes of a supervisor are.
 *
 * @module
 */

import type { App } from "../plan/mod.ts";
import { now, pause } from "./clock.ts";
import { hasFailed, isOver, outcomes } from "./outcome.ts";
import type { Supervisor } from "./supervise.ts";
import { SystemdNotify, type UnitChange } from "./systemd_notify.ts";
import { statusText, untilSettled } from "./systemd_status.ts";

/** The shortest time between two looks at the processes, in milliseconds. */
const LOOK_MS = 100;

/**
 * The shortest time between two messages that only have a status, in
 * milliseconds: each is a process, and a process can crash again and again.
 */
const STATUS_MS = 5_000;

/** What tells systemd how the processes of a supervisor are. */
export class SystemdReport implements AsyncDisposable {
  readonly #notify: SystemdNotify;
  /** Aborted when the supervisor begins to end. */
  readonly #over = new AbortController();
  #app: App | undefined;
  #ready = false;
  /** How many configurations are being applied. */
  #applying = 0;
  #status = "";
  #toldAt = -Infinity;
  #news: PromiseWithResolvers<void> = Promise.withResolvers();

  /**
   * Creates what tells systemd how processes are.
   *
   * @param socket The value of `NOTIFY_SOCKET`.
   * @param warn Prints a warning.
   */
  constructor(socket: string, warn: (text: string) => Promise<void>) {
    this.#notify = new SystemdNotify(socket, warn);
  }

  /**
   * Follows a supervisor whose first processes have been asked to start. The
   * unit is ready when all of them are, or have failed.
   */
  follow({ pm, app }: Supervisor): void {
    this.#app = app;
    this.#listen(pm);
    this.#watch(app);
  }

  /** Tells that a configuration is applied, and when that is over. */
  async applying(applied: Promise<unknown>): Promise<void> {
    // During the start, the end would mean that the unit is ready.
    if (!this.#ready) return;
    this.#applying++;
    this.#tell("Applying a configuration", "RELOADING");
    await Promise.allSettled([applied]);
    this.#applying--;
    if (this.#applying === 0) this.#tell(this.#text(), "READY");
  }

  /** Tells that the supervisor begins to end. */
  stopping(): void {
    const units = this.#app ? outcomes(this.#app) : [];
    // Otherwise, systemd would take the end of a short program for a failure.
    const done = isOver(units) && !units.some(hasFailed);
    if (!this.#ready && done) this.#tell(statusText(units), "READY");
    this.#tell("Stopping", "STOPPING");
    this.#over.abort();
  }

  /** Waits until systemd has been told, but not long. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#notify[Symbol.asyncDispose]();
  }

  async #listen(pm: Supervisor["pm"]): Promise<void> {
    for await (const _ of pm.events()) this.#news.resolve();
  }

  async #watch(app: App): Promise<void> {
    while (true) {
      // The states follow the events, and events come in crowds.
      await pause(LOOK_MS, this.#over.signal);
      if (this.#over.signal.aborted) return;
      this.#news = Promise.withResolvers();
      await this.#next(this.#look(app));
    }
  }

  /** Waits until something happens, or for a time. */
  async #next(ms: number): Promise<void> {
    const { promise, resolve } = this.#news;
    const woken = new AbortController();
    if (ms < Infinity) pause(ms, woken.signal).then(resolve);
    await promise;
    woken.abort();
  }

  /** Tells what has changed; returns after how long to look again. */
  #look(app: App): number {
    const units = outcomes(app);
    const time = now();
    // What ends at once decides at the end whether it was ready.
    const rest = this.#ready || isOver(units)
      ? Infinity
      : untilSettled(units, time);
    const text = statusText(units);
    if (rest === 0) {
      this.#ready = true;
      this.#tell(text, "READY");
      return Infinity;
    }
    if (text === this.#status || this.#applying > 0) return rest;
    const wait = this.#toldAt + STATUS_MS - time;
    if (wait > 0) return Math.min(wait, rest);
    this.#tell(text);
    return rest;
  }

  #text(): string {
    return this.#app ? statusText(outcomes(this.#app)) : "";
  }

  #tell(status: string, change?: UnitChange): void {
    if (this.#over.signal.aborted) return;
    this.#status = status;
    this.#toldAt = now();
    this.#notify.tell(status, change);
  }
}
