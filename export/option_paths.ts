/**
 * All options that a plan can have, as paths. The tables of the exports have a
 * row for each: the compiler finds one that is missing.
 *
 * @module
 */

import type {
  LeftoverOptions,
  LiveOptions,
  OutputFileOptions,
  OutputOptions,
  ReadyOptions,
  RestartLimit,
  RestartOptions,
  StopOptions,
} from "../mod.ts";
import type {
  DependencyOptions,
  EntryBase,
  PlanOptions,
  RollOptions,
  ServiceEntry,
} from "../plan/mod.ts";

/** The options of an entry that consist of others. */
type Grouped =
  | "dependsOn"
  | "live"
  | "output"
  | "ready"
  | "restart"
  | "roll"
  | "stop";

/** An option of an entry or of a plan, such as `restart.limit.withinMs`. */
export type OptionPath =
  | Exclude<keyof EntryBase | keyof ServiceEntry, Grouped>
  | `dependsOn.${keyof DependencyOptions}`
  | `live.${keyof LiveOptions}`
  | `output.${Exclude<keyof OutputOptions, "file">}`
  | `output.file.${keyof OutputFileOptions}`
  | `ready.${keyof ReadyOptions}`
  | `restart.${Exclude<keyof RestartOptions, "limit" | "leftovers">}`
  | `restart.limit.${keyof RestartLimit}`
  | `restart.leftovers.${keyof LeftoverOptions}`
  | `roll.${keyof RollOptions}`
  | `stop.${keyof StopOptions}`
  | keyof PlanOptions;

/** What becomes of an option in an engine. */
export type Fate =
  /** What it is mapped to, such as `Restart=`. */
  | { readonly to: string }
  /** Why the engine has nothing for it, or what it does instead. */
  | { readonly none: string };

/** What becomes of each option in an engine. */
export type Fates = Readonly<Record<OptionPath, Fate>>;

/**
 * Returns the paths of the options that are set in a record of options.
 *
 * @param options The options, such as those of an entry.
 * @param path What their paths begin with.
 */
export function pathsOf(options: object, path = ""): OptionPath[] {
  return Object.entries(options).flatMap(([name, value]) => {
    if (value === undefined) return [];
    const at = `${path}${name}`;
    if (at === "dependsOn") return dependencyPaths(value);
    if (GROUPS.has(at)) {
      return typeof value === "function"
        ? [`${at}.probe` as OptionPath]
        : pathsOf(value, `${at}.`);
    }
    return [at as OptionPath];
  });
}

const GROUPS: ReadonlySet<string> = new Set([
  "live",
  "output",
  "output.file",
  "ready",
  "restart",
  "restart.leftovers",
  "restart.limit",
  "roll",
  "stop",
]);

/** The dependencies are by name, and a condition alone stands for options. */
function dependencyPaths(dependsOn: object): OptionPath[] {
  const paths = Object.values(dependsOn).flatMap((each) =>
    typeof each === "string"
      ? ["dependsOn.when" as const]
      : pathsOf(Object(each), "dependsOn.")
  );
  return [...new Set(paths)];
}
