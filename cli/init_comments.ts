/**
 * Comments in the configuration that `init` writes.
 *
 * @module
 */

import type { Gap } from "./init_origin.ts";
import { plainText } from "./plain_text.ts";

/** The longest line, in characters. */
const WIDTH = 80;

/** Returns a gap as a line of text. */
export function gapText({ process, key, why }: Gap): string {
  return `${process === undefined ? "" : `${process}: `}${
    reason({ key, why })
  }`;
}

/** Returns what is not taken over, and why, as a line of text. */
export function reason({ key, why }: Pick<Gap, "key" | "why">): string {
  return plainText(`${key}: ${why}`.replace(/\s+/g, " ").trim());
}

/**
 * Returns a paragraph as the lines of a comment, without the sign of a comment,
 * after which each begins with a space.
 *
 * @param text The paragraph, which can contain any text.
 * @param indent The number of columns before the sign of the comment.
 * @param first What its first line begins with; the others are indented by it.
 */
export function commentLines(
  text: string,
  indent: number,
  first = "",
): string[] {
  const lines: string[] = [];
  let line = first === "" ? "" : ` ${first}`;
  let empty = true;
  for (const word of plainText(text.replace(/\s+/g, " ").trim()).split(" ")) {
    if (!empty && indent + line.length + word.length + 2 > WIDTH) {
      lines.push(line);
      line = " ".repeat(first === "" ? 0 : first.length + 1);
      empty = true;
    }
    line += ` ${word}`;
    empty = false;
  }
  return [...lines, line];
}
