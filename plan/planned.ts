/**
 * The types of what a plan contains once it has been checked.
 *
 * @module
 */

import type {
  Condition,
  PlanEntry,
  PlanOptions,
  RestartBudget,
  RollOptions,
  UnitOptions,
} from "./entry.ts";

/** A plan that has been checked. It never changes. */
export interface Plan<Name extends string = string> {
  /**
   * The entries by their names. Each comes after the entries that it depends
   * on.
   */
  readonly entries: ReadonlyMap<Name, PlannedEntry<Name>>;
  /** The options of the plan, with the defaults filled in. */
  readonly options: PlannedOptions;
  /** What the plan was made from. */
  readonly source: {
    /** The entries. */
    readonly entries: Readonly<Record<string, PlanEntry>>;
    /** The options. */
    readonly options: PlanOptions;
  };
}

/** The options of a plan, with the defaults filled in. */
export interface PlannedOptions {
  /** How many processes can start at the same time; `Infinity` for no limit. */
  readonly startLimit: number;
  /** How many restarts after crashes the plan can have. */
  readonly restartBudget: Readonly<RestartBudget> | undefined;
  /** The ports that more than one process can use. */
  readonly sharedPorts: readonly number[];
}

/** An entry of a plan, with the defaults filled in. */
export interface PlannedEntry<Name extends string = string> {
  /** The name of the entry. */
  readonly name: Name;
  /** The kind of the entry. */
  readonly type: "service" | "task";
  /** What it needs from other entries of the plan. */
  readonly dependencies: readonly Edge<Name>[];
  /** What it runs: one unit for each replica, in the order of their numbers. */
  readonly units: readonly Unit<Name>[];
  /**
   * The replica with the next number, which serves during a rolling restart;
   * present if the replicas are started before their predecessors are stopped.
   */
  readonly spare: Unit<Name> | undefined;
  /** How the replicas are replaced one after another. */
  readonly roll: PlannedRoll;
}

/** How replicas are replaced, with the defaults filled in. */
export interface PlannedRoll {
  /** Whether a new replica starts before, or after, an old one is stopped. */
  readonly order: NonNullable<RollOptions["order"]>;
  /**
   * How long a new replica must be ready before the next one is replaced, in
   * milliseconds.
   */
  readonly minReadyMs: number;
}

/** What an entry needs from another one, with the defaults filled in. */
export interface Edge<Name extends string = string> {
  /** The name of the other entry. */
  readonly on: Name;
  /** What the other entry must have reached. */
  readonly when: Condition;
  /** After which restarts of the other entry this one is restarted too. */
  readonly restart: "never" | "explicit" | "always";
  /** Whether this entry can only start with the other one. */
  readonly required: boolean;
}

/** One process of a plan: what `command()` is called with. */
export interface Unit<Name extends string = string> {
  /** The name of the process: the name of its entry, or `api.2`. */
  readonly name: string;
  /** The name of its entry. */
  readonly entry: Name;
  /** The number of the replica, 1 for the first. */
  readonly replica: number;
  /** The program. */
  readonly program: string;
  /** The arguments of the program. */
  readonly args: readonly string[];
  /** The options: those of the entry, and those that `each` has returned. */
  readonly options: Readonly<UnitOptions>;
  /** The ports that it is known to use. */
  readonly ports: readonly Port[];
}

/** A port that a process is known to use. */
export interface Port {
  /** The address; `"localhost"` for all names of this machine. */
  readonly hostname: string;
  /** The number of the port. */
  readonly port: number;
  /** The option that says so, such as `ready` or `env.PORT`. */
  readonly option: string;
}
