/**
 * The names of services, and the profiles that they belong to.
 *
 * @module
 */

import type { Plan } from "../plan/mod.ts";
import type { ComposeOptions } from "./compose_options.ts";
import { engineNames } from "./names.ts";
import type { Subject } from "./subject.ts";

/**
 * Returns the names of the services that entries become: one for an entry, or
 * one for each replica if the replicas differ.
 *
 * @param subjects The entries.
 */
export function serviceNames(
  subjects: readonly Subject[],
): Map<string, readonly string[]> {
  const unitsOf = ({ name, alike, replicas }: Subject) =>
    alike ? [name] : replicas.map(({ unit }) => unit.name);
  const names = engineNames(
    subjects.flatMap(unitsOf),
    // The last part of `api.1` would make an address of a name.
    (name) => name.replaceAll(".", "-"),
  );
  return new Map(subjects.map((subject) => [
    subject.name,
    unitsOf(subject).map((name) => names.get(name) ?? name),
  ]));
}

/** Returns what the name of a project can contain. */
export function projectName(name: string): string {
  return name.toLowerCase().replaceAll(/[^a-z0-9_-]+/g, "-")
    .replaceAll(/^[^a-z0-9]+|-+$/g, "") || "project";
}

/** The profile of the entries that do not start by themselves. */
const MANUAL = "manual";

/**
 * Returns the profiles of the entries; none for an entry that always starts. An
 * entry also belongs to the profiles of those that require it, because Compose
 * rejects a file in which a service requires one that is left out.
 *
 * @param plan The plan.
 * @param options The options of the export.
 */
export function profilesOf(
  plan: Plan,
  options: ComposeOptions,
): Map<string, readonly string[]> {
  const { profiles = {}, manual = [] } = options;
  const names = profileNames(options);
  const found = new Map<string, readonly string[]>();
  const dependents = new Map<string, string[]>();
  for (const { name, dependencies } of [...plan.entries.values()].reverse()) {
    const own = manual.includes(name) ? [MANUAL] : profiles[name] ?? [];
    const all = [
      own.map((each) => names.get(each) ?? each),
      ...(dependents.get(name) ?? []).map((each) => found.get(each) ?? []),
    ];
    const always = all.some((each) => each.length === 0);
    found.set(name, always ? [] : [...new Set(all.flat())]);
    for (const { on, required } of dependencies) {
      if (!required) continue;
      dependents.set(on, [...dependents.get(on) ?? [], name]);
    }
  }
  return found;
}

/**
 * Returns names of profiles that Compose accepts, by those of the plan. They have
 * at least two characters.
 *
 * @param options The options of the export.
 */
export function profileNames(
  { profiles = {} }: ComposeOptions,
): Map<string, string> {
  const names = Object.values(profiles).flat();
  return engineNames([...new Set(names)], (name) => {
    const plain = name.replaceAll(/[^A-Za-z0-9._-]+/g, "-")
      .replaceAll(/^[^A-Za-z0-9]+|-+$/g, "");
    return plain.length === 1 ? `profile-${plain}` : plain;
  });
}
