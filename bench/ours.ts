/**
 * This project.
 *
 * @module
 */

import { type CommandOptions, type Process, Processman } from "../mod.ts";
import type { Child, Contender } from "./contender.ts";

const ONCE: CommandOptions = { restart: { policy: "never" } };

const shared = new Processman();

/** As it is by default. */
export const grouped: Contender = ours({});

/** With children that are not isolated. */
export const alone: Contender = ours({ group: false });

/** Read into buffers of the reader. */
export const byob: Contender = {
  bytes: counted(async (process) => {
    const reader = process.stdout.getReader({ mode: "byob" });
    let buffer = new ArrayBuffer(65_536);
    let bytes = 0;
    while (true) {
      const { value } = await reader.read(new Uint8Array(buffer));
      if (value === undefined || value.length === 0) return bytes;
      bytes += value.length;
      buffer = value.buffer;
    }
  }),
};

/** Not read at all: what is kept and what was dropped is all there was. */
export const unread: Contender = {
  bytes: counted(async (process) => {
    await process.finished;
    return process.droppedBytes.stdout + 65_536;
  }),
};

/** Lines by the batch. */
export const batches: Contender = {
  async lines(program, args, line) {
    const process = shared.command(program, args, ONCE);
    for await (const batch of process.lines().batches()) {
      for (const { text } of batch) line(text);
    }
  },
};

function ours(defaults: { group?: boolean }): Contender {
  const pm = new Processman({ defaults });
  return {
    run: (program, args) => pm.command(program, args, ONCE).finished,
    async restart(program, args, again) {
      const stop = new AbortController();
      const process = pm.command(program, args, {
        signal: stop.signal,
        restart: {
          policy: "always",
          backoff() {
            if (!again()) stop.abort();
            return 0;
          },
        },
      });
      await process.finished;
    },
    start(program, args): Child {
      const process = pm.command(program, args, ONCE);
      return { pid: process.pid ?? 0, stop: () => process.stop() };
    },
    stopAll: () => pm.stopAll(),
    // deno-lint-ignore require-await
    async supervise(ports) {
      for (const _ of ports) pm.command("sleep", ["500"]);
      return { pid: Deno.pid, stop: () => pm.stopAll() };
    },
    bytes: counted(async (process) => {
      let bytes = 0;
      for await (const chunk of process.stdout) bytes += chunk.length;
      return bytes;
    }),
    async lines(program, args, line) {
      const process = pm.command(program, args, ONCE);
      for await (const { text } of process.lines()) line(text);
    },
  };
}

function counted(
  count: (process: Process) => Promise<number>,
): (program: string, args: string[]) => Promise<number> {
  return (program, args) => count(shared.command(program, args, ONCE));
}
