/**
 * Command lines for `sh`.
 *
 * @module
 */

/** What needs no quotes. */
const PLAIN = /^[A-Za-z0-9_@%+:,./-][A-Za-z0-9_@%+=:,./-]*$/;

/** Returns a word as `sh` must read it. */
export function shellWord(word: string): string {
  return PLAIN.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

/**
 * Returns a script that asks the main process of a container to end by a stop
 * command, and waits for its end. It ends at once if the command fails.
 */
export function stopScript(words: readonly string[]): string {
  return `PROCESSMAN_PID=1 ${shellLine(words)} && ${AWAIT_END}`;
}

/** Waits for the end of the main process of a container. */
export const AWAIT_END = "while kill -0 1 2>/dev/null; do sleep 1; done";

/** Returns a command line that runs a program with arguments. */
export function shellLine(words: readonly string[]): string {
  return words.map(shellWord).join(" ");
}
