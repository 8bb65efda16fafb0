/**
 * Reads a `Procfile`.
 *
 * @module
 */

import { escaped } from "./expression.ts";
import type { ConfigFaults, Spot } from "./config_fault.ts";
import {
  type ConfigNode,
  type MapEntry,
  type MapNode,
  mapNode,
  scalarNode,
  withEntry,
} from "./config_node.ts";

/** The `PORT` of the first process, as in foreman. */
const FIRST_PORT = 5_000;

/** By how much the `PORT` of each process is greater than the one before it. */
const PORT_STEP = 100;

const LINE = /^\s*([A-Za-z0-9_-]+)(\s*:\s*)(\S.*)$/;

/**
 * Reads a `Procfile`: lines `NAME: COMMAND`. A shell runs each command. As in
 * foreman, the first process gets `PORT=5000` in its environment, the second
 * 5100 and so on; a `PORT` in `.env` replaces the first number. As on Heroku, a
 * process named `release` runs once; here only if it is asked for.
 *
 * @param file The path of the file.
 * @param text The text of the file.
 * @param env The variables of `.env`.
 * @param faults Where the faults go.
 * @returns A configuration; `undefined` if the file has no process.
 */
export function parseProcfile(
  file: string,
  text: string,
  env: ReadonlyMap<string, string>,
  faults: ConfigFaults,
): ConfigNode | undefined {
  const processes = new Map<string, MapEntry>();
  const base = firstPort(env);
  for (const [index, line] of text.split("\n").entries()) {
    if (/^\s*(#|$)/.test(line)) continue;
    const [, name, colon = "", command = ""] = LINE.exec(line) ?? [];
    const key: Spot = { file, line: index + 1, column: line.search(/\S/) + 1 };
    if (name === undefined) {
      faults.add(
        key,
        "a line must be NAME: COMMAND, or a comment that begins with #",
      );
      continue;
    }
    const first = processes.get(name)?.key.line;
    if (first !== undefined) {
      faults.add(key, `"${name}" is already in line ${first}`);
      continue;
    }
    const column = key.column + name.length + colon.length;
    const port = base + PORT_STEP * processes.size;
    const value = entryOf(name, command.trim(), port, { ...key, column }, env);
    processes.set(name, { key, value });
  }
  if (processes.size === 0) return undefined;
  const start = { file, line: 1, column: 1 };
  return withEntry(mapNode(start), "processes", mapNode(start, processes));
}

function firstPort(env: ReadonlyMap<string, string>): number {
  const port = Number(env.get("PORT"));
  return Number.isInteger(port) && port > 0 && port < 65_536
    ? port
    : FIRST_PORT;
}

function entryOf(
  name: string,
  command: string,
  port: number,
  spot: Spot,
  env: ReadonlyMap<string, string>,
): MapNode {
  const set: [string, string][] = [
    ...Array.from(env, ([name, value]): [string, string] => [
      name,
      escaped(value),
    ]),
    ["PORT", `$[${port - 1} + replica]`],
  ];
  const variables = set.map(([key, value]) =>
    [key, { key: spot, value: scalarNode(spot, value) }] as const
  );
  let entry = withEntry(mapNode(spot), "shell", scalarNode(spot, command));
  entry = withEntry(entry, "env", mapNode(spot, variables));
  if (name !== "release") return entry;
  entry = withEntry(entry, "type", scalarNode(spot, "task"));
  return withEntry(entry, "autoStart", scalarNode(spot, false));
}
