/**
 * What is exported: the entries of a plan with every default filled in.
 *
 * @module
 */

import {
  type CommandDefaults,
  type CommandDescription,
  describeCommand,
} from "../mod.ts";
import type { Plan, PlannedEntry, Unit } from "../plan/mod.ts";
import type { ExportOptions } from "./exported.ts";
import { type OptionPath, pathsOf } from "./option_paths.ts";

/** What a command is always described with. */
type Always = "restart" | "stop" | "output";

/** An entry of a plan, with all that an engine has to know. */
export interface Subject {
  /** The name of the entry. */
  readonly name: string;
  /** The entry. */
  readonly planned: PlannedEntry;
  /** Whether it does something once. */
  readonly task: boolean;
  /** Whether it starts by itself, or with an entry that requires it. */
  readonly starts: boolean;
  /** What runs, one for each replica, in the order of their numbers. */
  readonly replicas: readonly [SubjectReplica, ...SubjectReplica[]];
  /** Whether all replicas run with the same options. */
  readonly alike: boolean;
  /** The options that are set, in the entry or in the defaults. */
  readonly set: ReadonlySet<OptionPath>;
}

/** One process of an entry, with every default filled in. */
export interface SubjectReplica {
  /** The process. */
  readonly unit: Unit;
  /** What it runs with. */
  readonly command:
    & CommandDescription
    & { readonly [Name in Always]: NonNullable<CommandDescription[Name]> };
  /** The absolute path of its working directory. */
  readonly cwd: string;
  /** The variables of its environment. */
  readonly env: Readonly<Record<string, string>>;
}

/**
 * Returns the entries of a plan as an export needs them, each after those that
 * it depends on.
 *
 * @param plan The plan.
 * @param options The options of the export, which have been checked.
 */
export function subjectsOf(plan: Plan, options: ExportOptions): Subject[] {
  const starting = startingIn(plan, options.manual ?? []);
  return [...plan.entries.values()].map((planned) => {
    const { name, type } = planned;
    const [first, ...rest] = planned.units.map((unit) =>
      replicaOf(unit, options)
    );
    if (first === undefined) {
      throw new TypeError(`Cannot export "${name}": it has no replicas`);
    }
    return {
      name,
      planned,
      task: type === "task",
      starts: starting.has(name),
      replicas: [first, ...rest],
      alike: rest.every((each) => sameAs(each) === sameAs(first)),
      set: setIn(plan, planned, options.defaults ?? {}),
    };
  });
}

/** Returns the entries that start: also those that another one requires. */
function startingIn(plan: Plan, manual: readonly string[]): Set<string> {
  const starting = new Set<string>();
  for (const { name, dependencies } of [...plan.entries.values()].reverse()) {
    if (!manual.includes(name)) starting.add(name);
    if (!starting.has(name)) continue;
    for (const { on, required } of dependencies) {
      if (required) starting.add(on);
    }
  }
  return starting;
}

function replicaOf(
  unit: Unit,
  { root, defaults = {} }: ExportOptions,
): SubjectReplica {
  const { program, args, options } = unit;
  const place = options.cwd ?? defaults.cwd;
  const relative = typeof place === "string" && !place.startsWith("/");
  const cwd = relative && root !== undefined
    ? `${root}/${place}`
    : place ?? root;
  const described = describeCommand(
    program,
    args,
    { ...options, cwd },
    defaults,
  );
  const { restart = {}, stop = {}, output = {}, tty } = described;
  // On a terminal, stdout is stderr as well.
  const streams = tty ? { stderr: described.stdout } : {};
  return {
    unit,
    command: { ...described, ...streams, restart, stop, output },
    cwd: String(described.cwd),
    env: { ...defaults.env, ...options.env },
  };
}

/** Returns what must be equal for replicas to be the same. */
function sameAs({ command, env }: SubjectReplica): string {
  return JSON.stringify([command, Object.entries(env).sort()]);
}

/** Returns the options that are set for an entry. */
function setIn(
  plan: Plan,
  { name, units }: PlannedEntry,
  defaults: CommandDefaults,
): Set<OptionPath> {
  const written = plan.source.entries[name] ?? {};
  const all = [defaults, written, ...units.map(({ options }) => options)];
  return new Set(all.flatMap((each) => pathsOf(each)));
}
