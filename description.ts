/**
 * What a process is run with, as a program can show it.
 *
 * @module
 */

import type { CommandDefaults, CommandOptions } from "./options.ts";
import type { ProbeAnswers } from "./probe_options.ts";
import { type Spec, specify } from "./spec.ts";
import { given } from "./validate.ts";

/**
 * What a command is run with: its options, with every default filled in. It
 * contains no value of an environment variable.
 */
export interface CommandDescription extends
  Readonly<
    Omit<CommandOptions, "name" | "env" | "signal" | "gate" | "stopAfter">
  > {
  /** The program. */
  readonly program: string;
  /** The arguments of the program. */
  readonly args: readonly string[];
  /** The names of the environment variables in the option `env`. */
  readonly environment: readonly string[];
}

/** What a process is run with, and what its probes say. */
export interface ProcessDescription extends CommandDescription {
  /** The last answers of its probes in the present run. */
  readonly answers: ProbeAnswers;
}

/**
 * Describes what a command would be run with. It starts nothing.
 *
 * @example
 * ```ts
 * import { describeCommand } from "@isbm/processman";
 * import { assertEquals } from "@std/assert";
 *
 * const { stop, environment } = describeCommand("nginx", [], {
 *   env: { PASSWORD: "swordfish" },
 *   stop: { signal: "SIGQUIT" },
 * });
 * assertEquals(stop?.gracePeriodMs, 10_000);
 * assertEquals(environment, ["PASSWORD"]);
 * ```
 *
 * @param program The program.
 * @param args Its arguments.
 * @param options The options of the command.
 * @param defaults The default options of the manager.
 * @returns The description.
 * @throws {TypeError} If an argument or option has a wrong type.
 * @throws {RangeError} If an option is out of range.
 */
export function describeCommand(
  program: string,
  args: readonly string[] = [],
  options: CommandOptions = {},
  defaults: CommandDefaults = {},
): CommandDescription {
  return describeSpec(specify(program, args, options, defaults, () => 0));
}

/** Describes a command whose defaults are filled in. */
export function describeSpec(spec: Spec): CommandDescription {
  const { program, args, command, home, group, restart, stop } = spec;
  const { output, file, critical, prepare, ready, live } = spec;
  const { before, after } = spec;
  const { env, cwd = home, ...child } = command;
  const { random: _random, ...rules } = restart;
  return given({
    program,
    args,
    ...child,
    cwd,
    environment: Object.keys(env ?? {}).sort(),
    group,
    restart: rules,
    stop,
    output: { ...output, ...file && { file } },
    critical,
    prepare,
    before,
    after,
    ready,
    live,
  });
}
