/**
 * Splits command lines into words, as a shell does, and quotes words for one.
 *
 * @module
 */

import { matchAt } from "./match_at.ts";

/** A word of a command line, or an operator such as `&&`. */
export interface Word {
  /** The word, without its quotes. */
  readonly text: string;
  /** Whether the shell would do something with it: it has a `$` or a `*`. */
  readonly live: boolean;
  /** Whether it is an operator. */
  readonly operator: boolean;
  /** Where it begins and ends in the line. */
  readonly start: number;
  readonly end: number;
}

const OPERATORS = /&&|\|\||;;|>>|<<|&>|[;&|<>()\n]/y;

/** What a shell replaces outside of quotes, and in double quotes. */
const LIVE = /[$`*?[\]~#{}!]/;
const LIVE_QUOTED = /[$`]/;

/**
 * Splits a command line of a shell.
 *
 * @param line The line.
 * @returns The words and operators; `undefined` if a quote is not closed.
 */
export function shellWords(line: string): Word[] | undefined {
  return split(line, true);
}

/**
 * Splits a line at spaces that are not quoted. Nothing else in it means
 * anything: operators are a part of words.
 *
 * @param line The line.
 * @returns The words; `undefined` if a quote is not closed.
 */
export function plainWords(line: string): string[] | undefined {
  return split(line, false)?.map(({ text }) => text);
}

function split(line: string, shell: boolean): Word[] | undefined {
  const found: Word[] = [];
  let at = 0;
  while (at < line.length) {
    const operator = shell ? operatorAt(line, at) : undefined;
    if (operator !== undefined) {
      found.push({
        text: operator,
        live: true,
        operator: true,
        start: at,
        end: at + operator.length,
      });
      at += operator.length;
    } else if (/\s/.test(line[at] ?? "")) {
      at++;
    } else {
      const word = wordAt(line, at, shell);
      if (word === undefined) return undefined;
      found.push(word);
      at = word.end;
    }
  }
  return found;
}

function operatorAt(line: string, at: number): string | undefined {
  return matchAt(OPERATORS, line, at)?.[0];
}

/** Reads the word that begins at a place. */
function wordAt(line: string, start: number, shell: boolean): Word | undefined {
  let text = "";
  let live = false;
  let at = start;
  while (at < line.length) {
    const letter = line[at] ?? "";
    if (/\s/.test(letter)) break;
    if (shell && operatorAt(line, at) !== undefined) break;
    if (letter === "'" || letter === '"') {
      const end = endOfQuotes(line, at);
      if (end === -1) return undefined;
      const inner = line.slice(at + 1, end);
      live ||= letter === '"' && LIVE_QUOTED.test(inner.replace(/\\./g, ""));
      text += letter === "'" ? inner : inner.replace(/\\(["\\$`\n])/g, "$1");
      at = end + 1;
    } else if (letter === "\\" && at + 1 < line.length) {
      text += line[at + 1] ?? "";
      at += 2;
    } else {
      live ||= LIVE.test(letter);
      text += letter;
      at++;
    }
  }
  return { text, live, operator: false, start, end: at };
}

function endOfQuotes(line: string, start: number): number {
  const quote = line[start];
  for (let at = start + 1; at < line.length; at++) {
    if (line[at] === "\\" && quote === '"') at++;
    else if (line[at] === quote) return at;
  }
  return -1;
}

/** Writes a word for a shell, in quotes if it needs them. */
export function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word)
    ? word
    : `'${word.replaceAll("'", `'\\''`)}'`;
}
