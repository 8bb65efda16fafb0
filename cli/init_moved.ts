/**
 * Moves configurations to another folder: their relative paths change.
 *
 * @module
 */

import { isAbsolute, join } from "node:path";
import { isPath } from "./config_fields.ts";
import type { NodePath } from "./config_node.ts";
import type { Config, WrittenProcess } from "./define_config.ts";

/**
 * Returns a configuration for another folder.
 *
 * @param config The configuration.
 * @param to The path of its folder, relative to the other one.
 */
export function movedConfig(config: Config, to: string): Config {
  const { defaults, processes = {}, ...rest } = moved(config, to, []);
  const cwd = Object.keys(processes).length > 0 ? { cwd: to } : {};
  const all = { ...cwd, ...defaults };
  return {
    ...rest,
    ...Object.keys(all).length > 0 && { defaults: all },
    processes,
  };
}

/**
 * Returns a process for another folder.
 *
 * @param entry The process.
 * @param to The path of its folder, relative to the other one.
 */
export function movedEntry(entry: WrittenProcess, to: string): WrittenProcess {
  const { cwd = to, ...rest } = moved(entry, to, ["processes", ""]);
  return { ...rest, cwd };
}

function moved<Value>(value: Value, to: string, path: NodePath): Value;
function moved(value: unknown, to: string, path: NodePath): unknown {
  if (typeof value === "string") {
    return isPath(path) && !isAbsolute(value) && !value.startsWith("$")
      ? join(to, value)
      : value;
  }
  if (Array.isArray(value)) {
    return value.map((each, i) => moved(each, to, [...path, i]));
  }
  if (typeof value !== "object" || value === null || value instanceof RegExp) {
    return value;
  }
  return Object.fromEntries(
    Object.entries(value).map(([name, each]) => [
      name,
      moved(each, to, [...path, name]),
    ]),
  );
}
