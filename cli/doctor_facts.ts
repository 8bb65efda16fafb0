/**
 * Collects what the command `doctor` looks at. What cannot be found out is
 * taken for right: a check must not fail because of another one.
 *
 * @module
 */

import { statfs } from "node:fs/promises";
import { dirname } from "node:path";
import { inspect, PlaceError, placeOfConfig } from "../control/client.ts";
import { type Call, CliError } from "./call.ts";
import { now } from "./clock.ts";
import { ConfigError, ConfigFaults } from "./config_fault.ts";
import { load, type Loaded } from "./config_load.ts";
import { checkMachine } from "./config_machine.ts";
import { loadOptions } from "./config_options.ts";
import { findConfig } from "./find_config.ts";
import { listSupervisors } from "./ls.ts";
import { diedText } from "./presence_text.ts";
import { stateFolder } from "./state_folder.ts";
import { knownSupervisors } from "./target.ts";

/** The programs that processman itself may start. */
const PROGRAMS = [
  "sh",
  "ps",
  "setsid",
  "setpriv",
  "logger",
  "systemd-notify",
] as const;

/** The socket of journald for lines. */
const JOURNAL = "/run/systemd/journal/stdout";

/** What a machine is like. */
export interface Facts {
  readonly deno: string;
  readonly os: string;
  readonly now: number;
  /** Which programs there are. */
  readonly programs: Readonly<Record<typeof PROGRAMS[number], boolean>>;
  readonly runtime: {
    /** Why the folder cannot be used. */
    readonly fault: string | null;
    readonly socketBytes: number;
    /** `XDG_RUNTIME_DIR`. */
    readonly variable: string | undefined;
    /** The user whom it belongs to; `null` if it is no folder. */
    readonly owner: number | null;
    readonly uid: number | null;
    /** Whether it is the one that systemd makes for a login. */
    readonly loginFolder: boolean;
  };
  readonly state: {
    readonly folder: string;
    readonly writable: boolean;
    readonly freeBytes: number | null;
  };
  readonly config: ConfigFacts;
  /** Whether the supervisor of the configuration runs. */
  readonly running: boolean;
  /** The supervisors that have died, and those that give no answer. */
  readonly died: readonly {
    readonly name: string;
    readonly config: string | null;
    readonly text: string;
    /** The file that says so, if the configuration does not exist any more. */
    readonly stale: string | null;
  }[];
  readonly silent: readonly { readonly name: string; readonly pid: number }[];
  /** How many files a program can open. */
  readonly openFiles: number | null;
  /** How many files and folders this user can watch. */
  readonly watches: number | null;
  readonly container: boolean;
  /** The name of process 1. */
  readonly init: string;
  readonly systemd: boolean;
  readonly linger: boolean;
  readonly user: string;
  /** Whether there is the C library that makes terminals. */
  readonly libc: boolean;
  /** Whether journald takes lines. */
  readonly journal: boolean;
  /** Whether systemd waits for messages. */
  readonly notified: boolean;
}

/** What a configuration needs. */
export interface ConfigFacts {
  /** The path of the file; `null` without one. */
  readonly file: string | null;
  readonly faults: readonly string[];
  /** The folder of its logs, if it names one. */
  readonly logs: string | null;
  /** How many processes it has. */
  readonly processes: number;
  /** The entries that run as another user. */
  readonly users: readonly string[];
  /** The entries that watch files. */
  readonly watched: readonly string[];
  /** The entries that have a terminal. */
  readonly terminals: readonly string[];
  /** The entries whose lines go to syslog, and those that go to journald. */
  readonly syslog: readonly string[];
  readonly journald: readonly string[];
  readonly ports: readonly {
    readonly port: number;
    readonly name: string;
    readonly taken: boolean;
  }[];
}

/** Collects the facts. */
export async function collectFacts(call: Call): Promise<Facts> {
  const { io } = call;
  const env = (name: string) => io.env(name);
  const user = env("USER") ?? env("LOGNAME") ?? "";
  const config = await configFacts(call);
  const place = await placeFacts(config.file, io.cwd);
  return {
    deno: Deno.version.deno,
    os: Deno.build.os,
    now: now(),
    programs: await programsIn(env("PATH") ?? ""),
    runtime: { ...place.runtime, ...await runtimeFacts(env) },
    state: await stateFacts(config.logs ?? stateFolder(place, env).logs),
    config,
    running: place.running,
    ...await supervisorFacts(),
    openFiles: numberIn(
      await text("/proc/self/limits"),
      /^Max open files +(\d+)/m,
    ),
    watches: numberIn(
      await text("/proc/sys/fs/inotify/max_user_watches"),
      /(\d+)/,
    ),
    container: await exists("/.dockerenv") ||
      await exists("/run/.containerenv"),
    init: (await text("/proc/1/comm")).trim(),
    systemd: await exists("/run/systemd/system"),
    linger: await exists(`/var/lib/systemd/linger/${user}`),
    user,
    libc: hasLibc(),
    journal: await exists(JOURNAL),
    notified: env("NOTIFY_SOCKET") !== undefined,
  };
}

/** Returns the permissions that the tool lacks. */
export function missingPermissions(): string[] {
  const names = ["run", "read", "write", "net", "env", "sys"] as const;
  return names.filter((name) =>
    Deno.permissions.querySync({ name }).state !== "granted"
  );
}

async function programsIn(path: string): Promise<Facts["programs"]> {
  const folders = ["/usr/bin", "/bin", ...path.split(":")];
  const found = await Promise.all(PROGRAMS.map(async (name) => {
    const all = await Promise.all(
      folders.map((folder) => exists(`${folder}/${name}`)),
    );
    return [name, all.includes(true)] as const;
  }));
  return Object.fromEntries(found) as Facts["programs"];
}

type Env = (name: string) => string | undefined;

async function runtimeFacts(
  env: Env,
): Promise<
  Pick<Facts["runtime"], "variable" | "owner" | "uid" | "loginFolder">
> {
  const variable = env("XDG_RUNTIME_DIR") || undefined;
  const uid = Deno.uid();
  const own = `/run/user/${uid}`;
  const info = await Deno.stat(variable ?? own).catch(() => undefined);
  return {
    variable,
    owner: info?.isDirectory ? info.uid : null,
    uid,
    loginFolder: info?.isDirectory === true && uid !== 0 &&
      (variable ?? own).replace(/\/+$/, "") === own,
  };
}

/** Finds out about the place of a configuration, or of any. */
async function placeFacts(file: string | null, cwd: string): Promise<{
  folder: string;
  running: boolean;
  runtime: Pick<Facts["runtime"], "fault" | "socketBytes">;
}> {
  try {
    const place = await placeOfConfig(file ?? `${cwd}/Procfile`);
    const { kind } = await inspect(place);
    const socketBytes = new TextEncoder().encode(place.socket).length;
    const runtime = { fault: null, socketBytes };
    return { folder: place.folder, running: kind === "running", runtime };
  } catch (error) {
    if (!(error instanceof PlaceError)) throw error;
    const [, bytes] = /path of the socket has (\d+) bytes/
      .exec(error.message) ?? [];
    return {
      folder: "unknown",
      running: false,
      runtime: bytes === undefined
        ? { fault: error.message, socketBytes: 0 }
        : { fault: null, socketBytes: Number(bytes) },
    };
  }
}

/** Finds out about the folder of logs; nothing is created. */
async function stateFacts(logs: string): Promise<Facts["state"]> {
  let folder = logs;
  while (folder !== "/" && !await exists(folder)) folder = dirname(folder);
  const probe = `${folder}/.processman-${crypto.randomUUID()}`;
  try {
    await Deno.writeTextFile(probe, "");
    await Deno.remove(probe);
  } catch {
    return { folder, writable: false, freeBytes: null };
  }
  const space = await statfs(folder).catch(() => undefined);
  const freeBytes = space === undefined
    ? null
    : Number(space.bavail) * Number(space.bsize);
  return { folder, writable: true, freeBytes };
}

async function supervisorFacts(): Promise<Pick<Facts, "died" | "silent">> {
  const known = await Array.fromAsync(knownSupervisors());
  const rows = await listSupervisors();
  const died = known.flatMap((each) => each.kind === "died" ? [each] : []);
  return {
    died: await Promise.all(died.map(async (each) => {
      const { place, record: { name, config } } = each;
      const stale = config === null || await exists(config)
        ? null
        : place.record;
      return { name, config, text: diedText(each), stale };
    })),
    silent: rows.filter(({ state }) => state === "silent"),
  };
}

const NO_CONFIG: ConfigFacts = {
  file: null,
  faults: [],
  logs: null,
  processes: 0,
  users: [],
  watched: [],
  terminals: [],
  syslog: [],
  journald: [],
  ports: [],
};

async function configFacts(call: Call): Promise<ConfigFacts> {
  const options = loadOptions(call);
  const [file] = findConfig(options.files, options.cwd);
  if (file === undefined) return NO_CONFIG;
  try {
    const loaded = await load(options);
    const { config, built, node } = loaded;
    const faults = new ConfigFaults();
    await checkMachine(config, built, node, options.env, faults);
    return {
      file,
      faults: faultsOf(() => faults.throwAny()),
      ...needsOf(loaded),
    };
  } catch (error) {
    return { ...NO_CONFIG, file, faults: faultsIn(error) };
  }
}

function needsOf(
  { config, built }: Loaded,
): Omit<ConfigFacts, "file" | "faults"> {
  const entries = Object.entries(config.processes);
  const having = (key: string, part?: string) =>
    entries.filter(([, { [key]: value }]) => {
      const asked = part === undefined ? value : partOf(value, part);
      return asked !== undefined && asked !== false;
    }).map(([name]) => name);
  const units = [...built.plan.entries.values()].flatMap(({ units }) => units);
  return {
    logs: config.logs.folder,
    processes: units.length,
    users: having("user"),
    watched: having("watch"),
    terminals: having("tty"),
    syslog: having("output", "syslog"),
    journald: having("output", "journald"),
    ports: units.flatMap(({ name, ports }) =>
      ports.map(({ hostname, port }) => ({
        port,
        name,
        taken: isTaken(hostname, port),
      }))
    ),
  };
}

function partOf(value: unknown, part: string): unknown {
  return typeof value === "object" && value !== null
    ? Object.entries(value).find(([name]) => name === part)?.[1]
    : undefined;
}

function faultsOf(action: () => void): string[] {
  try {
    action();
    return [];
  } catch (error) {
    return faultsIn(error);
  }
}

function faultsIn(error: unknown): string[] {
  if (error instanceof ConfigError) return error.message.split("\n");
  if (error instanceof CliError) return [error.message];
  throw error;
}

/** Whether another program listens on a port of this machine. */
function isTaken(hostname: string, port: number): boolean {
  try {
    Deno.listen({ hostname, port }).close();
    return false;
  } catch (error) {
    return error instanceof Deno.errors.AddrInUse;
  }
}

async function exists(path: string): Promise<boolean> {
  return await Deno.stat(path).then(() => true, () => false);
}

/** Returns the text of a file; an empty one if it cannot be read. */
async function text(path: string): Promise<string> {
  return await Deno.readTextFile(path).catch(() => "");
}

function numberIn(text: string, pattern: RegExp): number | null {
  const [, digits] = pattern.exec(text) ?? [];
  return digits === undefined ? null : Number(digits);
}

function hasLibc(): boolean {
  try {
    Deno.dlopen("libc.so.6", {}).close();
    return true;
  } catch {
    return false;
  }
}
