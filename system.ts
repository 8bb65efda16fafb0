/**
 * The kernel of real programs: Deno's children, signals, clocks and chance.
 *
 * @module
 */

import { delay } from "@std/async/delay";
import type { Clock, DelayOptions, Kernel } from "./kernel.ts";
import { mayRun } from "./permissions.ts";
import { Spawner, type SpawnerOptions } from "./spawn.ts";

/** The longest time that a timer can run, in milliseconds: 24 days. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** The clocks and timers of Deno. */
export const systemClock: Clock = {
  now: () => performance.now(),
  time: () => Date.now(),
  delay: (ms, { signal, persistent = true }: DelayOptions = {}) =>
    persistent ? wait(ms, signal) : waitUnnoticed(ms, signal),
};

/** The functions of a kernel that read the processes of the system. */
export type TableReaders = Pick<
  Kernel,
  "readTable" | "readPipes" | "readOrigins"
>;

/** Cannot read anything. */
const NO_READERS: TableReaders = {
  readTable: () => Promise.resolve(undefined),
};

/**
 * Creates a kernel of real programs.
 *
 * @param options How children are started.
 * @param readers What reads the processes of the system.
 * @returns The kernel, which remembers where programs are.
 */
export function systemKernel(
  options: SpawnerOptions = {},
  readers: TableReaders = NO_READERS,
): Kernel {
  const spawner = new Spawner(options);
  return {
    ...systemClock,
    ...readers,
    get sessions() {
      return Deno.build.os !== "windows" && mayRun();
    },
    checkUser: (user) => spawner.checkUser(user),
    spawn: (request) => spawner.spawn(request),
    kill,
    random: () => Math.random(),
  };
}

/** Sends a signal to a target of `kill(2)`; `false` if there is no such target. */
function kill(target: number, signal: Deno.Signal | 0): boolean {
  try {
    Deno.kill(target, signal);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

async function wait(ms: number, signal?: AbortSignal): Promise<void> {
  const options = signal === undefined ? {} : { signal };
  try {
    for (let rest = ms; rest > 0; rest -= LONGEST_TIMER_MS) {
      await delay(Math.min(rest, LONGEST_TIMER_MS), options);
    }
    if (ms <= 0) await delay(0, options);
  } catch {
    // The signal was aborted.
  }
}

/**
 * Waits without keeping the program alive, and without a timer: Deno takes some
 * milliseconds to load its timers when the first one is set.
 */
function waitUnnoticed(ms: number, signal?: AbortSignal): Promise<void> {
  const cell = new Int32Array(new SharedArrayBuffer(4));
  const { promise, resolve } = Promise.withResolvers<void>();
  const wake = () => void Atomics.notify(cell, 0);
  signal?.addEventListener("abort", wake, { once: true });
  const waited = Atomics.waitAsync(cell, 0, 0, signal?.aborted ? 0 : ms).value;
  Promise.resolve(waited).then(() => {
    signal?.removeEventListener("abort", wake);
    resolve();
  });
  return promise;
}
