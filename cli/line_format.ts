/**
 * How lines of processes are shown on a terminal. The functions are pure.
 *
 * @module
 */

/** Codes of colors that are readable on a light and on a dark background. */
const COLORS = [36, 33, 32, 35, 34, 96, 93, 92, 95, 94];

/** Matches escape sequences; those that set colors are in the first group. */
const ESCAPES =
  // deno-lint-ignore no-control-regex
  /(\x1b\[[\d;:]*m)|\x1b\[[0-?]*[ -/]*[@-~]|\x1b[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\)?|\x1b[ -/]*[0-~]?/g;

/** Matches other control codes, except the tab. */
// deno-lint-ignore no-control-regex
const CONTROLS = /[\x00-\x08\x0a-\x1a\x1c-\x1f\x7f-\x9f]/g;

/** Returns the color of a process, by its number. */
export function colorOf(index: number): number {
  return COLORS[index % COLORS.length] ?? 0;
}

/**
 * Removes everything from a line that would move the cursor or change the
 * terminal. Of a line that was overwritten with carriage returns, the last
 * version is left.
 *
 * @param text The line.
 * @param color Whether colors are kept; they end with the line.
 */
export function harmless(text: string, color: boolean): string {
  const last = text.split("\r").findLast((part) => part !== "") ?? "";
  const plain = last.replace(
    ESCAPES,
    (_, sgr: string | undefined) => color ? sgr ?? "" : "",
  ).replace(CONTROLS, "");
  return plain.includes("\x1b") ? `${plain}\x1b[0m` : plain;
}

/** Returns the text before the lines of a process, such as `api   | `. */
export function prefixOf(
  name: string,
  width: number,
  color: number | undefined,
): string {
  const text = `${name.padEnd(width)} |`;
  return color === undefined ? `${text} ` : `\x1b[0;${color}m${text}\x1b[0m `;
}
