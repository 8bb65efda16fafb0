/**
 * The raw output and the stdin of processes, for clients that attach to them.
 *
 * @module
 */

import { type Process, type Processman, TerminalInput } from "../mod.ts";
import { Problem } from "./problem.ts";
import type { Roster } from "./roster.ts";
import type { OutputItem, SizeView } from "./wire.ts";

/** How many bytes wait for a reader at most; it misses what is more. */
const BACKLOG_BYTES = 262_144;

/** How many of the newest bytes a reader gets first. */
const FIRST_BYTES = 4_096;

/** How many bytes wait for a program at most. */
const INPUT_BYTES = 65_536;

/** How long a process that was stopped may take to be started again. */
const AGAIN_MS = 1_000;

type Bytes = Uint8Array<ArrayBuffer>;

/** What clients that are attached to processes read and write. */
export class Attachments {
  readonly #pm: Processman;
  readonly #roster: Roster;
  /** How many bytes wait for each process. */
  readonly #waiting = new WeakMap<Process, number>();

  /** Creates the attachments. */
  constructor(pm: Processman, roster: Roster) {
    this.#pm = pm;
    this.#roster = roster;
  }

  /**
   * Reads the output of a process, until no run follows.
   *
   * @throws {Problem} At once, if it does not run.
   */
  read(name: string, signal: AbortSignal): AsyncIterable<OutputItem> {
    const process = this.#find(name);
    if (isOver(process)) {
      const start = `"processman start ${process.name}" starts it`;
      throw conflict(
        `Cannot attach to ${process.name}: it does not run`,
        start,
      );
    }
    return this.#items(process, signal);
  }

  /**
   * Writes to a process, without waiting until it has read the bytes.
   *
   * @param name The name of the process.
   * @param data The bytes in Base64.
   * @throws {Problem} If it has no stdin, or has not read what came before.
   */
  write(name: string, data: string): void {
    const process = this.#find(name);
    const bytes = decoded(data);
    if (stdinOf(process) === "none") {
      throw conflict(
        `${process.name} has no stdin`,
        "it needs `stdin: piped` or `tty: true`",
      );
    }
    if (isOver(process)) {
      throw conflict(`Cannot write to ${process.name}`, "it does not run");
    }
    if (process.stdin.locked) {
      throw conflict(`Cannot write to ${process.name}`, "its program does");
    }
    const waiting = this.#waiting.get(process) ?? 0;
    if (waiting + bytes.length > INPUT_BYTES) {
      const message = `${process.name} has not read what was written before`;
      throw new Problem("full", message);
    }
    this.#push(process, bytes);
  }

  /**
   * Resizes the terminal of a process.
   *
   * @throws {Problem} If it has none.
   */
  resize(name: string, { columns, rows }: SizeView): void {
    const process = this.#find(name);
    if (stdinOf(process) !== "terminal") {
      throw conflict(
        `${process.name} has no terminal`,
        "it needs `tty: true`",
      );
    }
    const { stdin } = process;
    if (stdin instanceof TerminalInput) stdin.resize({ columns, rows });
  }

  /** Writes bytes, and counts them until the program has them. */
  #push(process: Process, bytes: Bytes): void {
    const add = (count: number) => {
      const sum = (this.#waiting.get(process) ?? 0) + count;
      if (sum > 0) this.#waiting.set(process, sum);
      else this.#waiting.delete(process);
    };
    if (bytes.length === 0) return;
    const { stdin } = process;
    // The bytes stay in the stream, which the program itself can use, too.
    const writer = stdin.getWriter();
    add(bytes.length);
    writer.write(bytes).catch(() => {}).then(() => add(-bytes.length));
    writer.releaseLock();
  }

  async *#items(
    process: Process,
    signal: AbortSignal,
  ): AsyncGenerator<OutputItem, void> {
    const queue = new Queue();
    using _tap = process.tap((bytes, source) => queue.add(bytes, source));
    queue.keep(FIRST_BYTES);
    const leave = () => queue.end();
    signal.addEventListener("abort", leave);
    const ended = this.#ended(process, signal).finally(leave);
    try {
      const stdin = stdinOf(process);
      yield { kind: "attached", process: process.name, stdin };
      yield* queue.items();
      if (!signal.aborted) yield await ended;
    } finally {
      signal.removeEventListener("abort", leave);
    }
  }

  /** Resolves when no run follows, or the reader has left. */
  async #ended(
    process: Process,
    signal: AbortSignal,
  ): Promise<OutputItem & { readonly kind: "ended" }> {
    const gone = new Promise<void>((resolve) =>
      signal.addEventListener("abort", () => resolve(), { once: true })
    );
    while (true) {
      await Promise.race([process.finished, gone]);
      const { code, signal: by } = await Promise.race([
        process.status,
        gone.then(() => ({ code: 0, signal: null })),
      ]);
      const { name } = process;
      const stopped = this.#roster.history(name).last?.requested ?? false;
      const closing = this.#pm.closing.aborted;
      // A restart of an entry stops its processes first.
      if (stopped && !closing && !signal.aborted) {
        const both = AbortSignal.any([signal, this.#pm.closing]);
        const { clock } = this.#pm;
        await clock.delay(AGAIN_MS, { signal: both, persistent: false });
      }
      if (!signal.aborted && !isOver(process)) continue;
      return {
        kind: "ended",
        code,
        signal: by,
        stopped,
        closing: this.#pm.closing.aborted,
      };
    }
  }

  /** Returns the only process of a name. */
  #find(name: string): Process {
    const found = this.#roster.find(name);
    const exact = found.filter((each) => each.name === name);
    const [first, second] = exact.length > 0 ? exact : found;
    if (second !== undefined) {
      const names = found.slice(0, 3).map((each) => each.name).join(", ");
      throw conflict(`${name} has several processes`, `choose one: ${names}`);
    }
    if (first?.process !== undefined) return first.process;
    throw conflict(
      `Cannot attach to ${name}: it does not run`,
      `"processman start ${name}" starts it`,
    );
  }
}

/** The output that waits for a reader. */
class Queue {
  #items: { readonly bytes: Bytes; readonly source: "stdout" | "stderr" }[] =
    [];
  #size = 0;
  #most = Infinity;
  #skipped = 0;
  #ended = false;
  #changed = Promise.withResolvers<void>();

  /** Adds bytes; if too many wait, the reader misses them. */
  add(bytes: Bytes, source: "stdout" | "stderr"): void {
    if (this.#size + bytes.length > this.#most) {
      this.#skipped += bytes.length;
    } else {
      this.#size += bytes.length;
      this.#items.push({ bytes, source });
    }
    this.#changed.resolve();
  }

  /**
   * Forgets all but the newest bytes, and the rest of a line before them. From
   * now on, too many bytes are not kept.
   */
  keep(count: number): void {
    this.#most = BACKLOG_BYTES;
    for (let first = this.#items[0]; first; first = this.#items[0]) {
      const over = this.#size - count;
      if (over <= 0) return;
      const { bytes, source } = first;
      const line = bytes.indexOf(10, Math.min(over, bytes.length) - 1);
      const cut = over >= bytes.length ? bytes.length : line + 1 || over;
      this.#size -= cut;
      this.#items.shift();
      if (cut === bytes.length) continue;
      this.#items.unshift({ bytes: bytes.subarray(cut), source });
    }
  }

  end(): void {
    this.#ended = true;
    this.#changed.resolve();
  }

  /** Iterates over what arrives, until the end. */
  async *items(): AsyncGenerator<OutputItem, void> {
    while (true) {
      for (const { bytes, source } of this.#items.splice(0)) {
        this.#size -= bytes.length;
        yield { kind: "output", source, data: encoded(bytes) };
      }
      if (this.#items.length > 0) continue;
      if (this.#skipped > 0) yield { kind: "skipped", bytes: this.#skipped };
      this.#skipped = 0;
      if (this.#items.length > 0) continue;
      if (this.#ended) return;
      await this.#changed.promise;
      this.#changed = Promise.withResolvers();
    }
  }
}

function isOver({ state: { kind } }: Process): boolean {
  return kind === "exited" || kind === "failed";
}

function stdinOf(process: Process): "terminal" | "piped" | "none" {
  try {
    return process.stdin instanceof TerminalInput ? "terminal" : "piped";
  } catch {
    return "none";
  }
}

function conflict(what: string, why: string): Problem {
  return new Problem("conflict", `${what}: ${why}`);
}

function encoded(bytes: Bytes): string {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text);
}

function decoded(data: string): Bytes {
  try {
    return Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
  } catch {
    throw new Problem("bad-request", '"data" must be Base64');
  }
}
