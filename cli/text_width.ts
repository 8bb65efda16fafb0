/**
 * How much room a text takes on a terminal.
 *
 * @module
 */

/** Matches characters that take no room: those that combine, and marks. */
const ZERO = /^[\p{Mn}\p{Me}\p{Cf}]$/u;

/** Matches emoji that take two columns; half a flag takes one. */
const EMOJI = /^(?!\p{RI})\p{Emoji_Presentation}$/u;

/** The ranges of other characters that do, as pairs of their ends. */
const WIDE: readonly (readonly [first: number, last: number])[] = [
  [0x1100, 0x115f],
  [0x2e80, 0x303e],
  [0x3041, 0x33ff],
  [0x3400, 0x4dbf],
  [0x4e00, 0x9fff],
  [0xa000, 0xa4cf],
  [0xac00, 0xd7a3],
  [0xf900, 0xfaff],
  [0xfe30, 0xfe6f],
  [0xff00, 0xff60],
  [0xffe0, 0xffe6],
  [0x20000, 0x3fffd],
];

/** Returns how many columns a text takes; it must have no control codes. */
export function widthOf(text: string): number {
  // Nearly all texts are such: this saves `ps` milliseconds.
  if (/^[ -~]*$/.test(text)) return text.length;
  let width = 0;
  for (const character of text) width += columnsOf(character);
  return width;
}

/**
 * Returns the beginning of a text that fits. If the text is cut, its last
 * character is `…`.
 *
 * @param text The text, without control codes.
 * @param columns How many columns there are.
 */
export function fit(text: string, columns: number): string {
  if (widthOf(text) <= columns) return text;
  let kept = "";
  let width = 0;
  for (const character of text) {
    width += columnsOf(character);
    if (width > columns - 1) break;
    kept += character;
  }
  return columns > 0 ? `${kept}…` : "";
}

/** Returns how many columns a character takes: 0, 1 or 2. */
export function columnsOf(character: string): number {
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x300) return 1;
  if (ZERO.test(character)) return 0;
  const wide = EMOJI.test(character) ||
    WIDE.some(([first, last]) => first <= code && code <= last);
  return wide ? 2 : 1;
}
