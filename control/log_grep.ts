/**
 * Finds the lines that match a regular expression.
 *
 * A Worker runs the expression: one that takes exponential time would otherwise
 * stop the supervision. An expression without special characters needs none.
 *
 * @module
 */

import { withoutColors } from "./log_level.ts";
import { LogQueryError } from "./log_query.ts";

/** The longest time for the lines of one read, in milliseconds. */
const DEADLINE_MS = 2_000;

/** The code of the Worker. It tells when it begins, and then what it found. */
const SCRIPT = `
let pattern;
onmessage = ({ data: { grep, texts } }) => {
  postMessage("begin");
  pattern ??= new RegExp(grep);
  postMessage(texts.map((text) => pattern.test(text)));
};
`;

/** What the Worker says. */
type Message = MessageEvent<"begin" | boolean[]>;

/** A search for a regular expression. */
export interface Search extends Disposable {
  /** Tests lines; returns for each of them whether it matches. */
  test(texts: readonly string[]): Promise<boolean[]>;
}

/** Finds the lines that match. */
export class Grep implements Search {
  readonly #grep: string;
  readonly #plain: boolean;
  /** Present once it has been needed. */
  #worker: Worker | undefined;

  /** Creates the search for a valid regular expression. */
  constructor(grep: string) {
    this.#grep = grep;
    this.#plain = !/[\\^$.*+?()[\]{}|]/.test(grep);
  }

  /**
   * Tests lines without their colors, one call after another.
   *
   * @returns For each line, whether it matches.
   * @throws {LogQueryError} If that takes too long.
   */
  async test(lines: readonly string[]): Promise<boolean[]> {
    const texts = lines.map(withoutColors);
    if (this.#plain) return texts.map((text) => text.includes(this.#grep));
    if (texts.length === 0) return [];
    const answer = Promise.withResolvers<boolean[]>();
    const worker = this.#worker ??= start();
    // The start of the Worker takes long on a busy machine, and does not count.
    let deadline: AbortSignal | undefined;
    const fail = () => answer.reject(tooSlow(this.#grep));
    worker.onmessage = ({ data }: Message) => {
      if (data !== "begin") return answer.resolve(data);
      deadline = AbortSignal.timeout(DEADLINE_MS);
      deadline.addEventListener("abort", fail);
    };
    worker.postMessage({ grep: this.#grep, texts });
    try {
      return await answer.promise;
    } finally {
      deadline?.removeEventListener("abort", fail);
    }
  }

  /** Ends the Worker. */
  [Symbol.dispose](): void {
    this.#worker?.terminate();
  }
}

function start(): Worker {
  const url = `data:text/javascript,${encodeURIComponent(SCRIPT)}`;
  return new Worker(url, { type: "module" });
}

function tooSlow(grep: string): LogQueryError {
  return new LogQueryError(
    `Option "grep" must be a regular expression that takes less time: current value is ${
      JSON.stringify(grep)
    }`,
  );
}
