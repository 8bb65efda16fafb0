/**
 * Expressions such as `$[8000 + replica]`, which have a value for each replica.
 *
 * @module
 */

import { matchAt } from "./match_at.ts";

/** Numbers, the word `replica`, `+ - *` and parentheses. */
const TOKEN = /\s*(\d+|replica\b|[-+*()])/y;

/** `$[…]`, and `$$[` for a text that only looks like it. */
const PARTS = /(\$+)\[([^\]]*)\]?/g;

/** An expression that cannot be evaluated. */
export class ExpressionError extends Error {}

/** Returns whether a text contains an expression. */
export function hasExpression(text: string): boolean {
  return [...text.matchAll(PARTS)].some(([, dollars]) => dollars === "$");
}

/**
 * Returns whether an argument of a program contains an expression. Arguments
 * can contain `$[` for other reasons, so the word `replica` must be in it.
 */
export function hasReplica(text: string): boolean {
  return /(?<!\$)\$\[[-+*()\d\s]*replica\b[-+*()\d\sreplica]*\]/.test(text);
}

/** Writes a text so that it stays the same when expressions are evaluated. */
export function escaped(text: string): string {
  return text.replace(/\$+(?=\[)/g, "$$$&");
}

/**
 * Evaluates the expressions in a text.
 *
 * @param text The text.
 * @param replica The number of the replica.
 * @returns A number if the text is nothing but an expression.
 * @throws {ExpressionError} If an expression is wrong.
 */
export function evaluated(text: string, replica: number): string | number {
  const [all, dollars, inner = ""] = /^(\$)\[([^\]]*)\]$/.exec(text) ?? [];
  if (all !== undefined && dollars === "$") return valueOf(inner, replica);
  return text.replace(PARTS, (part, dollars: string, inner: string) => {
    if (dollars.length > 1) return part.slice(1);
    if (!part.endsWith("]")) wrong(inner, "] is missing");
    return String(valueOf(inner, replica));
  });
}

/** Returns the value of what is between `$[` and `]`. */
function valueOf(text: string, replica: number): number {
  const tokens = tokensOf(text);
  let at = 0;
  const sum = (): number => {
    let left = product();
    while (tokens[at] === "+" || tokens[at] === "-") {
      left += tokens[at++] === "+" ? product() : -product();
    }
    return left;
  };
  const product = (): number => {
    let left = single();
    while (tokens[at] === "*") {
      at++;
      left *= single();
    }
    return left;
  };
  const single = (): number => {
    const token = tokens[at++];
    if (token === "-") return -single();
    if (token === "replica") return replica;
    if (token !== "(") {
      if (/^\d/.test(token ?? "")) return Number(token);
      wrong(text, "a number or replica is missing");
    }
    const inner = sum();
    if (tokens[at++] !== ")") wrong(text, ") is missing");
    return inner;
  };
  const value = sum();
  if (at < tokens.length) wrong(text, `${tokens[at]} cannot be here`);
  if (!Number.isSafeInteger(value)) wrong(text, "the number is too large");
  return value;
}

function tokensOf(text: string): string[] {
  const tokens: string[] = [];
  for (let end = 0; text.slice(end).trim() !== "";) {
    const [all = "", token] = matchAt(TOKEN, text, end) ?? [];
    if (token === undefined) {
      const [word = ""] = text.slice(end).trim().match(/^(\w+|.)/) ?? [];
      wrong(text, `${JSON.stringify(word)} is not known`);
    }
    tokens.push(token);
    end += all.length;
  }
  return tokens;
}

function wrong(text: string, why: string): never {
  throw new ExpressionError(
    `$[${text}] must consist of numbers, replica, + - * and parentheses: ${why}`,
  );
}
