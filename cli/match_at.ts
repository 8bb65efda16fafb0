/**
 * Reads a text piece by piece.
 *
 * @module
 */

/**
 * Returns what an expression matches at a position of a text.
 *
 * @param expression An expression with the flag `y`.
 * @param text The text.
 * @param at The position.
 */
export function matchAt(
  expression: RegExp,
  text: string,
  at: number,
): RegExpExecArray | null {
  expression.lastIndex = at;
  return expression.exec(text);
}
