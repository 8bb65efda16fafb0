/**
 * Finds the line of stderr that says what went wrong. The functions are pure.
 *
 * @module
 */

/** What a terminal takes for colors and the like. */
// deno-lint-ignore no-control-regex
const ESCAPES = /\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|.)/g;

/** Words of lines that say what went wrong. */
const WORDS =
  /error|exception|panic|fatal|fail|cannot|can't|could not|denied|refused|not found|no such|no space|in use|timed? ?out|killed|out of memory|abort/i;

/** Lines that say nothing by themselves. */
const NOISE =
  /^(?:[{}[\]()]+,?$|emitted '\w+' event on |traceback \(|stack backtrace|note: |node\.js v|exit status|error: process completed|npm (?:err|error)!? (?:a complete log|code|errno))/i;

/** How many characters of a line are shown. */
const MOST = 200;

/**
 * Returns the line that says most about why a run has ended: the last one that
 * is not part of a stack trace and has a word such as `error`, or else the last
 * one that is not part of a stack trace.
 *
 * @param lines The last lines of stderr.
 * @returns The line without colors; `undefined` if there is none.
 */
export function keyLine(lines: readonly string[]): string | undefined {
  const clean = lines.map((line) => line.replace(ESCAPES, "").trimEnd())
    .filter((line) => line.trim() !== "");
  const own = clean.filter((line) =>
    !/^\s/.test(line) && !/^at /.test(line) && !NOISE.test(line)
  );
  const at = own.findLastIndex((line) => WORDS.test(line));
  // Rust says what went wrong in the line after the place.
  const after = / panicked at .*:$/.test(own[at] ?? "")
    ? own[at + 1]
    : undefined;
  const best = after ?? own[at] ?? own.at(-1) ?? clean.at(-1)?.trim();
  return best === undefined || best.length <= MOST
    ? best
    : `${best.slice(0, MOST)}…`;
}
