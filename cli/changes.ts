/**
 * What a new configuration changes in a supervisor that runs.
 *
 * @module
 */

import {
  describe,
  type FieldChange,
  type PlanDifference,
} from "../plan/mod.ts";
import type { BuiltConfig, ResolvedConfig } from "./resolved.ts";

/** What a new configuration changes. */
export interface ConfigChanges {
  /** A line for each difference between the processes, such as `+ worker`. */
  readonly changes: readonly string[];
  /** What differs but has no effect before the supervisor is started again. */
  readonly later: readonly string[];
}

/** A configuration, and what it means. */
export interface Configured {
  /** The configuration. */
  readonly config: ResolvedConfig;
  /** What it means. */
  readonly built: BuiltConfig;
}

/**
 * Returns what a new configuration changes. The values of environment variables
 * are left out.
 *
 * @param difference What differs between the plans.
 * @param old The configuration of the supervisor.
 * @param next The new one.
 */
export function changesOf(
  difference: PlanDifference,
  old: Configured,
  next: Configured,
): ConfigChanges {
  const { changed, ...rest } = difference;
  const secret = changed.filter(isSecret);
  const text = describe({
    ...rest,
    changed: changed.filter((change) => !isSecret(change)),
  });
  const lines = text === "" ? [] : text.split("\n");
  return {
    changes: [
      ...lines,
      ...secret.map(withoutValue),
      ...ownChanges(old.config.processes, next.config.processes),
    ],
    later: [
      ...old.config.name === next.config.name ? [] : ["name"],
      ...differing(old.built.manager, next.built.manager, "options"),
      ...differing({ ...old.config.logs }, { ...next.config.logs }, "logs"),
    ],
  };
}

/** The keys that the plan does not have, and that change while processes run. */
const OWN_KEYS = [
  "schedule",
  "restart.schedule",
  "watch",
  "output.journald",
  "output.syslog",
];

type Processes = ResolvedConfig["processes"];

/** Returns a line for each key that the plan does not have, and that differs. */
function ownChanges(old: Processes, next: Processes): string[] {
  return Object.entries(next).flatMap(([name, entry]) => {
    const before = old[name];
    if (before === undefined) return [];
    return [...OWN_KEYS, ...SECRET_KEYS].flatMap((key) => {
      const [from, to] = [valueAt(before, key), valueAt(entry, key)];
      if (from === to) return [];
      const how = SECRET_KEYS.includes(key) ? "changes" : `${from} → ${to}`;
      return [`~ ${name}.${key}: ${how}`];
    });
  });
}

/** The same, but their values can contain secrets. */
const SECRET_KEYS = ["onFailed", "onUnhealthy"];

/** Returns the value of a key as JSON. */
function valueAt(entry: unknown, key: string): string {
  const value = key.split(".").reduce((at, name) => Object(at)[name], entry);
  return JSON.stringify(value) ?? "none";
}

/** Returns whether a change has the values of environment variables. */
function isSecret({ path }: FieldChange): boolean {
  return /\.env(\.|$)/.test(path);
}

function withoutValue({ path, from, to, live }: FieldChange): string {
  const what = from === undefined
    ? "is set"
    : to === undefined
    ? "is removed"
    : "changes";
  return `~ ${path}: ${what}${live ? "" : " (restart)"}`;
}

/** Returns the names of the options that differ, below a path. */
function differing(
  old: Readonly<Record<string, unknown>>,
  next: Readonly<Record<string, unknown>>,
  path: string,
): string[] {
  const names = new Set([...Object.keys(old), ...Object.keys(next)]);
  const differs = (name: string) =>
    JSON.stringify(old[name]) !== JSON.stringify(next[name]);
  return [...names].filter(differs).sort().map((name) => `${path}.${name}`);
}

/**
 * Returns changes as lines of text.
 *
 * @param changes What changes.
 * @returns The lines, each with its line break; empty if nothing changes.
 */
export function changesText({ changes, later }: ConfigChanges): string {
  const lines = [
    ...changes,
    ...later.map((path) => `! ${path}: needs "processman down" and "up"`),
  ];
  return lines.map((line) => `${line}\n`).join("");
}

/** Returns whether nothing changes. */
export function isSame({ changes, later }: ConfigChanges): boolean {
  return changes.length === 0 && later.length === 0;
}

/**
 * Reads what a supervisor says about changes.
 *
 * @param answer The answer to `apply`.
 * @throws {TypeError} If it is something else.
 */
export function readChanges(answer: unknown): ConfigChanges {
  const { changes, later } = (answer ?? {}) as Record<string, unknown>;
  if (isStrings(changes) && isStrings(later)) return { changes, later };
  throw new TypeError("The supervisor gave no list of changes");
}

function isStrings(value: unknown): value is string[] {
  return Array.isArray(value) &&
    value.every((each) => typeof each === "string");
}
