/**
 * Writes `docs/commands.md`, the reference of the tool, from the tables that
 * its help is made of: `deno task commands`.
 *
 * @module
 */

import {
  type CommandSpec,
  GLOBAL,
  JSON_OPTION,
  type OptionSpec,
} from "../cli/command_spec.ts";
import { COMMANDS, GROUPS } from "../cli/commands.ts";
import { optionName, optionNote } from "../cli/help.ts";
import { denoCommand } from "./deno.ts";
import { root } from "./package.ts";

/** The page. */
export const COMMAND_PAGE = new URL("docs/commands.md", root);

const HEAD = `# Commands

<!-- Written by \`deno task commands\` -->

All commands of [the tool](tool.md). \`processman COMMAND --help\` prints the
same.

## Which commands are there?`;

const ALL = `## Which options do all commands have?

Options can stand before and after names. \`--\` ends the options. A value can
follow its option as \`--lines 5\`, \`--lines=5\`, \`-n 5\` or \`-n5\`, and short
options can be combined: \`-fn5\`. A duration has a unit: \`500ms\`, \`10s\`,
\`5m\`, \`2h\` or \`7d\`; a number alone is in seconds. A time is a date with or without a time of day, such as
\`2026-03-01T12:00\`, or a duration before now.`;

const NOTES = `In ${
  commandsWith(({ options }) => options.some(({ short }) => short === "f"))
}, \`-f\` is \`--follow\`. ${commandsWith(({ json }) => json)} have \`--json\`.

There are colors and cursor movements only on a terminal, and no colors if the
variable \`NO_COLOR\` is set. Messages of the tool itself go to stderr.`;

const STATUSES = `## What do the exit statuses mean?

Each command lists the statuses that it can have besides these:`;

/** Returns the page as it has to be. */
export async function commandPage(): Promise<string> {
  const parts = [
    HEAD,
    ...GROUPS.map(({ title, commands }) =>
      `${title}:\n\n${
        table([
          ["Command", "What it does"],
          ...commands.map((
            { name, summary },
          ) => [`[\`${name}\`](#${name})`, summary]),
        ])
      }`
    ),
    ALL,
    optionTable(GLOBAL),
    NOTES,
    STATUSES,
    table([
      ["Status", "Meaning"],
      ["0", "success"],
      ["2", "wrong usage or configuration"],
      ["128 + n", "ended by signal n; 130 after Ctrl-C"],
    ]),
    ...GROUPS.flatMap(({ commands }) => commands.map(section)),
  ];
  return await formatted(parts.join("\n\n"));
}

function section(command: CommandSpec): string {
  const { name, usage, summary, description, examples, statuses } = command;
  const options = command.json
    ? [...command.options, JSON_OPTION]
    : command.options;
  const parts = [
    `## ${name}`,
    `Usage: \`processman ${name} ${usage}\``,
    ...[`${summary}.`, ...description].map(prose),
    ...options.length === 0 ? [] : [optionTable(options)],
    table([
      ["Example", "What it does"],
      ...examples.map(({ line, what }) => [`\`${line}\``, what]),
    ]),
    ...statuses.length === 0 ? [] : [table([
      ["Status", "Meaning"],
      ...statuses.map(([status, meaning]) => [status, prose(meaning)]),
    ])],
  ];
  return parts.join("\n\n");
}

function optionTable(options: readonly OptionSpec[]): string {
  return table([
    ["Option", "What it does"],
    ...options.map((option) => [
      `\`${optionName(option).trim()}\``,
      prose(option.summary + optionNote(option)),
    ]),
  ]);
}

/** Writes the options in a text of the help as code. */
function prose(text: string): string {
  return text.split("`").map((part, i) =>
    i % 2 === 1 ? part : part.replace(/(?<![\w-])--?[a-z][\w-]*/g, "`$&`")
  ).join("`");
}

/** Names the commands that have something, for a sentence. */
function commandsWith(has: (command: CommandSpec) => unknown): string {
  const names = COMMANDS.filter(has).map(({ name }) => `\`${name}\``);
  return `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
}

/** Writes a table; `deno fmt` aligns it. */
export function table([head = [], ...rows]: readonly string[][]): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [head, head.map(() => "---"), ...rows].map(line).join("\n");
}

/** Formats a page as the repository has it. */
export async function formatted(markdown: string): Promise<string> {
  const child = denoCommand(["fmt", "--ext", "md", "-"], {
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const output = child.output();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(`${markdown}\n`));
  await writer.close();
  const { success, stdout } = await output;
  if (!success) throw new Error("deno fmt cannot format the page");
  return new TextDecoder().decode(stdout);
}

if (import.meta.main) {
  await Deno.writeTextFile(COMMAND_PAGE, await commandPage());
}
