/**
 * The command `config`: prints a configuration in its resolved form.
 *
 * @module
 */

import { stringify } from "yaml";
import { type Command, STATUS } from "./call.ts";
import { isLiteral } from "./config_fields.ts";
import type { NodePath } from "./config_node.ts";
import { loadOptions } from "./config_options.ts";
import { loadConfig, type ResolvedConfig } from "./resolved.ts";

/** What is printed instead of a value that is not to be seen. */
const HIDDEN = "(hidden)";

/** Runs the command. */
export const config: Command = async (call) => {
  const { options, io } = call;
  const resolved = await loadConfig(loadOptions(call));
  const form = writtenForm(resolved);
  const shown = options.flag("no-env") ? withoutValues(form, []) : form;
  await io.out(
    options.flag("json")
      ? `${JSON.stringify(shown, null, 2)}\n`
      : addedText(resolved) +
        stringify(shown, { lineWidth: 0, aliasDuplicateObjects: false }),
  );
  return STATUS.ok;
};

/** Returns a comment that names the processes that are in no file of the user. */
function addedText({ added = [] }: ResolvedConfig): string {
  return added.length === 0
    ? ""
    : `# Added by "processman add": ${added.join(", ")}\n`;
}

/**
 * Returns a resolved configuration as it can be written: one that is read again
 * means the same.
 */
export function writtenForm(
  { name, options, logs, processes }: ResolvedConfig,
): unknown {
  const { folder, maxBytes, maxAgeMs } = logs;
  const kept = { ...folder !== null && { folder }, maxBytes, maxAge: maxAgeMs };
  return escapedIn({ name, ...options, logs: kept, processes }, []);
}

/** Doubles the dollars where variables are replaced. */
export function escapedIn(value: unknown, path: NodePath): unknown {
  if (typeof value === "string") return escapedText(value, isLiteral(path));
  return mapped(value, path, escapedIn);
}

/** `$$[` stands for `$[`; a single dollar before `[` begins an expression. */
function escapedText(text: string, literal: boolean): string {
  return text.replace(/(\$+)(\[)?/g, (all, dollars: string, next = "") => {
    if (next !== "" && dollars === "$") return all;
    const own = next === "" ? dollars : dollars.slice(1);
    return `${literal ? own : own.repeat(2)}${next}`;
  });
}

function withoutValues(value: unknown, path: NodePath): unknown {
  if (path.at(-2) === "env" && value !== null) return HIDDEN;
  return mapped(value, path, withoutValues);
}

function mapped(
  value: unknown,
  path: NodePath,
  change: (value: unknown, path: NodePath) => unknown,
): unknown {
  if (Array.isArray(value)) {
    return value.map((each, i) => change(each, [...path, i]));
  }
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map((
      [name, each],
    ) => [name, change(each, [...path, name])]),
  );
}
