/**
 * Shows the options of a process as a list that people read. The functions are
 * pure.
 *
 * @module
 */

import { bytesText, counted, exactDuration } from "./format.ts";

/** An option, in words. */
export interface OptionItem {
  /** Its name, such as `grace period`. */
  readonly name: string;
  /** Its value, such as `3 s`. */
  readonly value: string;
  /** The option and its value as a program has them: `stop.gracePeriodMs: 3000`. */
  readonly exact: string;
}

/** Options that belong together. */
export interface OptionGroup {
  /** What they are about. */
  readonly title: string;
  /** The options. */
  readonly items: readonly OptionItem[];
}

type Options = Readonly<Record<string, unknown>>;

/** The titles of the options that have options of their own. */
const TITLES: Readonly<Record<string, string>> = {
  restart: "Restart",
  stop: "Stop",
  ready: "Probe: ready",
  live: "Probe: live",
  output: "Output",
};

/** Returns options in groups. An option that is `null` is not set. */
export function optionGroups(options: Options): OptionGroup[] {
  const groups: OptionGroup[] = [];
  const titles = Object.entries(TITLES);
  for (const [name, title] of titles) {
    const value = options[name];
    if (isObject(value)) groups.push({ title, items: itemsOf(value, name) });
  }
  const rest = Object.entries(options).filter(([name, value]) =>
    !isObject(value) && !(Object.hasOwn(TITLES, name) && value === null)
  );
  const others = Object.entries(options).filter(([name, value]) =>
    isObject(value) && !Object.hasOwn(TITLES, name)
  );
  for (const [name, value] of others) {
    if (isObject(value)) {
      groups.push({ title: words(name), items: itemsOf(value, name) });
    }
  }
  if (rest.length > 0) {
    groups.push({ title: "Process", items: itemsOf(Object.fromEntries(rest)) });
  }
  return groups;
}

/** Returns how many restarts the limit of the options allows. */
export function restartLimit(
  options: Options,
): { readonly restarts: number; readonly withinMs: number | null } | undefined {
  const { restart } = options;
  const limit = isObject(restart) ? restart.limit : undefined;
  if (!isObject(limit) || typeof limit.restarts !== "number") return undefined;
  const { restarts, withinMs } = limit;
  return { restarts, withinMs: typeof withinMs === "number" ? withinMs : null };
}

function itemsOf(options: Options, path?: string): OptionItem[] {
  return Object.entries(options).map(([name, value]) => ({
    name: words(name),
    value: valueText(name, value),
    exact: `${path === undefined ? "" : `${path}.`}${name}: ${
      JSON.stringify(value)
    }`,
  }));
}

/** Returns the name of an option in words, without its unit. */
function words(name: string): string {
  const text = name.replace(/Ms$/, "").replace(/Bytes$/, " size")
    .replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
  return WORDS[name] ?? text;
}

const WORDS: Readonly<Record<string, string>> = {
  withinMs: "deadline",
  timeoutMs: "timeout",
  recheckMs: "asked again",
  resetAfterMs: "counters reset after",
  failures: "failures in a row",
  to: "signal goes to",
  bufferBytes: "buffer",
  maxLineLength: "longest line",
  clearEnv: "empty environment",
  group: "session of its own",
  uid: "user ID",
  gid: "group ID",
  leftovers: "what it leaves behind",
  windowsRawArguments: "raw arguments (Windows)",
  prepare: "prepared by",
};

/** Returns the value of an option in words. */
function valueText(name: string, value: unknown): string {
  if (value === null) return name === "limit" ? "no limit" : "none";
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (typeof value === "number") return numberText(name, value);
  if (value === "Infinity") return "no limit";
  if (value === "(function)") return "a function";
  if (value === "(unknown)") return "not known";
  if (Array.isArray(value)) {
    return value.length === 0 ? "none" : value.map(String).join(", ");
  }
  if (name === "limit" && isObject(value)) return limitText(value);
  if (name === "backoff" && isObject(value)) return backoffText(value);
  if (isObject(value)) {
    return Object.entries(value)
      .map(([key, each]) => `${words(key)} ${valueText(key, each)}`)
      .join(", ");
  }
  return String(value);
}

function numberText(name: string, value: number): string {
  if (name.endsWith("Ms")) return exactDuration(value);
  if (name.endsWith("Bytes")) return bytesText(value);
  if (name === "maxLineLength") return bytesText(value);
  return String(value);
}

function limitText({ restarts, withinMs }: Options): string {
  const count = typeof restarts === "number"
    ? counted(restarts, "restart")
    : String(restarts);
  return typeof withinMs === "number"
    ? `${count} in ${exactDuration(withinMs)}`
    : `${count} in a row`;
}

/** Returns a backoff such as `{"uniform":5000}` in words. */
function backoffText(backoff: Options): string {
  const [[kind, value] = ["", undefined]] = Object.entries(backoff);
  if (kind === "uniform" && typeof value === "number") {
    return `random, up to ${exactDuration(value)}`;
  }
  if (kind === "constant" && typeof value === "number") {
    return `always ${exactDuration(value)}`;
  }
  if (kind === "exponential" && isObject(value)) {
    const { initialMs, maxMs, factor, jitter } = value;
    if (typeof initialMs === "number" && typeof maxMs === "number") {
      return `from ${exactDuration(initialMs)} to ${
        exactDuration(maxMs)
      }, × ${factor}, jitter ${jitter}`;
    }
  }
  return JSON.stringify(backoff);
}

function isObject(value: unknown): value is Options {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
