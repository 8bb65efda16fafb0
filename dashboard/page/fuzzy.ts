/**
 * Finds what somebody means who types a few letters of it. Pure.
 *
 * @module
 */

/**
 * Returns how well a text fits what was typed: all its letters are in the text,
 * in order. A higher number is better; `undefined` if it does not fit.
 *
 * @param typed What was typed; the words of it can be in any order.
 * @param text The text.
 */
export function fuzzyScore(typed: string, text: string): number | undefined {
  let sum = 0;
  for (const word of typed.toLowerCase().split(/\s+/).filter(Boolean)) {
    const score = wordScore(word, text.toLowerCase());
    if (score === undefined) return undefined;
    sum += score;
  }
  // Of texts that fit as well, the shorter one is meant.
  return sum - text.length / 1_000;
}

function wordScore(word: string, text: string): number | undefined {
  const whole = text.indexOf(word);
  if (whole >= 0) {
    const begins = isBegin(text, whole) ? 100 : 0;
    const ends = isBegin(text, whole + word.length + 1) ? 20 : 0;
    return 100 + begins + ends;
  }
  let [score, at] = [0, -1];
  for (const letter of word) {
    const next = text.indexOf(letter, at + 1);
    if (next < 0) return undefined;
    score += isBegin(text, next) ? 8 : next === at + 1 ? 4 : 0;
    at = next;
  }
  return score;
}

/** Whether a word begins at a place in a text. */
function isBegin(text: string, at: number): boolean {
  return at <= 0 || at > text.length || /[^a-z0-9]/.test(text[at - 1] ?? "");
}
