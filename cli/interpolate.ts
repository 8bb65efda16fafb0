/**
 * Replaces variables in a text, as Docker Compose does.
 *
 * | Written             | Becomes                                              |
 * | ------------------- | ---------------------------------------------------- |
 * | `$VAR`, `${VAR}`    | the value, or nothing if there is none               |
 * | `${VAR:-text}`      | `text` if the value is missing or empty              |
 * | `${VAR-text}`       | `text` if the value is missing                       |
 * | `${VAR:?text}`      | an error with `text` if it is missing or empty       |
 * | `${VAR?text}`       | an error with `text` if it is missing                |
 * | `${VAR:+text}`      | `text` if there is a value that is not empty         |
 * | `${VAR+text}`       | `text` if there is a value                           |
 * | `$$`                | a dollar                                             |
 *
 * @module
 */

import { matchAt } from "./match_at.ts";
import { escaped } from "./expression.ts";

/** Returns the value of a variable. */
export type Lookup = (name: string) => string | undefined;

/** A text whose variables cannot be replaced. */
export class InterpolationError extends Error {
  /** Creates the error; `offset` is where it is in the text. */
  constructor(message: string, readonly offset: number) {
    super(message);
  }
}

const NAME = /[A-Za-z_][A-Za-z0-9_]*/y;
const OPERATOR = /:?[-?+]/y;

/**
 * Replaces the variables in a text. Expressions such as `$[8000 + replica]`
 * stay; a dollar that is written as `$$` is no part of one.
 *
 * @param text The text.
 * @param lookup Returns the values.
 * @returns The new text.
 * @throws {InterpolationError} If a variable is required and missing, or if
 * something else follows a dollar.
 */
export function interpolate(text: string, lookup: Lookup): string {
  const state: State = { text, at: 0, lookup };
  return readUntil(state, undefined);
}

/** Returns whether a text has anything to replace. */
export function hasVariable(text: string): boolean {
  return /\$(?!\[)/.test(text);
}

interface State {
  readonly text: string;
  at: number;
  readonly lookup: Lookup;
}

/** Reads up to the closing brace, or to the end. */
function readUntil(state: State, end: "}" | undefined): string {
  let result = "";
  while (state.at < state.text.length) {
    const letter = state.text[state.at] ?? "";
    if (letter === end) return result;
    if (letter === "$") result += readDollar(state);
    else {
      result += letter;
      state.at++;
    }
  }
  return result;
}

function readDollar(state: State): string {
  const start = state.at++;
  const next = state.text[state.at];
  if (next === "$") {
    const [dollars = ""] = /^(?:\$\$)+/.exec(state.text.slice(start)) ?? [];
    state.at = start + dollars.length;
    const literal = "$".repeat(dollars.length / 2);
    return state.text[state.at] === "["
      ? escaped(`${literal}[`).slice(0, -1)
      : literal;
  }
  if (next === "[") return "$";
  if (next === "{") return readBraces(state, start);
  const name = take(state, NAME);
  if (name !== undefined) return state.lookup(name) ?? "";
  throw new InterpolationError(
    "a dollar must be followed by a name, by {NAME}, or by another dollar if it is meant as a dollar: write $$",
    start,
  );
}

function readBraces(state: State, start: number): string {
  state.at++;
  const name = take(state, NAME);
  if (name === undefined) {
    throw new InterpolationError("a name must follow ${", start);
  }
  const operator = take(state, OPERATOR);
  if (operator === undefined && state.text[state.at] !== "}") {
    const what = state.text.slice(state.at, state.at + 1);
    throw new InterpolationError(
      what === ""
        ? `the } of \${${name} is missing`
        : `after \${${name} must come }, :-, -, :?, ?, :+ or +, not ${what}`,
      start,
    );
  }
  const value = state.lookup(name);
  const present = value !== undefined &&
    !(operator?.startsWith(":") && value === "");
  const chosen = operator?.endsWith("+") ? present : !present;
  // What is not chosen is not evaluated: its own variables can be missing.
  const word = operator === undefined
    ? ""
    : readUntil(chosen ? state : quiet(state), "}");
  if (state.text[state.at] !== "}") {
    throw new InterpolationError(`the } of \${${name} is missing`, start);
  }
  state.at++;
  if (operator?.endsWith("?") && !present) {
    const why = word === "" ? "" : `: ${word}`;
    const what = value === "" ? "must not be empty" : "must be set";
    throw new InterpolationError(`the variable ${name} ${what}${why}`, start);
  }
  if (operator === undefined) return value ?? "";
  if (operator.endsWith("+")) return present ? word : "";
  return present ? value : word;
}

/** Reads on at the same place, but finds no variable to be missing. */
function quiet(state: State): State {
  return {
    text: state.text,
    get at() {
      return state.at;
    },
    set at(value) {
      state.at = value;
    },
    lookup: () => "-",
  };
}

function take(state: State, expression: RegExp): string | undefined {
  const [found] = matchAt(expression, state.text, state.at) ?? [];
  state.at += found?.length ?? 0;
  return found;
}
