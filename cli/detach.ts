/**
 * Starts a supervisor, or a web process, in the background.
 *
 * @module
 */

import { CliError, STATUS } from "./call.ts";
import { ownCommand, ownProgram, SUPERVISE } from "./own_command.ts";
import { openOwnLog } from "./own_log.ts";
import {
  type BackgroundReport,
  type BackgroundRequest,
  firstLine,
  readReport,
} from "./reports.ts";
import type { WebJob } from "./web_job.ts";

/** How many lines of its own log are shown if a supervisor does not start. */
const SHOWN_LINES = 20;

/**
 * Appends the stderr of a program to a file, since Deno can only pass on its
 * own. The file is in `$1`, and the program follows.
 */
const SCRIPT = `log=$1; shift; exec "$@" 2>>"$log"`;

/**
 * A program that begins in a session of its own, so that it survives the
 * terminal: by default, a supervisor. It loads its modules while its request is being made.
 */
export class BackgroundStart implements Disposable {
  readonly #log: string;
  /** How large its log was before, in bytes. */
  readonly #size: number;
  readonly #child: Deno.ChildProcess;
  #asked = false;

  private constructor(log: string, size: number, hidden: string) {
    this.#log = log;
    this.#size = size;
    const command = ownCommand(ownProgram(), [hidden]);
    this.#child = new Deno.Command("sh", {
      args: ["-c", SCRIPT, "sh", log, ...command],
      stdin: "piped",
      stdout: "piped",
      stderr: "null",
      detached: true,
    }).spawn();
    this.#child.unref();
  }

  /**
   * Begins.
   *
   * @param log The file of its own log.
   * @param hidden The hidden command that it is started with.
   * @throws {CliError} If that file cannot be written.
   */
  static async begin(
    log: string,
    hidden: string = SUPERVISE,
  ): Promise<BackgroundStart> {
    try {
      return new BackgroundStart(log, await openOwnLog(log), hidden);
    } catch (error) {
      throw new CliError(
        `the program in the background cannot write its log ${log}: ${
          messageOf(error)
        }\n` +
          "Set XDG_STATE_HOME to a folder that you can write",
        STATUS.failed,
      );
    }
  }

  /** Whether it has not been asked yet. */
  get fresh(): boolean {
    return !this.#asked;
  }

  /**
   * Asks it to do what it was started for. It cannot be asked twice.
   *
   * @param request What it is to do.
   * @returns A promise of its report.
   */
  async ask(request: BackgroundRequest | WebJob): Promise<BackgroundReport> {
    this.#asked = true;
    const { stdin, stdout } = this.#child;
    const line = firstLine(stdout);
    try {
      await new Blob([JSON.stringify(request)]).stream().pipeTo(stdin);
    } catch {
      // It has ended already, and its log says why.
    }
    return readReport(await line) ??
      { kind: "refused", message: await lastWords(this.#log, this.#size) };
  }

  /** Ends it, unless it has been asked. */
  [Symbol.dispose](): void {
    if (this.#asked) return;
    this.#asked = true;
    this.#child.stdout.cancel().catch(() => {});
    try {
      this.#child.kill("SIGKILL");
    } catch {
      // It has ended.
    }
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Returns why a program ended without a report, as its own log tells. */
async function lastWords(path: string, from: number): Promise<string> {
  const text = await Deno.readTextFile(path).catch(() => "");
  const lines = text.slice(from).trimEnd().split("\n").slice(-SHOWN_LINES);
  if (lines.join("") === "") return "it ended at once, without a message";
  return ["it ended at once:", ...lines].join("\n  ");
}
