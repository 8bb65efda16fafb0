/**
 * The command `run`.
 *
 * @module
 */

import { type CommandOptions, Processman, SpawnError } from "../mod.ts";
import type { Unit } from "../plan/mod.ts";
import { CliError, type Command, STATUS } from "./call.ts";
import { didYouMean } from "./nearest.ts";
import { buildPlan, type BuiltConfig, loadConfig } from "./resolved.ts";

/** The streams of the command: those of this program. */
const STDIO = {
  stdin: "inherit",
  stdout: "inherit",
  stderr: "inherit",
} as const;

/** The command `run`: runs a program in the environment of a process. */
export const run: Command = async ({ options, names, rest, io }) => {
  const [name = ""] = names;
  const config = await loadConfig({
    files: options.values("file"),
    profiles: options.values("profile"),
    cwd: io.cwd,
    env: (name) => io.env(name),
  });
  const { options: { env, clearEnv, cwd, user, uid, gid } } = find(
    name,
    buildPlan(config),
  );
  const like = { env, clearEnv, cwd: cwd ?? config.cwd, user, uid, gid };
  return await runLike(like, rest, io.signal);
};

/** Runs a program to its end; returns its status. */
async function runLike(
  like: CommandOptions,
  [program = "", ...args]: readonly string[],
  signal: AbortSignal,
): Promise<number> {
  await using pm = new Processman({ logger: null, signals: [] });
  const interactive = Deno.stdin.isTerminal();
  try {
    const child = pm.command(program, args, {
      ...like,
      ...STDIO,
      // So it is in the foreground of the terminal, and gets Ctrl-C from there.
      group: false,
      restart: { policy: "never" },
    });
    signal.addEventListener("abort", () => {
      const sent = signal.reason as Deno.Signal;
      if (sent !== "SIGINT" || !interactive) child.signal(sent);
    });
    return (await child.finished).code;
  } catch (error) {
    if (!(error instanceof SpawnError)) throw error;
    const absent = error.cause instanceof Deno.errors.NotFound;
    throw new CliError(error.message, absent ? 127 : 126);
  }
}

/** Finds a process, or the first replica of an entry. */
function find(name: string, { plan }: BuiltConfig): Unit {
  const units = [...plan.entries.values()].flatMap(({ units }) => units);
  const unit = units.find((each) => each.name === name) ??
    units.find((each) => each.entry === name);
  if (unit !== undefined) return unit;
  const known = [...plan.entries.keys()];
  throw new CliError(
    `there is no process "${name}"${didYouMean(name, known)}; the entries ` +
      `are ${known.join(", ")}`,
    STATUS.usage,
  );
}
