/**
 * Texts of others, such as names and output, for a terminal.
 *
 * @module
 */

/** Matches an escape sequence: colors, movements, titles and others. */
const ESCAPE =
  // deno-lint-ignore no-control-regex
  /\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[ -/]*[0-~])/g;

/**
 * Returns a text that cannot move the cursor: escape sequences go, and other
 * control characters become `�`.
 */
export function plainText(text: string): string {
  // Nearly all texts are such: this saves `ps` milliseconds.
  if (/^[ -~]*$/.test(text)) return text;
  return text.replace(ESCAPE, "").replace(/\t/g, " ").replace(/\p{Cc}/gu, "�");
}
