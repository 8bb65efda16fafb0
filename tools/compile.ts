/**
 * Compiles the tool into one file: `deno task compile [OPTION...]`. Options are
 * those of `deno compile`, such as `--output FILE` and `--target TARGET`.
 *
 * @module
 */

import { denoCommand } from "./deno.ts";
import { root } from "./package.ts";

/** The module of the tool. */
const TOOL = "cli/mod.ts";

if (import.meta.main) {
  const { code } = await denoCommand(await compileArguments(Deno.args), {
    cwd: root,
  }).output();
  Deno.exit(code);
}

/**
 * Returns the arguments of `deno` that compile the tool. What it loads on demand
 * is named, because `deno compile` does not see it.
 *
 * @param options Options of `deno compile`; the output is `processman` in the
 * root folder by default.
 */
export async function compileArguments(
  options: readonly string[],
): Promise<string[]> {
  const named = options.some((option) => /^(-o|--output)(=|$)/.test(option));
  return [
    "compile",
    "--allow-all",
    "--no-check",
    ...(await loadedModules()).map((path) => `--include=${path}`),
    ...named ? [] : ["--output=processman"],
    ...options,
    TOOL,
  ];
}

/** Returns the paths of the modules that the tool loads on demand. */
export async function loadedModules(): Promise<string[]> {
  const folder = new URL("./", new URL(TOOL, root));
  const found = new Set<string>();
  for await (const { name } of Deno.readDir(folder)) {
    if (!name.endsWith(".ts") || name.endsWith("_test.ts")) continue;
    const text = await Deno.readTextFile(new URL(name, folder));
    const loads = text.matchAll(/\bload<typeof import\("([^"]+)"\)>/g);
    for (const [, path = ""] of loads) {
      found.add(new URL(path, folder).href.slice(root.href.length));
    }
  }
  return [...found].sort();
}

/**
 * Finds out why no program can be compiled on this machine.
 *
 * @returns The reason; `undefined` if Deno's runtime for compiled programs is
 * there, or can be downloaded.
 */
export async function noRuntime(): Promise<string | undefined> {
  if (Deno.env.get("DENORT_BIN")) return undefined;
  const { target } = Deno.build;
  const path = `release/v${Deno.version.deno}/denort-${target}.zip`;
  const url = `https://dl.deno.land/${path}`;
  try {
    const signal = AbortSignal.timeout(1_500);
    const { ok, status } = await fetch(url, { method: "HEAD", signal });
    return ok ? undefined : `${url} has status ${status}`;
  } catch {
    return `${url} cannot be reached`;
  }
}
