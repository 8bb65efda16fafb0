/**
 * What tests and pictures of the dashboard show: real processes, supervised by
 * this program and exposed, and a dashboard of them.
 *
 * @module
 */

import { expose, type Exposed, inspect, placeOfName } from "../control/mod.ts";
import {
  type Dashboard,
  type DashboardOptions,
  serveDashboard,
} from "../dashboard/mod.ts";
import { Processman } from "../mod.ts";
import { type App, plan, type PlanEntry, up } from "../plan/mod.ts";
import { exec } from "../probe/mod.ts";
import { RuntimeFolder } from "./place_testing.ts";

/** The entries of a plan. */
export type Entries = Readonly<Record<string, PlanEntry>>;

/** What a supervisor runs: a plan, or what a function starts. */
export type Content = Entries | ((pm: Processman) => void);

/** The name of the supervisor. */
const NAME = "shop";

/** Processes that run and are exposed, until they are ended. */
export class Supervisor implements AsyncDisposable {
  /** What runs the processes. */
  readonly pm: Processman;
  /** How others reach it. */
  readonly exposed: Exposed;
  /** Settles when all of it has been started, or cannot be. */
  readonly started: Promise<unknown>;
  readonly #app: App | undefined;

  private constructor(
    pm: Processman,
    exposed: Exposed,
    app?: App,
    names: readonly string[] = [],
  ) {
    this.pm = pm;
    this.exposed = exposed;
    this.#app = app;
    this.started = Promise.allSettled([app?.start(names)]);
  }

  /** Starts processes, and exposes them. */
  static async open(content: Content): Promise<Supervisor> {
    const pm = new Processman({ logger: null, signals: [] });
    try {
      if (typeof content === "function") {
        content(pm);
        return new Supervisor(pm, await expose(pm, { name: NAME }));
      }
      const app = await up(pm, plan(content), { names: [] });
      const exposed = await expose(app, { name: NAME });
      return new Supervisor(pm, exposed, app, Object.keys(content));
    } catch (error) {
      await pm[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** The plan. */
  get app(): App {
    if (this.#app === undefined) throw new Error("There is no plan");
    return this.#app;
  }

  /** Ends it and its processes. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.exposed[Symbol.asyncDispose]();
    await this.pm[Symbol.asyncDispose]();
    await this.started;
  }
}

/** A supervisor and its dashboard, in a run-time folder of their own. */
export class DashboardStage implements AsyncDisposable {
  /** The dashboard. */
  readonly dashboard: Dashboard;
  #supervisor: Supervisor;
  readonly #folder: RuntimeFolder;

  private constructor(
    folder: RuntimeFolder,
    supervisor: Supervisor,
    dashboard: Dashboard,
  ) {
    this.#folder = folder;
    this.#supervisor = supervisor;
    this.dashboard = dashboard;
  }

  /** Starts processes, and serves a dashboard of them. */
  static async open(
    content: Content,
    options: DashboardOptions = {},
  ): Promise<DashboardStage> {
    await using stack = new AsyncDisposableStack();
    const folder = stack.use(new RuntimeFolder());
    const supervisor = stack.use(await Supervisor.open(content));
    const place = await placeOfName(NAME);
    const { socket } = supervisor.exposed;
    const dashboard = serveDashboard(
      { socket, presence: () => inspect(place) },
      options,
    );
    stack.move();
    return new DashboardStage(folder, supervisor, dashboard);
  }

  /** The supervisor that runs now, or ran last. */
  get supervisor(): Supervisor {
    return this.#supervisor;
  }

  /** Returns a link that opens the page once, at a place in it. */
  link(): string {
    return this.dashboard.link();
  }

  /** Ends the supervisor, while the dashboard is still served. */
  async end(): Promise<void> {
    await this.#supervisor[Symbol.asyncDispose]();
  }

  /** Starts a supervisor in the place of the one that has ended. */
  async begin(content: Content): Promise<void> {
    this.#supervisor = await Supervisor.open(content);
  }

  /** Ends everything. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.dashboard[Symbol.asyncDispose]();
    await this.end();
    await this.#folder[Symbol.asyncDispose]();
  }
}

/** Returns a command of a script for bash. */
export function shell(script: string): readonly ["bash", "-c", string] {
  return ["bash", "-c", script];
}

/** Returns entries of programs that write a line every now and then. */
export function jobs(count: number): Record<string, PlanEntry> {
  const entries: Record<string, PlanEntry> = {};
  for (let i = 1; i <= count; i++) {
    entries[`job-${i}`] = {
      command: shell(`while sleep 1; do echo "line of job ${i}"; done`),
    };
  }
  return entries;
}

/** A shop in which some things do not work. */
export function troubledShop(): Record<string, PlanEntry> {
  return {
    db: {
      command: shell(
        'echo "database ready on port 5432"; ' +
          'while sleep 2; do echo "checkpoint complete"; done',
      ),
      ready: exec("true", []),
      live: exec("true", []),
      env: { DB_PASSWORD: "hunter2-secret" },
    },
    migrate: {
      type: "task",
      command: shell('echo "applied 3 migrations"'),
      dependsOn: { db: "ready" },
    },
    cache: {
      command: shell('echo "warming"; exec sleep 1000'),
      ready: { probe: exec("false", []), withinMs: 600_000 },
    },
    api: {
      command: shell(
        'i=0; while sleep 0.5; do i=$((i+1)); echo -e "\\e[32mGET\\e[0m /items/$i \\e[1m200\\e[0m"; done',
      ),
      replicas: 2,
      dependsOn: {
        migrate: "completed",
        db: { when: "ready", restart: "always" },
      },
    },
    worker: {
      command: shell(
        'echo "took a job"; sleep 1; echo "Error: cannot parse order 17" >&2; ' +
          'echo "    at parse (worker.js:3:7)" >&2; ' +
          'echo "    at main (worker.js:9:1)" >&2; exit 1',
      ),
      restart: {
        policy: "always",
        backoff: () => 3_000,
        limit: { restarts: 50, withinMs: 3_600_000 },
      },
    },
    backup: {
      command: shell(
        'echo "write error: No space left on device" >&2; exit 28',
      ),
      restart: {
        policy: "on-failure",
        backoff: () => 200,
        limit: { restarts: 2, withinMs: 60_000 },
      },
    },
    upload: {
      command: shell("exec sleep 1000"),
      dependsOn: { backup: "started" },
    },
    web: {
      command: shell('echo "listening on 8000"; exec sleep 1000'),
      dependsOn: { api: "started", cache: "ready" },
    },
  };
}
