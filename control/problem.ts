/**
 * What a request is refused with.
 *
 * @module
 */

import { ProcessmanClosedError } from "../mod.ts";
import { nearest } from "../plan/mod.ts";
import { LogQueryError } from "./log_query.ts";
import type { ErrorView } from "./wire.ts";

/** A word for a refusal, as programs read it. */
export type ProblemCode = ErrorView["error"]["code"];

/** The HTTP status of each refusal. */
export const STATUSES: Readonly<Record<ProblemCode, number>> = {
  "bad-request": 400,
  "unauthorized": 401,
  "forbidden": 403,
  "not-found": 404,
  "not-allowed": 405,
  "conflict": 409,
  "too-large": 413,
  "full": 429,
  "failed": 500,
  "unreachable": 502,
  "closing": 503,
  "not-ready": 504,
};

/** A request that is refused, or has failed. */
export class Problem extends Error {
  /** The name of this class. */
  override readonly name = "Problem";
  /** A word for programs. */
  readonly code: ProblemCode;

  /**
   * Creates the error.
   *
   * @param code A word for programs.
   * @param message What is wrong, for people.
   */
  constructor(code: ProblemCode, message: string) {
    super(message);
    this.code = code;
  }

  /** The HTTP status. */
  get status(): number {
    return STATUSES[this.code];
  }

  /** The body of the answer. */
  get view(): ErrorView {
    return { error: { code: this.code, message: this.message } };
  }
}

/** Returns the problem that something thrown stands for. */
export function problemOf(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof LogQueryError) {
    return new Problem("bad-request", error.message);
  }
  if (error instanceof ProcessmanClosedError) {
    return new Problem("closing", error.message);
  }
  return new Problem("failed", messageOf(error));
}

/** Returns the message of something thrown. Never throws. */
export function messageOf(error: unknown): string {
  try {
    if (error instanceof AggregateError && error.errors.length > 0) {
      return `${error.message}: ${error.errors.map(messageOf).join("; ")}`;
    }
    return String(error instanceof Error ? error.message : error);
  } catch {
    return "unknown error";
  }
}

/** Returns the end of a message: `; did you mean "api"?`, or nothing. */
export function didYouMean(name: string, names: readonly string[]): string {
  const near = nearest(name, names);
  return near === undefined ? "" : `; did you mean "${near}"?`;
}
