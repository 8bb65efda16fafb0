/**
 * What a web process is: the program that serves the dashboard of a supervisor.
 * It is a client of the supervisor, so that the page survives it.
 *
 * @module
 */

import type { Place } from "../control/client.ts";

/** Where the dashboard is served, and what it can do. */
export interface WebOptions {
  /** The port; `null` for any that is free. */
  readonly port: number | null;
  /** The address to listen on; `null` for the loopback interface. */
  readonly host: string | null;
  /** More hosts under which browsers reach it. */
  readonly hosts: readonly string[];
  /** Whether the page can change nothing. */
  readonly readOnly: boolean;
  /** A token that works any number of times, for another address. */
  readonly token: string | null;
}

/** What a web process is to do. */
export interface WebJob {
  /** The place of the supervisor. */
  readonly place: Place;
  /** What the supervisor is called. */
  readonly name: string;
  /** The path of its configuration, if it has one. */
  readonly config: string | null;
  /** How to serve. */
  readonly options: WebOptions;
}

/** A dashboard that is served, as its web process describes it. */
export interface Served {
  /** A link that opens the page. */
  readonly link: string;
  /** Whether it does so only once: without a token that the user chose. */
  readonly once: boolean;
  /** The address of the page. */
  readonly url: string;
  /** How it is served. */
  readonly options: Omit<WebOptions, "hosts" | "token">;
}

/** The requests that a web process answers on its socket. */
export const REQUESTS = { link: "/link", stop: "/stop" } as const;

/**
 * Returns the place of the web process of a supervisor: it has a lock, a record
 * and a socket of its own in the folder of the supervisor.
 *
 * @param place The place of the supervisor.
 */
export function webPlace({ folder }: Pick<Place, "folder">): Place {
  return {
    folder,
    socket: `${folder}/web`,
    lock: `${folder}/web.lock`,
    record: `${folder}/web.json`,
    orphanLog: `${folder}/web.jsonl`,
  };
}

/**
 * Returns the file that leads a browser to the page.
 *
 * @param place The place of the supervisor.
 */
export function linkFile({ folder }: Pick<Place, "folder">): string {
  return `${folder}/web.html`;
}
