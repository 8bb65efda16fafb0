/**
 * Finds what is marked in lines. A regular expression that could take long is
 * not run in the page: the supervisor searches with a time limit, the page only
 * shows where.
 *
 * @module
 */

/** How much of a line is looked at, in characters. */
const LOOKED_AT = 500;

/** How many matches of a line are marked. */
const MOST = 50;

/** A line that takes longer is slow, in milliseconds. */
const SLOW_MS = 50;

/** How many lines may be slow: a busy machine can make any line slow. */
const MOST_SLOW = 2;

/** Finds what is marked in lines. */
export class Highlight {
  #pattern: RegExp | undefined;
  #slow = 0;

  /** Creates a highlight for a regular expression, which can be wrong. */
  constructor(pattern: string) {
    if (!isCheap(pattern)) return;
    try {
      this.#pattern = new RegExp(pattern, "g");
    } catch {
      // The supervisor says what is wrong with it.
    }
  }

  /** Returns where in a text it matches, from and to. */
  find(text: string): (readonly [number, number])[] {
    if (this.#pattern === undefined) return [];
    const start = performance.now();
    const ranges: (readonly [number, number])[] = [];
    for (const match of text.slice(0, LOOKED_AT).matchAll(this.#pattern)) {
      if (match[0] === "") continue;
      ranges.push([match.index, match.index + match[0].length]);
      if (ranges.length >= MOST) break;
    }
    if (performance.now() - start > SLOW_MS) this.#slow++;
    if (this.#slow > MOST_SLOW) this.#pattern = undefined;
    return ranges;
  }
}

/**
 * Returns whether an expression takes at most cubic time: no group is repeated,
 * nothing is referred to, and at most two parts have no bound.
 */
export function isCheap(pattern: string): boolean {
  const plain = pattern.replaceAll(/\\[^1-9k]/g, "x")
    .replaceAll(/\[(?:[^\]\\]|\\.)*\]/g, "x");
  if (/\\|\)(?:[*+?]|\{)/.test(plain)) return false;
  return (plain.match(/[*+]|\{\d*(?:,\d*)?\}/g) ?? []).length <= 2;
}
