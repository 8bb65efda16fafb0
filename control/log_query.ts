/**
 * Checks which lines of a log are asked for.
 *
 * @module
 */

import { type Level, LEVELS } from "./log_level.ts";
import type { LogQuery } from "./wire.ts";

/** A query of a log that cannot be answered; the message names the option. */
export class LogQueryError extends TypeError {
  /** The name of the class. */
  override readonly name = "LogQueryError";
}

/** The longest regular expression. */
const MOST_GREP = 1_000;

const NAMES = [
  "names",
  "lines",
  "since",
  "until",
  "grep",
  "source",
  "level",
  "run",
  "follow",
  "after",
];

/**
 * Checks a query.
 *
 * @throws {LogQueryError} If an option does not exist, or has a wrong value.
 */
export function checkQuery(query: LogQuery): void {
  for (const name of Object.keys(query)) {
    if (!NAMES.includes(name)) {
      throw new LogQueryError(
        `Option "${name}" does not exist: the options are ${NAMES.join(", ")}`,
      );
    }
  }
  const { lines, since, until, grep, source, level, run, follow } = query;
  if (lines !== undefined && !(Number.isSafeInteger(lines) && lines >= 0)) {
    wrong("lines", "a whole number >= 0", lines);
  }
  for (const [name, time] of Object.entries({ since, until })) {
    if (time !== undefined && !Number.isFinite(time)) {
      wrong(name, "a time in milliseconds since the epoch", time);
    }
  }
  if (run !== undefined && !Number.isSafeInteger(run)) {
    wrong("run", "a whole number", run);
  }
  if (source !== undefined && source !== "stdout" && source !== "stderr") {
    wrong("source", '"stdout" or "stderr"', source);
  }
  if (level !== undefined && !LEVELS.includes(level)) {
    wrong("level", "debug, info, warn or error", level);
  }
  if (follow && until !== undefined) {
    wrong("until", "undefined with follow", until);
  }
  checkNames(query);
  if (grep !== undefined) checkGrep(grep);
}

function checkNames({ names, after }: LogQuery): void {
  const all = Array.isArray(names ?? []);
  if (!all || !names?.every((each) => typeof each === "string") && names) {
    wrong("names", "an array of strings", names);
  }
  for (const [name, seq] of Object.entries(after ?? {})) {
    if (!(Number.isSafeInteger(seq) && seq >= 0)) {
      wrong(`after.${name}`, "a whole number >= 0", seq);
    }
  }
}

function checkGrep(grep: string): void {
  if (typeof grep !== "string") wrong("grep", "a string", grep);
  if (grep.length > MOST_GREP) {
    wrong("grep", `at most ${MOST_GREP} characters`, grep.length);
  }
  try {
    new RegExp(grep);
  } catch (error) {
    const why = error instanceof Error
      ? error.message.replace(/^.*\/: /s, "")
      : "";
    wrong("grep", `a regular expression (${why})`, grep);
  }
}

function wrong(option: string, expected: string, value: unknown): never {
  throw new LogQueryError(
    `Option "${option}" must be ${expected}: current value is ${
      JSON.stringify(value) ?? String(value)
    }`,
  );
}

/**
 * Returns a check of whether a process is asked for: by its name, as a replica
 * of an entry with that name, or by a pattern with `*` and `?`.
 */
export function nameFilter(
  names: readonly string[] | undefined,
): (process: string) => boolean {
  if (names === undefined || names.length === 0) return () => true;
  const patterns = names.map((name) => {
    const source = name.replaceAll(/[\\^$.+()[\]{}|]/g, "\\$&")
      .replaceAll(/\*+/g, ".*").replaceAll("?", ".");
    return new RegExp(`^${source}(?:\\.\\d+)?$`, "s");
  });
  return (process) => patterns.some((pattern) => pattern.test(process));
}

/** Returns whether a level is at least another one. */
export function atLeast(level: Level, least: Level): boolean {
  return LEVELS.indexOf(level) >= LEVELS.indexOf(least);
}
