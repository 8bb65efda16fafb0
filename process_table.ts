/**
 * Who is in a process group: what Deno cannot tell.
 *
 * @module
 */

/** What a line of the table says: process, state, parent, group. */
const LINE = /^\s*(\d+)\s(?:.*\))?\s*([A-Za-z])\S*\s+\d+\s+(\d+)/gm;

/**
 * The command that prints the table. Slim Linux images have a shell but no
 * `ps`, other systems have no `/proc`; both ways print the same four columns.
 */
const READ_TABLE = Deno.build.os === "linux"
  ? "cat /proc/[0-9]*/stat 2>/dev/null"
  : "exec ps -A -o pid=,stat=,ppid=,pgid=";

/**
 * The process table of the system, read when it is asked for; those who ask at
 * the same time share one reading.
 */
export class ProcessTable {
  #reading: Promise<Table | undefined> | undefined;
  #next: Promise<Table | undefined> | undefined;

  /**
   * Lists the processes of a group that are alive. Those that are dead and have
   * not been reaped (zombies) do not count: they hold nothing and do nothing.
   *
   * @param group The ID of the process group.
   * @returns Their process IDs; `undefined` if the table cannot be read.
   */
  async members(group: number): Promise<readonly number[] | undefined> {
    const table = await this.#read();
    return table && (table.get(group) ?? []);
  }

  /** Reads the table as it is now: not as it was when others asked for it. */
  #read(): Promise<Table | undefined> {
    if (this.#reading) {
      return this.#next ??= this.#reading.then(() => {
        this.#next = undefined;
        return this.#read();
      });
    }
    this.#reading = read().finally(() => this.#reading = undefined);
    return this.#reading;
  }
}

/** The living members of each process group. */
type Table = Map<number, number[]>;

async function read(): Promise<Table | undefined> {
  let output: Deno.CommandOutput;
  try {
    output = await new Deno.Command("sh", {
      args: ["-c", READ_TABLE],
      stdin: "null",
      stderr: "null",
      // Ctrl-C is not for the reader.
      detached: true,
    }).output();
  } catch {
    return undefined;
  }
  if (output.signal !== null) return undefined;
  const groups: Table = new Map();
  let complete = false;
  const table = new TextDecoder().decode(output.stdout);
  for (const [, pid, state, group] of table.matchAll(LINE)) {
    if (state === "Z" || state === "X" || state === "x") continue;
    if (Number(pid) === Deno.pid) complete = true;
    const members = groups.get(Number(group));
    if (members) members.push(Number(pid));
    else groups.set(Number(group), [Number(pid)]);
  }
  // A table without this program is none.
  return complete ? groups : undefined;
}
