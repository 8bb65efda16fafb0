/**
 * Writes the help of the tool and of its commands from their table.
 *
 * @module
 */

import {
  type CommandSpec,
  optionsOf,
  type OptionSpec,
} from "./command_spec.ts";
import { GROUPS } from "./commands.ts";

/** The width of the help in columns. */
const WIDTH = 80;

/** Returns the help of the tool. */
export function toolHelp(): string {
  const rows = GROUPS.flatMap(({ commands }) => commands);
  const width = Math.max(...rows.map(({ name }) => name.length));
  const groups = GROUPS.map(({ title, commands }) =>
    `${title}:\n` +
    commands.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}\n`)
      .join("")
  );
  return [
    "Usage: processman COMMAND [OPTION]... [NAME]...\n",
    wrap(
      "Runs the processes of a folder, restarts those that crash, and stops " +
        "each of them together with everything that it has started.",
      "",
    ),
    ...groups,
    "Options:\n" +
    "  -h, --help     Print this help\n" +
    "      --version  Print the version\n",
    'Run "processman COMMAND --help" for the options of a command, and two\n' +
    "examples.\n",
  ].join("\n");
}

/** Returns the help of a command. */
export function commandHelp(command: CommandSpec): string {
  const { name, usage, summary, description, examples, statuses } = command;
  return [
    `Usage: processman ${name} ${usage}\n`,
    `${summary}.\n`,
    ...description.map((text) => wrap(text, "")),
    `Options:\n${optionList(optionsOf(command))}`,
    "Examples:\n" +
    examples.map(({ line, what }) => `  $ ${line}\n${wrap(what, "    ")}`)
      .join(""),
    "Exit status:\n" + [
      ["0", "success"],
      ...statuses,
      ["2", "wrong usage or configuration"],
      ["128 + n", "ended by signal n; 130 after Ctrl-C"],
    ].sort(byStatus)
      .map(([status = "", meaning]) => `  ${status.padEnd(7)}  ${meaning}\n`)
      .join(""),
  ].join("\n");
}

/** Single digits first, then everything else. */
function byStatus([a = ""]: readonly string[], [b = ""]: readonly string[]) {
  return a.length - b.length || (a < b ? -1 : 1);
}

/** Returns a list of options; texts that do not fit continue below. */
function optionList(options: readonly OptionSpec[]): string {
  const rows = options.map((option) => ({
    left: optionName(option),
    right: option.summary + optionNote(option),
  }));
  const width = Math.min(26, Math.max(...rows.map(({ left }) => left.length)));
  return rows.map(({ left, right }) => {
    const indent = " ".repeat(width + 4);
    const text = wrap(right, indent);
    return left.length > width
      ? `  ${left}\n${text}`
      : `  ${left.padEnd(width)}  ${text.trimStart()}`;
  }).join("");
}

/** Returns an option as it is written: `-n, --lines N`. */
export function optionName({ long, short, value }: OptionSpec): string {
  const first = short === undefined ? "    " : `-${short}, `;
  return `${first}--${long}${value === undefined ? "" : ` ${value}`}`;
}

/** Returns what is said about an option after its summary. */
export function optionNote(option: OptionSpec): string {
  const notes = [
    option.oneOf === undefined ? "" : option.oneOf.join(", "),
    option.many ? "can be given several times" : "",
    option.default === undefined ? "" : `default: ${option.default}`,
  ].filter((note) => note !== "");
  return notes.length === 0 ? "" : ` (${notes.join("; ")})`;
}

/** Breaks a text into lines, each with spaces before it. */
function wrap(text: string, indent: string): string {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    const longer = line === "" ? word : `${line} ${word}`;
    if (indent.length + longer.length <= WIDTH) line = longer;
    else {
      lines.push(line);
      line = word;
    }
  }
  return [...lines, line].map((some) => `${indent}${some}\n`).join("");
}
