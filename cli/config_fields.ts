/**
 * Which parts of a configuration are taken literally, which are paths, and
 * which can differ from replica to replica.
 *
 * @module
 */

import type { NodePath } from "./config_node.ts";
import { SYNONYMS } from "./config_synonyms.ts";

/** The options of a process that say something about all of its replicas. */
const COMMON = [
  "type",
  "replicas",
  "dependsOn",
  "roll",
  "profiles",
  "autoStart",
  "schedule",
  "onFailed",
  "onUnhealthy",
  "watch",
  "export",
];

/** The options that run programs on occasions. */
const HOOKS = ["before", "after", "onFailed", "onUnhealthy"];

/** Returns the path inside of a process or of `defaults`, without indexes. */
function inner(path: NodePath): string[] | undefined {
  const names = path.filter((step) => typeof step === "string");
  if (names[0] === "defaults") return names.slice(1);
  if (names[0] === "processes" && names.length > 1) return names.slice(2);
  return undefined;
}

/**
 * Returns whether no variable is replaced in a text: in the arguments of a
 * program, in the command line of a shell, and in the pattern of a line.
 */
export function isLiteral(path: NodePath): boolean {
  const [written = "", second, ...rest] = inner(path) ?? [];
  // With \`run\` instead of \`shell\`, its dollars are no mistakes.
  const first = Object.hasOwn(SYNONYMS, written) ? SYNONYMS[written] : written;
  if (first === "command" || first === "shell") return true;
  if (first === "stop") return second === "command";
  if (first !== undefined && HOOKS.includes(first)) {
    const inList = second === undefined && typeof path.at(-1) === "number";
    return inList || second === "command" || second === "shell";
  }
  if (first === "deno") return second === "script" || second === "args";
  if (first !== "ready" && first !== "live") return false;
  const [last = "", before] = [second, ...rest].toReversed();
  const [kind, part] = ["exec", "line"].includes(last)
    ? [last, undefined]
    : [before, last];
  if (kind === "exec") return part === undefined || part === "command";
  return kind === "line" && (part === undefined || part === "pattern");
}

/** Returns whether a part is a path, relative to the folder of its file. */
export function isPath(path: NodePath): boolean {
  if (path[0] === "logs") return path[1] === "folder";
  const names = inner(path);
  if (names === undefined) return false;
  const [last = "", before] = names.toReversed();
  const [first] = names;
  if (first === "cwd") return names.length === 1;
  if (first === "watch") return last === "watch" || last === "paths";
  if (first === "envFiles") return last === "envFiles" || last === "path";
  if (first === "output") {
    return before === "file" && (last === "path" || last === "stderr");
  }
  if (first !== "ready" && first !== "live") return false;
  if (last === "file" && typeof path.at(-1) === "string") return true;
  return before === "file" && last === "path" || before === "exec" &&
      last === "cwd";
}

/** Returns whether a part can have another value for each replica. */
export function isPerReplica(path: NodePath): boolean {
  const names = inner(path);
  if (names === undefined || names[0] === undefined) return false;
  const forwards = names[0] === "output" &&
    /^(journald|syslog)$/.test(names[1] ?? "");
  return !COMMON.includes(names[0]) && names[0] !== "envFiles" && !forwards;
}

/** The lists of words. */
const LISTS = ["command", "args", "exec", ...HOOKS];

/** Returns whether a part is a text, even if it is written as a number. */
export function isText(path: NodePath): boolean {
  const names = inner(path);
  if (names === undefined) return false;
  const [last = "", before] = names.toReversed();
  if (typeof path.at(-1) === "number") {
    return LISTS.includes(last);
  }
  return before === "env" || before === "headers";
}
