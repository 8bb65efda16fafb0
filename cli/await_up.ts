/**
 * Waits until the processes of a supervisor are up.
 *
 * @module
 */

import {
  ConnectionError,
  type ControlClient,
  type ProcessView,
} from "../control/client.ts";
import { type Io, STATUS } from "./call.ts";
import { now, pause } from "./clock.ts";
import {
  complaints,
  type Goal,
  PATIENCE_MS,
  progressOf,
  waitingText,
} from "./progress.ts";
import { signalStatus } from "./signal_status.ts";

/** The longest wait before another look, in milliseconds. */
const LOOK_MS = 2_000;

/** What is awaited. */
export interface Awaited {
  /** Returns whether a process is awaited. */
  readonly wants: (view: ProcessView) => boolean;
  /** What is awaited of it. */
  readonly goal: Goal;
  /** How long to wait, in milliseconds; without it, for ever. */
  readonly withinMs: number | undefined;
}

/**
 * Waits until processes are up, and says on stderr which ones are not, and why.
 *
 * @param client Asks the supervisor.
 * @param io The surroundings of the call.
 * @param awaited What is awaited.
 * @returns A promise of the exit status.
 */
export async function awaitUp(
  client: ControlClient,
  io: Io,
  { wants, goal, withinMs }: Awaited,
): Promise<number> {
  using changes = new Changes(client);
  const began = now();
  const deadline = began + (withinMs ?? Infinity);
  let patience = began + PATIENCE_MS;
  while (true) {
    const change = changes.next();
    const views = (await client.processes()).filter(wants);
    const time = now();
    const { missing, failed, again } = progressOf(views, goal, time);
    if (failed.length > 0) {
      await io.err(
        `processman: not all processes are up:\n${complaints(failed)}\n`,
      );
      return STATUS.failed;
    }
    if (missing.length === 0) return STATUS.ok;
    if (io.signal.aborted) return signalStatus(io.signal.reason);
    if (time >= deadline) {
      await io.err(
        `processman: not ready within ${withinMs} ms:\n${
          complaints(missing)
        }\n`,
      );
      return STATUS.notReady;
    }
    if (time >= patience) {
      patience = Infinity;
      await io.err(waitingText(missing));
    }
    const look = Math.min(again ?? Infinity, time + LOOK_MS);
    const next = Math.min(deadline, patience, look);
    await either(change, next - time, io.signal);
  }
}

/** Waits for a change, for a time or for a signal, whichever comes first. */
async function either(
  change: Promise<void>,
  ms: number,
  signal: AbortSignal,
): Promise<void> {
  const over = new AbortController();
  const waited = pause(ms, AbortSignal.any([over.signal, signal]));
  await Promise.race([change, waited]);
  over.abort();
}

/** Tells when something happens to a process of a supervisor. */
class Changes implements Disposable {
  readonly #end = new AbortController();
  #next: PromiseWithResolvers<void> = Promise.withResolvers();

  constructor(client: ControlClient) {
    this.#follow(client);
  }

  /** Resolves at the next event after this call. */
  next(): Promise<void> {
    return this.#next.promise;
  }

  async #follow(client: ControlClient): Promise<void> {
    const { signal } = this.#end;
    try {
      const events = client.events({ after: 0, follow: true }, signal);
      for await (const _ of events) {
        this.#next.resolve();
        this.#next = Promise.withResolvers();
      }
    } catch {
      // The next question finds out whether the supervisor has ended.
    }
  }

  [Symbol.dispose](): void {
    this.#end.abort(new ConnectionError("not needed any more", "gone"));
  }
}
