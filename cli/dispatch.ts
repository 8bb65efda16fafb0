/**
 * Finds the command that a call names, and runs it.
 *
 * @module
 */

import { VERSION } from "../control/client.ts";
import { readArguments, splitCall, UnknownOptionError } from "./arguments.ts";
import { CliError, type Io, STATUS } from "./call.ts";
import type { CommandSpec } from "./command_spec.ts";
import { COMMANDS } from "./commands.ts";
import { load } from "./load.ts";
import { didYouMean } from "./nearest.ts";

/**
 * Runs a command.
 *
 * @param args The arguments of the tool.
 * @param io The surroundings of the call.
 * @returns A promise of the exit status.
 * @throws {CliError} If the call is wrong, and what the command throws.
 */
export async function dispatch(
  args: readonly string[],
  io: Io,
): Promise<number> {
  const { command: first, args: others } = splitCall(args);
  if (first === undefined) {
    await io.err((await help()).toolHelp());
    return STATUS.usage;
  }
  if (["--version", "-V", "-v", "version"].includes(first)) {
    await io.out(`processman ${VERSION}\n`);
    return STATUS.ok;
  }
  if (["--help", "-h", "help"].includes(first)) {
    const name = others.find((arg) => !arg.startsWith("-"));
    const { toolHelp, commandHelp } = await help();
    await io.out(
      name === undefined ? toolHelp() : commandHelp(await find(name)),
    );
    return STATUS.ok;
  }
  if (first === "--supervise") return await superviseInBackground();
  if (first === "--serve-web") return await serveWebInBackground(io);
  if (first === "--complete") return await completeWords(others, io);
  return await call(await find(first), others, io);
}

/** Does what `up -d` starts this program for; see `own_command.ts`. */
async function superviseInBackground(): Promise<number> {
  const { background } = await load<typeof import("./background.ts")>(
    "./background.ts",
  );
  return await background();
}

/** Prints completions, which a shell asks for. */
async function completeWords(
  words: readonly string[],
  io: Io,
): Promise<number> {
  const { complete } = await load<typeof import("./complete.ts")>(
    "./complete.ts",
  );
  return await complete(words, io);
}

/** Does what `web -d` starts this program for. */
async function serveWebInBackground(io: Io): Promise<number> {
  const { webInBackground } = await load<typeof import("./web_background.ts")>(
    "./web_background.ts",
  );
  return await webInBackground(io);
}

async function call(
  command: CommandSpec,
  args: readonly string[],
  io: Io,
): Promise<number> {
  const { options, names, rest } = await read(command, args, io.now());
  if (options.flag("help")) {
    await io.out((await help()).commandHelp(command));
    return STATUS.ok;
  }
  const run = await command.load();
  return await run({ options, names, rest, io });
}

function help(): Promise<typeof import("./help.ts")> {
  return load<typeof import("./help.ts")>("./help.ts");
}

function habits(): Promise<typeof import("./habits.ts")> {
  return load<typeof import("./habits.ts")>("./habits.ts");
}

/** Reads arguments; says what does the same as an option of another tool. */
async function read(
  command: CommandSpec,
  args: readonly string[],
  now: number,
) {
  try {
    return readArguments(command, args, now);
  } catch (error) {
    if (!(error instanceof UnknownOptionError)) throw error;
    const { option } = error;
    const habit = (await habits()).habitOfOption(command.name, option);
    if (habit === undefined) throw error;
    throw new UnknownOptionError(command.name, option, habit);
  }
}

async function find(name: string): Promise<CommandSpec> {
  const command = COMMANDS.find((command) => command.name === name);
  if (command !== undefined) return command;
  const { habitOfCommand, habitOfOption } = await habits();
  const habit = habitOfCommand(name) ?? habitOfOption("", name);
  const what = name.startsWith("-")
    ? `write a command before the option ${name}${habit ?? ""}`
    : `there is no command "${name}"` +
      (habit ?? didYouMean(name, COMMANDS.map(({ name }) => name)));
  throw new CliError(
    `${what}\nRun "processman --help" for all commands.`,
    STATUS.usage,
  );
}
