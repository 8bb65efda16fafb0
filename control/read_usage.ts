/**
 * Samples the process table while somebody asks what runs use.
 *
 * @module
 */

import { type Clock, systemClock } from "../mod.ts";
import { ProcFiles } from "./proc_files.ts";
import { parsePs, parseStat, type Sample, sumUp, type Usage } from "./usage.ts";

/** Two samples closer together than this would say little, in milliseconds. */
const LEAST_MS = 250;

/** A sample that is older than this says nothing about the present. */
const MOST_MS = 60_000;

/** Two samples of the process table. */
export interface Samples {
  /** The present one. */
  readonly now: Sample;
  /** The one before it; `undefined` if there is none, or it is too old. */
  readonly before: Sample | undefined;
}

/** Samples the process table. Nothing is read unless somebody asks. */
export class Sampler {
  readonly #clock: Clock;
  readonly #files = new ProcFiles();
  #last: Samples | undefined;
  #reading: Promise<Samples | undefined> | undefined;

  /** Creates a sampler, which reads nothing yet. */
  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * Reads the process table, unless that has just been done.
   *
   * @param pids The process IDs of the children of all runs.
   * @returns The samples; `undefined` if the table cannot be read.
   */
  sample(pids: readonly number[]): Promise<Samples | undefined> {
    return this.#reading ??= this.#sample(pids).finally(() => {
      this.#reading = undefined;
    });
  }

  async #sample(pids: readonly number[]): Promise<Samples | undefined> {
    const last = this.#last;
    const age = this.#clock.now() - (last?.now.at ?? -Infinity);
    const known = last && pids.every((pid) => last.now.runs.has(pid));
    if (age < LEAST_MS && known) return last;
    const rows = await readRows(this.#files, pids);
    if (rows === undefined) return undefined;
    const now = {
      at: this.#clock.now(),
      runs: sumUp(rows, pids, last?.now.runs),
    };
    // Of two samples in quick succession, the earlier one says more.
    const before = age < LEAST_MS
      ? last?.before
      : age < MOST_MS
      ? last?.now
      : undefined;
    return this.#last = { now, before };
  }
}

/**
 * Returns a function that reads what runs use, for metrics: `instrument(pm, {
 * usage: usageReader() })`. A run is its child and everything that the child
 * has started.
 *
 * It needs what CPU and memory need in {@linkcode expose}: `--allow-run` for a
 * shell. Without it, and on Windows, the function knows nothing.
 *
 * @example
 * ```ts
 * import { Processman } from "@isbm/processman";
 * import { usageReader } from "@isbm/processman/control";
 *
 * await using pm = new Processman();
 * const { pid = 0 } = pm.command("sleep", ["500"]);
 * const usage = await usageReader()([pid]);
 * console.log(usage.get(pid)?.memory); // 2019328
 * ```
 *
 * @returns A function that takes the process IDs of children, and returns a
 * promise of what their runs use, by these. Runs that have ended are missing.
 */
export function usageReader(): (
  pids: readonly number[],
) => Promise<ReadonlyMap<number, Usage>> {
  const sampler = new Sampler(systemClock);
  return async (pids) => (await sampler.sample(pids))?.now.runs ?? new Map();
}

async function readRows(files: ProcFiles, pids: readonly number[]) {
  const linux = Deno.build.os === "linux";
  if (Deno.build.os === "windows") return undefined;
  const self = { pid: Deno.pid, memory: Deno.memoryUsage().rss };
  if (linux && mayAll()) return files.read(pids, self.memory);
  const text = await outputOf(
    linux
      ? "exec cat /proc/[0-9]*/stat"
      : "LC_ALL=C exec ps -A -o pid=,pgid=,rss=,time=",
  );
  if (text === undefined) return undefined;
  return linux ? parseStat(text, self) : parsePs(text);
}

/** Returns what a shell command prints; `undefined` if it cannot run. */
async function outputOf(script: string): Promise<string | undefined> {
  const command = "/bin/sh";
  const { state } = Deno.permissions.querySync({ name: "run", command });
  if (state !== "granted") return undefined;
  try {
    const { stdout } = await new Deno.Command(command, {
      // Ctrl-C ends this program, not the shell.
      args: ["-c", `trap '' INT QUIT HUP TSTP; ${script}`],
      cwd: "/",
      stdin: "null",
      stderr: "null",
    }).output();
    return new TextDecoder("latin1").decode(stdout);
  } catch {
    return undefined;
  }
}

/** Returns whether this program has all permissions, as `/proc` requires. */
function mayAll(): boolean {
  const names = ["run", "read", "write", "net", "env", "sys", "ffi", "import"];
  return (names as Deno.PermissionName[]).every((name) => {
    const { state, partial } = Deno.permissions.querySync({ name });
    return state === "granted" && !partial;
  });
}
