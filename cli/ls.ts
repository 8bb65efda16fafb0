/**
 * The command `ls`.
 *
 * @module
 */

import {
  ConnectionError,
  ControlClient,
  type EndedOrphan,
  type StateName,
} from "../control/client.ts";
import { type Command, STATUS } from "./call.ts";
import { shortDuration } from "../control/format.ts";
import { type Column, tableLines } from "./table.ts";
import { type Known, knownSupervisors } from "./target.ts";
import { plainText } from "./plain_text.ts";

/** A supervisor, as `ls --json` prints it. */
export interface SupervisorRow {
  /** Its name. */
  readonly name: string;
  /** `silent` if it runs and does not answer. */
  readonly state: "running" | "silent" | "died";
  /** The process ID of its program. */
  readonly pid: number;
  /** The version of the package that it uses. */
  readonly version: string;
  /** When it began, in milliseconds since the epoch. */
  readonly startedAt: number;
  /** When it died, as exactly as that is known. */
  readonly diedAt: number | null;
  /** The path of its configuration, if it has one. */
  readonly config: string | null;
  /** The path of its socket. */
  readonly socket: string;
  /** How many processes are in each state; `null` if it gives no answer. */
  readonly processes: Readonly<Partial<Record<StateName, number>>> | null;
  /** What the guard ended after it had died. */
  readonly orphans: readonly EndedOrphan[];
}

/** How long a supervisor may take to answer, in milliseconds. */
const ANSWER_MS = 2_000;

/** Lists the supervisors of this user. */
export const ls: Command = async ({ options, io }) => {
  const rows = await listSupervisors();
  if (options.flag("json")) {
    await io.out(`${JSON.stringify(rows, null, 2)}\n`);
    return STATUS.ok;
  }
  const lines = lsLines(rows, io.now(), {
    width: io.size()?.columns,
    color: io.color,
  });
  await io.out(`${lines.join("\n")}\n`);
  return STATUS.ok;
};

/** Returns the supervisors of this user, by their names. */
export async function listSupervisors(): Promise<SupervisorRow[]> {
  const known = await Array.fromAsync(knownSupervisors());
  return (await Promise.all(known.map(rowOf)))
    .sort((a, b) => a.name.localeCompare(b.name) || a.startedAt - b.startedAt);
}

async function rowOf(known: Known): Promise<SupervisorRow> {
  const { place: { socket }, record, kind } = known;
  const { name, pid, version, startedAt, config } = record;
  const row = { name, pid, version, startedAt, config, socket };
  if (kind === "died") {
    const { at, orphans } = known;
    return { ...row, state: kind, diedAt: at, processes: null, orphans };
  }
  const processes = await countStates(socket);
  const state = processes === null ? "silent" : kind;
  return { ...row, state, diedAt: null, processes, orphans: [] };
}

/** Counts the processes in each state; `null` if there is no answer. */
async function countStates(
  socket: string,
): Promise<SupervisorRow["processes"]> {
  const client = new ControlClient(socket, { answerWithinMs: ANSWER_MS });
  try {
    const counts: Partial<Record<StateName, number>> = {};
    for (const { state } of await client.processes()) {
      counts[state] = (counts[state] ?? 0) + 1;
    }
    return counts;
  } catch (error) {
    if (error instanceof ConnectionError) return null;
    throw error;
  }
}

const COLUMNS: readonly Column[] = [
  { title: "NAME", least: 16 },
  { title: "STATE", least: 12 },
  { title: "PID", right: true },
  { title: "UPTIME", right: true, drop: 2 },
  { title: "PROCESSES", least: 12, drop: 1 },
  { title: "CONFIG", least: 20 },
];

/** Returns the lines of the table of supervisors. */
export function lsLines(
  rows: readonly SupervisorRow[],
  now: number,
  options: { readonly width?: number | undefined; readonly color?: boolean },
): string[] {
  const cells = rows.map((row) => {
    const { name, pid, state, startedAt, config } = row;
    const died = state === "died";
    return [
      { text: plainText(name) },
      { text: stateText(row, now), color: state === "running" ? 32 : 31 },
      { text: died ? "" : String(pid) },
      { text: died ? "" : shortDuration(now - startedAt) },
      { text: processesText(row) },
      { text: plainText(config ?? "") },
    ];
  });
  return tableLines(COLUMNS, cells, options);
}

function stateText({ state, diedAt }: SupervisorRow, now: number): string {
  if (state === "silent") return "no answer";
  if (state !== "died" || diedAt === null) return state;
  return `died ${shortDuration(now - diedAt)} ago`;
}

function processesText({ processes, orphans }: SupervisorRow): string {
  if (processes === null) {
    return orphans.length === 0 ? "" : `${orphans.length} ended by guard`;
  }
  const counts = Object.entries(processes);
  if (counts.length === 0) return "none";
  return counts.map(([state, count]) => `${count} ${state}`).join(", ");
}
