/**
 * What of a configuration belongs to the tool, and so is not exported.
 *
 * @module
 */

import type { Note } from "../export/mod.ts";
import { LOGS } from "./config_resolve.ts";
import { ALERT_OPTIONS } from "./alert_order.ts";
import type { Engine } from "./export_engines.ts";
import { plainText } from "./plain_text.ts";
import type { ResolvedConfig } from "./resolved.ts";
import { targetsOf } from "./line_target.ts";
import { orderOf } from "./schedule_order.ts";

/** The options of a plan, which the exports name themselves. */
const OF_PLAN = ["startLimit", "restartBudget", "sharedPorts"];

/** What the engines are called in texts. */
const TITLES: Readonly<Record<Engine, string>> = {
  systemd: "systemd",
  compose: "Compose",
  kubernetes: "Kubernetes",
};

/** Returns a note as a line of text. */
export function noteText({ entry, option, message }: Note): string {
  const about = entry === undefined ? "" : `${entry}: `;
  return plainText(`${about}${option}: ${message}`);
}

/**
 * Names what of a configuration an export leaves out, besides options of the
 * plan.
 *
 * @param config The part that is exported.
 * @param everything The configuration with all profiles.
 * @param engine The engine.
 */
export function notesOf(
  config: ResolvedConfig,
  everything: ResolvedConfig,
  engine: Engine,
): Note[] {
  const logs = JSON.stringify(config.logs) !== JSON.stringify(LOGS);
  const options = [...Object.keys(config.options), ...logs ? ["logs"] : []]
    .filter((option) => !OF_PLAN.includes(option) && option !== "$schema")
    .map((option) => ({
      entry: undefined,
      option,
      message: `it is about the supervisor, whose place ${
        TITLES[engine]
      } takes`,
    }));
  const left = Object.entries(everything.processes)
    .filter(([name]) => !Object.hasOwn(config.processes, name))
    .map(([entry, { profiles }]) => ({
      entry,
      option: "profiles",
      message: `it is left out, because none of its profiles (${
        [profiles].flat().join(", ")
      }) is active; --profile makes one active`,
    }));
  return [
    ...options,
    ...left,
    ...removedVariables(config),
    ...schedules(config, engine),
    ...alerts(config, engine),
    ...watches(config, engine),
    ...forwarded(config, engine),
  ];
}

/** Nothing but the tool restarts processes when files change. */
function watches({ processes }: ResolvedConfig, engine: Engine): Note[] {
  return Object.entries(processes)
    .filter(([, { watch }]) => watch !== undefined)
    .map(([entry]) => ({
      entry,
      option: "watch",
      message: `nothing restarts it when files change; ${WATCHERS[engine]}`,
    }));
}

/** What restarts what the engines run when files change. */
const WATCHERS: Readonly<Record<Engine, string>> = {
  systemd: "a path unit can",
  compose: "`develop.watch` of Compose can, if it is to",
  kubernetes: "an image has its files built in",
};

/** Nothing but the tool keeps schedules. */
function schedules({ processes }: ResolvedConfig, engine: Engine): Note[] {
  return Object.entries(processes).flatMap(([entry, options]) => {
    const order = orderOf(options);
    if (order === undefined) return [];
    const runs = order.action === "run";
    const option = runs ? "schedule" : "restart.schedule";
    const { cron } = order.schedule;
    const what = runs ? "runs" : "restarts";
    const message = `nothing ${what} it at the times ${cron}; ` +
      SCHEDULERS[engine];
    return [{ entry, option, message }];
  });
}

/** Nothing but the tool tells of failures. */
function alerts({ processes }: ResolvedConfig, engine: Engine): Note[] {
  return Object.entries(processes).flatMap(([entry, options]) =>
    ALERT_OPTIONS.filter((option) => options[option] !== undefined)
      .map((option) => {
        const hangs = engine === "systemd" && option === "onUnhealthy";
        return { entry, option, message: hangs ? NO_PROBES : ALERTERS[engine] };
      })
  );
}

const NO_PROBES = "systemd runs no probes of liveness";

/** What tells of failures of what the engines run. */
const ALERTERS: Readonly<Record<Engine, string>> = {
  systemd: "OnFailure= of the unit can start another unit that tells of it",
  compose: "what watches the events of Docker can tell of it",
  kubernetes: "the alerts of your monitoring can tell of it",
};

/** Each engine has its own way for output. */
function forwarded({ processes }: ResolvedConfig, engine: Engine): Note[] {
  return Object.entries(processes).flatMap(([entry, options]) =>
    targetsOf(entry, options).filter((target) =>
      engine !== "systemd" || target.kind !== "journald" ||
      target.identifier !== entry
    ).map(({ kind }) => ({
      entry,
      option: `output.${kind}`,
      message: OUTPUTS[engine],
    }))
  );
}

/** Where the engines send output. */
const OUTPUTS: Readonly<Record<Engine, string>> = {
  systemd: "the journal gets the output; SyslogIdentifier= and " +
    "SyslogFacility= name it, and the journal or rsyslog forward it",
  compose: "logging: { driver: journald } or { driver: syslog } of the " +
    "service does that",
  kubernetes: "an agent on each node, such as Fluent Bit, does that",
};

/** What keeps schedules beside what the engines run. */
const SCHEDULERS: Readonly<Record<Engine, string>> = {
  systemd: "a timer can",
  compose: "the cron of the host can, with docker compose",
  kubernetes: "a CronJob can",
};

/** `null` removes a variable that a process would inherit from the supervisor. */
function removedVariables({ processes }: ResolvedConfig): Note[] {
  return Object.entries(processes).flatMap(([entry, { env }]) =>
    Object.entries(Object(env)).filter(([, value]) => value === null)
      .map(([name]) => ({
        entry,
        option: `env.${name}`,
        message: "the process gets no variables of your shell; one that the " +
          "engine or the image sets stays",
      }))
  );
}

/**
 * Leaves out the variables that a process is not to inherit: in an engine, it
 * inherits none.
 */
export function withoutRemoved(config: ResolvedConfig): ResolvedConfig {
  const processes = Object.entries(config.processes).map(([name, entry]) => {
    const env = Object.entries(Object(entry.env))
      .filter(([, value]) => value !== null);
    if (entry.env === undefined) return [name, entry];
    return [name, { ...entry, env: Object.fromEntries(env) }];
  });
  return { ...config, processes: Object.fromEntries(processes) };
}
