/**
 * A configuration that has been read, checked and resolved: plain JSON, in the
 * form that a client sends to a supervisor.
 *
 * @module
 */

import type { ConfigSource } from "../control/client.ts";
import type { Plan } from "../plan/mod.ts";

/** A resolved configuration; `processes` is in the written form. */
export interface ResolvedConfig {
  /** The name of the supervisor: `name` of the config, or the folder's name. */
  readonly name: string;
  /** The absolute real paths of its files; the first identifies it. */
  readonly files: readonly string[];
  /** What it was read from: the files without those that they include. */
  readonly source: ConfigSource;
  /** The folder of the first file; relative paths have been resolved with it. */
  readonly cwd: string;
  /** Options of the plan and of the manager, in the written form. */
  readonly options: Readonly<Record<string, unknown>>;
  /** How logs are kept. */
  readonly logs: {
    readonly folder: string | null;
    readonly maxBytes: number;
    readonly maxAgeMs: number;
  };
  /** The entries of the profiles that are active, by their names. */
  readonly processes: Readonly<
    Record<string, Readonly<Record<string, unknown>>>
  >;
  /** Those of them that `processman add` has added. */
  readonly added?: readonly string[] | undefined;
}

/** What a resolved configuration means. */
export interface BuiltConfig {
  /** The plan of all entries. */
  readonly plan: Plan;
  /** The entries that start by themselves: not those with `autoStart: false`. */
  readonly autoStart: readonly string[];
  /** Returns the profiles of an entry. */
  labels(entry: string): readonly string[];
  /** The options of the manager: `new Processman(...)`. */
  readonly manager: Readonly<Record<string, unknown>>;
}

/** Which configuration to load. */
export interface LoadOptions {
  /** `-f`, in order; later ones override. None: search from `cwd` upwards. */
  readonly files: readonly string[];
  readonly profiles: readonly string[];
  readonly cwd: string;
  env(name: string): string | undefined;
  /** Texts, by their absolute paths, that are read instead of any files. */
  readonly texts?: ReadonlyMap<string, string>;
}
