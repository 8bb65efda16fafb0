/**
 * Runs what a page of the documentation shows: writes its files into a folder,
 * types its commands, and compares what they print with what the page says.
 *
 * @module
 */

import { untilAborted } from "../abortable.ts";
import { type Process, Processman } from "../mod.ts";
import type { Block } from "./pages.ts";
import { freePort } from "./servers.ts";

/** Options for {@linkcode runPage}. */
export interface PageOptions {
  /** Where the files are written, and the commands run. */
  folder: string;
  /** The environment of the commands. */
  env: Readonly<Record<string, string>>;
  /**
   * How long a command can take to print what the page says, in milliseconds.
   *
   * @default {30_000}
   */
  limitMs?: number;
}

/** Runs the terminals of a page. Throws if one shows something else. */
export async function runPage(
  blocks: readonly Block[],
  { folder, env, limitMs = 30_000 }: PageOptions,
): Promise<void> {
  await using pm = new Processman({
    logger: null,
    signals: [],
    defaults: { env, cwd: folder, restart: { policy: "never" } },
  });
  const ports = new Ports();
  let status = 0;
  let kept: Command | undefined;
  for (const block of blocks) {
    if (block.kind === "file") {
      await write(folder, block.name, ports.replace(block.text));
    }
    if (block.kind !== "terminal") continue;
    let command: Command | undefined;
    if (block.steps[0]?.kind !== "command") {
      command = kept;
      kept = undefined;
    }
    for (const step of block.steps) {
      if (step.kind === "command") {
        status = await command?.end(step.text) ?? status;
        command = new Command(pm, step.text, { ports, status, limitMs });
      } else if (command === undefined) {
        throw new Error(`Line ${block.line} continues what does not run`);
      } else if (step.kind === "output") command.expected.push(step.text);
      else await command.interrupt();
    }
    if (block.running) {
      if (kept !== undefined) {
        throw new Error(`Line ${block.line} leaves a second command running`);
      }
      await command?.printed();
      kept = command;
    } else status = await command?.end() ?? status;
  }
  if (kept !== undefined) throw new Error("A command still runs at the end");
}

async function write(folder: string, name: string, text: string) {
  const path = `${folder}/${name}`;
  await Deno.mkdir(path.replace(/\/[^/]*$/, ""), { recursive: true });
  await Deno.writeTextFile(path, text);
}

/** The ports of a page, each with one that is free here. */
class Ports {
  readonly #free = new Map<string, string>();

  /** Replaces the ports of the page by those that are free. */
  replace(text: string): string {
    return text.replace(/\b(?:8\d{3}|9464)\b/g, (port) => {
      const free = this.#free.get(port) ?? String(freePort());
      this.#free.set(port, free);
      return free;
    });
  }

  /** Replaces the free ports by those of the page. */
  restore(text: string): string {
    for (const [port, free] of this.#free) text = text.replaceAll(free, port);
    return text;
  }
}

/** What a command has of its page. */
interface Context {
  readonly ports: Ports;
  /** The exit status of the command before it. */
  readonly status: number;
  readonly limitMs: number;
}

/** A command on a terminal. */
class Command {
  /** What it has to print. */
  readonly expected: string[] = [];
  readonly #text: string;
  readonly #process: Process;
  readonly #context: Context;
  readonly #printed: string[] = [];
  #interrupted = false;
  /** Told of each line, and of the end. */
  #progress = Promise.withResolvers<void>();
  readonly #read: Promise<void>;

  constructor(pm: Processman, text: string, context: Context) {
    this.#text = text;
    this.#context = context;
    // The shell outlives an interrupt, and so returns the status of the command.
    const before = `exec 2>&1; trap : INT; (exit ${context.status})`;
    const script = `${before}\n${context.ports.replace(text)}`;
    this.#process = pm.command("sh", ["-c", script]);
    this.#read = this.#readAll();
  }

  /** Waits for all that it has to print so far, or for its end. */
  async printed(): Promise<void> {
    const late = AbortSignal.timeout(this.#context.limitMs);
    while (this.#missing().length > 0 && !this.#over()) {
      await this.#orLate(this.#progress.promise, late);
    }
  }

  /** Interrupts it as a terminal does. */
  async interrupt(): Promise<void> {
    await this.printed();
    if (this.#over()) throw this.#error("It has ended before ^C");
    this.#interrupted = true;
    this.#process.signal("SIGINT", { to: "group" });
  }

  /**
   * Waits for its end, and returns its exit status, which must be that of a
   * success, or of an interrupt, unless the next command shows it.
   */
  async end(next = ""): Promise<number> {
    const late = AbortSignal.timeout(this.#context.limitMs);
    await this.#orLate(this.#read, late);
    const { missing, extra } = compare(this.expected, this.#printed);
    if (missing.length > 0 || extra.length > 0) {
      throw this.#error("It prints something else");
    }
    const { code } = await this.#process.finished;
    const known = code === 0 || this.#interrupted || next.includes("$?");
    if (!known) throw this.#error(`It fails with status ${code}`);
    return code;
  }

  async #readAll(): Promise<void> {
    for await (const { text } of this.#process.lines()) {
      this.#printed.push(this.#context.ports.restore(text));
      this.#tell();
    }
    this.#tell();
  }

  #tell(): void {
    this.#progress.resolve();
    this.#progress = Promise.withResolvers();
  }

  #over(): boolean {
    return this.#process.state.kind === "exited" ||
      this.#process.state.kind === "failed";
  }

  #missing(): string[] {
    return compare(this.expected, this.#printed).missing;
  }

  /** Waits, or throws what is missing when it is too late. */
  async #orLate(promise: Promise<void>, late: AbortSignal): Promise<void> {
    await untilAborted(promise, late);
    if (late.aborted) throw this.#error("It takes too long");
  }

  #error(why: string): Error {
    const { missing, extra } = compare(this.expected, this.#printed);
    const list = (head: string, lines: string[]) =>
      lines.map((line) => `\n  ${head} ${line}`).join("");
    return new Error(
      `${why}: $ ${this.#text}${list("-", missing)}${list("+", extra)}`,
    );
  }
}

/** What stands for any text, or for any further lines. */
const ANY = "…";

/**
 * Compares lines as a set, since outputs of several processes come in any
 * order. Times, process IDs, what processes use, and the width of the columns of
 * tables can be any.
 */
export function compare(
  expected: readonly string[],
  printed: readonly string[],
): { missing: string[]; extra: string[] } {
  const left = printed.map(plain);
  const take = (found: number) => found >= 0 && left.splice(found, 1);
  // Those that match a single line first.
  const [exact, loose] = [false, true].map((any) =>
    expected.filter((line) => line !== ANY && line.includes(ANY) === any)
  );
  const missing = [
    ...(exact ?? []).filter((line) => !take(left.indexOf(plain(line)))),
    ...(loose ?? []).filter((line) => {
      const pattern = patternOf(plain(line));
      return !take(left.findIndex((found) => pattern.test(found)));
    }),
  ];
  return { missing, extra: expected.includes(ANY) ? [] : left };
}

function plain(line: string): string {
  return line.trimEnd()
    .replace(/\b(after|restarting in) \d+(?= ms\b)/g, "$1 N")
    .replace(/\bwithin \d+(?= ms of\b)/g, "within N")
    .replace(/\(\d+m?s\)/g, "(N ms)")
    .replace(/\b(pid|process) \d+/g, "$1 N")
    .replace(/\b\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d/g, "TIME")
    // The rows of a table of processes, and what depends on the clock.
    .replace(/\b\d+ +(?=\d+ (s|min)\b)/g, "N ")
    .replace(/\b\d+ (m?s|min)(?= ago\b| {2})/g, "N s")
    .replace(/\b(next try|restarting) in \d+ m?s\b/g, "$1 in N s")
    .replace(/\b\d+(?:\.\d)?(?= (?:%|[KMG]iB))/g, "N")
    // Names before lines get wider when processes with longer names follow.
    .replace(/^(\S+) +\|/, "$1 |")
    .replace(/ {2,}/g, "  ");
}

function patternOf(line: string): RegExp {
  const parts = line.split(ANY).map((part) => RegExp.escape(part));
  return new RegExp(`^${parts.join(".*")}$`);
}
