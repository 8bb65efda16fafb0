/**
 * What tests of probes have in common.
 *
 * @module
 */

import { seededRandom } from "../testing/mod.ts";
import type { Probe, ProbeContext, ProbedProcess } from "../mod.ts";

/** How many tries of each kind nothing may be left of. */
export const TRIES: number = Deno.args.includes("--full") ? 1_000 : 50;

/** A process that no run belongs to. */
export const NO_PROCESS: ProbedProcess = {
  name: "none",
  pid: 1,
  tail: () => [],
  lines: () => {
    throw new Error("there are no lines");
  },
};

/** The calls for one run. */
export class Calls {
  readonly #process: ProbedProcess;
  readonly #run: number;
  readonly #probing = new AbortController();

  /** Begins to probe a run of a process. */
  constructor(process: ProbedProcess = NO_PROCESS, run = 1) {
    this.#process = process;
    this.#run = run;
  }

  /** Returns the context of a call. */
  context(signal: AbortSignal = new AbortController().signal): ProbeContext {
    const { signal: probing } = this.#probing;
    return { process: this.#process, run: this.#run, signal, probing };
  }

  /** Calls a probe; returns its answer, or the message of what it throws. */
  async ask(probe: Probe, signal?: AbortSignal): Promise<boolean | string> {
    try {
      return await probe(this.context(signal));
    } catch (error) {
      return (error as Error).message;
    }
  }

  /** Asks again and again, until the answer is yes. */
  async untilYes(probe: Probe): Promise<void> {
    while (await this.ask(probe) !== true) await turn();
  }

  /** Records that no call follows. */
  end(): void {
    this.#probing.abort();
  }
}

/** Waits for a turn of the event loop, or longer. */
export function turn(ms = 0): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/**
 * Calls a probe many times, and aborts each call at another point: before it,
 * after some microtasks, after some turns of the event loop, after some
 * milliseconds, or when it has ended or its time is over.
 *
 * @returns How many calls said yes, and how many did not.
 */
export async function abortEverywhere(
  probe: Probe,
  { tries = TRIES, latestMs = 3, limitMs = 5_000 }: {
    tries?: number;
    latestMs?: number;
    limitMs?: number;
  } = {},
): Promise<{ yes: number; no: number }> {
  const count = { yes: 0, no: 0 };
  const random = seededRandom(1);
  for (let i = 0; i < tries; i++) {
    const abort = new AbortController();
    const calls = new Calls();
    if (i % 5 === 0 && i % 2 === 0) abort.abort();
    const answer = calls.ask(probe, abort.signal);
    if (i % 5 === 1) { for (let j = 0; j < i % 37; j++) await undefined; }
    if (i % 5 === 2) { for (let j = 0; j < i % 7; j++) await turn(); }
    if (i % 5 === 3) await turn(random() * latestMs);
    if (i % 5 === 4) {
      const timer = setTimeout(() => abort.abort(), limitMs);
      await answer;
      clearTimeout(timer);
    }
    abort.abort();
    if (await answer === true) count.yes++;
    else count.no++;
    calls.end();
  }
  return count;
}

/** Counts the open files and sockets of this program; Linux only. */
export function descriptors(): number {
  return Array.from(Deno.readDirSync("/proc/self/fd")).length;
}

/** How a raw server treats a connection. */
export type Treatment = (connection: Deno.TcpConn) => Promise<unknown>;

/** A server that knows when its clients have closed all connections. */
export class RawServer implements AsyncDisposable {
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #treatments: readonly Treatment[];
  readonly #connections: Promise<void>[] = [];
  readonly #listening: Promise<void>;

  /** Listens; each connection gets the next treatment. */
  constructor(...treatments: Treatment[]) {
    this.#treatments = treatments;
    this.#listening = this.#accept();
  }

  /** The port. */
  get port(): number {
    return this.#listener.addr.port;
  }

  /** How many connections there have been. */
  get count(): number {
    return this.#connections.length;
  }

  /** Waits until the clients have closed all connections. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    await this.#listening;
    await Promise.all(this.#connections);
  }

  async #accept(): Promise<void> {
    try {
      for await (const connection of this.#listener) {
        const treat = this.#treatments[this.count % this.#treatments.length];
        this.#connections.push(this.#serve(connection, treat));
      }
    } catch {
      // The listener has been closed while a connection arrived.
    }
  }

  /** Serves a connection until the client closes it. */
  async #serve(connection: Deno.TcpConn, treat?: Treatment): Promise<void> {
    const buffer = new Uint8Array(1_024);
    try {
      await connection.read(buffer);
      await treat?.(connection);
      while (await connection.read(buffer) !== null);
    } catch {
      // The client has reset the connection.
    }
    connection.close();
  }
}

/** Writes a text to a connection. */
export function says(text: string): Treatment {
  return (connection) => connection.write(new TextEncoder().encode(text));
}
