/**
 * Reads a Procfile for `processman init`, with what foreman and overmind read
 * beside it.
 *
 * @module
 */

import { basename, dirname, join } from "node:path";
import { ConfigFaults } from "./config_fault.ts";
import { SIGNALS } from "./config_signals.ts";
import type { Config } from "./define_config.ts";
import { parseDotenv } from "./dotenv.ts";
import type { Around, Found, Gap, OriginFile } from "./init_origin.ts";
import { readYaml } from "./init_yaml.ts";
import type { Keys } from "./init_keys.ts";
import {
  commonDefaults,
  type Draft,
  processName,
  whyLost,
} from "./init_parts.ts";

/** The `PORT` of the first process, and how far apart they are. */
const FIRST_PORT = 5_000;
const PORT_STEP = 100;

const LINE = /^\s*([A-Za-z0-9_-]+)\s*:\s*(\S.*)$/;

const STOPS_ALL =
  "foreman then stops all others, and processman restarts one that crashes: " +
  "write `critical: true` for one whose end must stop all";

/** What becomes of the parts of a Procfile, and of what is said beside it. */
export const PROCFILE_KEYS: Keys = {
  "name: command": { to: "shell" },
  release: { to: "type" },
  "PORT in .env": { to: "env" },
  ".env": { to: "envFiles" },
  "a process that ends": {
    why: "foreman then stops all others, and processman restarts one that " +
      "crashes: write `critical: true` for one whose end must stop all",
  },
};

/** The options in `.foreman`. */
export const FOREMAN_KEYS: Keys = {
  formation: { to: "replicas" },
  concurrency: { to: "replicas" },
  port: { to: "env" },
  env: { to: "envFiles" },
  timeout: { to: "stop.gracePeriodMs" },
  procfile: { why: "name it: `processman init Procfile.dev`" },
  root: { why: "write `cwd` in `defaults`" },
  color: { why: "`NO_COLOR=1 processman up` turns colors off" },
  timestamp: { why: "`processman logs --timestamps` shows times" },
};

/** The variables in `.overmind.env`. */
export const OVERMIND_KEYS: Keys = {
  OVERMIND_FORMATION: { to: "replicas" },
  OVERMIND_PORT: { to: "env" },
  OVERMIND_PORT_STEP: { to: "env" },
  OVERMIND_TIMEOUT: { to: "stop.gracePeriodMs" },
  OVERMIND_STOP_SIGNALS: { to: "stop.signal" },
  OVERMIND_AUTO_RESTART: { to: "restart.policy" },
  OVERMIND_CAN_DIE: { to: "restart.policy" },
  OVERMIND_ANY_CAN_DIE: { to: "restart.policy" },
  OVERMIND_TITLE: { to: "name" },
  OVERMIND_PROCFILE: { why: "name it: `processman init Procfile.dev`" },
  OVERMIND_IGNORED_PROCESSES: {
    why: "write `autoStart: false` for them",
  },
  OVERMIND_PROCESSES: { why: "name them: `processman up web worker`" },
  OVERMIND_ROOT: { why: "write `cwd` in `defaults`" },
};

/** What is said beside the Procfile. */
type Options = ReadonlyMap<string, string>;

/**
 * Reads a Procfile. Its processes get ports as with foreman: 5000 for the
 * first, 5100 for the second and so on.
 *
 * @param file The file.
 * @param around What else there is.
 * @returns A configuration that does the same, and what it cannot do.
 */
export function readProcfile(file: OriginFile, around: Around): Found {
  const folder = dirname(file.path);
  const gaps: Gap[] = [];
  const beside = besideOf(folder, around, gaps);
  const { get } = beside;
  const envFiles = (get("env") ?? "").split(",").map((each) => each.trim())
    .filter((each) => each !== "");
  if (
    envFiles.length === 0 && around.read(join(folder, ".env")) !== undefined
  ) {
    envFiles.push(".env");
  }
  const first = portOf(get("port", "OVERMIND_PORT")) ??
    portOf(dotenvOf(join(folder, ".env"), around).get("PORT")) ?? FIRST_PORT;
  const step = portOf(get("OVERMIND_PORT_STEP")) ?? PORT_STEP;
  const processes = new Map<string, Draft>();
  const taken = new Set<string>();
  for (const { name, line } of linesOf(file, gaps)) {
    const own = processName(name, taken);
    const port = first + step * processes.size;
    processes.set(own, entryOf(name, line, port, beside));
  }
  if (processes.size > 1) {
    gaps.push({ key: "a process that ends", why: STOPS_ALL });
  }
  const { defaults: common } = commonDefaults(processes);
  const title = get("OVERMIND_TITLE");
  const defaults = { ...envFiles.length > 0 && { envFiles }, ...common };
  const config: Config = {
    ...title !== undefined && { name: processName(title, new Set()) },
    ...Object.keys(defaults).length > 0 && { defaults },
    processes: Object.fromEntries(processes),
  };
  return { config, gaps, variables: true };
}

interface Beside {
  /** Returns the first of some options that is there. */
  get(...names: string[]): string | undefined;
}

/** Reads `.foreman` and `.overmind.env`. */
function besideOf(folder: string, around: Around, gaps: Gap[]): Beside {
  const foreman = foremanOf(around.read(join(folder, ".foreman")) ?? "");
  const overmind = dotenvOf(join(folder, ".overmind.env"), around);
  tellGaps(".foreman", FOREMAN_KEYS, foreman, gaps);
  tellGaps(".overmind.env", OVERMIND_KEYS, overmind, gaps);
  return {
    get: (...names) =>
      names.map((name) => foreman.get(name) ?? overmind.get(name))
        .find((value) => value !== undefined),
  };
}

function tellGaps(
  file: string,
  keys: Keys,
  options: Options,
  gaps: Gap[],
): void {
  for (const key of options.keys()) {
    const why = whyLost(keys, key, "it is not known, or is about tmux");
    if (why === undefined) continue;
    gaps.push({ key: `${key} in ${file}`, why });
  }
}

function foremanOf(text: string): Options {
  const value = readYaml({ path: ".foreman", text });
  return new Map(
    Object.entries(Object(value ?? {})).map((
      [key, each],
    ) => [key, String(each)]),
  );
}

function dotenvOf(path: string, around: Around): Options {
  return parseDotenv(path, around.read(path) ?? "", new ConfigFaults());
}

/** Returns the lines of a Procfile with their names. */
function linesOf(
  { path, text }: OriginFile,
  gaps: Gap[],
): { name: string; line: string }[] {
  return text.split(/\r?\n/).flatMap((whole, index) => {
    if (/^\s*(#|$)/.test(whole)) return [];
    const [, name, line] = LINE.exec(whole) ?? [];
    if (name !== undefined && line !== undefined) {
      return [{ name, line: line.trim() }];
    }
    gaps.push({
      key: `${basename(path)}:${index + 1}`,
      why: `"${whole.trim()}" is no line NAME: COMMAND`,
    });
    return [];
  });
}

function entryOf(
  name: string,
  line: string,
  port: number,
  { get }: Beside,
): Draft {
  const foreman = get("formation", "concurrency");
  const formation = pairsOf(foreman ?? get("OVERMIND_FORMATION"));
  // With foreman, what a formation does not name is not started.
  const others = formation.get("all") ?? (foreman === undefined ? 1 : 0);
  const count = Number(formation.get(name) ?? others);
  const signal = pairsOf(get("OVERMIND_STOP_SIGNALS")).get(name);
  const known = SIGNALS.find((each) =>
    each === `SIG${signal?.toUpperCase().replace(/^SIG/, "")}`
  );
  const seconds = Number(get("timeout", "OVERMIND_TIMEOUT"));
  const policy = includes(get("OVERMIND_AUTO_RESTART"), name)
    ? "always"
    : get("OVERMIND_ANY_CAN_DIE") !== undefined ||
        includes(get("OVERMIND_CAN_DIE"), name)
    ? "never"
    : undefined;
  const stop = {
    ...known !== undefined && { signal: known },
    ...seconds > 0 && { gracePeriodMs: seconds * 1_000 },
  };
  const release = name === "release";
  return {
    shell: line,
    env: { PORT: count > 1 ? `$[${port - 1} + replica]` : port },
    ...release && { type: "task", autoStart: false },
    ...!release && count > 1 && { replicas: count },
    ...count === 0 && { autoStart: false },
    ...policy !== undefined && !release && { restart: { policy } },
    ...Object.keys(stop).length > 0 && { stop },
  };
}

/** Reads `web=2,worker=1`. */
function pairsOf(text: string | undefined): Options {
  return new Map(
    (text ?? "").split(",").map((each): [string, string] => {
      const [name = "", value = ""] = each.split("=");
      return [name.trim(), value.trim()];
    }),
  );
}

function includes(list: string | undefined, name: string): boolean {
  const names = (list ?? "").split(",").map((each) => each.trim());
  return names.includes(name) || names.includes("all");
}

function portOf(text: string | undefined): number | undefined {
  const port = Number(text);
  return Number.isInteger(port) && port > 0 && port < 65_536 ? port : undefined;
}
