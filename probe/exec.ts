/**
 * A probe that runs a program.
 *
 * @module
 */

import { type CommandOptions, type Process, Processman } from "../mod.ts";
import {
  checked,
  filled,
  flag,
  must,
  pathOf,
  texts,
  textsByName,
  whole,
} from "./arguments.ts";
import { described, type DescribedProbe, messageOf } from "./described.ts";

/** Options for {@linkcode exec}. */
export interface ExecOptions {
  /**
   * The working directory.
   *
   * @default {Deno.cwd()}
   */
  cwd?: string | URL | undefined;
  /** Environment variables, added to those of this program. */
  env?: Readonly<Record<string, string>> | undefined;
  /**
   * Whether the program starts without the environment variables of this
   * program.
   *
   * @default {false}
   */
  clearEnv?: boolean | undefined;
  /**
   * The user, by name or ID, that the program runs as; like the option of a
   * command.
   *
   * @default {the user of this program}
   */
  user?: string | number | undefined;
}

/**
 * Returns a probe that runs a program, without a shell, and says yes if it exits
 * with code 0. Otherwise, the answer names the exit code, and the last line of
 * the output.
 *
 * A call lasts until nothing is left in the session of the program. At the
 * timeout of the call, processman kills the whole session. An orphan guard ends
 * it if this program is killed.
 *
 * A call takes about 20 ms of processor time besides that of the program, a
 * hundred times as long as a call of `tcp()` or `http()`. Prefer these where
 * they tell the same, or set a longer `intervalMs`.
 *
 * The probe needs the permission `--allow-run`; with permission for some
 * programs only, the limits of a process apply. Without it, the answer is no;
 * the probe never prompts.
 *
 * @example Ready when the database says so
 * ```ts ignore
 * import { Processman } from "@isbm/processman";
 * import { exec } from "@isbm/processman/probe";
 *
 * await using pm = new Processman();
 * const db = pm.command("postgres", ["-D", "data"], {
 *   ready: exec("pg_isready", ["--host=127.0.0.1"]),
 * });
 * await db.ready;
 * ```
 *
 * @param program The program: a path, or a name that is looked up in `PATH`.
 * @param args Its arguments.
 * @param options How to run it.
 * @returns The probe.
 * @throws {TypeError} If an argument or option has a wrong type, or an option
 * does not exist.
 * @throws {RangeError} If an option is out of range.
 */
export function exec(
  program: string,
  args: readonly string[] = [],
  options: ExecOptions = {},
): DescribedProbe {
  filled(program, "program");
  const own = checked<ExecOptions>(options, {
    cwd: checkPath,
    env: textsByName,
    clearEnv: flag,
    user: checkUser,
  });
  const command = { program, args: texts(args, "args"), ...own };
  const name = ["exec", program, ...args].join(" ");
  return described(name, { exec: command }, async ({ signal }) => {
    signal.throwIfAborted();
    const why = await attempt(command, signal);
    signal.throwIfAborted();
    if (why !== undefined) throw why;
    return true;
  });
}

/** What to run. */
interface Command extends ExecOptions {
  readonly program: string;
  readonly args: readonly string[];
}

/** Runs the program; returns why the answer is no, if it is. */
async function attempt(
  { program, args, env = {}, ...options }: Command,
  signal: AbortSignal,
): Promise<Error | undefined> {
  // A manager for each call, so that its guard ends with the call.
  await using pm = new Processman({ logger: null, signals: [] });
  try {
    const process = pm.command(program, args, {
      ...options,
      ...AT_ONCE,
      env: { ...env },
      signal,
    });
    const { code } = await process.finished;
    const { state } = process;
    if (state.kind === "failed") return state.error;
    return code === 0 ? undefined : refusal(process, code);
  } catch (error) {
    const { cause } = Object(error);
    const missing = cause instanceof Deno.errors.NotCapable;
    return missing ? cause : new Error(messageOf(error), { cause: error });
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

/** Returns the reason that an exit code and the output give. */
function refusal(process: Process, code: number): Error {
  const lines = process.tail(Infinity).filter(({ text }) => text.trim());
  const last = lines.findLast(({ source }) => source === "stderr") ??
    lines.at(-1);
  const told = last ? `: ${last.text.trim()}` : "";
  return new Error(`${process.program}: exit code ${code}${told}`);
}

function checkPath(value: unknown, name: string): string | void {
  if (value instanceof URL) return pathOf(value, name);
  filled(value, name);
}

function checkUser(value: unknown, name: string): void {
  if (typeof value === "number") return whole(value, name, 0, 4_294_967_294);
  must(typeof value === "string", name, "a name or a number", value);
  filled(value, name);
}
