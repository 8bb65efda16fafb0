/**
 * Finds the name that was probably meant.
 *
 * @module
 */

/**
 * Returns the name that is most like a text, or nothing if none is much like
 * it. Letters that are left out, added, wrong or swapped count as one change
 * each; a name that begins with the text is like it.
 *
 * @param text What was given.
 * @param names What there is.
 */
export function nearest(
  text: string,
  names: Iterable<string>,
): string | undefined {
  const most = Math.max(1, Math.floor(text.length / 3));
  let best: { name: string; distance: number } | undefined;
  for (const name of names) {
    const begins = text.length > 1 && name.startsWith(text);
    const distance = begins ? 0.5 : changes(text, name);
    if (distance > most) continue;
    if (best === undefined || distance < best.distance) {
      best = { name, distance };
    }
  }
  return best?.name;
}

/** Returns the end of a message: `; did you mean "api"?`, or nothing. */
export function didYouMean(text: string, names: Iterable<string>): string {
  const name = nearest(text, names);
  return name === undefined ? "" : `; did you mean "${name}"?`;
}

/** Returns how many changes of a letter make one text of another. */
function changes(from: string, to: string): number {
  let before: number[] = [];
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let i = 1; i <= from.length; i++) {
    const next = [i];
    for (let j = 1; j <= to.length; j++) {
      const same = from[i - 1] === to[j - 1];
      const swapped = i > 1 && j > 1 && from[i - 1] === to[j - 2] &&
        from[i - 2] === to[j - 1];
      next[j] = Math.min(
        (row[j] ?? 0) + 1,
        (next[j - 1] ?? 0) + 1,
        (row[j - 1] ?? 0) + (same ? 0 : 1),
        swapped ? (before[j - 2] ?? 0) + 1 : Infinity,
      );
    }
    before = row;
    row = next;
  }
  return row[to.length] ?? 0;
}
