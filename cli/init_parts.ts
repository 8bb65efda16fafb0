/**
 * What the readers of several origins have in common.
 *
 * @module
 */

import type { Keys } from "./init_keys.ts";
import type { WrittenDefaults, WrittenProcess } from "./define_config.ts";

/** A process that is still being written. */
export type Draft = {
  -readonly [Key in keyof WrittenProcess]: WrittenProcess[Key];
};

/**
 * Returns why a key is not taken over; nothing if it is, or if nothing is lost.
 *
 * @param keys The keys of the origin.
 * @param key The key.
 * @param unknown What is said of a key that the origin does not have.
 */
export function whyLost(
  keys: Keys,
  key: string,
  unknown: string,
): string | undefined {
  const fate = Object.hasOwn(keys, key) ? keys[key] : undefined;
  if (fate === undefined) return unknown;
  return "why" in fate ? fate.why : undefined;
}

/**
 * Returns a name for a process that is not taken yet, and remembers it.
 *
 * @param name What the origin calls it.
 * @param taken The names of the other processes.
 */
export function processName(name: string, taken: Set<string>): string {
  const base =
    name.replace(/[^A-Za-z0-9_-]+/g, "-").replace(/^[-_]+|-+$/g, "") ||
    "process";
  let free = base;
  for (let n = 2; taken.has(free); n++) free = `${base}-${n}`;
  taken.add(free);
  return free;
}

/** Why a process has another name than before. */
export const RENAMED =
  "a name can only have letters, digits, - and _, so it is another one here";

/** Writes a text so that no variable in it is replaced. */
export function literal(text: string): string {
  return text.replaceAll("$", "$$$$");
}

/** The options whose parts move to `defaults` if all processes have the same. */
const SHARED = ["env", "restart", "stop"] as const;

/**
 * Moves what all processes have in common to `defaults`, which are merged with
 * the options of each process.
 *
 * @param processes The processes, which are changed.
 * @returns The defaults; nothing if there are none.
 */
export function commonDefaults(
  processes: ReadonlyMap<string, Draft>,
): { defaults?: WrittenDefaults } {
  const drafts = [...processes.values()];
  const defaults: WrittenDefaults = Object.fromEntries(
    SHARED.flatMap((option) => {
      const parts = commonParts(drafts, option);
      return Object.keys(parts).length === 0 ? [] : [[option, parts]];
    }),
  );
  return Object.keys(defaults).length === 0 ? {} : { defaults };
}

/** Removes the parts of an option that are the same, and returns them. */
function commonParts(
  drafts: readonly Draft[],
  option: typeof SHARED[number],
): Record<string, unknown> {
  // What is never restarted has no use for the rest.
  const restarted = drafts.filter(({ restart }) => restart?.policy !== "never");
  const users = option === "restart" && restarted.length > 0
    ? restarted
    : drafts;
  const [first, ...others] = users;
  if (first === undefined || others.length === 0) return {};
  const common: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(first[option] ?? {})) {
    const same = others.every((each) =>
      JSON.stringify(partsOf(each, option)[name]) === JSON.stringify(value)
    );
    if (same) common[name] = value;
  }
  for (const each of users) {
    const own = Object.entries(partsOf(each, option))
      .filter(([name]) => !Object.hasOwn(common, name));
    if (own.length === 0) delete each[option];
    else Object.assign(each, { [option]: Object.fromEntries(own) });
  }
  return common;
}

function partsOf(
  draft: Draft,
  option: typeof SHARED[number],
): Readonly<Record<string, unknown>> {
  return { ...draft[option] };
}
