/**
 * Fills the state of `top` with what the supervisor says, and waits for the next
 * supervisor when one ends.
 *
 * @module
 */

import {
  ConnectionError,
  type ControlClient,
  ControlError,
  inspect,
} from "../control/client.ts";
import { ChangeFeed } from "./change_feed.ts";
import { pause } from "./clock.ts";
import { diedText } from "./presence_text.ts";
import type { Target } from "./target.ts";
import { LogFeed, logTaskOf } from "./top_log_feed.ts";
import { opened } from "./top_log.ts";
import { type TopState, withProcesses, withSupervisor } from "./top_state.ts";
import type { TopStore } from "./top_store.ts";

/** How often the processes are asked for without an event, in milliseconds. */
const ASK_MS = 2_000;

/** How long to wait between two questions, however much happens. */
const REST_MS = 200;

/** How long to wait before a supervisor is looked for again. */
const RETRY_MS = 1_000;

/** Fills a store from a supervisor. */
export class TopFeed {
  readonly #client: ControlClient;
  readonly #target: Target;
  readonly #store: TopStore;

  /** Creates a feed. */
  constructor(client: ControlClient, target: Target, store: TopStore) {
    this.#client = client;
    this.#target = target;
    this.#store = store;
  }

  /**
   * Fills the store until a signal.
   *
   * @throws What is no error of the supervisor or the connection.
   */
  async run(signal: AbortSignal): Promise<void> {
    const log = new LogFeed(this.#client, this.#store);
    await Promise.all([
      this.#watch(signal),
      this.#store.whenever(
        logTaskOf,
        (task, signal) =>
          this.#try(signal, () => log.read(task, signal), (state, note) => {
            const empty = opened([], { ...state.log, note });
            return { ...state, log: { ...empty, items: state.log.items } };
          }),
        signal,
      ),
      this.#store.whenever(
        detailsOf,
        (name, signal) =>
          this.#try(signal, () => this.#readDetails(name, signal)),
        signal,
      ),
    ]);
  }

  /** Follows the processes; finds the supervisor again when it is back. */
  async #watch(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await this.#follow(signal);
      } catch (error) {
        if (signal.aborted) return;
        if (!isOfSupervisor(error)) throw error;
        const text = await this.#lostText(error);
        this.#store.change((state) => ({
          ...state,
          link: { kind: "lost", text },
        }));
      }
      await pause(RETRY_MS, signal);
    }
  }

  async #follow(signal: AbortSignal): Promise<never> {
    const supervisor = await this.#client.supervisor();
    using changes = new ChangeFeed(this.#client, signal);
    this.#store.change((state) => withSupervisor(state, supervisor));
    while (true) {
      const processes = await this.#client.processes({ usage: true });
      this.#store.change((state) => withProcesses(state, processes));
      await pause(REST_MS, signal);
      await changes.next(ASK_MS - REST_MS);
    }
  }

  async #readDetails(name: string, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const details = await this.#client.details(name);
      this.#store.change((state) => ({ ...state, details }));
      await pause(ASK_MS, signal);
    }
  }

  /** Does something; what the supervisor refuses is noted. */
  async #try(
    signal: AbortSignal,
    action: () => Promise<void>,
    noted: (state: TopState, note: string) => TopState = (state) => state,
  ): Promise<void> {
    try {
      await action();
    } catch (error) {
      if (signal.aborted) return;
      if (!isOfSupervisor(error)) throw error;
      if (error instanceof ConnectionError) return;
      this.#store.change((state) => noted(state, error.message));
    }
  }

  /** Returns why the supervisor does not answer. */
  async #lostText(error: Error): Promise<string> {
    const waits = "waiting for the next supervisor";
    const presence = await inspect(this.#target.place);
    if (presence.kind === "died") return `${diedText(presence)}; ${waits}`;
    if (presence.kind === "none") return `the supervisor has ended; ${waits}`;
    return error.message;
  }
}

/** Returns the process whose details are shown. */
function detailsOf({ pane, chosen, link }: TopState): string | undefined {
  return pane === "details" && link.kind === "connected" ? chosen : undefined;
}

function isOfSupervisor(error: unknown): error is Error {
  return error instanceof ConnectionError || error instanceof ControlError;
}
