/**
 * Terminals for tests: each is a shell with job control, which runs a program.
 *
 * @module
 */

import { Processman } from "../manager.ts";
import type { Process } from "../process.ts";
import { lineOf, scriptDeno } from "./testing.ts";

/** Whether this machine has `script` of util-linux, which makes terminals. */
export function hasTerminals(): boolean {
  if (Deno.build.os !== "linux") return false;
  try {
    const script = new Deno.Command("script", { args: ["--version"] });
    return script.outputSync().success;
  } catch {
    return false;
  }
}

/** A terminal: what it shows is the output of its process. */
export interface Terminal extends AsyncDisposable {
  /** The process that makes the terminal; its end closes the terminal. */
  readonly process: Process;
  /** Types a text. */
  type(text: string): Promise<void>;
}

/**
 * Runs a shell script on a terminal. `$RUN` in the script is a command that
 * runs a program which imports the package, through the command `$THROUGH` if
 * the script sets that.
 */
export function openTerminal(program: string, script: string): Terminal {
  const pm = new Processman({ logger: null, signals: [] });
  const run =
    `printf %s "$PROGRAM" | $THROUGH "$DENO" run --quiet --no-prompt ` +
    "--allow-run --ext=ts -";
  const process = pm.command("script", [
    "--quiet",
    "--flush",
    "--return",
    "--command",
    `set -m; ${script.replace("$RUN", run)}`,
    "/dev/null",
  ], {
    stdin: "piped",
    env: {
      NO_COLOR: "1",
      SHELL: "/bin/sh",
      DENO: scriptDeno,
      PROGRAM: program,
    },
    restart: { policy: "never" },
  });
  const writer = process.stdin.getWriter();
  const encoder = new TextEncoder();
  return {
    process,
    type: (text) => writer.write(encoder.encode(text)),
    async [Symbol.asyncDispose]() {
      await pm.shutdown();
      writer.releaseLock();
    },
  };
}

/** Reads numbers from the first line that begins with a word. */
export async function numbersOf(
  process: Process,
  word: string,
): Promise<number[]> {
  const line = await lineOf(process, new RegExp(`^${word}( \\d+)+\\s*$`));
  return line.trim().split(" ").slice(1).map(Number);
}
