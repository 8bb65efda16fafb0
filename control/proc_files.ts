/**
 * Reads the process table of Linux from the files in `/proc`.
 *
 * @module
 */

import { parseStat, type TableRow } from "./usage.ts";

/**
 * How many processes may have been started on the machine until an ID can stand
 * for another process. IDs go round, and every Linux has at least 32768.
 */
const REUSE = 8_000;

/**
 * Reads what may belong to runs. A process that belongs to none never will,
 * because a session is inherited. It is read once, as there may be hundreds of
 * them, and each takes the time of several system calls.
 */
export class ProcFiles {
  readonly #others = new Set<number>();
  #started = NaN;

  /**
   * Reads the table.
   *
   * @param pids The process IDs of the children of all runs. Each leads the
   * session of its run.
   * @param memory The resident memory of this program, in bytes.
   */
  read(pids: readonly number[], memory: number): TableRow[] {
    const started = startedProcesses();
    if (!(started - this.#started < REUSE)) {
      this.#others.clear();
      this.#started = started;
    }
    const runs = new Set(pids);
    const wanted = (pid: number) => runs.has(pid) || !this.#others.has(pid);
    const text = processIds().filter(wanted).map(readStat).join("");
    const rows = parseStat(text, { pid: Deno.pid, memory });
    for (const { pid, session } of rows) {
      // This program tells how large a page is.
      const needed = runs.has(pid) || runs.has(session) || pid === Deno.pid;
      if (!needed) this.#others.add(pid);
    }
    return rows;
  }
}

const decoder = new TextDecoder("latin1");

function processIds(): number[] {
  return Array.from(Deno.readDirSync("/proc"), ({ name }) => Number(name))
    .filter((pid) => pid > 0);
}

/** Returns the file of a process; nothing if it has ended. */
function readStat(pid: number): string {
  try {
    return decoder.decode(Deno.readFileSync(`/proc/${pid}/stat`));
  } catch {
    return "";
  }
}

/** Returns how many processes have been started since the system has. */
function startedProcesses(): number {
  const text = decoder.decode(Deno.readFileSync("/proc/stat"));
  return Number(/^processes (\d+)$/m.exec(text)?.[1] ?? NaN);
}
