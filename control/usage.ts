/**
 * The processor time and memory of runs. The functions are pure.
 *
 * @module
 */

import type { UsageView } from "./wire.ts";

/** A process in the process table. */
export interface TableRow {
  /** Its process ID. */
  readonly pid: number;
  /** Its session; where that is not known, its process group. */
  readonly session: number;
  /** Processor time of it and its ended children, in milliseconds. */
  readonly cpuMs: number;
  /** Resident memory in bytes. */
  readonly memory: number;
}

/** What a run and everything that it has started have used up to a time. */
export interface Usage {
  /**
   * Processor time in milliseconds. It falls when a process ends that nobody
   * waits for, because the system then forgets its time.
   */
  readonly cpuMs: number;
  /** The same, summed up over samples, so that it never falls. */
  readonly countedMs: number;
  /** Resident memory in bytes. */
  readonly memory: number;
  /** How many processes it consists of. */
  readonly processes: number;
}

/** The process table at one moment. */
export interface Sample {
  /** When it was read, in milliseconds of a monotonic clock. */
  readonly at: number;
  /** What runs have used, by the process ID of the child. */
  readonly runs: ReadonlyMap<number, Usage>;
}

/**
 * A record of `/proc/PID/stat`, with the fields that are read: the process ID,
 * the session, four processor times, and the resident pages.
 */
const STAT =
  /^(\d+) \([^]*?\) [A-Za-z] \d+ -?\d+ (-?\d+)(?: -?\d+){7} (\d+) (\d+) (-?\d+) (-?\d+)(?: -?\d+){6} (-?\d+)(?: -?\d+){12,}$/gm;

/** The length of a tick of the processor times, on every Linux. */
const TICK_MS = 10;

/**
 * Parses the files `/proc/PID/stat`.
 *
 * @param text The files, one after another.
 * @param self The process ID and the resident memory of this program, which
 * tell how large a page is.
 */
export function parseStat(
  text: string,
  self: { readonly pid: number; readonly memory: number },
): TableRow[] {
  const rows = [...text.matchAll(STAT)].map((fields) => {
    const [pid = 0, session = 0, ...rest] = fields.slice(1).map(Number);
    const [user = 0, system = 0, theirUser = 0, theirSystem = 0, pages = 0] =
      rest;
    const ticks = user + system + theirUser + theirSystem;
    return { pid, session, cpuMs: ticks * TICK_MS, pages };
  });
  const own = rows.find(({ pid }) => pid === self.pid)?.pages ?? 0;
  const page = pageSize(self.memory, own);
  return rows.map(({ pages, ...row }) => ({ ...row, memory: pages * page }));
}

/** Returns the size of a page: the power of two that fits best. */
export function pageSize(memory: number, pages: number): number {
  if (!(pages > 0)) return 4_096;
  return 2 ** Math.max(12, Math.round(Math.log2(memory / pages)));
}

/** A line of `ps`: process, group, kibibytes, processor time. */
const PS_LINE = /^\s*(\d+)\s+(\d+)\s+(\d+)\s+(?:(\d+)-)?([\d:.]+)\s*$/gm;

/** Parses the output of `ps -A -o pid=,pgid=,rss=,time=`. */
export function parsePs(text: string): TableRow[] {
  return [...text.matchAll(PS_LINE)].map((fields) => {
    const [, pid, session, memory, days = "0", clock = ""] = fields;
    const seconds = clock.split(":").reduce(
      (sum, part) => sum * 60 + Number(part),
      0,
    );
    return {
      pid: Number(pid),
      session: Number(session),
      cpuMs: Math.round((Number(days) * 86_400 + seconds) * 1_000),
      memory: Number(memory) * 1_024,
    };
  });
}

/**
 * Sums up what runs use.
 *
 * @param rows The process table.
 * @param pids The process IDs of the children. Each leads the session of its
 * run.
 * @param before What the runs have used up to the sample before.
 */
export function sumUp(
  rows: readonly TableRow[],
  pids: readonly number[],
  before: ReadonlyMap<number, Usage> = new Map(),
): Map<number, Usage> {
  const runs = new Map<number, Usage>();
  const wanted = new Set(pids);
  for (const { pid, session, cpuMs, memory } of rows) {
    // Without permission for sessions, a run is its child alone.
    const run = wanted.has(pid) ? pid : session;
    if (!wanted.has(run)) continue;
    const sum = runs.get(run) ??
      { cpuMs: 0, countedMs: 0, memory: 0, processes: 0 };
    runs.set(run, {
      ...sum,
      cpuMs: sum.cpuMs + cpuMs,
      memory: sum.memory + memory,
      processes: sum.processes + 1,
    });
  }
  for (const [run, usage] of runs) {
    const earlier = before.get(run) ?? { cpuMs: 0, countedMs: 0 };
    const spent = Math.max(0, usage.cpuMs - earlier.cpuMs);
    runs.set(run, { ...usage, countedMs: earlier.countedMs + spent });
  }
  return runs;
}

/**
 * Returns what a run uses.
 *
 * @param pid The process ID of its child.
 * @param ageMs How long it has been running, in milliseconds.
 * @param sample The present sample.
 * @param before The sample before it, if there is one.
 * @returns The usage. The share of the processor is that since the sample
 * before, or since the start of the run if it was not in it. `null` if the run
 * is not in the sample.
 */
export function usageOf(
  pid: number,
  ageMs: number,
  sample: Sample,
  before: Sample | undefined,
): UsageView | null {
  const now = sample.runs.get(pid);
  if (now === undefined) return null;
  const earlier = before?.runs.get(pid);
  const spent = now.cpuMs - (earlier?.cpuMs ?? 0);
  const elapsed = before !== undefined && earlier !== undefined
    ? sample.at - before.at
    : ageMs;
  const cpu = elapsed > 0
    ? Math.round(Math.max(0, spent) / elapsed * 1_000) / 1_000
    : null;
  return { cpu, memory: now.memory, processes: now.processes };
}
