/**
 * Comments in the files of an export.
 *
 * @module
 */

/** The longest line, in characters. */
const WIDTH = 80;

/** What could end a comment, or what nobody sees. */
const UNSEEN =
  /[\p{Cc}\s\u00ad\u200b-\u200f\u2028-\u202f\u2060-\u206f\ufeff\ufff9-\uffff]+/gu;

/**
 * Returns paragraphs as the lines of a comment, without the sign of a comment,
 * after which each begins with a space.
 *
 * @param paragraphs The paragraphs, which can contain any text.
 * @param indent The number of columns before the sign of the comment.
 */
export function commentLines(
  paragraphs: readonly string[],
  indent: number = 0,
): string[] {
  return paragraphs.flatMap((text) => {
    const lines: string[] = [];
    let line = "";
    for (const word of shown(text).split(" ")) {
      if (line !== "" && indent + line.length + word.length + 2 > WIDTH) {
        lines.push(line);
        line = "  ";
      }
      line += ` ${word}`;
    }
    return [...lines, line];
  });
}

/**
 * Returns paragraphs as a comment at the head of a file.
 *
 * @param paragraphs The paragraphs, which can contain any text.
 */
export function headComment(paragraphs: readonly string[]): string {
  return commentLines(paragraphs).map((line) => `#${line}\n`).join("");
}

/** Returns a text without what could end a comment. */
function shown(text: string): string {
  return text.toWellFormed().replaceAll(UNSEEN, " ").trim();
}
