/**
 * One guard process: a shell that runs the script of the guard, and the text
 * that this program writes to its input.
 *
 * @module
 */

import { GUARD_SCRIPT } from "./guard_script.ts";
import { mayRun } from "./permissions.ts";
import type { Run } from "./run.ts";

/** How many characters can wait for a shell that does not read its input. */
const MAX_UNSENT = 1_048_576;

/** The lines that a guard process receives at its start, one for each run. */
export interface Briefing {
  /** The lines to pass as arguments. */
  readonly args: readonly string[];
  /** The lines to write to its input. */
  readonly rest: string;
  /** The runs that the lines in `rest` are about. */
  readonly untold: readonly Run[];
}

/** A running guard process, and the text to write to its input. */
export class GuardProcess {
  /** The shell. */
  readonly child: Deno.ChildProcess;
  /** The runs whose lines have not been written to its input yet. */
  readonly untold: Set<Run>;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array<ArrayBuffer>>;
  #unsent: string;
  #sending = false;

  /**
   * Starts the shell, which does not keep this program alive.
   *
   * @throws {Error} If it cannot be started.
   */
  constructor({ args, rest, untold }: Briefing, log: string | undefined) {
    if (!mayRun()) {
      throw new Error("the permission to run programs has been revoked");
    }
    this.child = new Deno.Command("/bin/sh", {
      args: ["-c", GUARD_SCRIPT, "sh", ...args],
      clearEnv: true,
      env: log === undefined ? {} : { log },
      cwd: "/",
      stdin: "piped",
      stdout: "null",
      stderr: "null",
      detached: true,
    }).spawn();
    this.child.unref();
    this.#writer = this.child.stdin.getWriter();
    this.#writer.closed.catch(() => {});
    this.#unsent = rest;
    this.untold = new Set(untold);
  }

  /** Whether some lines have not been written to its input yet. */
  get behind(): boolean {
    return this.#sending || this.#unsent !== "";
  }

  /** Whether it does not read its input and too much text waits to be sent. */
  get stuck(): boolean {
    return this.#sending && this.#unsent.length > MAX_UNSENT;
  }

  /** Adds lines to the text to send next. */
  add(lines: string): void {
    this.#unsent += lines;
  }

  /** Sends all added lines, one write at a time, without waiting. */
  flush(): void {
    if (this.#sending || this.#unsent === "") return;
    this.#sending = true;
    const bytes = new TextEncoder().encode(this.#unsent);
    this.#unsent = "";
    this.#writer.write(bytes).then(() => {
      this.#sending = false;
      if (this.#unsent === "") this.untold.clear();
      this.flush();
    }, () => {});
  }

  /**
   * Kills the shell, and then closes its input. In the other order, the shell
   * would end the runs when its input ends.
   */
  kill(): void {
    this.#unsent = "";
    try {
      this.child.kill("SIGKILL");
    } catch {
      // The shell has ended already.
    }
    this.#writer.abort().catch(() => {});
  }
}
