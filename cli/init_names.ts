/**
 * Names that a configuration can have, and dependencies that are there.
 *
 * @module
 */

import type { WrittenProcess } from "./define_config.ts";
import { ENTRY_NAME } from "./entry_name.ts";
import type { Found, Gap } from "./init_origin.ts";
import { processName, RENAMED } from "./init_parts.ts";

type Entries = Readonly<Record<string, WrittenProcess>>;

/**
 * Changes the names of processes that a configuration cannot have, and makes
 * dependencies that are missing optional.
 *
 * @param found What a reader has found.
 */
export function withNames(found: Found): Found {
  const { config, stubs = {}, comments = {} } = found;
  const { processes = {} } = config;
  const names = namesOf([...Object.keys(processes), ...Object.keys(stubs)]);
  const nameOf = (name: string) => names.get(name) ?? name;
  const gaps: Gap[] = Array.from(names).filter(([old, name]) => old !== name)
    .map(([old, name]) => ({ process: name, key: old, why: RENAMED }));
  const renamed = (entries: Entries): Entries =>
    Object.fromEntries(
      Object.entries(entries).map(([name, entry]) => {
        const process = nameOf(name);
        const lost = (on: string) =>
          gaps.push({ process, key: "dependsOn", why: missing(on) });
        return [process, withDependencies(entry, names, lost)];
      }),
    );
  const entries = renamed(processes);
  const others = renamed(stubs);
  const reachable = (all: Entries) => withReached(all, entries, gaps);
  return {
    ...found,
    config: { ...config, processes: reachable(entries) },
    stubs: reachable(others),
    gaps: [
      ...gaps,
      ...found.gaps.map(({ process, ...gap }) =>
        process === undefined ? gap : { process: nameOf(process), ...gap }
      ),
    ],
    comments: Object.fromEntries(
      Object.entries(comments).map(([name, text]) => [nameOf(name), text]),
    ),
  };
}

function missing(name: string): string {
  return `there is no process "${name}" in the file, so nothing waits for it until there is one`;
}

function withDependencies(
  entry: WrittenProcess,
  names: ReadonlyMap<string, string>,
  lost: (name: string) => void,
): WrittenProcess {
  if (entry.dependsOn === undefined) return entry;
  const dependsOn = Object.entries(entry.dependsOn).map(([on, how]) => {
    const name = names.get(on);
    if (name !== undefined) return [name, how];
    lost(on);
    const options = typeof how === "string" ? { when: how } : how;
    return [on, { ...options, required: false }];
  });
  return { ...entry, dependsOn: Object.fromEntries(dependsOn) };
}

/** Lets nothing wait for what never says that it is ready. */
function withReached(all: Entries, others: Entries, gaps: Gap[]): Entries {
  return Object.fromEntries(
    Object.entries(all).map(([process, entry]) => {
      if (entry.dependsOn === undefined) return [process, entry];
      const dependsOn = Object.entries(entry.dependsOn).map(([on, how]) => {
        const options = typeof how === "string" ? { when: how } : how;
        const other = Object.hasOwn(others, on) ? others[on] : undefined;
        const can = other === undefined || other.ready !== undefined;
        if (options.when !== "ready" || can) return [on, how];
        gaps.push({ process, key: "dependsOn", why: neverReady(on) });
        return [
          on,
          typeof how === "string" ? "started" : { ...how, when: "started" },
        ];
      });
      return [process, { ...entry, dependsOn: Object.fromEntries(dependsOn) }];
    }),
  );
}

function neverReady(name: string): string {
  return `nothing says when "${name}" is ready, so it waits for its start: write \`ready\` there, and \`${name}: ready\` here`;
}

/** Returns the new names by the old ones; all are different. */
function namesOf(all: readonly string[]): Map<string, string> {
  const isName = (name: string) => ENTRY_NAME.test(name);
  const taken = new Set(all.filter(isName));
  return new Map(
    all.map((old) => [old, isName(old) ? old : processName(old, taken)]),
  );
}
