/**
 * Follows the lines of processes from one supervisor to the next one.
 *
 * @module
 */

import {
  ConnectionError,
  ControlClient,
  inspect,
  type LogItem,
  type LogQuery,
  type LogSource,
  type SupervisorView,
} from "../control/client.ts";
import type { Io } from "./call.ts";
import { pause } from "./clock.ts";
import { load } from "./load.ts";
import { diedText } from "./presence_text.ts";
import type { Target } from "./target.ts";

/** Time between two looks for the next supervisor, in milliseconds. */
const LOOK_MS = 300;

/** Returns a log on disk. */
export async function logIn(folder: string): Promise<LogSource> {
  const { readLog } = await load<typeof import("../control/mod.ts")>(
    "../control/mod.ts",
  );
  return readLog(folder);
}

/** Asks for the supervisor; `undefined` if none runs. */
export async function supervisorOf(
  client: ControlClient,
): Promise<SupervisorView | undefined> {
  try {
    return await client.supervisor();
  } catch (error) {
    if (isAbsence(error)) return undefined;
    throw error;
  }
}

/** Reads lines from supervisors and from disk, none of them twice. */
export class LogTrail {
  readonly #target: Target;
  readonly #io: Pick<Io, "err" | "now">;
  readonly #client: ControlClient;
  readonly #began: number;
  /** The last line of each process that was read. */
  #after: Record<string, number> = {};
  #query: LogQuery;
  /** The process ID of the last supervisor. */
  #pid: number | undefined;

  /** Creates a trail that begins with the lines of a query. */
  constructor(target: Target, io: Pick<Io, "err" | "now">, query: LogQuery) {
    this.#target = target;
    this.#io = io;
    this.#query = query;
    this.#began = io.now();
    this.#client = new ControlClient(target.place.socket);
  }

  /** Returns the lines of a log on disk. */
  async *onDisk(folder: string): AsyncGenerator<LogItem> {
    const log = await logIn(folder);
    const query = { ...this.#query, follow: false };
    yield* this.#read(log.read(query, new AbortController().signal));
  }

  /**
   * Returns the lines that a supervisor has. After its end, also those on disk
   * that it has not sent any more.
   */
  async *ofSupervisor(view: SupervisorView): AsyncGenerator<LogItem> {
    this.#pid = view.pid;
    try {
      yield* this.#read(this.#client.logs(this.#query));
    } catch (error) {
      if (!isAbsence(error)) throw error;
    }
    if (!this.#query.follow) return;
    if (view.logs !== null) return yield* this.onDisk(view.logs);
    // The next log in memory begins anew.
    this.#after = {};
    this.#query = { ...this.#query, after: {} };
  }

  /** Returns the lines of all supervisors to come. */
  async *ofNext(): AsyncGenerator<LogItem> {
    while (true) {
      const view = await this.#next();
      const isNew = view.pid !== this.#pid;
      if (isNew) {
        await this.#io.err(
          `processman: following the supervisor ${view.pid}\n`,
        );
      }
      yield* this.ofSupervisor(view);
      // A supervisor that has only closed the connection is asked again.
      if (await this.#gone()) await this.sayEnd();
      else await pause(LOOK_MS);
    }
  }

  /** Says on stderr how the supervisor has ended. */
  async sayEnd(): Promise<void> {
    const presence = await inspect(this.#target.place);
    const how = presence.kind === "died"
      ? diedText(presence)
      : "the supervisor has ended";
    await this.#io.err(
      `processman: ${how}; waiting for the next one, Ctrl-C ends this\n`,
    );
  }

  async *#read(items: AsyncIterable<LogItem>): AsyncGenerator<LogItem> {
    try {
      for await (const item of items) {
        if (item.kind === "line") this.#after[item.process] = item.seq;
        yield item;
      }
    } finally {
      this.#resume();
    }
  }

  /** From now on, asks for the lines after those that were read. */
  #resume(): void {
    const { lines, ...query } = this.#query;
    // Of a process without a line so far, older lines were not asked for.
    const since = lines === undefined ? query.since : this.#began;
    this.#query = { ...query, since, after: this.#after };
  }

  async #gone(): Promise<boolean> {
    return (await supervisorOf(this.#client))?.pid !== this.#pid;
  }

  async #next(): Promise<SupervisorView> {
    while (true) {
      const view = await supervisorOf(this.#client);
      if (view !== undefined) return view;
      await pause(LOOK_MS);
    }
  }
}

/** Whether an error means that no supervisor runs, or that it has ended. */
function isAbsence(error: unknown): boolean {
  return error instanceof ConnectionError &&
    (error.fault === "unreachable" || error.fault === "gone");
}
