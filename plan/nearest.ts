/**
 * Finds the name that was probably meant.
 *
 * @module
 */

/**
 * Returns the name that differs least from another one.
 *
 * @param name What was written.
 * @param names The names that exist.
 * @returns The nearest name; `undefined` if none differs by less than half of
 * its letters.
 */
export function nearest(
  name: string,
  names: readonly string[],
): string | undefined {
  let found: string | undefined;
  let least = Math.max(name.length / 2, 1.5);
  for (const each of names) {
    const edits = distance(name.toLowerCase(), each.toLowerCase());
    if (edits >= least) continue;
    least = edits;
    found = each;
  }
  return found;
}

/** Counts the letters to insert, remove or replace. */
function distance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (const [done, letter] of [...from].entries()) {
    const next = [done + 1];
    for (const [index, other] of [...to].entries()) {
      const replaced = (row[index] ?? 0) + (letter === other ? 0 : 1);
      const inserted = (next[index] ?? 0) + 1;
      const removed = (row[index + 1] ?? 0) + 1;
      next.push(Math.min(replaced, inserted, removed));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
