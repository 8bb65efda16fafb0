/**
 * A probe that waits for a line of output.
 *
 * @module
 */

import type { OutputSource, ProbeContext, ProbedProcess } from "../mod.ts";
import { checked, filled, must } from "./arguments.ts";
import { described, type DescribedProbe, runOf } from "./described.ts";

/** Options for {@linkcode line}. */
export interface LineOptions {
  /**
   * The output that the line must be in.
   *
   * @default {both}
   */
  source?: OutputSource | undefined;
}

/**
 * Returns a probe that says yes once a line of the output of the run has
 * matched, and from then on until the run ends. A call waits for such a line
 * until its timeout, so that a run is ready as soon as it has written the line.
 * No line is missed: neither those before the first call, as far as they are
 * buffered, nor those between two calls.
 *
 * The outputs must be `"piped"`, as they are by default. The probe needs no
 * permission.
 *
 * @example Ready when the program says so
 * ```ts
 * import { Processman } from "@isbm/processman";
 * import { line } from "@isbm/processman/probe";
 *
 * await using pm = new Processman();
 * const server = pm.command("sh", ["-c", "echo listening; sleep 500"], {
 *   ready: line(/^listening/),
 * });
 * await server.ready;
 * ```
 *
 * @param pattern What the line must match: a regular expression, or a text that
 * it must contain.
 * @param options Which output to read.
 * @returns The probe.
 * @throws {TypeError} If the pattern or an option has a wrong type, or an option
 * does not exist.
 */
export function line(
  pattern: RegExp | string,
  options: LineOptions = {},
): DescribedProbe {
  const expression = expressionOf(pattern);
  const own = checked<LineOptions>(options, { source: checkSource });
  const shown = formOf(pattern);
  const search = new Search(expression, own);
  const form = { line: { pattern: shown, ...own } };
  const reason = pattern instanceof RegExp
    ? `no line matches ${pattern}`
    : `no line contains "${pattern}"`;
  return described(`line ${shown}`, form, async (context) => {
    context.signal.throwIfAborted();
    if (await search.finds(context)) return true;
    throw new Error(reason);
  });
}

/** Reads the lines of runs until one matches. */
class Search {
  readonly #expression: RegExp;
  readonly #source: OutputSource | undefined;
  /** The last run of each process that a line has matched of. */
  readonly #found = new WeakMap<ProbedProcess, string>();
  /** What resolves when a run has been read, by its `probing`. */
  readonly #read = new WeakMap<AbortSignal, Promise<void>>();

  constructor(expression: RegExp, { source }: LineOptions) {
    this.#expression = expression;
    this.#source = source;
  }

  /** Waits until a line of the run matches; returns whether one has. */
  async finds(context: ProbeContext): Promise<boolean> {
    const { process, probing, signal } = context;
    const found = () => this.#found.get(process) === runOf(context);
    if (found()) return true;
    const read = this.#read.get(probing) ?? this.#readRun(context);
    this.#read.set(probing, read);
    const { promise: aborted, resolve } = Promise.withResolvers<void>();
    const abort = () => resolve();
    signal.addEventListener("abort", abort, { once: true });
    await Promise.race([read, aborted]);
    signal.removeEventListener("abort", abort);
    return found();
  }

  /** Reads until a line matches, or `probing` is aborted. */
  async #readRun(context: ProbeContext): Promise<void> {
    const { process, run, probing: signal } = context;
    if (signal.aborted) return;
    const key = runOf(context);
    for await (const each of process.lines({ signal })) {
      if (each.run !== run || !this.#matches(each)) continue;
      this.#found.set(process, key);
      return;
    }
  }

  #matches({ source, text }: { source: OutputSource; text: string }): boolean {
    if (this.#source !== undefined && source !== this.#source) return false;
    // With the flags g and y, this is where the search begins.
    this.#expression.lastIndex = 0;
    return this.#expression.test(text);
  }
}

/** Returns an expression of our own, whose state nothing else changes. */
function expressionOf(pattern: unknown): RegExp {
  if (pattern instanceof RegExp) return new RegExp(pattern);
  const expected = "a regular expression or a string";
  must(typeof pattern === "string", "pattern", expected, pattern);
  filled(pattern, "pattern");
  return new RegExp(escaped(String(pattern)));
}

/** Returns a text that only an equal pattern has. */
function formOf(pattern: RegExp | string): string {
  if (pattern instanceof RegExp) return String(pattern);
  const looksLikeExpression = /^\/.*\/[a-z]*$/s.test(pattern);
  return looksLikeExpression ? `/${escaped(pattern)}/` : pattern;
}

function escaped(text: string): string {
  return text.replace(/[/\\^$.*+?()[\]{}|]/g, "\\$&");
}

function checkSource(value: unknown, name: string): void {
  const known = value === "stdout" || value === "stderr";
  must(known, name, '"stdout" or "stderr"', value);
}
