/**
 * The types of what the user writes: the entries of a plan.
 *
 * @module
 */

import type { CommandOptions, RestartOptions } from "../mod.ts";

/**
 * What a dependency must have reached before its dependents start.
 *
 * - `"started"`: it runs.
 * - `"ready"`: it is ready. The entry must have the option `ready`.
 * - `"completed"`: it has ended with success. The entry must be a task.
 */
export type Condition = "started" | "ready" | "completed";

/** What an entry needs from another one, and what follows from its restarts. */
export interface DependencyOptions {
  /**
   * What the dependency must have reached. If it has replicas, each of them
   * must have.
   */
  when: Condition;
  /**
   * After which restarts of the dependency this entry is restarted too. It is
   * stopped first, and started again when the condition holds again.
   *
   * - `"explicit"`: after a restart that you ask for.
   * - `"always"`: also after a crash.
   *
   * @default {none}
   */
  restart?: "explicit" | "always" | undefined;
  /**
   * Whether this entry can only start with the dependency. With `false`, it
   * waits while the dependency can still come, and starts without it otherwise.
   * The plan then need not contain the dependency.
   *
   * @default {true}
   */
  required?: boolean | undefined;
}

/** What an entry needs from another one; a condition alone stands for options. */
export type Dependency = Condition | DependencyOptions;

/** A replica of an entry. */
export interface Replica {
  /** The name of the process: the name of the entry, or `api.2`. */
  readonly name: string;
  /** The number of the replica, 1 for the first. */
  readonly replica: number;
}

/** The options of a command that an entry of a plan can have. */
export interface UnitOptions
  extends Omit<CommandOptions, "name" | "signal" | "gate" | "stopAfter"> {}

/** Options of one replica. */
export interface EachOptions extends UnitOptions {
  /** The arguments of the program, instead of those in `command`. */
  args?: readonly string[] | undefined;
}

/** How the replicas of an entry are replaced one after another. */
export interface RollOptions {
  /**
   * - `"start-first"`: one replica more than usual serves during the rolling
   *   restart, so that their number never falls. It has the next number:
   *   `api.4` if `replicas` is 3.
   * - `"stop-first"`: each replica is stopped before its successor starts.
   *
   * @default {"start-first" if `each` has options for one more replica that can
   * run beside everything else in the plan, otherwise "stop-first"}
   */
  order?: "start-first" | "stop-first" | undefined;
  /**
   * How long a new replica must be ready before the next one is replaced, in
   * milliseconds.
   *
   * @default {0}
   */
  minReadyMs?: number | undefined;
}

/** What services and tasks have in common. */
export interface EntryBase extends UnitOptions {
  /** The program and its arguments. */
  command: readonly [program: string, ...args: string[]];
  /** What must hold before this entry starts, by the name of the other entry. */
  dependsOn?: Readonly<Record<string, Dependency>> | undefined;
}

/** A program that serves until it is stopped. */
export interface ServiceEntry extends EntryBase {
  /** The kind of the entry. */
  type?: "service" | undefined;
  /**
   * How many processes run the program. With this option, they are named
   * `api.1`, `api.2` and so on. Without it, there is one process with the name
   * of the entry.
   */
  replicas?: number | undefined;
  /**
   * Returns the options in which a replica differs from the others. `env` is
   * added to the `env` of the entry; each other option replaces that of the
   * entry. `plan()` calls the function, once for each replica.
   */
  each?: ((replica: Replica) => EachOptions) | undefined;
  /** How the replicas are replaced one after another. */
  roll?: RollOptions | undefined;
}

/** When a task is tried again. */
export interface TaskRestartOptions extends RestartOptions {
  /**
   * After which runs the task is tried again.
   *
   * @default {"on-failure"}
   */
  policy?: "on-failure" | "never" | undefined;
}

/**
 * A program that does something once. It is completed when it has ended with
 * success, and stays completed until you run it again. It cannot have `ready`,
 * `live`, `critical`, `replicas`, `each` or `roll`, or the restart policy
 * `"always"`.
 */
export interface TaskEntry extends EntryBase {
  /** The kind of the entry. */
  type: "task";
  /** When the task is tried again. */
  restart?: TaskRestartOptions | undefined;
  /** A task has no probe. */
  ready?: undefined;
  /** A task has no probe. */
  live?: undefined;
  /** The end of a task is no reason to shut down. */
  critical?: undefined;
}

/** One program of a plan. */
export type PlanEntry = ServiceEntry | TaskEntry;

/** Options of a whole plan. */
export interface PlanOptions {
  /**
   * How many processes can start at the same time; at least 1. A process starts
   * until it is ready.
   *
   * @default {Infinity}
   */
  startLimit?: number | undefined;
  /**
   * How many restarts after crashes the whole plan can have. If processes crash
   * more often, for example because a database is gone, one of them tries until
   * it gets ready, and the others wait for it.
   *
   * @default {none}
   */
  restartBudget?: RestartBudget | undefined;
  /**
   * The ports that can belong to more than one process. `plan()` knows a port
   * from `PORT` in `env`, and from a probe that asks a server of this machine.
   * It rejects a port that two processes have, because only one of them could
   * use it. List a port here if several processes can, as with `reusePort`, or
   * if a probe asks the server of another process.
   *
   * @default {[]}
   */
  sharedPorts?: readonly number[] | undefined;
}

/** A number of restarts in a window of time. */
export interface RestartBudget {
  /** The number of restarts allowed. */
  restarts: number;
  /** The length of the window in milliseconds. */
  withinMs: number;
}
