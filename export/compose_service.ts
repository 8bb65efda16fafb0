/**
 * One container of a Compose file, with its replicas.
 *
 * @module
 */

import type { Edge } from "../plan/mod.ts";
import { profileNames } from "./compose_names.ts";
import type { ComposeOptions } from "./compose_options.ts";
import type { Health } from "./compose_health.ts";
import { duration } from "./compose_yaml.ts";
import type { YamlObject, YamlValue } from "./yaml_text.ts";
import { placeOf } from "./folders.ts";
import type { Notes } from "./notes.ts";
import type { OptionPath } from "./option_paths.ts";
import { programHint, programIn } from "./programs.ts";
import { stopScript } from "./shell.ts";
import type { Subject, SubjectReplica } from "./subject.ts";

/** What is known about the other services. */
export interface ComposeContext {
  /** The options of the export. */
  readonly options: ComposeOptions;
  /** The names of the services that each entry becomes. */
  readonly services: ReadonlyMap<string, readonly string[]>;
  /** The profiles of each entry; none if it always starts. */
  readonly profiles: ReadonlyMap<string, readonly string[]>;
  /** The health checks of the containers of each entry. */
  readonly health: ReadonlyMap<string, readonly (Health | undefined)[]>;
  /** How many containers have a port. */
  readonly owners: ReadonlyMap<number, number>;
  /** The notes. */
  readonly notes: Notes;
}

/** Adds a note about an entry. */
type Say = (
  option: OptionPath | "autoStart" | "profiles",
  message: string,
) => void;

/**
 * Returns the keys of a service.
 *
 * @param subject The entry.
 * @param index Which of its replicas.
 * @param context What is known about the other services.
 */
export function serviceKeys(
  subject: Subject,
  index: number,
  context: ComposeContext,
): YamlObject {
  const { name, task, alike, replicas } = subject;
  const replica = replicas[index] ?? replicas[0];
  const { options, notes, health } = context;
  const say: Say = (option, message) => notes.add(name, option, message);
  if (task) say("type", "the task runs again with each `docker compose up`");
  return {
    image: options.images[name],
    ...profileKeys(subject, context, say),
    ...programKeys(replica, options, say),
    init: true,
    ...userKeys(replica, say),
    ...placeKeys(replica, options, say),
    ...some("environment", replica.env),
    ...stdinKeys(replica, say),
    ...portKeys(subject, replica, context, say),
    ...some("depends_on", dependencies(subject, context, say)),
    healthcheck: health.get(name)?.[index]?.check,
    restart: restartOf(subject, replica, say),
    ...stopKeys(subject, replica, say),
    ...loggingKeys(replica, say),
    ...alike && replicas.length > 1 &&
      { deploy: { replicas: replicas.length } },
  };
}

/** Returns a key, unless its value is empty. */
function some(key: string, value: YamlObject): YamlObject {
  return Object.keys(value).length === 0 ? {} : { [key]: value };
}

function profileKeys(
  { name }: Subject,
  { options, profiles, services }: ComposeContext,
  say: Say,
): YamlObject {
  const own = profiles.get(name) ?? [];
  if (own.length === 0) return {};
  if (options.manual?.includes(name)) {
    const names = (services.get(name) ?? []).join(" ");
    say("autoStart", `\`docker compose up ${names}\` starts it`);
    return { profiles: own };
  }
  const names = profileNames(options);
  for (const wanted of options.profiles?.[name] ?? []) {
    const called = names.get(wanted) ?? wanted;
    if (called === wanted) continue;
    say("profiles", `the profile "${wanted}" is called "${called}" in Compose`);
  }
  return { profiles: own };
}

function programKeys(
  { command: { program, args } }: SubjectReplica,
  options: ComposeOptions,
  say: Say,
): YamlObject {
  const known = programIn(program, options);
  if (known === undefined) say("command", programHint(program));
  return {
    entrypoint: [known ?? program],
    command: args.length === 0 ? undefined : args,
  };
}

function userKeys(
  { command: { user, uid, gid } }: SubjectReplica,
  say: Say,
): YamlObject {
  const known = user ?? uid;
  if (known === undefined) {
    if (gid !== undefined) {
      say("gid", `Docker sets the group ${gid} only together with a user`);
    }
    return {};
  }
  if (typeof known === "string" && !/^(?:root|\d+)$/.test(known)) {
    say("user", `the image must have the user ${known}`);
  }
  return { user: gid === undefined ? `${known}` : `${known}:${gid}` };
}

function placeKeys(
  { cwd }: SubjectReplica,
  options: ComposeOptions,
  say: Say,
): YamlObject {
  const place = placeOf(cwd, options);
  if (place.kind === "path") return { working_dir: place.path };
  if (place.kind === "unknown") {
    say(
      "cwd",
      `nothing says where ${cwd} is in the image, so the program runs in the working directory of the image; \`workdir\` can say where the project is`,
    );
  }
  return {};
}

function stdinKeys({ command }: SubjectReplica, say: Say): YamlObject {
  const { stdin, tty } = command;
  if (tty) {
    say("tty", "`docker attach` connects to the terminal");
    return { tty, stdin_open: true };
  }
  if (stdin === "null") return {};
  say("stdin", "it is open, and `docker attach` connects to it");
  return { stdin_open: true };
}

/**
 * Publishes the ports on the loopback interface, as they are outside of a
 * container. Only one container can publish a port.
 */
function portKeys(
  { name, alike, replicas }: Subject,
  { unit }: SubjectReplica,
  { owners, services }: ComposeContext,
  say: Say,
): YamlObject {
  const ports = [...new Set(unit.ports.map(({ port }) => port))];
  const single = ports.filter((port) => owners.get(port) === 1);
  const others = ports.filter((port) => owners.get(port) !== 1);
  for (const port of others) {
    const [service = name] = services.get(name) ?? [];
    say(
      alike && replicas.length > 1 ? "replicas" : "sharedPorts",
      `several containers have port ${port}, and only one could publish it; the other services reach it at ${service}:${port}`,
    );
  }
  return {
    ports: single.length === 0
      ? undefined
      : single.map((port) => `127.0.0.1:${port}:${port}`),
    expose: others.length === 0 ? undefined : others.map(String),
  };
}

function dependencies(
  { planned }: Subject,
  context: ComposeContext,
  say: Say,
): YamlObject {
  return Object.fromEntries(planned.dependencies.flatMap((edge) => {
    const { on, restart, required } = edge;
    const services = context.services.get(on) ?? [];
    const value: YamlObject = {
      condition: conditionOf(edge, context, say),
      restart: restart === "never" ? undefined : true,
      required: required ? undefined : false,
    };
    if (restart === "always") {
      say(
        "dependsOn.restart",
        `Compose restarts it after \`docker compose restart ${
          services.join(" ")
        }\`, but not after a crash of ${on}`,
      );
    }
    return services.map((service) => [service, value] as const);
  }));
}

function conditionOf(
  { on, when }: Edge,
  { health }: ComposeContext,
  say: Say,
): YamlValue {
  if (when === "completed") return "service_completed_successfully";
  if (when === "started") return "service_started";
  const checks = health.get(on) ?? [];
  if (checks.every((each) => each?.ready)) return "service_healthy";
  say(
    "dependsOn.when",
    `${on} has no health check for it, so Compose waits for its start alone`,
  );
  return "service_started";
}

function restartOf(
  { set }: Subject,
  { command: { restart: { policy, limit } } }: SubjectReplica,
  say: Say,
): YamlValue {
  if (policy === "never") return "no";
  const usual = policy === "always" ? "unless-stopped" : "on-failure";
  if (limit === undefined) return usual;
  const { restarts, withinMs } = limit;
  if (policy === "always") {
    say("restart.limit.restarts", "Docker has a limit only for `on-failure`");
    return usual;
  }
  if (withinMs !== undefined) {
    say(
      "restart.limit.withinMs",
      `Docker cannot count the restarts within ${
        duration(withinMs)
      }, so the service has no limit; \`on-failure:${restarts}\` would count all restarts`,
    );
    return usual;
  }
  if (restarts === 0) return "no";
  if (set.has("restart.limit.restarts")) {
    say(
      "restart.limit.restarts",
      "Docker counts all restarts, not only those after crashes in a row",
    );
  }
  return `on-failure:${restarts}`;
}

/** The grace period of Docker, and ours. */
const GRACE_PERIOD_MS = 10_000;

function stopKeys(
  { set }: Subject,
  { command: { stop } }: SubjectReplica,
  say: Say,
): YamlObject {
  const { signal, gracePeriodMs = GRACE_PERIOD_MS, to, command } = stop;
  const seconds = Math.ceil(gracePeriodMs / 1_000);
  if (seconds * 1_000 !== gracePeriodMs) {
    say("stop.gracePeriodMs", "Docker counts whole seconds");
  }
  if (set.has("stop.to") && to === "group") {
    say("stop.to", "Docker sends the signal to the main process alone");
  }
  if (command !== undefined) {
    say(
      "stop.command",
      "it runs with the shell of the image, and only when Docker Compose 2.30 or later stops the container",
    );
  }
  return {
    pre_stop: command === undefined
      ? undefined
      : [{ command: ["sh", "-c", stopScript(command)] }],
    // An image can have a signal of its own that suits it better than ours.
    stop_signal: set.has("stop.signal") ? signal : undefined,
    stop_grace_period: gracePeriodMs === GRACE_PERIOD_MS
      ? undefined
      : duration(seconds * 1_000),
  };
}

function loggingKeys(
  { command: { stdout, stderr, output } }: SubjectReplica,
  say: Say,
): YamlObject {
  if (stdout === "null" && stderr === "null") {
    return { logging: { driver: "none" } };
  }
  for (const option of ["stdout", "stderr"] as const) {
    if ({ stdout, stderr }[option] === "null") {
      say(option, "Docker keeps both outputs, or none");
    }
  }
  const { maxBytes = Infinity, maxFiles = 0 } = output.file ?? {};
  if (maxBytes === Infinity) return {};
  return {
    logging: {
      driver: "json-file",
      options: { "max-size": size(maxBytes), "max-file": `${maxFiles + 1}` },
    },
  };
}

/** Returns a size as Docker reads it, such as `10m`. */
function size(bytes: number): string {
  if (bytes >= 10_000_000) return `${Math.round(bytes / 1_000_000)}m`;
  return `${Math.max(1, Math.round(bytes / 1_000))}k`;
}
