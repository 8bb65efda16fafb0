/**
 * Holds a configuration against this machine: programs, folders and files.
 *
 * @module
 */

import { dirname, resolve } from "node:path";
import { ALERT_OPTIONS, alertOf } from "./alert_order.ts";
import type { BuiltConfig, ResolvedConfig } from "./config_types.ts";
import type { Unit } from "../plan/mod.ts";
import type { ConfigFaults } from "./config_fault.ts";
import {
  type ConfigNode,
  nameOf,
  nodeAt,
  type NodePath,
  spotOf,
} from "./config_node.ts";
import type { Lookup } from "./interpolate.ts";

/** Where programs were found, by the names of the processes. */
export type Programs = Map<string, string>;

/**
 * Checks that the program of each process is there, and its folder, and that
 * the files of its output can be written.
 *
 * @param config The configuration.
 * @param built What it means.
 * @param node Its parts, with their places.
 * @param env Returns a variable of the environment.
 * @param faults Where the faults go.
 * @returns The programs that were found.
 */
export async function checkMachine(
  { processes }: ResolvedConfig,
  { plan }: BuiltConfig,
  node: ConfigNode,
  env: Lookup,
  faults: ConfigFaults,
): Promise<Programs> {
  const found: Programs = new Map();
  for (const name of Object.keys(processes)) {
    const unit = plan.entries.get(name)?.units[0];
    if (unit === undefined) continue;
    const fault = (path: NodePath, why: string) => {
      const full = ["processes", name, ...path];
      faults.add(spotOf(node, full), `${nameOf(full)}: ${why}`);
    };
    const folder = String(unit.options.cwd ?? "/");
    if (!(await statOf(folder))?.isDirectory) {
      fault(["cwd"], `there is no folder ${folder}`);
      continue;
    }
    const program = await findProgram(unit.program, folder, pathOf(unit, env));
    if (program !== undefined) found.set(name, program);
    else fault(optionOf(node, name), noProgram(unit.program, folder));
    for (const [option, helper] of helpersOf(unit, processes[name] ?? {})) {
      if (await findProgram(helper, folder, pathOf(unit, env))) continue;
      fault([option], noProgram(helper, folder));
    }
    await checkOutput(unit, fault);
  }
  return found;
}

/** Lists the other programs of a process, by the options that name them. */
function helpersOf(
  { options: { before, after, stop } }: Unit,
  entry: Readonly<Record<string, unknown>>,
): [option: string, program: string][] {
  const hooks = { before, after, stop: stop?.command };
  const own = Object.entries(hooks).map(([option, hook]) => {
    const words = hook && ("command" in hook ? hook.command : hook);
    return [option, words?.[0]] as const;
  });
  const alerts = ALERT_OPTIONS.map((option) => {
    const order = alertOf(entry, option);
    const words = order?.kind === "command" ? order.command : [];
    return [option, words[0]] as const;
  });
  return [...own, ...alerts].flatMap(([option, program]) =>
    program === undefined ? [] : [[option, program]]
  );
}

/** Returns the `PATH` of a process. */
function pathOf({ options: { env, clearEnv } }: Unit, around: Lookup): string {
  return env?.PATH ?? (clearEnv ? undefined : around("PATH")) ?? "";
}

function noProgram(program: string, folder: string): string {
  const where = program.includes("/") ? `in ${folder}` : "in PATH";
  return `there is no program "${program}" ${where}`;
}

async function checkOutput(
  { options: { output } }: Unit,
  fault: (path: NodePath, why: string) => void,
): Promise<void> {
  for (const option of ["path", "stderr"] as const) {
    const file = output?.file?.[option];
    if (file === undefined) continue;
    const why = await notWritable(String(file));
    if (why !== undefined) fault(["output", "file", option], why);
  }
}

/** Returns the option that names the program of a process. */
function optionOf(node: ConfigNode, name: string): NodePath {
  const has = (option: string) =>
    nodeAt(node, ["processes", name, option]) !== undefined;
  if (has("deno")) return ["deno"];
  return has("shell") ? ["shell"] : ["command", 0];
}

/** Returns the path of a program that can be executed. */
async function findProgram(
  program: string,
  cwd: string,
  path: string,
): Promise<string | undefined> {
  const files = program.includes("/")
    ? [resolve(cwd, program)]
    : path.split(":").map((folder) => resolve(cwd, folder || ".", program));
  for (const file of files) {
    const info = await statOf(file);
    if (info?.isFile && ((info.mode ?? 0o111) & 0o111) !== 0) return file;
  }
  return undefined;
}

/** Returns why a file cannot be written, if that is known. */
async function notWritable(file: string): Promise<string | undefined> {
  if (file.startsWith("/dev/")) return undefined;
  const info = await statOf(file);
  if (info?.isDirectory) return `${file} is a folder`;
  if (info !== undefined) {
    return mayWrite(info) ? undefined : `${file} cannot be written`;
  }
  let folder = dirname(file);
  let above = await statOf(folder);
  while (above === undefined && folder !== "/") {
    folder = dirname(folder);
    above = await statOf(folder);
  }
  if (above?.isDirectory === false) return `${folder} is not a folder`;
  return above === undefined || mayWrite(above)
    ? undefined
    : `nothing can be written in ${folder}`;
}

/** The groups of this user are not known: the bit of the group is enough. */
function mayWrite({ mode, uid }: Deno.FileInfo): boolean {
  const own = Deno.uid();
  if (mode === null || own === null || own === 0) return true;
  return (mode & (uid === own ? 0o200 : 0o022)) !== 0;
}

async function statOf(path: string): Promise<Deno.FileInfo | undefined> {
  try {
    return await Deno.stat(path);
  } catch {
    return undefined;
  }
}
