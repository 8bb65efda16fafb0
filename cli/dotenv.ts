/**
 * Reads files of environment variables, such as `.env`.
 *
 * @module
 */

import { matchAt } from "./match_at.ts";
import { type ConfigFaults, spotAt } from "./config_fault.ts";

const KEY = /(?:export[ \t]+)?([^\s=#'"]+)[ \t]*/y;

/**
 * Reads a file of lines `NAME=value`. Values can be in quotes: single quotes
 * take everything as it is, and in double quotes, `\n`, `\t`, `\r`, `\"` and
 * `\\` are letters. Both can go over several lines. A comment begins with `#`, at
 * the start of a line or after a space. A dollar is a dollar: nothing is
 * replaced.
 *
 * @param file The path of the file, for the places.
 * @param text The text of the file.
 * @param faults Where the faults go.
 * @returns The variables.
 */
export function parseDotenv(
  file: string,
  text: string,
  faults: ConfigFaults,
): Map<string, string> {
  const found = new Map<string, string>();
  let at = 0;
  while (at < text.length) {
    const end = endOfLine(text, at);
    const line = text.slice(at, end);
    if (/^\s*(#|$)/.test(line)) {
      at = end + 1;
      continue;
    }
    const start = at + line.search(/\S/);
    const [all = "", name = ""] = matchAt(KEY, text, start) ?? [];
    const equals = start + all.length;
    if (!/^[A-Za-z_][\w.-]*$/.test(name) || text[equals] !== "=") {
      faults.add(
        spotAt(file, text, start),
        "a line must be NAME=value, or a comment that begins with #",
      );
      at = end + 1;
      continue;
    }
    const read = readValue(text, equals + 1);
    if (typeof read === "string") {
      faults.add(spotAt(file, text, equals + 1), read);
      return found;
    }
    found.set(name, read.value);
    at = read.next;
  }
  return found;
}

/** Returns a value and where the next line begins, or what is wrong. */
function readValue(
  text: string,
  from: number,
): { value: string; next: number } | string {
  const end = endOfLine(text, from);
  const start = from +
    (text.slice(from, end).match(/^[ \t]*/)?.[0].length ?? 0);
  const quote = text[start];
  if (quote !== "'" && quote !== '"') {
    const line = text.slice(start, end).replace(/(^|\s)#.*$/, "").trim();
    return { value: line, next: end + 1 };
  }
  let value = "";
  for (let at = start + 1; at < text.length; at++) {
    const letter = text[at] ?? "";
    if (letter === quote) {
      const rest = text.slice(at + 1, endOfLine(text, at));
      if (!/^\s*(#.*)?$/.test(rest)) return "nothing can follow the quotes";
      return { value, next: endOfLine(text, at) + 1 };
    }
    if (letter !== "\\" || quote === "'") value += letter;
    else value += ESCAPES[text[++at] ?? ""] ?? `\\${text[at] ?? ""}`;
  }
  return `the closing ${quote} is missing`;
}

const ESCAPES: Readonly<Record<string, string>> = {
  n: "\n",
  r: "\r",
  t: "\t",
  '"': '"',
  "\\": "\\",
};

function endOfLine(text: string, from: number): number {
  const end = text.indexOf("\n", from);
  return end === -1 ? text.length : end;
}
