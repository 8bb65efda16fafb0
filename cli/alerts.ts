/**
 * Tells commands and servers of processes that have failed, or that hang.
 *
 * @module
 */

import type { Process } from "../mod.ts";
import type { Unit } from "../plan/mod.ts";
import { runAlertCommand } from "./alert_command.ts";
import { type Happened, happenedIn, type News, newsOf } from "./alert_news.ts";
import { alertOf, type AlertOrder } from "./alert_order.ts";
import type { Attendant, Attending } from "./attendant.ts";
import type { ResolvedConfig } from "./resolved.ts";
import { sendWebhook, shownUrl } from "./webhook.ts";

/** The most alerts that wait; the oldest ones are dropped. */
export const MOST_WAITING = 100;

/** How many alerts are told at the same time. */
const AT_ONCE = 4;

/** How long alerts can take once all processes have ended, in milliseconds. */
export const END_MS = 3_000;

/** How many of the newest lines are searched for those of stderr. */
const TAIL = 200;

/** How alerts are told. Tests replace them. */
export interface AlertMeans {
  /** Sends a webhook. */
  readonly send: typeof sendWebhook;
  /** Runs a command. */
  readonly run: typeof runAlertCommand;
  /** Returns the name of this machine. */
  readonly host: () => string;
}

const MEANS: AlertMeans = {
  send: sendWebhook,
  run: runAlertCommand,
  host: () => Deno.hostname(),
};

/** An alert that has not been told. */
interface Alert extends Pick<Happened, "option"> {
  readonly order: AlertOrder;
  readonly news: News;
  readonly unit: Unit | undefined;
}

/** Tells of failures what a configuration says. */
export class Alerts implements Attendant {
  readonly #attending: Attending;
  readonly #means: AlertMeans;
  readonly #waiting: Alert[] = [];
  /** The alerts that are being told. */
  readonly #telling = new Set<Promise<void>>();
  /** Aborted when no alert has any time left. */
  readonly #over = new AbortController();
  /** Resolves when no event follows. */
  readonly #followed: Promise<void>;
  #config: ResolvedConfig | undefined;

  /** Creates an attendant that tells of nothing so far. */
  constructor(attending: Attending, means: AlertMeans = MEANS) {
    this.#attending = attending;
    this.#means = means;
    this.#followed = this.#follow();
  }

  /** Tells from now on what another configuration says. */
  configure(config: ResolvedConfig): void {
    this.#config = config;
  }

  /** Gives the alerts that are left a last moment. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#followed;
    const told = new AbortController();
    const { signal } = told;
    this.#attending.pm.clock.delay(END_MS, { signal })
      .then(() => signal.aborted || this.#over.abort());
    while (this.#telling.size > 0) await Promise.all(this.#telling);
    told.abort();
  }

  /** Looks at each event, until the manager has been shut down. */
  async #follow(): Promise<void> {
    for await (const event of this.#attending.pm.events()) {
      const happened = happenedIn(event);
      if (happened !== undefined) this.#add(happened);
    }
  }

  #add(happened: Happened): void {
    const { app } = this.#attending;
    const { option, name } = happened;
    const [entry, unit] = this.#find(name);
    const order = alertOf(this.#config?.processes[entry] ?? {}, option);
    if (order === undefined) return;
    const supervisor = this.#config?.name ?? "";
    const news = newsOf(
      happened,
      linesOf(app.get(name)),
      supervisor,
      this.#means.host(),
    );
    this.#waiting.push({ option, order, news, unit });
    if (this.#waiting.length > MOST_WAITING) this.#drop();
    this.#tellNext();
  }

  /** Returns the entry that a process belongs to, and what it runs with. */
  #find(name: string): [entry: string, unit: Unit | undefined] {
    for (const [entry, { units }] of this.#attending.app.plan.entries) {
      const unit = units.find((each) => each.name === name);
      if (unit !== undefined) return [entry, unit];
    }
    // A rolling restart has one replica more than the plan.
    return [name.replace(/\.\d+$/, ""), undefined];
  }

  /** Tells alerts, as many at the same time as possible. */
  #tellNext(): void {
    while (this.#telling.size < AT_ONCE) {
      const alert = this.#waiting.shift();
      if (alert === undefined) return;
      const told = this.#tell(alert).then(() => {
        this.#telling.delete(told);
        this.#tellNext();
      });
      this.#telling.add(told);
    }
  }

  /** Tells an alert, and logs if that fails. Never rejects. */
  async #tell(alert: Alert): Promise<void> {
    const failure = await this.#try(alert);
    if (failure === undefined) return;
    const { order, option, news } = alert;
    const key = `${news.name}.${option}`;
    this.#attending.logger.warn(
      order.kind === "webhook"
        ? `Cannot send the webhook of ${key} to ${
          shownUrl(order.url)
        }: ${failure}`
        : `The command "${order.command.join(" ")}" of ${key} ${failure}`,
    );
  }

  #try({ order, news, unit }: Alert): Promise<string | undefined> {
    const { clock } = this.#attending.pm;
    const { signal } = this.#over;
    const body = JSON.stringify(news);
    if (order.kind === "webhook") {
      return this.#means.send(order, body, { clock, signal });
    }
    const { cwd, env, clearEnv, user, uid, gid } = unit?.options ?? {};
    const variables = {
      PROCESSMAN_NAME: news.name,
      PROCESSMAN_STATE: news.state,
      PROCESSMAN_REASON: news.reason,
    };
    const place = {
      cwd,
      env: { ...env, ...variables },
      clearEnv,
      user,
      uid,
      gid,
    };
    const { command, timeoutMs } = order;
    return this.#means.run({ command, place, input: body, timeoutMs }, signal);
  }

  /** Drops the alert that waits longest. */
  #drop(): void {
    const { text = "" } = this.#waiting.shift()?.news ?? {};
    this.#attending.logger.warn(
      `Dropped an alert, because ${MOST_WAITING} others wait: ${text}`,
    );
  }
}

function linesOf(process: Process | undefined) {
  return process?.tail(TAIL) ?? [];
}
