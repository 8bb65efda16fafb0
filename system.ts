/**
 * The kernel that runs real programs, with Deno's child processes, signals,
 * clocks and random numbers.
 *
 * @module
 */

import { delay } from "@std/async/delay";
import type { Clock, DelayOptions, Kernel } from "./kernel.ts";
import { mayRun } from "./permissions.ts";
import { readOrigins, readPipes, readTable } from "./read_table.ts";
import { Spawner, type SpawnerOptions } from "./spawn.ts";

/** The clocks and timers of Deno. */
export const systemClock: Clock = {
  now: () => performance.now(),
  time: () => Date.now(),
  delay: (ms, { signal, persistent = true }: DelayOptions = {}) =>
    persistent ? wait(ms, signal) : waitUnnoticed(ms, signal),
};

/**
 * Creates a kernel that runs real programs, and caches where they are.
 *
 * @param options How to start children.
 * @returns The kernel.
 */
export function systemKernel(options: SpawnerOptions = {}): Kernel {
  const spawner = new Spawner(options);
  return {
    ...systemClock,
    get sessions() {
      return Deno.build.os !== "windows" && mayRun();
    },
    checkUser: (user) => spawner.checkUser(user),
    spawn: (request) => spawner.spawn(request),
    kill,
    readTable: () => readTable(systemClock),
    ...Deno.build.os === "linux" && { readPipes, readOrigins },
    random: () => Math.random(),
  };
}

/** Sends a signal as `kill(2)` does; returns whether the target exists. */
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
  try {
    // Deno loads its timers when one is first needed. Other code runs meanwhile,
    // and can abort the signal before there is a timer to clear.
    void setTimeout;
    await delay(ms, signal === undefined ? {} : { signal });
  } catch {
    // The signal was aborted.
  }
}

/**
 * Waits without keeping the program alive. This uses no timer, because Deno
 * takes some milliseconds to load its timers when the first one is set.
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

/**
 * Blocks this thread.
 *
 * @param ms How long, in milliseconds.
 */
export function pause(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}
