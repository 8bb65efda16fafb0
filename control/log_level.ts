/**
 * Finds the level of a line of a log. The functions are pure.
 *
 * @module
 */

/** A level; later ones are more serious. */
export type Level = "debug" | "info" | "warn" | "error";

/** The levels, the least serious first. */
export const LEVELS: readonly Level[] = ["debug", "info", "warn", "error"];

const WORDS: Readonly<Record<string, Level>> = {
  trace: "debug",
  debug: "debug",
  verbose: "debug",
  info: "info",
  notice: "info",
  log: "info",
  warn: "warn",
  warning: "warn",
  err: "error",
  error: "error",
  severe: "error",
  fatal: "error",
  critical: "error",
  crit: "error",
  alert: "error",
  emerg: "error",
  panic: "error",
};

/** How much of a line is looked at; a level is near its beginning. */
const LOOKED_AT = 400;

const NAMES = Object.keys(WORDS).join("|");

/** `"level":"warn"`, `level=warn`, `severity: WARN`. */
const FIELD = new RegExp(
  String
    .raw`(?:^|[\s,{"'(\[])(?:level|severity|lvl|levelname)["']?\s*[:=]\s*["']?(${NAMES}|\d\d)\b`,
  "i",
);

/** A word in capitals. */
const WORD = new RegExp(
  String.raw`(?<![\w/.-])(${NAMES.toUpperCase()})(?![\w/-])`,
);
/** A word in brackets, before a colon, or at the beginning. */
const ANY_CASE = new RegExp(
  String
    .raw`[[<(]\s*(${NAMES})\s*[\])>]|(?:^|\s)(${NAMES}):|^\s*(debug|info|warn|warning|error|fatal)\s`,
  "i",
);

/** `TypeError: …`, `java.lang.IllegalStateException: …`, a Python traceback. */
const ERROR =
  /^\s*(?:Uncaught |error: |Traceback \(most recent|[\w.$]*(?:Error|Exception): )/;

// deno-lint-ignore no-control-regex
const COLORS = /\x1b\[[0-9;:]*m/g;

/**
 * Returns the level that a line names; `undefined` if it names none.
 *
 * @param line The text of the line.
 */
export function levelOf(line: string): Level | undefined {
  let text = line.length > LOOKED_AT ? line.slice(0, LOOKED_AT) : line;
  text = withoutColors(text);
  const field = FIELD.exec(text)?.[1];
  if (field !== undefined) return levelNamed(field);
  const found = WORD.exec(text) ?? ANY_CASE.exec(text);
  const word = found?.slice(1).find((each) => each !== undefined);
  if (word !== undefined) return WORDS[word.toLowerCase()];
  return ERROR.test(text) ? "error" : undefined;
}

/** Returns a text without the codes that color it in a terminal. */
export function withoutColors(text: string): string {
  return text.includes("\x1b") ? text.replaceAll(COLORS, "") : text;
}

/** Returns the level of a name, or of a number as `pino` and `bunyan` write. */
function levelNamed(name: string): Level | undefined {
  const number = Number(name);
  if (Number.isNaN(number)) return WORDS[name.toLowerCase()];
  if (number < 30) return "debug";
  return number < 40 ? "info" : number < 50 ? "warn" : "error";
}
