/**
 * Makes a process of an app of pm2. It behaves as before: what the defaults of
 * pm2 are is written where processman has others.
 *
 * @module
 */

import { relative, resolve } from "node:path";
import type { Around } from "./init_origin.ts";
import { type Draft, literal } from "./init_parts.ts";
import { INTERPRETERS, NO_CLUSTER, NO_THIRD_FILE } from "./init_pm2_keys.ts";
import { needsBash } from "./init_shell.ts";
import { plainWords, shellWords } from "./init_command_line.ts";

/** An app, as it is written. */
export type App = Readonly<Record<string, unknown>>;

/** What surrounds an app. */
export interface AppContext {
  /** The folder of the file. */
  readonly folder: string;
  /** What else there is. */
  readonly around: Around;
  /** Tells what is not taken over. */
  gap(key: string, why: string): void;
}

/** Returns whether a value is an object with keys. */
export function isMap(value: unknown): value is App {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** What pm2 does unless an app says otherwise. */
const MAX_RESTARTS = 16;
const MIN_UPTIME_MS = 1_000;
const KILL_TIMEOUT_MS = 1_600;
const GROWTH = { factor: 1.5, maxMs: 15_000, jitter: "none" } as const;

/** After such a run, pm2 begins with the first delay again. */
const RESET_MS = 30_000;

/** Makes a process. */
export function appOf(app: App, context: AppContext): Draft {
  const { gap } = context;
  const cwd = textOf(app.cwd);
  const program = programOf(app, context);
  const [name] = "command" in program ? program.command : [];
  const replicas = replicasOf(app, name, gap);
  const env = envOf(app, name, replicas);
  const output = outputOf(app, replicas, context);
  const watch = watchOf(app, context);
  const user = app.uid;
  return {
    ...program,
    ...cwd !== undefined && near(cwd, context.folder) !== "." &&
      { cwd: literal(near(cwd, context.folder)) },
    ...replicas > 1 && { replicas },
    ...env !== undefined && { env },
    ...app.filter_env === true && { clearEnv: true },
    ...(typeof user === "string" || typeof user === "number") && { user },
    ...gidOf(app, gap),
    ...app.autostart === false && { autoStart: false },
    ...scheduleOf(app, replicas, restartOf(app, gap), gap),
    stop: {
      signal: "SIGINT",
      gracePeriodMs: numberOf(app.kill_timeout) ?? KILL_TIMEOUT_MS,
      ...app.treekill === false && { to: "leader" },
    },
    ...output !== undefined && { output },
    ...watch !== undefined && { watch },
  };
}

/** Returns a path as it is written in a file of this folder. */
function near(path: string, folder: string): string {
  const short = relative(folder, resolve(folder, path));
  return short === "" ? "." : short.startsWith("../../") ? path : short;
}

/** Returns what a process runs. */
function programOf(
  app: App,
  context: AppContext,
): { command: string[] } | { shell: string } {
  const { gap, folder, around } = context;
  const script = textOf(app.script);
  if (script === undefined) {
    gap("script", "it is missing");
    return { command: ["false"] };
  }
  if (script.includes(" ")) {
    if (app.args !== undefined) gap("args", "pm2 ignores them beside a line");
    const words = shellWords(script);
    if (words?.every(({ live }) => !live)) {
      return { command: words.map(({ text }) => text) };
    }
    return needsBash(script)
      ? { command: ["bash", "-c", script] }
      : { shell: script };
  }
  const cwd = resolve(folder, textOf(app.cwd) ?? ".");
  const own = script.startsWith("/") && script.startsWith(`${cwd}/`)
    ? relative(cwd, script)
    : script;
  const interpreter = interpreterOf(app, resolve(cwd, script), context);
  const args = listOf(app.args);
  if (interpreter === undefined) {
    const path =
      /^[^/]+$/.test(own) && around.read(resolve(cwd, own)) !== undefined
        ? `./${own}`
        : own;
    return { command: [path, ...args] };
  }
  return { command: [interpreter, ...listOf(app.node_args), own, ...args] };
}

/** Returns the program that runs a script; nothing if the script is one. */
function interpreterOf(
  app: App,
  script: string,
  { around, gap }: AppContext,
): string | undefined {
  const named = !String(app.script).includes("/");
  const given = textOf(app.exec_interpreter);
  if (given === "none") return undefined;
  if (given !== undefined) {
    const [name = given, version] = given.split("@");
    if (version === undefined) return given;
    gap("interpreter", `processman installs no versions of ${name}`);
    return name;
  }
  const [end = ""] = /\.[^./]+$/.exec(script) ?? [];
  if (/^\.tsx?$/.test(end)) {
    gap("script", "pm2 runs TypeScript with bun if it is installed");
  }
  const known = Object.hasOwn(INTERPRETERS, end)
    ? INTERPRETERS[end]
    : undefined;
  if (known !== undefined) return known;
  const text = around.read(script);
  // A name that is no file here is that of a program in PATH, such as npm.
  if (text === undefined) return named ? undefined : "node";
  return text.includes("\0") ? undefined : "node";
}

/** Returns how many processes there are. */
function replicasOf(
  app: App,
  program = "",
  gap: AppContext["gap"],
): number {
  const most = app.instances === "max";
  const count = most ? 0 : Math.trunc(numberOf(app.instances) ?? 1);
  const cluster = app.execute_command === true
    ? false
    : textOf(app.exec_mode)?.startsWith("cluster") ??
      (app.instances !== undefined && /(^|\/)(node|bun)$/.test(program));
  if (cluster && count !== 1 && textOf(app.increment_var) === undefined) {
    gap(`instances: ${app.instances}`, NO_CLUSTER);
    return 1;
  }
  if (count > 0) return Math.min(count, 1_000);
  gap(`instances: ${app.instances}`, "write the number of processes");
  return 1;
}

function envOf(
  app: App,
  program = "",
  replicas: number,
): Record<string, string | number | boolean | null> | undefined {
  const env: Record<string, string | number | boolean | null> = {};
  for (const name of [app.filter_env].flat()) {
    if (typeof name === "string" && name !== "") env[name] = null;
  }
  if (program.includes("python")) env.PYTHONUNBUFFERED = "1";
  for (const [name, value] of Object.entries(Object(app.env))) {
    if (value === undefined || value === null) continue;
    env[name] = typeof value === "number" || typeof value === "boolean"
      ? value
      : literal(typeof value === "string" ? value : JSON.stringify(value));
  }
  const port = numberOf(app.port);
  if (port !== undefined) env.PORT = port;
  const counted = textOf(app.increment_var);
  if (counted !== undefined && replicas > 1) {
    env[counted] = `$[${Number(env[counted] ?? 0) - 1} + replica]`;
  }
  const own = textOf(app.instance_var);
  if (replicas > 1 || own !== undefined) {
    env[own ?? "NODE_APP_INSTANCE"] = replicas > 1 ? "$[replica - 1]" : 0;
  }
  return Object.keys(env).length === 0 ? undefined : env;
}

/** Returns what is watched: with `true`, the working directory. */
function watchOf(
  app: App,
  { folder, gap }: AppContext,
): Draft["watch"] {
  const own = textOf(app.cwd) ?? ".";
  const written = app.watch === true ? ["."] : [app.watch].flat();
  const paths = written.flatMap((each) => textOf(each) ?? [])
    .map((path) => literal(near(resolve(folder, own, path), folder)));
  if (paths.length === 0) {
    for (const key of ["watch_delay", "ignore_watch"]) {
      if (app[key] !== undefined) gap(key, "`watch` is not set beside it");
    }
    return undefined;
  }
  const patterns = [app.ignore_watch].flat()
    .flatMap((each) => textOf(each) ?? []);
  const ignore = patterns.filter((each) => !/^\/.*\/\w*$/.test(each));
  if (ignore.length < patterns.length) {
    gap("ignore_watch", "`watch.ignore` has patterns, no regular expressions");
  }
  const debounceMs = numberOf(app.watch_delay);
  if (ignore.length === 0 && debounceMs === undefined) return paths;
  return {
    paths,
    ...ignore.length > 0 && { ignore: ignore.map(literal) },
    ...debounceMs !== undefined && { debounceMs },
  };
}

function gidOf(app: App, gap: AppContext["gap"]): { gid?: number } {
  const gid = numberOf(app.gid);
  if (gid !== undefined) return { gid };
  if (app.gid !== undefined && app.gid !== null) {
    gap("gid", "write the number of the group as `gid`");
  }
  return {};
}

/** Writes the restarts of pm2 out. */
function restartOf(app: App, gap: AppContext["gap"]): Draft["restart"] {
  if (app.autorestart === false || app.autorestart === "false") {
    return { policy: "never" };
  }
  const codes = [app.stop_exit_codes].flat()
    .flatMap((each) => numberOf(each) ?? []);
  const growing = numberOf(app.exp_backoff_restart_delay);
  const wait = numberOf(app.restart_delay) ?? 0;
  const most = numberOf(app.max_restarts) ?? MAX_RESTARTS;
  const uptime = timeOf(app.min_uptime, gap) ?? MIN_UPTIME_MS;
  const delays = Array.from(
    { length: Math.max(0, Math.min(most - 1, 1_000)) },
    (_, i) =>
      growing ? Math.min(GROWTH.maxMs, growing * GROWTH.factor ** i) : wait,
  );
  const withinMs = most * uptime;
  const reachable = delays.reduce((sum, each) => sum + each, 0) < withinMs;
  return {
    policy: "always",
    backoff: growing
      ? {
        exponential: {
          initialMs: growing,
          ...GROWTH,
          maxMs: Math.max(GROWTH.maxMs, growing),
        },
      }
      : { constant: wait },
    ...growing && { resetAfterMs: RESET_MS },
    // Otherwise, pm2 never gives up either.
    ...reachable && {
      limit: { restarts: Math.max(0, most - 1), withinMs },
    },
    ...codes.length > 0 && { stopCodes: codes },
  };
}

/**
 * Returns when it is restarted. pm2 knows no tasks: what is not restarted after
 * its end is one that runs at certain times.
 */
function scheduleOf(
  app: App,
  replicas: number,
  restart: Draft["restart"],
  gap: AppContext["gap"],
): Pick<Draft, "type" | "schedule" | "restart"> {
  const schedule = textOf(app.cron_restart);
  if (schedule === undefined) return { restart };
  if (restart?.policy !== "never" || replicas > 1) {
    return { restart: { ...restart, schedule } };
  }
  gap("cron_restart", "pm2 also runs it at once: `processman start NAME`");
  return { type: "task", schedule, restart };
}

/** Returns where the output is written; pm2 does not rotate its files. */
function outputOf(
  app: App,
  replicas: number,
  { folder, gap }: AppContext,
): Draft["output"] {
  const merged = replicas === 1 || app.merge_logs === true;
  const pathOf = (value: unknown) => {
    const path = textOf(value);
    if (path === undefined || /^(NULL|\/dev\/null)$/.test(path)) {
      return undefined;
    }
    const home = path.replace(/^~(?=\/)/, "${HOME}");
    const own = home === path ? literal(near(path, folder)) : home;
    return merged ? own : own.replace(/(-\d+)?(?=\.log$)/, "-$[replica - 1]");
  };
  const json = app.log_type === "json";
  if (app.log_type !== undefined && !json) {
    gap("log_type", "a log file has lines of text, or of JSON");
  }
  const [out, error, both] = [app.out_file, app.error_file, app.log_file]
    .map(pathOf);
  if (both !== undefined && (out !== undefined || error !== undefined)) {
    gap("log_file", NO_THIRD_FILE);
  }
  const path = out ?? (error === undefined ? both : "/dev/null");
  if (path === undefined) {
    return undefined;
  }
  const own = error ?? (out === undefined ? undefined : "/dev/null");
  const stderr = own === path ? undefined : own;
  return {
    file: {
      path,
      ...stderr !== undefined && { stderr },
      maxBytes: Infinity,
      ...json && { json },
    },
  };
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

function numberOf(value: unknown): number | undefined {
  if (typeof value === "number") return value;
  return typeof value === "string" && /^-?\d+(\.\d+)?$/.test(value)
    ? Number(value)
    : undefined;
}

/** Reads a time such as `5000`, `5s` or `1m`, in milliseconds. */
function timeOf(value: unknown, gap: AppContext["gap"]): number | undefined {
  const [, number, unit] = /^(\d+(?:\.\d+)?)(h|m|s)?$/.exec(
    String(value ?? ""),
  ) ?? [];
  if (number !== undefined) {
    const seconds = { h: 3_600, m: 60, s: 1 }[unit ?? ""];
    return seconds === undefined
      ? Number(number)
      : Number(number) * seconds * 1_000;
  }
  if (value !== undefined && value !== null) {
    gap("min_uptime", `"${value}" is no time, so the default is used`);
  }
  return undefined;
}

/** Reads a list, or a line as pm2 splits it. */
function listOf(value: unknown): string[] {
  if (Array.isArray(value)) return value.map(String);
  const line = textOf(value);
  return line === undefined ? [] : plainWords(line) ?? [line];
}
