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

/** Returns a command line that runs a program with arguments. */
export function shellLine(words: readonly string[]): string {
  return words.map(shellWord).join(" ");
}
