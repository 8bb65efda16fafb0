/**
 * The output of processes on the terminal, for development.
 *
 * @module
 */

import { delay } from "@std/async/delay";
import { type Check, flag, options as optionsOf } from "./validate.ts";
import type { Line, OutputSource } from "./lines.ts";
import type { Processman } from "./manager.ts";
import type { Process } from "./process.ts";

/** Options for {@linkcode printOutput}. */
export interface PrintOutputOptions {
  /**
   * Whether each line begins with the local time at which it arrived.
   *
   * @default {false}
   */
  time?: boolean;
  /**
   * Whether each process has a color.
   *
   * @default {true on a terminal, unless the variable NO_COLOR is set}
   */
  color?: boolean;
}

const checkOptions: Check = optionsOf<PrintOutputOptions>({
  time: flag,
  color: flag,
});

/** Colors that can be read on light and on dark, as codes of the terminal. */
const COLORS = [36, 33, 32, 35, 34, 96, 93, 92, 95, 94];

/** How much is written at once: what any pipe takes whole or not at all. */
const WRITE_BYTES = 4096;

const LF = 10;

/** How long a terminal that takes no more is left alone, in milliseconds. */
const BUSY_MS = 5;

/**
 * Prints what processes write, each line after the name of its process: stdout
 * to the stdout of this program, stderr to its stderr.
 *
 * Lines are printed whole, whoever else prints, and without loss: processes wait
 * for a terminal that is slow or has been halted. When nobody reads the output
 * of this program any more, the rest of it is dropped, and all else goes on.
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
 * @param source A process, or a manager: then all of its processes, those that
 * are started later too.
 * @param options What else is printed.
 * @returns A promise that resolves when all is printed: after the end of the
 * process, or the shutdown of the manager. Never rejects.
 * @throws {TypeError} If an option does not exist or has a wrong type.
 */
export function printOutput(
  source: Process | Processman,
  options: PrintOutputOptions = {},
): Promise<void> {
  checkOptions(options, "");
  const printer = new Printer(options);
  return "events" in source
    ? followAll(source, printer)
    : follow(source, printer);
}

async function followAll(pm: Processman, printer: Printer): Promise<void> {
  const following = new Set<Promise<unknown>>();
  const begin = (process: Process) => {
    const end: Promise<unknown> = follow(process, printer)
      .then(() => following.delete(end));
    following.add(end);
  };
  const events = pm.events();
  for (const process of pm) if (hasRun(process)) begin(process);
  for await (const event of events) {
    if (event.kind !== "start" || event.run > 1) continue;
    const process = pm.get(event.name);
    if (process !== undefined) begin(process);
  }
  await Promise.all(following);
}

async function follow(process: Process, printer: Printer): Promise<void> {
  const prefix = printer.prefix(process.name);
  for await (const lines of process.lines().batches()) {
    await printer.print(prefix, lines);
  }
}

/** Whether the first run of a process has started. */
function hasRun({ state }: Process): boolean {
  const next = state.kind === "starting" || state.kind === "backoff";
  return !next || state.run > 1;
}

/** What stands before the lines of a process. */
interface Prefix {
  readonly name: string;
  readonly color: number;
}

/** Prints the lines of all processes, one batch after the other. */
class Printer {
  readonly #time: boolean;
  readonly #outputs: Record<OutputSource, Printed>;
  readonly #prefixes = new Map<string, Prefix>();
  #width = 0;
  #last: Promise<void> = Promise.resolve();

  constructor({ time = false, color }: PrintOutputOptions) {
    this.#time = time;
    this.#outputs = {
      stdout: new Printed(Deno.stdout, color),
      stderr: new Printed(Deno.stderr, color),
    };
  }

  /** Returns the prefix of a name, for which room is made in all others. */
  prefix(name: string): Prefix {
    const color = COLORS[this.#prefixes.size % COLORS.length] ?? 0;
    const prefix = this.#prefixes.get(name) ?? { name, color };
    this.#prefixes.set(name, prefix);
    this.#width = Math.max(this.#width, name.length);
    return prefix;
  }

  /** Prints lines; resolves when that is done. */
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
  readonly #stream: Pick<typeof Deno.stdout, "write" | "isTerminal">;
  readonly #color: boolean;
  #broken = false;
  #most = WRITE_BYTES;

  constructor(stream: typeof Deno.stdout, color: boolean | undefined) {
    this.#stream = stream;
    this.#color = color ?? (!Deno.noColor && stream.isTerminal());
  }

  /** Prints a text, unless there is nobody to read it. Never rejects. */
  async print(text: (color: boolean) => string): Promise<void> {
    if (this.#broken) return;
    let bytes = new TextEncoder().encode(text(this.#color));
    while (bytes.length > 0) {
      const part = bytes.subarray(0, fitting(bytes, this.#most));
      try {
        // Asynchronous: a terminal that is halted does not halt this program.
        bytes = bytes.subarray(await this.#stream.write(part));
      } catch (error) {
        this.#broken = !(error instanceof Deno.errors.WouldBlock);
        if (this.#broken) return;
        // Some of it may have been taken, and is printed again: a line at most.
        this.#most = 1;
        await delay(BUSY_MS);
      }
    }
  }
}

/** Returns the length of as many lines as fit, or of one, if that is not huge. */
function fitting(text: Uint8Array, most: number): number {
  if (text.length <= most) return text.length;
  const lines = text.lastIndexOf(LF, most - 1) + 1 || text.indexOf(LF) + 1;
  return Math.min(lines, WRITE_BYTES);
}

/** Splits lines where the other output goes on. */
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
