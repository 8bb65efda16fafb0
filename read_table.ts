/**
 * Reads the process table of the system. Deno would need further permissions
 * for that, so a shell does it.
 *
 * @module
 */

import type {
  Clock,
  ProcessEntry,
  ProcessOrigins,
  ProcessPipes,
  TableReading,
} from "./kernel.ts";
import { mayRun } from "./permissions.ts";

/**
 * The command that prints the table. On Linux it lists the processes first,
 * because `cat` prints nothing for a process that ends before it is read. Slim
 * Linux images have a shell but no `ps`, and other systems have no `/proc`.
 */
const READ_TABLE = Deno.build.os === "linux"
  ? "echo /proc/[0-9]*; exec cat /proc/[0-9]*/stat"
  : "exec ps -A -o pid=,stat=,ppid=,pgid=,comm=";

/** How many times to read the table before it counts as unreadable. */
const MAX_TRIES = 2;

/**
 * Reads the process table.
 *
 * @param clock The clock that tells when the reader started.
 * @returns The table; `undefined` if it cannot be read.
 */
export async function readTable(
  clock: Pick<Clock, "now">,
): Promise<TableReading | undefined> {
  for (let i = 0; i < MAX_TRIES; i++) {
    const earliest = clock.now();
    const reader = startShell(READ_TABLE);
    // On a busy machine, the reader can take some time to start.
    const startedAt = { earliest, latest: clock.now() };
    const output = await outputOf(reader);
    if (reader === undefined || output === undefined) return undefined;
    const parse = Deno.build.os === "linux" ? linuxTable : psTable;
    const table = parse(output, { pid: reader.pid, startedAt });
    // A table without this program is incomplete: the reader was interrupted.
    if (table.processes.some(({ pid }) => pid === Deno.pid)) return table;
  }
  return undefined;
}

/** A heading, or a descriptor that is a pipe, in the list of descriptors. */
const PIPE_LINE =
  /^\/proc\/(\d+)\/fd:$|^l([r-])([w-])\S+ .* -> pipe:\[(\d+)\]$/gm;

/**
 * Reads which pipes each process has open, as far as this program can see them.
 * Linux only.
 *
 * @returns The pipes by process ID; empty if they cannot be read.
 */
export async function readPipes(): Promise<ReadonlyMap<number, ProcessPipes>> {
  const output = await outputOf(
    startShell("LC_ALL=C exec ls -l /proc/[0-9]*/fd"),
  );
  const pipes = new Map<number, ProcessPipes>();
  let read = new Set<string>();
  let written = new Set<string>();
  const text = new TextDecoder().decode(output);
  for (const [, pid, readable, writable, pipe] of text.matchAll(PIPE_LINE)) {
    if (pid !== undefined) {
      read = new Set();
      written = new Set();
      pipes.set(Number(pid), { read, written });
    } else if (pipe !== undefined) {
      if (readable === "r") read.add(pipe);
      if (writable === "w") written.add(pipe);
    }
  }
  return pipes;
}

/** A shell command that orphans another shell, which prints its new parent. */
const FIND_REAPER = `(
  read -r parent rest </proc/self/stat
  (
    while read -r pid name state reaper rest </proc/self/stat &&
      [ "$reaper" = "$parent" ]; do :; done
    echo "$reaper"
  ) &
)`;

/**
 * Reads where processes come from. Linux only.
 *
 * @param pids The process IDs.
 * @returns The origins; `reaper` is 0 if it cannot be found.
 */
export async function readOrigins(
  pids: readonly number[],
): Promise<ProcessOrigins> {
  const files = pids.map((pid) => `echo @${pid}; cat /proc/${pid}/cgroup`);
  const [reaper, cgroups] = await Promise.all([
    outputOf(startShell(FIND_REAPER)),
    outputOf(startShell(files.join("; "))),
  ]);
  const decoder = new TextDecoder();
  const groups = new Map(
    decoder.decode(cgroups).split("@").slice(1).map((part) => {
      const [pid = "", ...lines] = part.split("\n");
      return [Number(pid), lines.join("\n")];
    }),
  );
  return { reaper: Number(decoder.decode(reaper)), groups };
}

/**
 * Reads the command line of this program: Deno, its options, the script, and
 * the arguments of the script.
 *
 * @returns The command line; empty if it cannot be read.
 */
export async function readCommandLine(): Promise<string[]> {
  const linux = Deno.build.os === "linux";
  const output = await outputOf(startShell(
    linux
      ? `exec cat /proc/${Deno.pid}/cmdline`
      : `exec ps -o args= -p ${Deno.pid}`,
  ));
  const text = new TextDecoder().decode(output);
  return text.replace(/[\0\n]$/, "").split(linux ? "\0" : " ");
}

/**
 * Starts a shell that prints something; returns `undefined` if that is not
 * possible.
 */
function startShell(command: string): Deno.ChildProcess | undefined {
  if (!mayRun()) return undefined;
  try {
    return new Deno.Command("/bin/sh", {
      // Ctrl-C ends this program, not the shell.
      args: ["-c", `trap '' INT QUIT HUP TSTP; ${command}`],
      // The working directory of this program can have been deleted.
      cwd: "/",
      stdin: "null",
      stdout: "piped",
      stderr: "null",
    }).spawn();
  } catch {
    return undefined;
  }
}

/** Returns the output of a shell; `undefined` if there is none. */
async function outputOf(
  shell: Deno.ChildProcess | undefined,
): Promise<Uint8Array | undefined> {
  try {
    return (await shell?.output())?.stdout;
  } catch {
    return undefined;
  }
}

/** The process that read the table, and when it started. */
type Reader = NonNullable<TableReading["reader"]>;

/**
 * The end of a record in `/proc/PID/stat`, after the name: state, parent,
 * group, session, 13 numbers, the threads, one more number, the start time, and
 * many more numbers.
 */
const RECORD_END =
  /\) ([A-Za-z]) (\d+) (-?\d+) (-?\d+)(?: -?\d+){13} (\d+) -?\d+ (\d+)(?: -?\d+){18,}\n/g;

/**
 * Parses a list of folders `/proc/PID`, and then the files `stat` in them. A
 * name can contain any byte, but it is too short to contain all the numbers
 * that follow it. These numbers show where it ends.
 */
function linuxTable(bytes: Uint8Array, reader: Reader): TableReading {
  // Each byte becomes one character, whatever it is.
  const text = new TextDecoder("latin1").decode(bytes);
  const processes: ProcessEntry[] = [];
  const dead = new Map<number, number>();
  let from = text.indexOf("\n") + 1;
  const unread = new Set(text.slice(0, from).match(/\d+/g)?.map(Number));
  for (const end of text.matchAll(RECORD_END)) {
    const [whole, state, parent, group, session, threads, startedAt] = end;
    const nameAt = text.indexOf("(", from) + 1;
    const name = bytes.subarray(nameAt, end.index);
    const pid = Number(text.slice(from, nameAt - 1));
    from = end.index + whole.length;
    unread.delete(pid);
    if (
      // `Z` with several threads means that only the first thread has ended.
      state === "Z" && Number(threads) <= 1 || state === "X" || state === "x"
    ) {
      dead.set(pid, Number(session));
      continue;
    }
    processes.push({
      pid,
      name: new TextDecoder().decode(name),
      parent: Number(parent),
      group: Number(group),
      session: Number(session),
      startedAt: Number(startedAt),
    });
  }
  return { processes, reader, unread, dead };
}

/** A line of `ps`: process, state, parent, group, name. */
const PS_LINE = /^\s*(\d+)\s+([A-Za-z])\S*\s+(\d+)\s+(\d+)\s+(.*)$/gm;

/** Parses the output of `ps`, which has neither sessions nor start times. */
function psTable(bytes: Uint8Array, reader: Reader): TableReading {
  const processes: ProcessEntry[] = [];
  const text = new TextDecoder().decode(bytes);
  for (const match of text.matchAll(PS_LINE)) {
    const [, pid, state, parent, group, name = ""] = match;
    if (state === "Z") continue;
    processes.push({
      pid: Number(pid),
      name: name.slice(name.lastIndexOf("/") + 1),
      parent: Number(parent),
      group: Number(group),
      session: Number(group),
      startedAt: 0,
    });
  }
  return { processes, reader };
}
