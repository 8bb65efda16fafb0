/**
 * Collects what a report shows.
 *
 * @module
 */

import {
  ConnectionError,
  ControlClient,
  ControlError,
  type EventView,
  inspect,
  type LogItem,
  type Presence,
  type ProcessDetails,
  type SupervisorView,
  VERSION,
} from "../control/client.ts";
import type { ReportData } from "../dashboard/mod.ts";
import type { Call } from "./call.ts";
import { supervisorOf } from "./log_trail.ts";
import { logLeft } from "./log_left.ts";
import { folderOf } from "./find_config.ts";
import { nameOf } from "./target_name.ts";
import type { Target } from "./target.ts";

/** The most lines of a report. */
const MOST_LINES = 50_000;

/** The most bytes of the text of its lines. */
const MOST_BYTES = 20_000_000;

/** How many processes are asked about at the same time. */
const AT_ONCE = 8;

/** What a report shows, before secrets are replaced. */
export type Collected = Omit<ReportData, "redacted">;

/**
 * Collects everything that is known about a supervisor.
 *
 * @param call The call.
 * @param target The supervisor.
 * @param since From when on events and lines are collected.
 * @throws {CliError} If no supervisor runs, and there are no logs.
 */
export async function collect(
  call: Call,
  target: Target,
  since: number,
): Promise<Collected> {
  const client = new ControlClient(target.place.socket);
  const base = { version: VERSION, madeAt: call.io.now(), since };
  const presence = await inspect(target.place);
  const supervisor = await supervisorOf(client);
  if (supervisor !== undefined) {
    try {
      return {
        ...base,
        presence,
        ...await fromSupervisor(client, supervisor, since),
      };
    } catch (error) {
      // It has ended meanwhile: its logs are still there.
      const ended = error instanceof ConnectionError &&
        ["unreachable", "gone"].includes(error.fault);
      if (!ended || supervisor.logs === null) throw error;
    }
  }
  return { ...base, ...await fromDisk(call, target, since) };
}

type Parts = Pick<
  Collected,
  "supervisor" | "processes" | "details" | "events" | "logs" | "cut"
>;

async function fromSupervisor(
  client: ControlClient,
  supervisor: SupervisorView,
  since: number,
): Promise<Parts> {
  const processes = await client.processes({ usage: true });
  const details: [name: string, details: ProcessDetails | null][] = [];
  for (let i = 0; i < processes.length; i += AT_ONCE) {
    const some = processes.slice(i, i + AT_ONCE);
    await Promise.all(some.map(async ({ name }) => {
      details.push([name, await detailsOf(client, name)]);
    }));
  }
  const events: EventView[] = [];
  for await (const event of client.events()) {
    if (event.time >= since) events.push(event);
  }
  const lines = client.logs({ since, lines: MOST_LINES + 1 });
  return {
    supervisor,
    processes,
    // A process can be called `__proto__`.
    details: Object.fromEntries(details),
    events,
    ...await newest(lines),
  };
}

/** Returns the details of a process, if it is still there. */
async function detailsOf(
  client: ControlClient,
  name: string,
): Promise<ProcessDetails | null> {
  try {
    return await client.details(name);
  } catch (error) {
    if (error instanceof ControlError) return null;
    throw error;
  }
}

/** Collects what a supervisor that does not run has left. */
async function fromDisk(
  call: Call,
  target: Target,
  since: number,
): Promise<Parts & { presence: Presence }> {
  const { presence, folder, log } = await logLeft(target, call);
  const { signal } = new AbortController();
  return {
    presence,
    supervisor: lastOne(target, presence, folder, since),
    processes: [],
    details: {},
    events: [],
    ...await newest(log.read({ since, lines: MOST_LINES + 1 }, signal)),
  };
}

/** Describes a supervisor that does not run, as far as it is known. */
function lastOne(
  target: Target,
  presence: Presence,
  logs: string,
  since: number,
): SupervisorView {
  const config = target.config ?? null;
  const known = presence.kind === "none"
    ? { pid: 0, version: VERSION, startedAt: since, log: null }
    : presence.record;
  const { pid, version, startedAt, log } = known;
  return {
    name: nameOf(target, presence),
    pid,
    version,
    startedAt,
    config,
    source: null,
    cwd: config === null ? "" : folderOf(config),
    logs,
    log,
    metrics: null,
    plan: false,
    canApply: false,
  };
}

/** Returns the newest lines that fit into a report. */
async function newest(
  items: AsyncIterable<LogItem>,
): Promise<Pick<Collected, "logs" | "cut">> {
  const encoder = new TextEncoder();
  const sizeOf = (item: LogItem | undefined) =>
    item?.kind === "line" ? encoder.encode(item.text).length : 0;
  let logs: LogItem[] = [];
  let [first, bytes, cut] = [0, 0, false];
  for await (const item of items) {
    logs.push(item);
    bytes += sizeOf(item);
    while (logs.length - first > MOST_LINES || bytes > MOST_BYTES) {
      bytes -= sizeOf(logs[first++]);
      cut = true;
    }
    if (first < MOST_LINES) continue;
    logs = logs.slice(first);
    first = 0;
  }
  return { logs: logs.slice(first), cut };
}
