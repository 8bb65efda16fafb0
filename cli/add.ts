/**
 * The commands `add` and `delete`.
 *
 * @module
 */

import { resolve } from "node:path";
import {
  ControlClient,
  type EventView,
  inspect,
  type Place,
  placeOfConfig,
} from "../control/client.ts";
import {
  changeAdded,
  findConfigOrAdded,
  isThere,
  type Processes,
} from "./added.ts";
import {
  type Call,
  CliError,
  type Command,
  NO_OPTIONS,
  STATUS,
} from "./call.ts";
import { type ConfigChanges, isSame, readChanges } from "./changes.ts";
import { crashesSince, lastEvent } from "./crashes.ts";
import { ENTRY_NAME } from "./entry_name.ts";
import { escaped } from "./expression.ts";
import { didYouMean } from "./nearest.ts";
import { loadConfig, type ResolvedConfig } from "./resolved.ts";
import { signalStatus } from "./signal_status.ts";
import { noSupervisor, targetOf } from "./target.ts";
import { up } from "./up.ts";

/** The supervisor that a process is added to. */
interface Home {
  /** The path of its configuration. */
  readonly config: string;
  /** Whether there is such a file. */
  readonly exists: boolean;
  readonly place: Place;
}

/** The command `add`: adds a process without a configuration. */
export const add: Command = async (call) => {
  const { names: [name = ""], io } = call;
  if (!ENTRY_NAME.test(name)) {
    throw usage(`"${name}" is no name: letters, digits, _ and - make one`);
  }
  const entry = entryOf(call);
  const home = await homeOf(call);
  if (home.exists && await clientAt(home.place) === undefined) {
    throw await noSupervisor(await targetOf(call));
  }
  const put = (processes: Processes) => {
    if (!Object.hasOwn(processes, name)) return { ...processes, [name]: entry };
    throw taken(name);
  };
  const status = await change(call, home, put, `+ ${name}`);
  if (status !== undefined) return status;
  await io.out(`${name}: added\n`);
  return STATUS.ok;
};

/** The command `delete`: forgets processes that were added. */
export const remove: Command = async (call) => {
  const home = await homeOf(call);
  for (const name of call.names) {
    const without = (processes: Processes) => {
      if (!Object.hasOwn(processes, name)) throw unknown(name, processes, home);
      const { [name]: _, ...others } = processes;
      return others;
    };
    const status = await change(call, home, without, `- ${name}`);
    if (status !== undefined) return status;
    await call.io.out(`${name}: deleted\n`);
  }
  return STATUS.ok;
};

/** Changes what was added; returns the exit status if it is not to go on. */
async function change(
  call: Call,
  { config, place, exists }: Home,
  edit: (processes: Processes) => Processes,
  line: string,
): Promise<number | undefined> {
  const { io } = call;
  const env = (name: string) => io.env(name);
  return await changeAdded(config, env, edit, async () => {
    // Only now: another call can just have started it.
    const client = await clientAt(place);
    if (client !== undefined) return await take(call, client, line);
    if (exists || line.startsWith("-")) return undefined;
    // Nothing runs yet: a supervisor is started for this folder.
    const flag = (name: string) => name === "detach";
    const status = await up({
      options: { ...NO_OPTIONS, flag },
      names: call.options.flag("no-start") ? [] : [line.slice(2)],
      rest: [],
      io,
    });
    return status === STATUS.ok ? undefined : status;
  });
}

/** Lets a supervisor take what has changed, and nothing else. */
async function take(
  { io }: Call,
  client: ControlClient,
  line: string,
): Promise<number | undefined> {
  const { source, cwd } = await client.supervisor();
  const next: ResolvedConfig = await loadConfig({
    files: source?.files ?? [],
    profiles: source?.profiles ?? [],
    cwd,
    env: (name) => io.env(name),
  });
  const [name = ""] = line.split(" ").slice(1);
  const written = Object.hasOwn(next.processes, name) &&
    next.added?.includes(name) !== true;
  if (written && line.startsWith("+")) throw taken(name);
  const changes = readChanges(await client.apply(next, { dryRun: true }));
  if (!isOnly(changes, line)) {
    throw new CliError(
      "the configuration has changed since it was applied: run " +
        '"processman reload" first',
      STATUS.failed,
    );
  }
  if (isSame(changes)) return undefined;
  await apply(client, next, name, io);
  return undefined;
}

/** Applies a configuration; gives up if a process crashes before it is ready. */
async function apply(
  client: ControlClient,
  next: ResolvedConfig,
  name: string,
  io: Call["io"],
): Promise<void> {
  const before = await lastEvent(client);
  const [done, crashed] = [new AbortController(), new AbortController()];
  let reason: string | undefined;
  const following = (async () => {
    const events = client.events({ after: before, follow: true }, done.signal);
    for await (const event of events) {
      const own = event.name?.replace(/\.\d+$/, "") === name;
      if (!own || !["restart", "failed"].includes(event.kind)) continue;
      reason ??= reasonOf(event);
      crashed.abort();
    }
  })().catch(() => {});
  try {
    const signal = AbortSignal.any([io.signal, crashed.signal]);
    await client.apply(next, { dryRun: false }, signal);
  } catch (error) {
    if (io.signal.aborted) {
      throw new CliError("interrupted", signalStatus(io.signal.reason));
    }
    if (!crashed.signal.aborted) throw error;
    const crashes = await crashesSince(client, before).catch(() => "");
    const why = crashes === "" && reason !== undefined ? `: ${reason}` : "";
    throw new CliError(
      `${name} does not run, and is not added${why}\n${crashes}`.trimEnd(),
      STATUS.failed,
    );
  } finally {
    done.abort();
    await following;
  }
}

/** Returns why a program could not be started. */
function reasonOf({ details: { error } }: EventView): string | undefined {
  // The name of the process stands before it.
  return typeof error === "string"
    ? error.replace(/^Cannot start process "[^"]*": /, "")
    : undefined;
}

/** Returns whether nothing but one thing changes. */
function isOnly({ changes, later }: ConfigChanges, line: string): boolean {
  return later.length === 0 && changes.every((each) => each === line);
}

/** Returns the process that a call describes. */
function entryOf({ options, rest, io }: Call): Record<string, unknown> {
  if (rest.length === 0) throw usage("add needs a command, after --");
  const cwd = resolve(io.cwd, options.value("cwd") ?? ".");
  const env = options.values("env").map((each): [string, string] => {
    const at = each.indexOf("=");
    if (at > 0) return [each.slice(0, at), escaped(each.slice(at + 1))];
    const value = io.env(each);
    if (value !== undefined && at < 0) return [each, escaped(value)];
    throw usage(`--env ${each}: there is no variable of this name; write K=V`);
  });
  const policy = options.value("restart");
  const replicas = options.count("replicas");
  if (replicas !== undefined && (replicas < 1 || replicas > 1_000)) {
    throw usage("--replicas must be from 1 to 1000");
  }
  const watch = options.values("watch").map((path) => resolve(io.cwd, path));
  return {
    command: rest.map(escaped),
    cwd: escaped(cwd),
    ...env.length > 0 && { env: Object.fromEntries(env) },
    ...policy !== undefined && { restart: { policy } },
    ...replicas !== undefined && { replicas },
    ...options.flag("no-start") && { autoStart: false },
    ...watch.length > 0 && { watch },
  };
}

/** Finds the supervisor of a call, or where one would be. */
async function homeOf(call: Call): Promise<Home> {
  const config = await configOf(call);
  const place = await placeOfConfig(config);
  return { config, exists: await isThere(config), place };
}

/** Returns a client of the supervisor; nothing if none runs. */
async function clientAt(place: Place): Promise<ControlClient | undefined> {
  const { kind } = await inspect(place);
  return kind === "running" ? new ControlClient(place.socket) : undefined;
}

async function configOf(call: Call): Promise<string> {
  const { options, io } = call;
  if (options.value("supervisor") !== undefined) {
    const target = await targetOf(call);
    if (target.config !== undefined) return target.config;
    throw usage(`${target.title} has no configuration that could be changed`);
  }
  const files = options.values("file");
  const env = (name: string) => io.env(name);
  const [found] = await findConfigOrAdded(files, io.cwd, env);
  return found ?? `${Deno.realPathSync(io.cwd)}/processman.yaml`;
}

function usage(message: string): CliError {
  return new CliError(message, STATUS.usage);
}

function taken(name: string): CliError {
  return usage(`there is a process "${name}" already`);
}

function unknown(name: string, added: Processes, { config }: Home): CliError {
  const known = Object.keys(added);
  const list = known.length === 0
    ? "none was"
    : `these were: ${known.join(", ")}`;
  return usage(
    `"${name}" was not added with "processman add"${
      didYouMean(name, known)
    }; ` +
      `${list}. A process of ${config} is removed there, and by ` +
      '"processman reload"',
  );
}
