/**
 * The options of `expose()`, and their checks.
 *
 * @module
 */

import { Processman } from "../mod.ts";
import { App } from "../plan/mod.ts";
import type { Log } from "./log.ts";
import type { ConfigSource } from "./wire.ts";

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

/** The options, and the type of each. */
const TYPES: Readonly<
  Record<keyof ExposeOptions, "string" | "function" | "object">
> = {
  name: "string",
  config: "string",
  source: "function",
  logs: "object",
  logsFolder: "string",
  ownLog: "string",
  labels: "function",
  apply: "function",
  shutdown: "function",
};

/**
 * Checks the options, and returns a copy without those that are `undefined`.
 *
 * @throws {TypeError} If an option does not exist or has a wrong type.
 */
export function checkExpose(options: ExposeOptions): ExposeOptions {
  if (typeof options !== "object" || options === null) {
    throw new TypeError(
      `The options of expose() must be an object: current value is ${
        show(options)
      }`,
    );
  }
  for (const [name, value] of Object.entries(options)) {
    if (!Object.hasOwn(TYPES, name)) {
      const names = Object.keys(TYPES).join(", ");
      throw new TypeError(
        `Option "${name}" does not exist: the options are ${names}`,
      );
    }
    if (value !== undefined) {
      checkType(name, value, TYPES[name as keyof ExposeOptions]);
    }
  }
  checkType("name", options.name, "string");
  return { ...options };
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

function checkType(
  name: string,
  value: unknown,
  type: "string" | "function" | "object",
): void {
  if (typeof value === type && value !== "" && value !== null) return;
  const what = type === "string"
    ? "a string that is not empty"
    : type === "function"
    ? "a function"
    : "an object";
  throw new TypeError(
    `Option "${name}" must be ${what}: current value is ${show(value)}`,
  );
}

function show(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "function") return "a function";
  return typeof value === "object" && value !== null
    ? "an object"
    : String(value);
}
