/**
 * What command lines of other tools need from a shell.
 *
 * @module
 */

import { plainWords, quoted } from "./init_command_line.ts";

/** What `bash` understands and `sh` does not. */
const BASH =
  /\[\[|[<>]\(|<<<|&>|\(\(|\$'|\bpipefail\b|(^|[;&|\s])(source|function|declare|shopt|mapfile|readarray)\s|\$\{\w+(\^|,|\/|:\d|\[)|\$RANDOM\b|^\s*\w+=\(/m;

/** Returns whether only `bash` understands a command line, not `sh`. */
export function needsBash(line: string): boolean {
  return BASH.test(line);
}

/**
 * Splits a command line as Docker does: a quote that is not closed is a letter.
 *
 * @param line The command line.
 */
export function wordsOf(line: string): string[] {
  return plainWords(line) ?? line.trim().split(/\s+/);
}

/** A variable in a text: `$NAME` or `${NAME…}`, and `$$` for a dollar. */
const VARIABLE = /\$\$|\$\{?([A-Za-z_]\w*)/g;

/** Names the variables in a text of Compose; `$$` is a dollar. */
export function variablesIn(text: string): string[] {
  const names = Array.from(text.matchAll(VARIABLE), ([, name]) => name ?? "");
  return [...new Set(names.filter((name) => name !== ""))];
}

/** Names the variables that a shell replaces in a text. */
export function shellVariablesIn(text: string): string[] {
  return variablesIn(text.replaceAll("$$", ""));
}

/**
 * Writes words as a command line for a shell, which replaces the variables.
 *
 * @param words The words, in which `$$` is a dollar.
 */
export function lineOf(words: readonly string[]): string {
  return words.map((word) => {
    if (variablesIn(word).length > 0) {
      const text = word.replace(/["\\`]/g, "\\$&").replaceAll("$$", "\\$");
      return `"${text}"`;
    }
    return quoted(word.replaceAll("$$", "$"));
  }).join(" ");
}
