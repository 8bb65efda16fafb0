/**
 * Prints the output of processes on the terminal, for development.
 *
 * @module
 */

import { Beginnings } from "./beginnings.ts";
import { Destination } from "./destination.ts";
import type { ProcessEvent } from "./events.ts";
import type { Line, Lines, OutputSource } from "./lines.ts";
import { Processman } from "./manager.ts";
import { Process } from "./process.ts";
import { systemClock } from "./system.ts";
import {
  flag,
  options as optionsOf,
  type OptionsCheck,
  wrong,
} from "./validate.ts";

/** Options for {@linkcode printOutput}. */
export interface PrintOutputOptions {
  /**
   * Whether to print the local time at which a line arrived before the line.
   *
   * @default {false}
   */
  time?: boolean | undefined;
  /**
   * Whether each process has its own color.
   *
   * @default {true on a terminal, unless the variable NO_COLOR is set}
   */
  color?: boolean | undefined;
}

const checkOptions: OptionsCheck<PrintOutputOptions> = optionsOf<
  PrintOutputOptions
>({
  time: flag,
  color: flag,
});

/** Codes of colors that are readable on a light and on a dark background. */
const COLORS = [36, 33, 32, 35, 34, 96, 93, 92, 95, 94];

/**
 * Prints the output of processes, with the name of the process before each
 * line: stdout to the stdout of this program, and stderr to its stderr.
 *
 * Lines are printed whole, even if other code prints to the same terminal. No
 * line is lost: processes wait for a slow or paused terminal. If nothing reads
 * the output of this program any more, lines are dropped and the processes
 * continue.
 *
 * @example
 * ```ts
 * import { printOutput, Processman } from "@isbm/processman";
 *
 * await using pm = new Processman();
 * const printed = printOutput(pm);
 * pm.command("echo", ["hello"]); // echo | hello
 * pm.command("sh", ["-c", "echo oh >&2"]); // sh   | oh
 * await pm.finished;
 * await pm.shutdown();
 * await printed;
 * ```
 *
 * @param source A process; or a manager, for all of its processes, including
 * those that are started later.
 * @param options How to print the lines.
 * @returns A promise that resolves when everything is printed: after the end of
 * the process, or after the shutdown of the manager. Never rejects.
 * @throws {TypeError} If `source` is neither of these, or if an option does not
 * exist or has a wrong type.
 */
export function printOutput(
  source: Process | Processman,
  options: PrintOutputOptions = {},
): Promise<void> {
  const printer = new Printer(checkOptions(options, ""));
  if (source instanceof Processman) {
    return followAll(source, source.events(), printer);
  }
  if (source instanceof Process) {
    return follow(source, source.lines(), printer);
  }
  wrong("source", "a Process or a Processman", source);
}

async function followAll(
  pm: Processman,
  events: AsyncIterable<ProcessEvent>,
  printer: Printer,
): Promise<void> {
  const following = new Set<Promise<unknown>>();
  const begin = (process: Process) => {
    const end: Promise<unknown> = follow(process, process.lines(), printer)
      .then(() => following.delete(end));
    following.add(end);
  };
  for (const process of pm) if (hasRun(process)) begin(process);
  const beginnings = new Beginnings();
  for await (const event of events) {
    if (!beginnings.begins(event)) continue;
    const process = pm.get(event.name);
    if (process !== undefined) begin(process);
  }
  await Promise.all(following);
}

async function follow(
  { name }: Process,
  lines: Lines,
  printer: Printer,
): Promise<void> {
  const prefix = printer.prefix(name);
  for await (const some of lines.batches()) await printer.print(prefix, some);
}

/** Returns whether the first run of a process has been started. */
function hasRun({ state }: Process): boolean {
  const next = ["starting", "waiting", "backoff"].includes(state.kind);
  return !next || "run" in state && state.run > 1;
}

/** The text before the lines of a process. */
interface Prefix {
  readonly name: string;
  readonly color: number;
}

/** Prints the lines of all processes, one batch after another. */
class Printer {
  readonly #time: boolean;
  readonly #outputs: Record<OutputSource, Printed>;
  readonly #prefixes = new Map<string, Prefix>();
  /** The length of the longest name. */
  #width = 0;
  #last: Promise<void> = Promise.resolve();

  constructor({ time = false, color }: PrintOutputOptions) {
    this.#time = time;
    this.#outputs = {
      stdout: new Printed(Deno.stdout, color),
      stderr: new Printed(Deno.stderr, color),
    };
  }

  /** Returns the prefix of a process. All are as wide as the longest name. */
  prefix(name: string): Prefix {
    const color = COLORS[this.#prefixes.size % COLORS.length] ?? 0;
    const prefix = this.#prefixes.get(name) ?? { name, color };
    this.#prefixes.set(name, prefix);
    this.#width = Math.max(this.#width, name.length);
    return prefix;
  }

  /** Prints lines of a process; resolves when they are printed. */
  print(prefix: Prefix, lines: readonly Line[]): Promise<void> {
    return this.#last = this.#last.then(async () => {
      for (const [source, some] of bySource(lines)) {
        await this.#outputs[source].print((color) =>
          some.map((line) => this.#format(prefix, line, color)).join("")
        );
      }
    });
  }

  #format({ name, color }: Prefix, line: Line, colored: boolean): string {
    const time = this.#time
      ? `${new Date(line.time).toTimeString().slice(0, 8)} `
      : "";
    const before = `${time}${name.padEnd(this.#width)} |`;
    return colored
      ? `\x1b[0;${color}m${before}\x1b[0m ${line.text}\n`
      : `${before} ${line.text}\n`;
  }
}

/** Stdout or stderr of this program. */
class Printed {
  readonly #color: boolean;
  readonly #destination: Destination;
  /** Whether nothing reads the stream. */
  #broken = false;

  constructor(stream: typeof Deno.stdout, color: boolean | undefined) {
    this.#color = color ?? (!Deno.noColor && stream.isTerminal());
    this.#destination = new Destination(stream, systemClock);
  }

  /** Prints a text, or drops it if nothing reads the stream. Never rejects. */
  async print(text: (color: boolean) => string): Promise<void> {
    if (this.#broken) return;
    const bytes = new TextEncoder().encode(text(this.#color));
    await this.#destination.write(bytes, () => this.#broken = true);
  }
}

/** Groups consecutive lines of the same source. */
function* bySource(
  lines: readonly Line[],
): Generator<[source: OutputSource, lines: Line[]]> {
  let some: Line[] = [];
  for (const line of lines) {
    const [first] = some;
    if (first !== undefined && first.source !== line.source) {
      yield [first.source, some];
      some = [];
    }
    some.push(line);
  }
  const [first] = some;
  if (first !== undefined) yield [first.source, some];
}
