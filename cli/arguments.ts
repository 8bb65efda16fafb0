/**
 * Reads the arguments of a command as its table says.
 *
 * @module
 */

import { CliError, type Options, STATUS } from "./call.ts";
import {
  type CommandSpec,
  optionsOf,
  type OptionSpec,
} from "./command_spec.ts";
import { didYouMean } from "./nearest.ts";
import { countOf, durationOf, integerOf, timeOf } from "./values.ts";

/** The arguments of a call. */
export interface Arguments {
  readonly options: Options;
  readonly names: readonly string[];
  readonly rest: readonly string[];
}

/** An option does not exist. */
export class UnknownOptionError extends CliError {
  /**
   * Creates the error.
   *
   * @param command The name of the command.
   * @param option The option, with its hyphens.
   * @param note What follows it in the message.
   */
  constructor(
    readonly command: string,
    readonly option: string,
    note: string,
  ) {
    super(
      `there is no option ${option}${note}\n${moreAbout(command)}`,
      STATUS.usage,
    );
  }
}

/** An option as it was given: `shown` is `-n` or `--lines`. */
interface Given {
  readonly option: OptionSpec;
  readonly shown: string;
  readonly value: string | undefined;
}

/**
 * Reads arguments. Options may stand before and after names; what follows `--`
 * is no option.
 *
 * @param command The command.
 * @param args What follows its name.
 * @param now The time in milliseconds since the epoch.
 * @throws {CliError} If an option does not exist or has a wrong value, or if
 * there are too few or too many names; not if `--help` is given.
 */
export function readArguments(
  command: CommandSpec,
  args: readonly string[],
  now: number,
): Arguments {
  const { given, names, rest } = split(command, args);
  const options = new GivenOptions(command, given, now);
  if (options.flag("help")) return { options, names, rest };
  options.check();
  if (rest.length > 0 && !command.rest) names.push(...rest.splice(0));
  checkNames(command, names);
  if (command.rest === "needed" && rest.length === 0) {
    wrong(command, `write "--" and a command after the name`);
  }
  return { options, names, rest };
}

/** The options that may stand before a command, as in other tools. */
const LEADING: Readonly<Record<string, string>> = {
  "-f": "--file",
  "--file": "--file",
  "-S": "--supervisor",
  "--supervisor": "--supervisor",
  "--profile": "--profile",
};

/**
 * Splits a call of the tool into the name of the command and its arguments.
 * The options that concern the configuration may stand before the command; they
 * get their long names, as `-f` means something else after some commands.
 */
export function splitCall(
  call: readonly string[],
): { readonly command: string | undefined; readonly args: readonly string[] } {
  const left = [...call];
  const leading: string[] = [];
  while (true) {
    const [, name = "", value] =
      /^(-[fS](?=.|$)|--[a-z]+)(?:=?(.+))?$/s.exec(left[0] ?? "") ?? [];
    const option = LEADING[name];
    if (option === undefined) break;
    left.shift();
    const its = value ?? left.shift();
    if (its === undefined) break;
    leading.push(`${option}=${its}`);
  }
  const [command, ...args] = left;
  return { command, args: [...leading, ...args] };
}

function split(command: CommandSpec, args: readonly string[]) {
  const given: Given[] = [];
  const names: string[] = [];
  const left = [...args];
  while (left.length > 0) {
    const arg = left.shift() ?? "";
    if (arg === "--") break;
    if (arg.startsWith("--")) given.push(long(command, arg, left));
    else if (arg.startsWith("-") && arg !== "-") {
      given.push(...short(command, arg, left));
    } else names.push(arg);
  }
  return { given, names, rest: left };
}

/** Reads `--name`, `--name=value` or `--name value`. */
function long(command: CommandSpec, arg: string, left: string[]): Given {
  const equals = arg.indexOf("=");
  const shown = equals < 0 ? arg : arg.slice(0, equals);
  const all = optionsOf(command);
  const option = all.find(({ long, also }) =>
    `--${long}` === shown || also?.some((name) => `--${name}` === shown)
  );
  if (option === undefined) {
    const like = didYouMean(shown, all.map(({ long }) => `--${long}`)) ||
      afterSeparator(command);
    throw new UnknownOptionError(command.name, shown, like);
  }
  if (equals < 0) return withValue(command, option, shown, left);
  if (option.value === undefined) {
    wrong(command, `the option ${shown} takes no value`);
  }
  return { option, shown, value: arg.slice(equals + 1) };
}

/** Reads `-a`, several letters such as `-af`, `-n5` or `-n 5`. */
function short(command: CommandSpec, arg: string, left: string[]): Given[] {
  const given: Given[] = [];
  for (let at = 1; at < arg.length; at++) {
    const shown = `-${arg[at]}`;
    const option = optionsOf(command)
      .find(({ short }) => short === arg[at]);
    if (option === undefined) {
      const within = arg.length > 2 ? ` in ${arg}` : "";
      const note = within + afterSeparator(command);
      throw new UnknownOptionError(command.name, shown, note);
    }
    const value = arg.slice(at + 1).replace(/^=/, "");
    if (option.value !== undefined && value !== "") {
      return [...given, { option, shown, value }];
    }
    given.push(withValue(command, option, shown, left));
  }
  return given;
}

/** Says where the options of another program belong, if it can be run. */
function afterSeparator({ rest }: CommandSpec): string {
  return rest === "needed"
    ? '; write "--" before a command with its options'
    : "";
}

function withValue(
  command: CommandSpec,
  option: OptionSpec,
  shown: string,
  left: string[],
): Given {
  if (option.value === undefined) return { option, shown, value: undefined };
  const value = left.shift();
  if (value === undefined) {
    wrong(
      command,
      `the option ${shown} needs a value: ${shown} ${option.value}`,
    );
  }
  return { option, shown, value };
}

function checkNames(command: CommandSpec, names: readonly string[]): void {
  const { least, most, what = "a name" } = command.names;
  if (names.length < least) wrong(command, `write ${what}`);
  const [first] = names.slice(most);
  if (first !== undefined) {
    if (command.rest === "needed") wrong(command, separator(command, names));
    const many = most === 0
      ? "takes no name"
      : `takes at most ${most === 1 ? "one name" : `${most} names`}`;
    wrong(command, `${command.name} ${many}, so "${first}" is one too many`);
  }
}

/** Says where "--" belongs in a call with a command for another program. */
function separator(
  command: CommandSpec,
  [name, ...words]: readonly string[],
): string {
  const { length } = words;
  const first = words[0] === undefined || length > 1 ? "…" : words[0];
  return `write "--" between the name and the command: ` +
    `processman ${command.name} ${name} -- ${
      length > 1 ? words.join(" ") : first
    }`;
}

/** The options of a call, and their values. */
class GivenOptions implements Options {
  readonly #command: CommandSpec;
  readonly #options: readonly OptionSpec[];
  readonly #given: readonly Given[];
  readonly #now: number;

  constructor(command: CommandSpec, given: readonly Given[], now: number) {
    this.#command = command;
    this.#options = optionsOf(command);
    this.#given = given;
    this.#now = now;
  }

  /** Throws if a value is wrong. */
  check(): void {
    for (const given of this.#given) {
      const { option, shown, value } = given;
      if (value === undefined) continue;
      if (this.#read(given) === undefined) {
        wrong(
          this.#command,
          `the option ${shown} needs ${needed(option)}` +
            `, not "${value}"`,
        );
      }
    }
  }

  flag(name: string): boolean {
    return this.#all(name, false).length > 0;
  }

  value(name: string): string | undefined {
    return this.#all(name, true).at(-1)?.value;
  }

  values(name: string): readonly string[] {
    return this.#all(name, true).flatMap(({ value }) => value ?? []);
  }

  count(name: string): number | undefined {
    return this.#number(name);
  }

  integer(name: string): number | undefined {
    return this.#number(name);
  }

  duration(name: string): number | undefined {
    return this.#number(name);
  }

  time(name: string): number | undefined {
    return this.#number(name);
  }

  #number(name: string): number | undefined {
    const given = this.#all(name, true).at(-1);
    if (given === undefined) return undefined;
    const value = this.#read(given);
    if (typeof value === "number") return value;
    throw new TypeError(`the option --${name} is declared as a text`);
  }

  #all(name: string, value: boolean): readonly Given[] {
    const option = this.#options.find(({ long }) => long === name);
    if (option === undefined || (option.value !== undefined) !== value) {
      const { name: command } = this.#command;
      throw new TypeError(`the table of "${command}" has no such --${name}`);
    }
    return this.#given.filter((given) => given.option.long === name);
  }

  #read({ option, value = "" }: Given): string | number | undefined {
    if (option.oneOf !== undefined) {
      return option.oneOf.includes(value) ? value : undefined;
    }
    switch (option.kind) {
      case "count":
        return countOf(value);
      case "integer":
        return integerOf(value);
      case "duration":
        return durationOf(value);
      case "time":
        return timeOf(value, this.#now);
      default:
        return value === "" ? undefined : value;
    }
  }
}

/** Returns what an option needs, for a message. */
function needed({ oneOf, kind }: OptionSpec): string {
  if (oneOf !== undefined) return `one of ${oneOf.join(", ")}`;
  switch (kind) {
    case "count":
      return "a whole number such as 10";
    case "integer":
      return "a whole number such as 3 or -1";
    case "duration":
      return "a duration such as 500ms, 10s, 5m or 2h";
    case "time":
      return "a time such as 2026-03-01T12:00, or 10m for ten minutes ago";
    default:
      return "a text that is not empty";
  }
}

function wrong(command: CommandSpec, message: string): never {
  throw new CliError(
    `${message}\n${moreAbout(command.name)}`,
    STATUS.usage,
  );
}

/** Says where a command is described. */
function moreAbout(command: string): string {
  return `Run "processman ${command} --help" for its options.`;
}
