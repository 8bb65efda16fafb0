/**
 * The dashboard of a supervisor, as a web process serves it.
 *
 * @module
 */

import { claim, inspect, type Place, VERSION } from "../control/mod.ts";
import {
  type Answer,
  type Handlers,
  HttpServer,
  type Incoming,
  listenAt,
  Problem,
  removeFile,
  type RequestHead,
} from "../control/serving.ts";
import { type Dashboard, serveDashboard } from "../dashboard/mod.ts";
import { systemClock } from "../mod.ts";
import { CliError, STATUS } from "./call.ts";
import { Idleness, untilIdle, type WebClock } from "./web_idle.ts";
import {
  linkFile,
  REQUESTS,
  type Served,
  type WebJob,
  webPlace,
} from "./web_job.ts";

/** A dashboard that this program serves; it holds the lock of its place. */
export class WebServer implements AsyncDisposable {
  readonly #job: WebJob;
  readonly #clock: WebClock;
  readonly #idleness = new Idleness();
  readonly #stop = new AbortController();
  readonly #parts = new AsyncDisposableStack();
  #dashboard: Dashboard | undefined;

  private constructor(job: WebJob, clock: WebClock) {
    this.#job = job;
    this.#clock = clock;
  }

  /**
   * Begins to serve.
   *
   * @param job What to serve, and how.
   * @param clock The clock that measures how long it is idle.
   * @returns The server; `undefined` if another program serves the dashboard.
   * @throws {CliError} If it cannot listen.
   */
  static async begin(
    job: WebJob,
    clock: WebClock,
  ): Promise<WebServer | undefined> {
    const server = new WebServer(job, clock);
    try {
      if (await server.#begin()) return server;
    } catch (error) {
      await server[Symbol.asyncDispose]();
      throw error;
    }
    return undefined;
  }

  async #begin(): Promise<boolean> {
    const { place, name, config } = this.#job;
    const own = webPlace(place);
    const requests = new HttpServer(new Requests(this), systemClock);
    const record = {
      name,
      pid: Deno.pid,
      version: VERSION,
      startedAt: this.#clock.now(),
      config,
      logs: null,
      log: null,
    };
    const taken = await claim(own, record, {
      onRestored: () => requests.listen(listenAt(own.socket)),
    });
    if ("holder" in taken) return false;
    this.#parts.use(taken);
    this.#parts.defer(() => removeFile(linkFile(place)));
    this.#dashboard = this.#parts.use(this.#serve());
    this.#parts.defer(() => requests.close());
    requests.listen(listenAt(own.socket));
    return true;
  }

  #serve(): Dashboard {
    const { place, options } = this.#job;
    const { port, host, hosts, readOnly, token } = options;
    try {
      return serveDashboard({
        socket: place.socket,
        // The page asks for it as long as there is no supervisor.
        presence: () => {
          this.#idleness.seen(this.#clock.now());
          return inspect(place);
        },
      }, {
        port: port ?? undefined,
        hostname: host ?? undefined,
        readOnly,
        hosts,
        token: token ?? undefined,
      });
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      throw new CliError(
        `${message}\nChoose another --port, --host or --allow-host`,
        STATUS.failed,
      );
    }
  }

  /** Returns how it is served, with a link that opens the page. */
  served(): Served {
    if (this.#dashboard === undefined) throw new Error("It is not served");
    const { port, host, readOnly, token } = this.#job.options;
    const link = this.#dashboard.link();
    const { url } = this.#dashboard;
    const once = token === null;
    return { link, once, url, options: { port, host, readOnly } };
  }

  /** Lets the wait for its end be over. */
  stop(): void {
    this.#stop.abort();
  }

  /**
   * Waits until it is stopped.
   *
   * @param signal Ends the wait.
   * @param options `stays` is whether it stays when nobody needs it.
   */
  async ended(
    signal: AbortSignal,
    { stays }: { readonly stays: boolean },
  ): Promise<void> {
    const both = AbortSignal.any([signal, this.#stop.signal]);
    const running = async () => stays || await isRunning(this.#job.place);
    await untilIdle(this.#idleness, running, this.#clock, both);
  }

  /** Serves no longer, and frees its place. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#parts.disposeAsync();
  }
}

/** Returns whether a supervisor runs. One that nobody can tell of may run. */
async function isRunning(place: Place): Promise<boolean> {
  try {
    return (await inspect(place)).kind === "running";
  } catch {
    return true;
  }
}

/** Answers the requests of other calls of `processman web`. */
class Requests implements Handlers {
  readonly #server: WebServer;

  constructor(server: WebServer) {
    this.#server = server;
  }

  limit({ method, path }: RequestHead): number {
    const known: readonly string[] = Object.values(REQUESTS);
    if (method === "POST" && known.includes(path)) return 1_024;
    throw new Problem("not-found", "There is no such request");
  }

  answer({ head: { path } }: Incoming): Promise<Answer> {
    const served = this.#server.served();
    if (path === REQUESTS.stop) this.#server.stop();
    return Promise.resolve(json(served, 200));
  }

  refuse(problem: Problem): Answer {
    return json(problem.view, problem.status);
  }
}

function json(value: unknown, status: number): Answer {
  return { status, type: "application/json", body: JSON.stringify(value) };
}
