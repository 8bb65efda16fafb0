/**
 * Runs a command that is told of a failure.
 *
 * @module
 */

import { type CommandOptions, Processman } from "../mod.ts";

/** A command to run. */
export interface AlertCommand {
  /** The program and its arguments. */
  readonly command: readonly string[];
  /** The folder, the environment and the user of the process. */
  readonly place: Pick<
    CommandOptions,
    "cwd" | "env" | "clearEnv" | "user" | "uid" | "gid"
  >;
  /** What its stdin contains. */
  readonly input: string;
  /** How long it can take, in milliseconds. */
  readonly timeoutMs: number;
}

/**
 * Runs a command to its end. Nothing of it is left then, even if this program
 * is killed.
 *
 * @param command The command.
 * @param signal Ends it.
 * @returns Why it failed; `undefined` if it succeeded. Never rejects.
 */
export async function runAlertCommand(
  { command: [program = "", ...args], place, input, timeoutMs }: AlertCommand,
  signal: AbortSignal,
): Promise<string | undefined> {
  // A manager of its own, so that its guard ends with it.
  await using pm = new Processman({ logger: null, signals: [] });
  const timeout = new AbortController();
  const over = new AbortController();
  pm.clock.delay(timeoutMs, { signal: over.signal })
    .then(() => over.signal.aborted || timeout.abort());
  try {
    const process = pm.command(program, args, {
      ...place,
      ...AT_ONCE,
      stdin: "piped",
      signal: AbortSignal.any([signal, timeout.signal]),
    });
    new Response(input).body?.pipeTo(process.stdin).catch(() => {});
    const { code, signal: by } = await process.finished;
    if (timeout.signal.aborted) return `did not end within ${timeoutMs} ms`;
    if (signal.aborted) return "was ended, because there was no time left";
    if (process.state.kind === "failed") return process.state.error.message;
    if (code === 0) return undefined;
    const how = by === null ? `exited with code ${code}` : `ended by ${by}`;
    const last = process.tail().findLast(({ text }) => text.trim() !== "");
    return last === undefined ? how : `${how}: ${last.text.trim()}`;
  } catch (error) {
    return `could not be started: ${
      Object(Object(error).cause).message ??
        error
    }`;
  } finally {
    over.abort();
  }
}

/** One run, which ends without a grace period, and leaves nothing behind. */
const AT_ONCE = {
  restart: {
    policy: "never",
    leftovers: { signal: "SIGKILL", gracePeriodMs: 0 },
  },
  stop: { signal: "SIGKILL", gracePeriodMs: 0 },
} as const satisfies CommandOptions;
