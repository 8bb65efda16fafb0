/**
 * Prints the output of all processes where there is no status line: into a pipe
 * or a file, or behind another job of a terminal.
 *
 * @module
 */

import type { Line, Processman } from "../mod.ts";
import type { Io } from "./call.ts";
import { followOutput } from "./follow_output.ts";
import { BrokenPipeError } from "./io.ts";
import { colorOf, harmless, prefixOf } from "./line_format.ts";

/** Options of {@linkcode printPlain}. */
export interface PlainOptions {
  /** The names of the processes, for prefixes of the same width. */
  readonly names: readonly string[];
  /** Called once if nothing reads stdout any more. */
  readonly onBroken: () => void;
}

/**
 * Prints the output of all processes that are started from now on: stdout to
 * stdout, and stderr to stderr, each line with the name of its process. Lines
 * that nobody reads are dropped.
 *
 * @param pm The manager.
 * @param io The surroundings of the call.
 * @param options The names, and what to do if nothing reads them.
 * @returns A promise that resolves when everything is printed, after the
 * shutdown of the manager.
 */
export async function printPlain(
  pm: Processman,
  io: Io,
  { names, onBroken }: PlainOptions,
): Promise<void> {
  const width = Math.max(0, ...names.map(({ length }) => length));
  const format = (name: string, { text }: Line) => {
    const known = names.indexOf(name);
    const color = io.color ? colorOf(Math.max(0, known)) : undefined;
    const shown = io.terminal ? harmless(text, io.color) : text;
    return `${prefixOf(name, width, color)}${shown}\n`;
  };
  const out = keeping((text) => io.out(text), onBroken);
  const err = keeping((text) => io.err(text), () => {});
  let last: Promise<void> = Promise.resolve();
  await followOutput(
    pm,
    (name) => pm.get(name),
    (name, lines) =>
      last = last.then(async () => {
        for (const some of bySource(lines)) {
          const write = some[0]?.source === "stderr" ? err : out;
          await write(some.map((line) => format(name, line)).join(""));
        }
      }),
  );
}

type Write = (text: string) => Promise<void>;

/** Returns a function that writes as long as somebody reads. */
function keeping(write: Write, onBroken: () => void): Write {
  let broken = false;
  return async (text) => {
    if (broken) return;
    try {
      await write(text);
    } catch (error) {
      // What a full disk, for example, does not take is lost.
      if (!(error instanceof BrokenPipeError)) return;
      broken = true;
      onBroken();
    }
  };
}

/** Groups consecutive lines of the same stream. */
function* bySource(lines: readonly Line[]): Generator<Line[], void> {
  let some: Line[] = [];
  for (const line of lines) {
    if (some.length > 0 && some[0]?.source !== line.source) {
      yield some;
      some = [];
    }
    some.push(line);
  }
  if (some.length > 0) yield some;
}
