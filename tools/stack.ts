/**
 * What the tests of probes and plans need of real servers: how a command starts
 * them, what happens to them, and a load that never waits for an answer.
 *
 * @module
 */

import { type CommandOptions, type ProcessEvent, Processman } from "../mod.ts";
import {
  findProgram,
  postgres,
  postgresUser,
  request,
  type Server,
} from "./servers.ts";
import { permitted } from "./testing.ts";

/** Whether the tests that need these programs cannot be run. */
export function lacks(...programs: string[]): boolean {
  return Deno.build.os !== "linux" ||
    !permitted("read", "write", "net", "env", "sys") ||
    programs.some((program) => findProgram(program) === undefined);
}

/** The path of a program that `lacks()` has found. */
export function pathOf(program: string): string {
  return findProgram(program) ?? program;
}

/** A server, and the options of its command. */
export interface Service extends Server {
  /** The options. */
  readonly options: Pick<CommandOptions, "uid" | "gid" | "cwd" | "stop">;
}

/** Makes a postgres with an empty database in a folder of its own. */
export async function database(
  parent: string,
  ...settings: string[]
): Promise<Service> {
  const folder = `${parent}/postgres`;
  await Deno.mkdir(folder);
  // The user of postgres must get there.
  await Deno.chmod(parent, 0o755);
  const user = await postgresUser();
  const server = await postgres(folder, user);
  return {
    ...server,
    args: [...server.args, ...settings.flatMap((each) => ["-c", each])],
    options: { ...user, cwd: folder, stop: { signal: "SIGINT" } },
  };
}

/** The arguments with which `pg_isready` and `psql` find a postgres. */
export function clientOf(port: number): string[] {
  return ["-h", "127.0.0.1", "-p", `${port}`, "-U", "postgres"];
}

/** A manager whose log and events can be read. */
export class Watched implements AsyncDisposable {
  /** The messages, except those of the level debug. */
  readonly log: string[] = [];
  /** The events. */
  readonly events: ProcessEvent[] = [];
  /** The manager. */
  readonly pm: Processman;
  readonly #read: Promise<void>;
  #news = Promise.withResolvers<void>();

  /** Creates the manager. */
  constructor() {
    const write = (message: string) => void this.log.push(message);
    const logger = { debug: () => {}, info: write, warn: write, error: write };
    this.pm = new Processman({ logger });
    this.#read = this.#listen();
  }

  /** The names in the events of a kind, in their order. */
  names(kind: ProcessEvent["kind"]): string[] {
    return this.events.flatMap((event) =>
      event.kind === kind && "name" in event ? [event.name] : []
    );
  }

  /** The names of the processes that crashed, in the order of their ends. */
  crashes(): string[] {
    return this.events.flatMap((event) =>
      event.kind === "exit" && event.crashed ? [event.name] : []
    );
  }

  /** Forgets what has happened. */
  forget(): void {
    this.log.length = 0;
    this.events.length = 0;
  }

  /** Waits until there are events of a kind from processes. */
  async all(kind: ProcessEvent["kind"], ...names: string[]): Promise<void> {
    while (!names.every((name) => this.names(kind).includes(name))) {
      await this.#news.promise;
    }
  }

  /** Stops all processes. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.pm.shutdown();
    await this.#read;
  }

  async #listen(): Promise<void> {
    for await (const event of this.pm.events()) {
      this.events.push(event);
      this.#news.resolve();
      this.#news = Promise.withResolvers();
    }
  }
}

/** A request of a load that was not answered with success. */
export interface Failure {
  /** What was asked for. */
  readonly path: string;
  /** What came back. */
  readonly answer: string;
}

/** The most requests that are made at once after a pause of this program. */
const MOST_AT_ONCE = 16;

/**
 * Makes requests at a steady rate, each on a connection of its own, whether or
 * not the earlier ones have been answered.
 */
export class SteadyLoad implements AsyncDisposable {
  /** The requests that failed. */
  readonly failures: Failure[] = [];
  readonly #port: number;
  readonly #open: Set<Promise<void>> = new Set();
  readonly #start: number = performance.now();
  readonly #timer: ReturnType<typeof setInterval>;
  #made = 0;
  #skipped = 0;
  #answered = 0;
  #news = Promise.withResolvers<void>();

  /** Begins to make requests. */
  constructor(port: number, perSecond: number) {
    this.#port = port;
    this.#timer = setInterval(() => this.#tick(perSecond), 1_000 / perSecond);
  }

  /** How many requests have been answered with success. */
  get answered(): number {
    return this.#answered;
  }

  /** Resolves when so many requests have been answered from now on. */
  async answers(count: number): Promise<void> {
    const goal = this.#answered + count;
    while (this.#answered < goal) await this.#news.promise;
  }

  /** Makes no more requests, and waits for the answers. */
  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    await Promise.all(this.#open);
  }

  #tick(perSecond: number): void {
    const due = Math.floor(
      (performance.now() - this.#start) / 1_000 * perSecond,
    ) - this.#made - this.#skipped;
    this.#skipped += Math.max(0, due - MOST_AT_ONCE);
    for (let i = 0; i < Math.min(due, MOST_AT_ONCE); i++) {
      const asked = this.#ask(`/request/${this.#made++}`);
      this.#open.add(asked);
      asked.then(() => this.#open.delete(asked));
    }
  }

  async #ask(path: string): Promise<void> {
    const answer = await request(this.#port, path) ?? "nobody listens";
    const right = /^HTTP\/1\.[01] 200 /.test(answer) && answer.endsWith(path);
    if (right) this.#answered++;
    else this.failures.push({ path, answer });
    this.#news.resolve();
    this.#news = Promise.withResolvers();
  }
}
