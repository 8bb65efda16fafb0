/**
 * An exposed manager: follows its events, records its output, and serves.
 *
 * @module
 */

import type { DisposableIterator, ProcessEvent, Processman } from "../mod.ts";
import type { App } from "../plan/mod.ts";
import { Actions, type OwnActions } from "./actions.ts";
import { Answers } from "./answer.ts";
import type { Claim } from "./claim.ts";
import { EventLog, type OwnEvent } from "./event_log.ts";
import { HttpServer } from "./http_server.ts";
import { type Log, memoryLog } from "./log.ts";
import { type MetricsPort, serveMetrics } from "./metrics_port.ts";
import type { SupervisorRecord } from "./place.ts";
import { Sampler } from "./read_usage.ts";
import { Roster } from "./roster.ts";
import type { Schedules } from "./schedules.ts";
import { awaitRemoval, listenAt, removeFile } from "./socket.ts";
import type { ConfigSource } from "./wire.ts";

/** What is exposed. */
export interface Exhibit extends OwnActions {
  /** The manager. */
  readonly pm: Processman;
  /** The plan that runs, if there is one. */
  readonly app: App | undefined;
  /** What the supervisor has written down about itself. */
  readonly record: SupervisorRecord;
  /** The place that it has taken. */
  readonly claim: Claim;
  /** Returns what the configuration is read from. */
  readonly source?: (() => ConfigSource) | undefined;
  /** The log; in memory if left out. */
  readonly logs?: Log | undefined;
  /** Returns the labels of an entry; none if left out. */
  readonly labels?: ((entry: string) => readonly string[]) | undefined;
  /** When entries run by themselves; never if left out. */
  readonly schedules?: Schedules | undefined;
  /** Returns what is to be said of an entry besides; nothing if left out. */
  readonly remark?: ((entry: string) => string | undefined) | undefined;
  /** The port on which the metrics are served. */
  readonly metrics: MetricsPort | undefined;
}

/** A manager that is exposed. */
export class Exposure implements AsyncDisposable {
  /** What the supervisor has written down about itself. */
  readonly record: SupervisorRecord;
  /** The address of the metrics; `null` if they are not served on a port. */
  readonly metrics: string | null;
  readonly #pm: Processman;
  readonly #claim: Claim;
  readonly #server: HttpServer;
  readonly #metricsServer: HttpServer | undefined;
  readonly #events = new EventLog();
  /** The log, if it is closed at the end. */
  readonly #ownLog: Log | undefined;
  readonly #recorded: Promise<void>;
  readonly #over = new AbortController();
  /** Tells that this program has not died, if it ends without a shutdown. */
  readonly #onUnload = () => {
    const { record, socket } = this.#claim.place;
    for (const path of [socket, record]) removeFile(path);
  };
  #closed: Promise<void> | undefined;

  /** Begins to serve. */
  constructor(exhibit: Exhibit) {
    const { pm, app, record, claim, metrics } = exhibit;
    const { labels = () => [], remark = () => undefined } = exhibit;
    this.#pm = pm;
    this.record = record;
    this.metrics = metrics?.url ?? null;
    this.#claim = claim;
    const roster = new Roster(pm, app);
    const actions = new Actions(pm, app, roster, exhibit);
    const logs = exhibit.logs ?? memoryLog();
    this.#ownLog = exhibit.logs === undefined ? logs : undefined;
    const answers = new Answers({
      pm,
      app,
      roster,
      events: this.#events,
      logs,
      sampler: new Sampler(pm.clock),
      actions,
      supervisor: () => ({
        ...record,
        source: exhibit.source?.() ?? null,
        cwd: Deno.cwd(),
        metrics: this.metrics,
        plan: app !== undefined,
        canApply: actions.canApply,
      }),
      labels,
      schedules: exhibit.schedules,
      remark,
    });
    this.#server = new HttpServer(answers, pm.clock);
    this.#server.listen(listenAt(this.socket));
    this.#metricsServer = metrics && serveMetrics(metrics, answers, pm.clock);
    addEventListener("unload", this.#onUnload);
    this.#follow(roster);
    // What cannot be recorded is the business of the log.
    this.#recorded = logs.record(pm).catch(() => {});
  }

  /** The path of the socket. */
  get socket(): string {
    return this.#claim.place.socket;
  }

  /** Adds an event that is none of the manager. */
  note(event: OwnEvent): void {
    this.#events.note(event, this.#pm.clock.time());
  }

  /** Listens again, after the folder of the socket was made again. */
  async listenAgain(): Promise<void> {
    this.#server.deafen();
    await awaitRemoval(this.socket);
    if (this.#server.closing) return;
    try {
      this.#server.listen(listenAt(this.socket));
    } catch {
      // The folder is gone again; the claim makes it again.
    }
  }

  /** Closes the socket when all requests are answered. Never rejects. */
  async [Symbol.asyncDispose](): Promise<void> {
    await (this.#closed ??= this.#close());
  }

  /** Takes note of all events until the manager has been shut down. */
  async #follow(roster: Roster): Promise<void> {
    const { closing } = this.#pm;
    const hold = new Hold(this.#pm);
    const { signal } = this.#over;
    const begin = () => hold.begin();
    closing.addEventListener("abort", begin, { once: true });
    for await (const event of this.#pm.events({ signal })) {
      const noted = roster.note(event);
      const run = "name" in event ? roster.history(event.name).runs : undefined;
      this.#events.add(noted, run);
    }
    closing.removeEventListener("abort", begin);
    await this[Symbol.asyncDispose]();
    await hold.end();
  }

  async #close(): Promise<void> {
    // After the shutdown, those who follow a log get its last lines.
    if (!this.#over.signal.aborted && this.#pm.closing.aborted) {
      await this.#recorded;
    }
    this.#over.abort();
    this.#events.end();
    await Promise.all([this.#server.close(), this.#metricsServer?.close()]);
    await awaitRemoval(this.socket);
    removeEventListener("unload", this.#onUnload);
    await Promise.allSettled([
      this.#claim[Symbol.asyncDispose](),
      this.#ownLog?.close(),
    ]);
  }
}

/**
 * Delays the end of the program by a signal, until clients have their answers:
 * the manager waits for all readers of its events.
 */
class Hold {
  readonly #pm: Processman;
  #events: DisposableIterator<ProcessEvent> | undefined;
  #first: Promise<unknown> | undefined;

  constructor(pm: Processman) {
    this.#pm = pm;
  }

  /** Begins to read events, of which there is at least one after a signal. */
  begin(): void {
    this.#events = this.#pm.events();
    this.#first = this.#events.next();
  }

  /** Reads the rest of the events. */
  async end(): Promise<void> {
    if (this.#events === undefined) return;
    await this.#first;
    for await (const _event of this.#events);
  }
}
