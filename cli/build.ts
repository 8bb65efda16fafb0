/**
 * Makes a plan of a resolved configuration.
 *
 * @module
 */

import {
  type Backoff,
  type CommandOptions,
  constant,
  exponential,
  type ProcessmanOptions,
  uniform,
} from "../mod.ts";
import {
  type EachOptions,
  type Plan,
  plan,
  type PlanEntry,
  type PlanOptions,
} from "../plan/mod.ts";
import { probeOf, within } from "./build_probe.ts";
import { evaluated, hasExpression } from "./expression.ts";
import type { BuiltConfig, ResolvedConfig } from "./config_types.ts";

type Plain = Readonly<Record<string, unknown>>;

/** The options of a plan; the others are those of the manager. */
const OF_PLAN = ["startLimit", "restartBudget", "sharedPorts"];

/** The options that the library does not have. */
const OURS = [
  "profiles",
  "autoStart",
  "envFiles",
  "export",
  "schedule",
  "onFailed",
  "onUnhealthy",
  "watch",
];

/**
 * Makes a plan of a resolved configuration.
 *
 * @param config The configuration.
 * @param surroundings The environment variables of this program, which a process
 * gets one by one if it is not to have one of them.
 * @returns The plan, and what else the configuration says.
 * @throws What `plan()` throws, if something is wrong with it.
 */
export function buildPlan(
  config: ResolvedConfig,
  surroundings: () => Readonly<Record<string, string>> = () =>
    Deno.env.toObject(),
): BuiltConfig {
  const entries = Object.entries(config.processes);
  const options = Object.entries(config.options)
    .map(([name, value]): [string, unknown] => [name, infinite(value)]);
  const planOptions: PlanOptions = Object.fromEntries(
    options.filter(([name]) => OF_PLAN.includes(name)),
  );
  const manager: ProcessmanOptions = Object.fromEntries(
    options.filter(([name]) => !OF_PLAN.includes(name)),
  );
  const made: Record<string, PlanEntry> = {};
  const errors: unknown[] = [];
  for (const [name, entry] of entries) {
    try {
      made[name] = within(name, () => entryOf(entry, surroundings));
    } catch (error) {
      errors.push(error);
    }
  }
  const planned = planOf(made, planOptions, errors);
  return {
    plan: planned,
    manager: { ...manager },
    autoStart: entries.filter(([, { autoStart, schedule }]) =>
      autoStart !== false && schedule === undefined
    ).map(([name]) => name),
    labels: (entry) => {
      const profiles = Object.hasOwn(config.processes, entry)
        ? config.processes[entry]?.profiles
        : undefined;
      return Array.isArray(profiles) ? profiles.map(String) : [];
    },
  };
}

/**
 * Makes the plan.
 *
 * @throws {AggregateError} The errors of the entries, and those of the plan.
 */
function planOf(
  entries: Record<string, PlanEntry>,
  options: PlanOptions,
  errors: readonly unknown[],
): Plan {
  try {
    const made = plan(entries, options);
    if (errors.length === 0) return made;
  } catch (error) {
    if (errors.length === 0) throw error;
    const more: unknown[] = error instanceof AggregateError
      ? error.errors
      : [error];
    throw new AggregateError([...errors, ...more], "Cannot make the plan");
  }
  throw new AggregateError(errors, "Cannot make the plan");
}

/** Returns an entry of a plan; what differs between its replicas is in `each`. */
function entryOf(
  entry: Plain,
  surroundings: () => Readonly<Record<string, string>>,
): PlanEntry {
  const { replicas } = entry;
  const optionsFor = (replica: number) =>
    optionsOf(evaluatedIn(entry, replica), surroundings);
  const first = optionsFor(1);
  if (typeof replicas !== "number") return first as unknown as PlanEntry;
  const differing = Object.keys(entry).filter((name) =>
    containsExpression(entry[name])
  );
  if (differing.length === 0) return first as unknown as PlanEntry;
  const each = ({ replica }: { replica: number }): EachOptions => {
    const { command, ...options } = optionsFor(replica);
    const own = differing.filter((name) => name !== "command");
    return {
      ...Object.fromEntries(own.map((name) => [name, options[name]])),
      ...differing.includes("command") &&
        { args: command.slice(1).map(String) },
    };
  };
  const same = Object.entries(first).filter(([name]) =>
    name === "command" || !differing.includes(name)
  );
  return { ...Object.fromEntries(same), each } as unknown as PlanEntry;
}

/** Returns a copy of a value in which the expressions are evaluated. */
function evaluatedIn<Value>(value: Value, replica: number): Value;
function evaluatedIn(value: unknown, replica: number): unknown {
  if (typeof value === "string") return evaluated(value, replica);
  if (Array.isArray(value)) {
    return value.map((each) => evaluatedIn(each, replica));
  }
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map((
      [name, each],
    ) => [name, evaluatedIn(each, replica)]),
  );
}

function containsExpression(value: unknown): boolean {
  if (typeof value === "string") return hasExpression(value);
  return typeof value === "object" && value !== null &&
    Object.values(value).some(containsExpression);
}

/** Returns the options of the library for what is written. */
function optionsOf(
  entry: Plain,
  surroundings: () => Readonly<Record<string, string>>,
): Record<string, unknown> & { command: unknown[] } {
  const { command, env, restart, output, ready, live, cwd, ...rest } = entry;
  const { before, after } = rest;
  const options: Record<string, unknown> = { ...rest };
  for (const name of OURS) delete options[name];
  if (rest.dependsOn !== undefined) {
    options.dependsOn = dependenciesOf(rest.dependsOn);
  }
  if (cwd !== undefined) options.cwd = String(cwd);
  if (env !== undefined) Object.assign(options, envOf(entry, surroundings));
  if (restart !== undefined) options.restart = restartOf(restart);
  if (output !== undefined) options.output = outputOf(output);
  if (ready !== undefined) {
    options.ready = within("ready", () => probingOf(ready));
  }
  if (before !== undefined) options.before = hookOf(before);
  if (after !== undefined) options.after = hookOf(after);
  if (live !== undefined) {
    options.live = within("live", () => probingOf(live));
  }
  const words = Array.isArray(command) ? command.map(String) : [];
  return { ...options, command: words };
}

/** `restart: "never"` is the same as leaving it out. */
function dependenciesOf(value: unknown): unknown {
  return Object.fromEntries(
    Object.entries(Object(value)).map(([name, dependency]) => {
      if (typeof dependency !== "object" || dependency === null) {
        return [name, dependency];
      }
      const { restart, ...options }: Plain = { ...dependency };
      return [name, restart === "never" ? options : { ...dependency }];
    }),
  );
}

/** Returns the variables of a process, and whether it gets no others. */
function envOf(
  { env, clearEnv, user }: Plain,
  surroundings: () => Readonly<Record<string, string>>,
): Pick<CommandOptions, "env" | "clearEnv"> {
  const own = Object.entries(Object(env));
  const removed = own.filter(([, value]) => value === null)
    .map(([name]) => name);
  const set = Object.fromEntries(
    own.filter(([, value]) => value !== null)
      .map(([name, value]) => [name, String(value)]),
  );
  const all = surroundings;
  if (removed.length === 0 || clearEnv === true) return { env: set };
  // A user has a home of their own.
  const others = user === undefined ? [] : ["HOME", "USER", "LOGNAME"];
  const kept = Object.entries(all()).filter(([name]) =>
    !removed.includes(name) && !others.includes(name)
  );
  return { clearEnv: true, env: { ...Object.fromEntries(kept), ...set } };
}

/** Expressions in words can be numbers. */
function hookOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(String);
  const { command, ...options }: Plain = { ...Object(value) };
  return { ...options, command: hookOf(command) };
}

function outputOf(value: unknown): unknown {
  const { journald: _, syslog: __, ...options }: Plain = { ...Object(value) };
  return infinite(options);
}

function restartOf(value: unknown): unknown {
  const { backoff, schedule: _, ...options }: Plain = { ...Object(value) };
  if (backoff === undefined) return options;
  return { ...options, backoff: backoffOf({ ...Object(backoff) }) };
}

/** Makes a backoff of what is written. */
export function backoffOf(
  { uniform: most, constant: always, exponential: grow }: Plain,
): Backoff {
  if (most !== undefined) return uniform(Number(most));
  if (always !== undefined) return constant(Number(always));
  return within(
    "restart.backoff.exponential",
    () => exponential({ ...Object(grow) }),
  );
}

function probingOf(value: unknown): unknown {
  const { intervalMs, timeoutMs, withinMs, recheckMs, failures, ...probe }:
    Plain = { ...Object(value) };
  const options = Object.entries({
    intervalMs,
    timeoutMs,
    withinMs: infinite(withinMs),
    recheckMs,
    failures,
  }).filter(([, each]) => each !== undefined);
  const made = probeOf(probe);
  return options.length === 0
    ? made
    : { probe: made, ...Object.fromEntries(options) };
}

/** JSON has no infinity: it is written as a text. */
function infinite(value: unknown): unknown {
  if (value === "Infinity") return Infinity;
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return value;
  }
  return Object.fromEntries(
    Object.entries(value).map(([name, each]) => [name, infinite(each)]),
  );
}
