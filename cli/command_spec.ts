/**
 * The form of the table of commands, from which the tool reads its arguments
 * and writes its help.
 *
 * @module
 */

import type { Command } from "./call.ts";

/** How the value of an option is read and checked. */
export type ValueKind =
  /** Any text; the default. */
  | "text"
  /** A whole number >= 0. */
  | "count"
  /** A whole number. */
  | "integer"
  /** Such as `500ms`, `10s`, `5m`, `2h` or `7d`. */
  | "duration"
  /** A date with or without a time in ISO 8601, or a duration before now. */
  | "time";

/** What a name or a value is, so that shells can complete it. */
export type WordKind =
  /** A process, an entry or a profile, as `status` takes it. */
  | "process"
  /** An entry of the configuration. */
  | "entry"
  /** An entry with a number, such as `api=3`. */
  | "count"
  /** A profile, without `@`. */
  | "profile"
  /** A supervisor. */
  | "supervisor"
  /** A signal, without `SIG`. */
  | "signal"
  | "file"
  | "folder"
  /** One of these. */
  | readonly string[]
  /** Something that only the user knows. */
  | "other";

/** An option of a command. */
export interface OptionSpec {
  /** Its name, without `--`. */
  readonly long: string;
  /** Its name of one letter, without `-`. */
  readonly short?: string;
  /** Names that other tools have for it, which are understood as well. */
  readonly also?: readonly string[];
  /** What stands for its value in the help; without it, it takes no value. */
  readonly value?: string;
  /** How the value is checked. */
  readonly kind?: ValueKind;
  /** What its value is, unless `value` or `oneOf` tells it. */
  readonly is?: WordKind;
  /** The only values that it can have. */
  readonly oneOf?: readonly string[];
  /** Whether it can be given several times. */
  readonly many?: boolean;
  /** What happens without it, in words; only where there is something to say. */
  readonly default?: string;
  /** What it does: a line that begins with a verb, without a period. */
  readonly summary: string;
}

/** A call that shows what a command is for. */
export interface Example {
  /** The command line. */
  readonly line: string;
  /** What it does. */
  readonly what: string;
}

/** A command of the tool. */
export interface CommandSpec {
  /** Its name. */
  readonly name: string;
  /** What it does: a line that begins with a verb, without a period. */
  readonly summary: string;
  /** What follows its name in a call, such as `[OPTION]... NAME...`. */
  readonly usage: string;
  /** More about it, in paragraphs. */
  readonly description: readonly string[];
  /** The least and the greatest number of names, and what a name is called. */
  readonly names: {
    readonly least: number;
    readonly most: number;
    readonly what?: string;
    /** What the first is, the second, and so on; the last one repeats. */
    readonly are?: readonly WordKind[];
  };
  /** Whether arguments after `--` belong to another program, and are needed. */
  readonly rest?: "needed" | "possible";
  /** Its options, besides those of all commands. */
  readonly options: readonly OptionSpec[];
  /** Whether it can write JSON: then it has the option `--json`. */
  readonly json?: boolean;
  /** Two calls. */
  readonly examples: readonly [Example, Example];
  /** Its exit statuses besides 0, 2 and 128 + n, with what they mean. */
  readonly statuses: readonly (readonly [status: string, meaning: string])[];
  /** Loads it. */
  readonly load: () => Promise<Command>;
}

/** The statuses of a command that asks a supervisor. */
export const ASKS: CommandSpec["statuses"] = [
  ["1", "the supervisor could not do it; the message says why"],
  ["3", "no supervisor runs"],
];

/** The statuses of a command that asks, and waits for the result. */
export const WAITS: CommandSpec["statuses"] = [
  ...ASKS,
  ["4", "not done within the time of --timeout"],
];

/** The option that limits how long a command waits. */
export const TIMEOUT: OptionSpec = {
  long: "timeout",
  value: "TIME",
  kind: "duration",
  default: "no limit",
  summary: "Wait no longer than this, such as 30s",
};

/** The option that limits how long processes may take to end. */
export const GRACE: OptionSpec = {
  long: "timeout",
  value: "TIME",
  kind: "duration",
  default: "their grace periods",
  summary: "Give the processes no more time than this, such as 10s",
};

/** The options of all commands. */
export const GLOBAL: readonly OptionSpec[] = [
  {
    long: "file",
    short: "f",
    value: "FILE",
    many: true,
    summary: "Use this configuration; later ones override earlier ones",
    default: "the nearest one, from this folder upwards",
  },
  {
    long: "supervisor",
    short: "S",
    value: "NAME",
    is: "supervisor",
    summary: "Use the supervisor of this name, as `processman ls` shows it",
  },
  { long: "help", short: "h", summary: "Print this help" },
];

/** The option of all commands that can write JSON. */
export const JSON_OPTION: OptionSpec = {
  long: "json",
  summary: "Write JSON for programs",
};

/** Returns all options of a command; its own come first, and hide others. */
export function optionsOf(command: CommandSpec): readonly OptionSpec[] {
  const own = command.json
    ? [...command.options, JSON_OPTION]
    : command.options;
  const taken = new Set(own.map(({ short }) => short));
  return [
    ...own,
    ...GLOBAL.map(({ short, ...option }) =>
      short === undefined || taken.has(short) ? option : { ...option, short }
    ),
  ];
}
