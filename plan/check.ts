/**
 * Checks each entry by itself, and the options of a plan.
 *
 * @module
 */

import { checkCommandOptions } from "../mod.ts";
import type {
  Condition,
  EachOptions,
  Replica,
  RestartBudget,
  RollOptions,
  ServiceEntry,
  UnitOptions,
} from "./entry.ts";
import type { Faults } from "./faults.ts";
import type { Edge, PlannedOptions } from "./planned.ts";
import {
  fields,
  flag,
  join,
  milliseconds,
  oneOf,
  strings,
  unknown,
  whole,
  wrong,
} from "./validate.ts";

/** An entry that is right by itself. */
export interface CheckedEntry {
  /** The kind of the entry. */
  readonly type: "service" | "task";
  /** The program and its arguments. */
  readonly command: readonly [program: string, ...args: string[]];
  /** The number of replicas, if the entry has that option. */
  readonly replicas: number | undefined;
  /** Returns the options of a replica. */
  readonly each: ((replica: Replica) => EachOptions) | undefined;
  /** Its dependencies, which need not exist. */
  readonly dependencies: readonly Edge[];
  /** How the replicas are replaced. */
  readonly roll: Pick<RollOptions, "order"> & { readonly minReadyMs: number };
  /** The options of a command. */
  readonly options: UnitOptions;
}

/** The most replicas of an entry. */
const MOST_REPLICAS = 1_000;

const NAME = /^[A-Za-z0-9][A-Za-z0-9_-]*$/;

/** The options that an entry and `each` can have; a record, to miss none. */
const UNIT_OPTIONS: Record<keyof UnitOptions, true> = {
  cwd: true,
  env: true,
  clearEnv: true,
  user: true,
  uid: true,
  gid: true,
  tty: true,
  stdin: true,
  stdout: true,
  stderr: true,
  windowsRawArguments: true,
  group: true,
  restart: true,
  stop: true,
  output: true,
  critical: true,
  prepare: true,
  before: true,
  after: true,
  ready: true,
  live: true,
};

const CONDITIONS: readonly Condition[] = ["started", "ready", "completed"];

const ORDERS = ["start-first", "stop-first"] as const;

const PLAN_NAMES = ["startLimit", "restartBudget", "sharedPorts"];
const UNIT_NAMES = Object.keys(UNIT_OPTIONS);
const EACH_NAMES = ["args", ...UNIT_NAMES];
const SERVICE_ONLY = ["replicas", "each", "roll"];
const SERVICE_NAMES = ["type", "command", "dependsOn"].concat(
  SERVICE_ONLY,
  UNIT_NAMES,
);
const TASK_NAMES = SERVICE_NAMES.filter((name) =>
  ![...SERVICE_ONLY, "ready", "live", "critical"].includes(name)
);

/** Returns what a check of one option returns. */
type Check<Result> = (value: unknown, path: string) => Result;

/**
 * Checks the options of a plan, and fills in their defaults.
 *
 * @param options The options.
 * @param faults Where the faults go.
 * @returns The options; those with a fault have their defaults.
 */
export function checkPlanOptions(
  options: unknown,
  faults: Faults,
): PlannedOptions {
  const option = reader(options, "", faults, PLAN_NAMES);
  return {
    startLimit: option("startLimit", checkLimit) ?? Infinity,
    restartBudget: option("restartBudget", checkBudget),
    sharedPorts: option("sharedPorts", checkPorts) ?? [],
  };
}

/**
 * Checks an entry by itself.
 *
 * @param value The entry.
 * @param name Its name.
 * @param faults Where its faults go.
 * @returns The entry; `undefined` if it has a fault.
 */
export function checkEntry(
  value: unknown,
  name: string,
  faults: Faults,
): CheckedEntry | undefined {
  const before = faults.count;
  faults.in(() => checkName(name));
  const type = isTask(value) ? "task" : "service";
  const names = type === "task" ? TASK_NAMES : SERVICE_NAMES;
  const option = reader(value, name, faults, names, ["command"]);
  option("type", (type, path) => oneOf(type, path, ["service", "task"]));
  const command = option("command", checkProgram);
  const replicas = option("replicas", checkReplicas);
  const each = option("each", checkEach);
  const dependencies = option(
    "dependsOn",
    (given, path) => checkDependencies(given, path, faults),
  ) ?? [];
  const { order, minReadyMs = 0 } = option("roll", checkRoll) ?? {};
  const options = unitOptions(option, name);
  if (type === "task") faults.in(() => checkTask(options, name));
  if (faults.count > before || command === undefined) return undefined;
  const roll = { order, minReadyMs };
  return { type, command, replicas, each, dependencies, roll, options };
}

/**
 * Checks what `each` has returned.
 *
 * @param value What it has returned.
 * @param path What it is called in messages.
 * @param faults Where its faults go.
 * @returns The arguments, if it has returned some, and the options.
 */
export function checkEachOptions(
  value: unknown,
  path: string,
  faults: Faults,
): { args: string[] | undefined; options: UnitOptions } {
  const option = reader(value, path, faults, EACH_NAMES);
  return { args: option("args", strings), options: unitOptions(option, path) };
}

/** Checks one option of an object, if the object has it. */
type Reader = <Result>(
  name: string,
  check: Check<Result>,
) => Result | undefined;

/**
 * Returns a function that checks the options of an object, each by itself. The
 * options in `required` are checked even if the object does not have them.
 */
function reader(
  value: unknown,
  path: string,
  faults: Faults,
  names: readonly string[],
  required: readonly string[] = [],
): Reader {
  const given = faults.in(() => new Map(fields(value, path || "options")));
  for (const name of given?.keys() ?? []) {
    if (!names.includes(name)) {
      faults.in(() => unknown(join(path, name), names));
    }
  }
  return (name, check) => {
    if (!names.includes(name) || given === undefined) return undefined;
    if (!given.has(name) && !required.includes(name)) return undefined;
    return faults.in(() => check(given.get(name), join(path, name)));
  };
}

/** Checks the options of a command, each by itself. */
function unitOptions(option: Reader, path: string): UnitOptions {
  const all: UnitOptions = {};
  for (const name of UNIT_NAMES) {
    const check = (value: unknown) =>
      checkCommandOptions({ [name]: value }, path);
    Object.assign(all, option(name, check));
  }
  return all;
}

function isTask(value: unknown): boolean {
  return typeof value === "object" && value !== null && "type" in value &&
    value.type === "task";
}

function checkName(name: string): void {
  if (NAME.test(name)) return;
  wrong(
    name,
    'a name of letters, digits, "_" and "-" that does not begin with "_" or "-"',
    name,
  );
}

function checkTask(options: UnitOptions, name: string): void {
  const policy = options.restart?.policy;
  if (policy !== "always") return;
  const expected = '"on-failure" or "never", as it is a task';
  wrong(`${name}.restart.policy`, expected, policy);
}

const checkProgram: Check<CheckedEntry["command"]> = (value, path) => {
  const [program, ...args] = strings(value, path);
  if (program === undefined || program === "") {
    wrong(`${path}[0]`, "the name or the path of a program", program);
  }
  return [program, ...args];
};

const checkReplicas: Check<number> = (value, path) =>
  whole(value, path, 1, MOST_REPLICAS);

const checkEach: Check<NonNullable<ServiceEntry["each"]>> = (value, path) => {
  if (isEach(value)) return value;
  wrong(path, "a function", value);
};

function isEach(value: unknown): value is NonNullable<ServiceEntry["each"]> {
  return typeof value === "function";
}

function checkDependencies(
  value: unknown,
  path: string,
  faults: Faults,
): Edge[] {
  return fields(value, path).flatMap(([on, dependency]) =>
    faults.in(() => checkDependency(dependency, on, join(path, on))) ?? []
  );
}

function checkDependency(value: unknown, on: string, path: string): Edge {
  if (typeof value !== "object") {
    const when = oneOf(value, path, CONDITIONS);
    return { on, when, restart: "never", required: true };
  }
  const given = new Map(fields(value, path, ["when", "restart", "required"]));
  const { restart = "never", required = true } = Object.fromEntries(given);
  return {
    on,
    when: oneOf(given.get("when"), `${path}.when`, CONDITIONS),
    restart: restart === "never"
      ? restart
      : oneOf(restart, `${path}.restart`, ["explicit", "always"]),
    required: flag(required, `${path}.required`),
  };
}

const checkRoll: Check<RollOptions> = (value, path) => {
  const given = new Map(fields(value, path, ["order", "minReadyMs"]));
  const { order, minReadyMs = 0 } = Object.fromEntries(given);
  return {
    order: order === undefined
      ? undefined
      : oneOf(order, `${path}.order`, ORDERS),
    minReadyMs: milliseconds(minReadyMs, `${path}.minReadyMs`),
  };
};

const checkLimit: Check<number> = (value, path) =>
  value === Infinity ? value : whole(value, path, 1);

const checkBudget: Check<RestartBudget> = (value, path) => {
  const given = new Map(fields(value, path, ["restarts", "withinMs"]));
  return {
    restarts: whole(given.get("restarts"), `${path}.restarts`, 1),
    withinMs: milliseconds(given.get("withinMs"), `${path}.withinMs`),
  };
};

const checkPorts: Check<number[]> = (value, path) => {
  if (!Array.isArray(value)) wrong(path, "an array", value);
  return value.map((port: unknown, index) =>
    whole(port, `${path}[${index}]`, 1, 65_535)
  );
};
