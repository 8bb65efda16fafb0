/**
 * The surroundings of a call of the tool: its terminal and its signals.
 *
 * @module
 */

import type { Io } from "./call.ts";
import { now, pause } from "./clock.ts";

/** How long to wait for a pipe that is full, in milliseconds. */
const RETRY_MS = 10;

/** The reader of stdout or stderr has gone away. */
export class BrokenPipeError extends Error {
  override readonly name = "BrokenPipeError";
}

/** The surroundings of this program. */
export class ProgramIo implements Io, Disposable {
  readonly cwd: string = Deno.cwd();
  readonly terminal: boolean = Deno.stdout.isTerminal();
  readonly color: boolean = this.terminal && !Deno.noColor;
  #abort: AbortController | undefined;
  readonly #removals: (() => void)[] = [];

  env(name: string): string | undefined {
    return Deno.env.get(name);
  }

  now(): number {
    return now();
  }

  out(text: string): Promise<void> {
    return write(Deno.stdout, text);
  }

  err(text: string): Promise<void> {
    return write(Deno.stderr, text);
  }

  size(): { readonly columns: number; readonly rows: number } | undefined {
    if (!this.terminal) return undefined;
    try {
      const { columns, rows } = Deno.consoleSize();
      // Some terminals do not know their size, and say 0.
      return columns > 0 && rows > 0 ? { columns, rows } : undefined;
    } catch {
      return undefined;
    }
  }

  get signal(): AbortSignal {
    return (this.#abort ??= this.#listen()).signal;
  }

  #listen(): AbortController {
    const abort = new AbortController();
    for (const signal of ["SIGINT", "SIGTERM"] as const) {
      const listener = () => abort.abort(signal);
      Deno.addSignalListener(signal, listener);
      this.#removals.push(() => Deno.removeSignalListener(signal, listener));
    }
    return abort;
  }

  [Symbol.dispose](): void {
    this.#removals.splice(0).forEach((remove) => remove());
  }
}

async function write(stream: typeof Deno.stdout, text: string): Promise<void> {
  let bytes = new TextEncoder().encode(text);
  while (bytes.length > 0) {
    try {
      bytes = bytes.subarray(await stream.write(bytes));
    } catch (error) {
      if (error instanceof Deno.errors.BrokenPipe) {
        throw new BrokenPipeError("nothing reads the output any more");
      }
      // Another program that shares the pipe has made it so.
      if (!(error instanceof Deno.errors.WouldBlock)) throw error;
      await pause(RETRY_MS);
    }
  }
}
