/**
 * Which lines the log shows: the parameters of its address. The functions are
 * pure.
 *
 * @module
 */

import type { Target } from "./log_feed.ts";
import { keyOf } from "./log_rows.ts";
import type { LogLine, LogQuery } from "./source.ts";

/** Which lines the log shows. */
export interface LogFilter {
  /** The names of processes or entries; all if it is empty. */
  readonly names: readonly string[];
  readonly grep: string;
  readonly level: LogQuery["level"];
  readonly source: LogQuery["source"];
  readonly run: number | undefined;
  /** How far back, in milliseconds. */
  readonly last: number | undefined;
  readonly since: number | undefined;
  readonly until: number | undefined;
}

/** No condition. */
export const NO_FILTER: LogFilter = {
  names: [],
  grep: "",
  level: undefined,
  source: undefined,
  run: undefined,
  last: undefined,
  since: undefined,
  until: undefined,
};

/** The levels to choose from. */
export const LEVELS = ["debug", "info", "warn", "error"] as const;

const SOURCES = ["stdout", "stderr"] as const;

/** Returns what the parameters of an address say; what is wrong is left out. */
export function parseFilter(query: URLSearchParams): LogFilter {
  const number = (name: string) => {
    const text = query.get(name);
    const value = Number(text);
    return text === null || text === "" || !Number.isSafeInteger(value)
      ? undefined
      : value;
  };
  return {
    names: [...new Set(query.getAll("name"))],
    grep: query.get("grep") ?? "",
    level: LEVELS.find((level) => level === query.get("level")),
    source: SOURCES.find((source) => source === query.get("source")),
    run: number("run"),
    last: number("last"),
    since: number("since"),
    until: number("until"),
  };
}

/** Returns the parameters for a filter. */
export function filterParameters(filter: LogFilter): URLSearchParams {
  const { names, grep, ...others } = filter;
  const parameters = new URLSearchParams();
  for (const name of names) parameters.append("name", name);
  if (grep !== "") parameters.set("grep", grep);
  for (const [name, value] of Object.entries(others)) {
    if (value !== undefined) parameters.set(name, String(value));
  }
  return parameters;
}

/** Returns the link to the log with a filter. */
export function logLink(filter: Partial<LogFilter>): string {
  const parameters = filterParameters({ ...NO_FILTER, ...filter });
  return parameters.size > 0 ? `#/log?${parameters}` : "#/log";
}

/** Returns the query for a filter at a time. */
export function queryOf(filter: LogFilter, now: number): LogQuery {
  const { names, grep, level, source, run, last, until } = filter;
  const since = last === undefined ? filter.since : now - last;
  return {
    ...names.length > 0 && { names },
    ...grep !== "" && { grep },
    ...level !== undefined && { level },
    ...source !== undefined && { source },
    ...run !== undefined && { run },
    ...since !== undefined && { since },
    ...until !== undefined && { until },
  };
}

/** Whether a filter leaves lines out. */
export function isFiltering(filter: LogFilter): boolean {
  return filterParameters(filter).size > 0;
}

/**
 * Returns the link to a line. Of the conditions only the names are kept, so
 * that the lines before and after it are there.
 */
export function lineLink(line: LogLine, names: readonly string[]): string {
  const parameters = filterParameters({ ...NO_FILTER, names });
  parameters.set("at", String(line.time));
  parameters.set("line", keyOf(line));
  return `#/log?${parameters}`;
}

/** Returns the line that an address links to. */
export function targetOf(query: URLSearchParams): Target | undefined {
  const [, process, seq] = query.get("line")?.match(/^(.+):(\d{1,15})$/s) ?? [];
  const time = Number(query.get("at") ?? NaN);
  if (process === undefined || !Number.isFinite(time)) return undefined;
  return { process, seq: Number(seq), time };
}

/** Returns what is wrong with the regular expression, if that is refused. */
export function grepFault(message: string): string | undefined {
  if (!message.includes('"grep"')) return undefined;
  return message.replace('"grep" is malformed: ', "");
}
