/**
 * The options of `expose()`, and their checks.
 *
 * @module
 */

import { Processman } from "../mod.ts";
import { App } from "../plan/mod.ts";
import type { Log } from "./log.ts";
import type { Schedules } from "./schedules.ts";
import type { ConfigSource } from "./wire.ts";

/** Where Prometheus reads the metrics: an option of {@linkcode expose}. */
export interface MetricsOptions {
  /** The port; 0 for any that is free. */
  port: number;
  /**
   * The address or the name to listen on. Everyone who can reach it can read
   * the metrics.
   *
   * @default {"127.0.0.1"}
   */
  hostname?: string | undefined;
}

/** Options of {@linkcode expose}. */
export interface ExposeOptions {
  /** The name under which `processman ls` shows it. */
  name: string;
  /**
   * The path of a configuration. If there is one, it identifies the supervisor:
   * no other supervisor can have the same configuration. Otherwise, the name
   * identifies it.
   */
  config?: string | undefined;
  /**
   * Returns what the configuration is read from, so that a client can read it
   * again.
   *
   * @default {none}
   */
  source?: (() => ConfigSource) | undefined;
  /**
   * The log of the output, which clients read. `expose()` records the output in
   * it, but does not close it.
   *
   * @default {memoryLog()}
   */
  logs?: Log | undefined;
  /** The folder of the log, for clients. */
  logsFolder?: string | undefined;
  /** The file with the log of the program itself, for clients. */
  ownLog?: string | undefined;
  /**
   * Returns the labels of an entry, such as its profiles.
   *
   * @default {() => []}
   */
  labels?: ((entry: string) => readonly string[]) | undefined;
  /**
   * When entries run, or are restarted, by themselves. A start of an entry that
   * has completed, and that runs by itself, runs it again.
   *
   * @default {none}
   */
  schedules?: Schedules | undefined;
  /**
   * Returns what is to be said of an entry besides why it is where it is, such as
   * `it was restarted because src/api.ts changed`.
   *
   * @default {none}
   */
  remark?: ((entry: string) => string | undefined) | undefined;
  /**
   * Also serves the metrics, and nothing else, on a TCP port, because
   * Prometheus cannot read a Unix socket.
   *
   * @default {none}
   */
  metrics?: MetricsOptions | undefined;
  /**
   * Applies a new configuration, and resolves to what has changed, as JSON.
   * Without it, clients cannot change the configuration.
   */
  apply?:
    | ((
      config: unknown,
      options: { dryRun: boolean; signal: AbortSignal },
    ) => Promise<unknown>)
    | undefined;
  /**
   * Stops everything when a client asks for that.
   *
   * @default Stops the plan, and shuts down the manager.
   */
  shutdown?: ((options: { withinMs: number }) => Promise<void>) | undefined;
}

/** What an option can be. */
type Type = "string" | "number" | "function" | "object";

/** What each type is called. */
const TYPE_NAMES: Readonly<Record<Type, string>> = {
  string: "a string that is not empty",
  number: "a number",
  function: "a function",
  object: "an object",
};

/** The options, and the type of each. */
const TYPES: Readonly<Record<keyof ExposeOptions, Type>> = {
  name: "string",
  config: "string",
  source: "function",
  logs: "object",
  logsFolder: "string",
  ownLog: "string",
  labels: "function",
  schedules: "object",
  remark: "function",
  metrics: "object",
  apply: "function",
  shutdown: "function",
};

/**
 * Checks the options, and returns a copy without those that are `undefined`.
 *
 * @throws {TypeError} If an option does not exist or has a wrong type.
 * @throws {RangeError} If the port is out of range.
 */
export function checkExpose(options: ExposeOptions): ExposeOptions {
  if (typeof options !== "object" || options === null) {
    throw new TypeError(
      `The options of expose() must be an object: current value is ${
        show(options)
      }`,
    );
  }
  checkTypes(options, TYPES);
  checkType("name", options.name, "string");
  if (options.metrics !== undefined) checkMetrics(options.metrics);
  return { ...options };
}

function checkMetrics(options: MetricsOptions): void {
  checkTypes(options, { port: "number", hostname: "string" }, "metrics.");
  const { port } = options;
  checkType("metrics.port", port, "number");
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return;
  throw new RangeError(
    'Option "metrics.port" must be a whole number from 0 to 65535: current ' +
      `value is ${port}`,
  );
}

/** Checks that there are only known options, each of its type. */
function checkTypes(
  options: object,
  types: Readonly<Record<string, Type>>,
  prefix = "",
): void {
  for (const [name, value] of Object.entries(options)) {
    const type = Object.hasOwn(types, name) ? types[name] : undefined;
    if (type === undefined) {
      const names = Object.keys(types).join(", ");
      throw new TypeError(
        `Option "${prefix}${name}" does not exist: the options are ${names}`,
      );
    }
    if (value !== undefined) checkType(`${prefix}${name}`, value, type);
  }
}

/**
 * Checks what is to be exposed.
 *
 * @throws {TypeError} If it is neither a manager nor a plan that runs.
 */
export function checkTarget(target: unknown): void {
  if (target instanceof Processman || target instanceof App) return;
  throw new TypeError(
    "Only a Processman, or an App that up() returns, can be exposed: current " +
      `value is ${show(target)}`,
  );
}

function checkType(name: string, value: unknown, type: Type): void {
  if (typeof value === type && value !== "" && value !== null) return;
  throw new TypeError(
    `Option "${name}" must be ${TYPE_NAMES[type]}: current value is ${
      show(value)
    }`,
  );
}

function show(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "function") return "a function";
  return typeof value === "object" && value !== null
    ? "an object"
    : String(value);
}
