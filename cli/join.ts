/**
 * What `processman up` does if a supervisor of the configuration runs already.
 *
 * @module
 */

import {
  ControlClient,
  ControlError,
  type Place,
  type ProcessView,
} from "../control/client.ts";
import { awaitUp } from "./await_up.ts";
import { CliError, type Io, STATUS } from "./call.ts";
import { changesText, isSame, readChanges } from "./changes.ts";
import type { Goal } from "./progress.ts";
import { applyConfig } from "./reload.ts";
import type { ResolvedConfig } from "./resolved.ts";

/** Options of {@linkcode join}. */
export interface JoinOptions {
  /** The entries that are to be started, with what they depend on. */
  readonly names: readonly string[];
  /** What is awaited; nothing if `undefined`. */
  readonly goal: Goal | undefined;
  /** How long to wait, in milliseconds. */
  readonly withinMs: number | undefined;
  /** The command line that applies the configuration. */
  readonly reload: string;
  /** The address at which the metrics are to be served. */
  readonly metrics: string | undefined;
}

/**
 * Joins a supervisor that runs: says what the configuration would change, and
 * starts the processes that are named. Nothing is started twice.
 *
 * @param place The place of the supervisor.
 * @param config The configuration.
 * @param io The surroundings of the call.
 * @param options What to start and to wait for.
 * @returns A promise of the exit status.
 */
export async function join(
  place: Place,
  config: ResolvedConfig,
  io: Io,
  options: JoinOptions,
): Promise<number> {
  const client = new ControlClient(place.socket);
  const { pid, metrics: served } = await client.supervisor();
  const changes = readChanges(await client.apply(config, { dryRun: true }));
  const views = await client.processes();
  await io.err(`processman: ${runsText(config.name, pid, views)}\n`);
  if (!isSame(changes)) {
    await offerReload(client, config, io, changesText(changes), options.reload);
  }
  const { names, goal, withinMs, metrics } = options;
  if (metrics !== undefined && metrics !== served) {
    const now = served === null ? "no metrics" : `its metrics at ${served}`;
    await io.err(
      `processman: it serves ${now}; --metrics takes effect after ` +
        '"processman down"\n',
    );
  }
  if (names.length > 0) await start(client, names);
  if (goal === undefined) {
    await io.err('See "processman logs -f" for its output.\n');
    return STATUS.ok;
  }
  const status = await awaitUp(client, io, {
    wants: wanted(names),
    goal,
    withinMs,
  });
  // If it has begun to end meanwhile, this throws.
  if (status === STATUS.ok) await client.apply(config, { dryRun: true });
  return status;
}

/** Returns which processes are awaited: those that are named, or all. */
function wanted(names: readonly string[]): (view: ProcessView) => boolean {
  const named = (view: ProcessView) =>
    names.includes(view.entry) || names.includes(view.name);
  return names.length > 0
    ? named
    : ({ state }) => state !== "idle" && state !== "stopped";
}

function runsText(
  name: string,
  pid: number,
  views: readonly ProcessView[],
): string {
  const states = Object.groupBy(views, ({ state }) => state);
  const { running = [], completed = [] } = states;
  const done = completed.length > 0 ? `, ${completed.length} completed` : "";
  return `${name} is supervised already by process ${pid}, ` +
    `and ${running.length} of ${views.length} processes run${done}`;
}

/** Shows what differs; on a terminal, asks whether to apply it. */
async function offerReload(
  client: ControlClient,
  config: ResolvedConfig,
  io: Io,
  text: string,
  reload: string,
): Promise<void> {
  await io.err(`The configuration differs from what runs:\n${text}`);
  const asks = io.terminal && Deno.stdin.isTerminal() &&
    Deno.stderr.isTerminal();
  if (!asks) {
    await io.err(`Apply it with "${reload}".\n`);
    return;
  }
  await io.err("Apply it now? [y/N] ");
  if (!await saysYes()) return;
  await applyConfig(client, config, io);
}

/** Reads a line of the terminal. */
async function saysYes(): Promise<boolean> {
  const bytes = new Uint8Array(1024);
  const length = await Deno.stdin.read(bytes) ?? 0;
  const answer = new TextDecoder().decode(bytes.subarray(0, length));
  return /^y(es)?\s*$/i.test(answer.trim());
}

/** Starts processes, without a wait until they are ready. */
async function start(
  client: ControlClient,
  names: readonly string[],
): Promise<void> {
  try {
    await client.start({ names, withinMs: 0 });
  } catch (error) {
    if (!(error instanceof ControlError)) throw error;
    // They have been started, but are not ready yet, or cannot get there: the
    // wait that follows says so.
    if (["not-ready", "failed"].includes(error.code)) return;
    throw error.code === "closing"
      ? error
      : new CliError(error.message, STATUS.failed);
  }
}
