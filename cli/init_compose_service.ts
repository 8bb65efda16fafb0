/**
 * A service of a Compose file as a process.
 *
 * @module
 */

import type { WrittenProcess } from "./define_config.ts";
import { type Addresses, renumberedPorts } from "./init_compose_addresses.ts";
import { healthOf } from "./init_compose_health.ts";
import {
  DEPENDENCY,
  DEPLOY,
  DEVELOP,
  ENV_FILE,
  HOOK,
  SERVICE,
  WATCH,
} from "./init_compose_keys.ts";
import { SIGNALS } from "./config_signals.ts";
import { programOf } from "./init_compose_program.ts";
import { rollOf, serviceRestart } from "./init_compose_restart.ts";
import {
  type Gaps,
  given,
  isMap,
  listOf,
  mapOf,
  Part,
  textOf,
} from "./init_keys.ts";
import { namedMap } from "./init_merge.ts";
import type { Around } from "./init_origin.ts";
import { durationOf } from "./init_values.ts";
import { lineOf, shellVariablesIn } from "./init_shell.ts";

/** What all services of a file have in common. */
export interface Project {
  readonly gaps: Gaps;
  readonly around: Around;
  readonly services: Readonly<Record<string, unknown>>;
  readonly addresses: Addresses;
  /** The services of which another one waits for the end. */
  readonly tasks: ReadonlySet<string>;
}

/** A process, and whether its program is known. */
export interface Service {
  readonly entry: WrittenProcess;
  readonly complete: boolean;
}

/**
 * Returns the process for a service.
 *
 * @param project What all services have in common.
 * @param name The name of the service.
 * @param value The service.
 */
export function serviceOf(
  project: Project,
  name: string,
  value: unknown,
): Service {
  const { gaps, around, tasks } = project;
  const part = new Part(value, SERVICE, gaps, name);
  const image = textOf(mapOf(value).image);
  const { keys, complete } = programOf(name, part, around);
  const env = envOf(part, project, keys.shell);
  const deploy = part.part("deploy", DEPLOY);
  const replicas = part.number("scale") ?? deploy.number("replicas");
  const ports = renumberedPorts(part.take("ports"));
  if (ports.length > 0) {
    part.gap(
      "ports",
      `nothing maps ${ports.join(", ")}: the program listens on its own port`,
    );
  }
  const all: WrittenProcess = given({
    ...keys,
    env,
    envFiles: envFilesOf(part, around),
    dependsOn: dependsOnOf(part),
    profiles: profilesOf(part),
    replicas: replicas !== undefined && replicas > 1 ? replicas : undefined,
    roll: rollOf(deploy),
    ready: healthOf(part, { env, cwd: keys.cwd }),
    restart: serviceRestart(part, deploy),
    before: startHooks(part),
    stop: stopOf(part),
    ...terminalOf(part),
    watch: watchOf(part),
    export: image === undefined ? undefined : { image },
  });
  deploy.end();
  part.end();
  const entry = tasks.has(name) ? taskOf(all, part) : all;
  return { entry, complete };
}

/** A task ends: it has no probes, and is not restarted after a success. */
function taskOf(
  { ready, replicas, roll, restart, ...entry }: WrittenProcess,
  part: Part,
): WrittenProcess {
  const lost = { healthcheck: ready, scale: replicas, deploy: roll };
  for (const [key, value] of Object.entries(lost)) {
    if (value === undefined) continue;
    part.gap(
      key,
      "other services wait for its end, so that it is a task, which cannot have this",
    );
  }
  const policy = restart?.policy === "always" ? "on-failure" : restart?.policy;
  return {
    type: "task",
    ...entry,
    ...restart !== undefined && { restart: { ...restart, policy } },
  };
}

function envOf(
  part: Part,
  { around, addresses }: Project,
  line = "",
): Record<string, string> | undefined {
  const dotenv = around.read(".env") ?? "";
  const isThere = (name: string) =>
    new RegExp(`^\\s*(export\\s+)?${name}\\s*=`, "m").test(dotenv);
  const env: Record<string, string> = {};
  const changed: string[] = [];
  for (
    const [name, value] of Object.entries(namedMap(part.take("environment")))
  ) {
    const text = textOf(value);
    if (text === undefined) {
      // The variable of the surroundings, which the process gets anyway.
      if (isThere(name)) env[name] = `\${${name}}`;
      continue;
    }
    env[name] = addresses.local(name, text);
    if (env[name] !== text) changed.push(name);
  }
  for (const name of shellVariablesIn(line)) {
    if (!Object.hasOwn(env, name) && isThere(name)) env[name] = `\${${name}}`;
  }
  if (changed.length > 0) {
    part.gap(
      "environment",
      `services have no host names here, so it is localhost now in ${
        changed.join(", ")
      }`,
    );
  }
  return Object.keys(env).length > 0 ? env : undefined;
}

function envFilesOf(
  part: Part,
  around: Around,
): WrittenProcess["envFiles"] {
  const files = listOf(part.take("env_file")).flatMap((
    item,
  ): NonNullable<WrittenProcess["envFiles"]> => {
    const file = part.nested(
      "env_file",
      isMap(item) ? item : { path: item },
      ENV_FILE,
    );
    const path = file.text("path");
    const required = !file.has("required") || file.flag("required");
    file.take("required");
    file.end();
    if (path === undefined) return [];
    const text = around.read(path);
    if (text === undefined && required && !path.includes("$")) {
      file.gap("path", `${path} is not there now, so it is not required`);
      return [{ path, required: false }];
    }
    if (text !== undefined && /=.*\$\{?\w/.test(text)) {
      file.gap("path", `variables in the values of ${path} are not replaced`);
    }
    return [required ? path : { path, required }];
  });
  return files.length > 0 ? files : undefined;
}

/** What the conditions mean here. */
const CONDITIONS = {
  service_started: "started",
  service_healthy: "ready",
  service_completed_successfully: "completed",
} as const;

function dependsOnOf(part: Part): WrittenProcess["dependsOn"] {
  const all = Object.entries(mapOf(part.take("depends_on")));
  if (all.length === 0) return undefined;
  return Object.fromEntries(all.map(([name, how]) => {
    const each = part.nested(`depends_on.${name}`, how, DEPENDENCY);
    const written = each.text("condition") ?? "service_started";
    const restart = each.flag("restart");
    const required = !each.has("required") || each.flag("required");
    each.take("required");
    each.end();
    const known = Object.entries(CONDITIONS).find(([key]) => key === written);
    if (known === undefined) {
      each.gap("condition", `the condition ${written} is not known`);
    }
    const when = known?.[1] ?? "started";
    if (!restart && required) return [name, when];
    return [name, {
      when,
      ...restart && { restart: "explicit" as const },
      ...!required && { required },
    }];
  }));
}

function profilesOf(part: Part): string[] | undefined {
  const profiles = listOf(part.take("profiles")).map(String);
  return profiles.length > 0 ? profiles : undefined;
}

function stopOf(part: Part): WrittenProcess["stop"] {
  const name = part.text("stop_signal");
  const period = part.take("stop_grace_period");
  const gracePeriodMs = durationOf(period);
  if (period !== undefined && gracePeriodMs === undefined) {
    part.gap("stop_grace_period", `${textOf(period)} is no time such as 10s`);
  }
  const signal = name === undefined ? undefined : signalOf(name);
  if (name !== undefined && signal === undefined) {
    part.gap("stop_signal", `${name} is no signal that has a name here`);
  }
  const stop = given({
    signal: signal === "SIGTERM" ? undefined : signal,
    gracePeriodMs,
    command: stopHooks(part, signal ?? "SIGTERM"),
  });
  return Object.keys(stop).length > 0 ? stop : undefined;
}

/** A terminal has its own stdin. */
function terminalOf(part: Part): Pick<WrittenProcess, "tty" | "stdin"> {
  const open = part.flag("stdin_open");
  if (part.flag("tty")) return { tty: true };
  return open ? { stdin: "piped" } : {};
}

/** The files whose changes restart a service. */
function watchOf(service: Part): WrittenProcess["watch"] {
  const part = service.part("develop", DEVELOP);
  const found = listOf(part.take("watch")).map((item) => {
    const rule = part.nested("watch", item, WATCH);
    const action = rule.text("action") ?? "rebuild";
    const path = rule.text("path");
    const ignore = listOf(rule.take("ignore")).map(String);
    rule.end();
    return action === "sync" || path === undefined
      ? { paths: [], ignore: [] }
      : { paths: [path], ignore };
  });
  part.end();
  const paths = found.flatMap(({ paths }) => paths);
  const ignore = [...new Set(found.flatMap(({ ignore }) => ignore))]
    .map((pattern) => pattern.replace(/\/$/, ""));
  if (paths.length === 0) return undefined;
  return ignore.length === 0 ? paths : { paths, ignore };
}

/** The hooks before a start. */
function startHooks(part: Part): WrittenProcess["before"] {
  const lines = hookLines(part, "pre_start");
  return lines.length === 0 ? undefined : { shell: lines.join(" && ") };
}

/** The hooks before a stop, and then the signal. */
function stopHooks(part: Part, signal: Deno.Signal): string[] | undefined {
  const lines = hookLines(part, "pre_stop");
  if (lines.length === 0) return undefined;
  const end = `kill -s ${signal.slice(3)} "$PROCESSMAN_PID"`;
  return ["sh", "-c", [...lines, end].join("; ")];
}

function hookLines(part: Part, key: string): string[] {
  return listOf(part.take(key)).flatMap((item) => {
    const hook = part.nested(key, item, HOOK);
    const command = hook.take("command");
    hook.end();
    if (command === undefined) return [];
    return [
      Array.isArray(command) ? lineOf(command.map(String)) : String(command),
    ];
  });
}

function signalOf(name: string): Deno.Signal | undefined {
  const numbers: Readonly<Record<string, Deno.Signal>> = {
    1: "SIGHUP",
    2: "SIGINT",
    3: "SIGQUIT",
    9: "SIGKILL",
    10: "SIGUSR1",
    12: "SIGUSR2",
    15: "SIGTERM",
  };
  const full = name.startsWith("SIG") ? name : `SIG${name}`;
  return Object.hasOwn(numbers, name)
    ? numbers[name]
    : SIGNALS.find((each) => each === full);
}
