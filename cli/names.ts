/**
 * Finds the processes that names, patterns and profiles stand for. The
 * functions are pure.
 *
 * @module
 */

import type { ProcessView } from "../control/client.ts";
import { CliError, STATUS } from "./call.ts";
import { didYouMean } from "./nearest.ts";

/** What the functions need to know about a process. */
export type Named = Pick<ProcessView, "name" | "entry" | "labels">;

/**
 * Returns the processes that any of the names stands for, in their order; all
 * processes if there is no name.
 *
 * @param names Names of processes or entries, patterns, and profiles.
 * @param processes All processes.
 * @throws {CliError} If a name stands for nothing.
 */
export function select<T extends Named>(
  names: readonly string[],
  processes: readonly T[],
): T[] {
  if (names.length === 0) return [...processes];
  const found = names.flatMap((name) => matches(name, processes));
  return processes.filter((process) => found.includes(process));
}

/**
 * Returns the names for a request: names of entries and processes stay as they
 * are, so that the supervisor knows which of both is meant; for a pattern stand
 * the processes that match, and for a profile its entries.
 *
 * @throws {CliError} If a name stands for nothing.
 */
export function expand(
  names: readonly string[],
  processes: readonly Named[],
): string[] {
  const all = names.flatMap((name) => {
    const found = matches(name, processes);
    if (isPlain(name, processes)) return [name];
    return found.map((process) =>
      name.startsWith("@") ? process.entry : process.name
    );
  });
  return [...new Set(all)];
}

/** Whether a name is to be looked up before a supervisor knows it. */
export function needsExpansion(name: string): boolean {
  return name.startsWith("@") || /[*?]/.test(name) ||
    habitOf(name) !== undefined;
}

/** Returns what to type for what other tools call a process or all of them. */
function habitOf(
  name: string,
  processes: readonly Named[] = [],
): string | undefined {
  if (name === "all") return "'*' stands for all, in quotes";
  const [, group] = /^([\w.-]+):(\*|[\w.-]+)?$/.exec(name) ?? [];
  if (group !== undefined && isPlain(group, processes)) {
    return `${group} stands for all of its replicas`;
  }
  if (group !== undefined) return "there are no groups: name the processes";
  return /\.([cm]?js|json|ya?ml|conf|ini)$/.test(name)
    ? `"processman init ${name}" makes a configuration of a file`
    : undefined;
}

/** Whether a name is that of a process or an entry. */
function isPlain(name: string, processes: readonly Named[]): boolean {
  return processes.some((one) => one.name === name || one.entry === name);
}

function matches<T extends Named>(name: string, processes: readonly T[]): T[] {
  if (isPlain(name, processes)) {
    return processes.filter((one) => one.name === name || one.entry === name);
  }
  const found = name.startsWith("@")
    ? processes.filter(({ labels }) => labels.includes(name.slice(1)))
    : needsExpansion(name)
    ? processes.filter(({ name: its }) => globMatches(name, its))
    : [];
  if (found.length === 0) throw nothing(name, processes);
  return found;
}

/** A name stands for nothing. */
export class UnknownNameError extends CliError {}

/** Returns the error for a name that stands for nothing. */
function nothing(
  name: string,
  processes: readonly Named[],
): UnknownNameError {
  const [what, there] = name.startsWith("@")
    ? [
      `no process has the profile "${name.slice(1)}"`,
      processes.flatMap(({ labels }) => labels.map((label) => `@${label}`)),
    ]
    : /[*?]/.test(name)
    ? [`no process matches "${name}"`, []]
    : [
      `there is no process "${name}"`,
      processes.flatMap((one) => [one.entry, one.name]),
    ];
  const habit = habitOf(name, processes);
  const hint = habit === undefined ? didYouMean(name, there) : `; ${habit}`;
  return new UnknownNameError(what + hint, STATUS.failed);
}

/** Whether a name matches a pattern, in which `*` and `?` stand for others. */
export function globMatches(pattern: string, name: string): boolean {
  const source = [...pattern].map((char) =>
    char === "*" ? ".*" : char === "?" ? "." : RegExp.escape(char)
  ).join("");
  return new RegExp(`^${source.replace(/(?:\.\*)+/g, ".*")}$`, "su").test(name);
}
