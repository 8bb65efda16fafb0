/**
 * Searches as people type them. The functions are pure.
 *
 * @module
 */

import { harmless } from "./line_format.ts";

/**
 * Returns a regular expression for a text: a small letter also matches the
 * capital one, unless the text has capital letters.
 *
 * @param text What was typed.
 */
export function patternOf(text: string): string {
  const any = text === text.toLowerCase();
  return Array.from(text, (character) => {
    const upper = character.toUpperCase();
    return any && upper !== character && upper.length === character.length
      ? `[${character}${upper}]`
      : character.replace(/[\\^$.*+?()[\]{}|/-]/, "\\$&");
  }).join("");
}

/** Returns an expression that matches lines with each of some texts. */
export function patternOfAll(texts: readonly string[]): string | undefined {
  const patterns = texts.filter((text) => text !== "").map(patternOf);
  const [first, ...others] = patterns;
  if (first === undefined || others.length === 0) return first;
  return patterns.map((pattern) => `(?=.*${pattern})`).join("");
}

/** Returns what tells whether a text has another one, without its colors. */
export function matcherOf(wanted: string): (text: string) => boolean {
  const pattern = new RegExp(patternOf(wanted));
  return (text) => pattern.test(harmless(text, false));
}
