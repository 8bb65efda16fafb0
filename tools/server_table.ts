/**
 * The table of `docs/servers.md`: the options with which servers lose nothing.
 * The tests of servers use it, and compare the page with it.
 *
 * @module
 */

import type { StopOptions } from "../mod.ts";
import type { Server } from "./servers.ts";
import {
  apache,
  gunicorn,
  haproxy,
  nginx,
  nodeCluster,
} from "./web_servers.ts";

/** A row of the table. */
export interface ServerRow {
  /** The server, in words. */
  readonly server: string;
  /** The program, which a test needs. */
  readonly program: string;
  /** How it is kept in the foreground, in words. */
  readonly foreground: string;
  /** The options of `stop` with which it loses nothing. */
  readonly stop: StopOptions;
  /** What a stop with the defaults costs, in words; empty if nothing. */
  readonly byDefault: string;
}

/** A web server, whose requests are counted. */
export interface WebServerRow extends ServerRow {
  /** Configures one, with the port of an application behind it. */
  readonly make: (folder: string, application: number) => Promise<Server>;
}

/** The web servers. */
export const WEB_SERVERS: readonly WebServerRow[] = [
  {
    server: "nginx",
    program: "nginx",
    foreground: "`daemon off;`",
    stop: { signal: "SIGQUIT", to: "leader" },
    byDefault: "requests in progress are cut off",
    make: nginx,
  },
  {
    server: "HAProxy",
    program: "haproxy",
    foreground: "`-db`",
    stop: { signal: "SIGUSR1" },
    byDefault: "requests in progress are cut off",
    make: haproxy,
  },
  {
    server: "Apache",
    program: "apache2",
    foreground: "`-DFOREGROUND`",
    stop: { signal: "SIGWINCH", to: "leader" },
    byDefault: "requests in progress are cut off",
    make: apache,
  },
  {
    server: "gunicorn",
    program: "gunicorn",
    foreground: "",
    stop: { signal: "SIGTERM" },
    byDefault: "",
    make: gunicorn,
  },
  {
    server: "Node cluster",
    program: "node",
    foreground: "",
    stop: { signal: "SIGTERM", to: "leader" },
    byDefault: "requests in progress are cut off",
    make: nodeCluster,
  },
];

/** postgres, which keeps what it has committed. */
export const POSTGRES: ServerRow = {
  server: "postgres",
  program: "postgres",
  foreground: "",
  stop: { signal: "SIGINT" },
  byDefault:
    "gets SIGKILL while it waits for its clients, and recovers at the next start",
};

/** redis with a save point, which keeps what it has confirmed. */
export const REDIS: ServerRow = {
  server: "redis",
  program: "redis-server",
  foreground: "",
  stop: { signal: "SIGTERM" },
  byDefault: "",
};

/** All rows of the table. */
export const SERVERS: readonly ServerRow[] = [...WEB_SERVERS, POSTGRES, REDIS];
