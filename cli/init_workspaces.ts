/**
 * Finds the packages of a workspace of npm, pnpm, yarn, bun or Deno.
 *
 * @module
 */

import { basename, dirname, join } from "node:path";
import { readJson } from "./init_json.ts";
import { listOf, mapOf } from "./init_keys.ts";
import type { Around } from "./init_origin.ts";
import { readYaml } from "./init_yaml.ts";

/** A package of a workspace. */
export interface Workspace {
  /** Its folder, relative to that of the workspace. */
  readonly folder: string;
  /** The names of its scripts. */
  readonly scripts: readonly string[];
}

/**
 * Lists the packages of a workspace.
 *
 * @param file The path of the file of the workspace; those of its packages have
 * the same name.
 * @param json What is in it.
 * @param around What else there is.
 */
export async function packagesOf(
  file: string,
  json: Readonly<Record<string, unknown>>,
  around: Around,
): Promise<Workspace[]> {
  const found: Workspace[] = [];
  for (const folder of foldersOf(json, around)) {
    const path = join(folder, basename(file));
    const text = around.read(path);
    if (text === undefined) continue;
    const own = mapOf(
      await readJson({ path: join(dirname(file), path), text }),
    );
    const scripts = Object.keys(mapOf(own.scripts ?? own.tasks));
    found.push({ folder, scripts });
  }
  return found;
}

/** Lists the folders that the patterns of a workspace match. */
function foldersOf(
  json: Readonly<Record<string, unknown>>,
  around: Around,
): string[] {
  const written = json.workspaces ?? json.workspace;
  const pnpm = around.read("pnpm-workspace.yaml");
  const patterns = [
    ...listOf(
      mapOf(written).packages ?? mapOf(written).members ??
        (Array.isArray(written) ? written : undefined),
    ),
    ...pnpm === undefined ? [] : listOf(
      mapOf(readYaml({ path: "pnpm-workspace.yaml", text: pnpm })).packages,
    ),
  ].map(String);
  const none = patterns.filter((each) => each.startsWith("!"))
    .flatMap((each) => matching(each.slice(1), around));
  const all = patterns.filter((each) => !each.startsWith("!"))
    .flatMap((each) => matching(each, around));
  return [...new Set(all)].filter((folder) => !none.includes(folder));
}

/** Lists the folders that a pattern such as `packages/*` matches. */
function matching(pattern: string, around: Around): string[] {
  return join(pattern).split("/").filter((part) => part !== "" && part !== ".")
    .reduce((folders: string[], part) => {
      if (!part.includes("*")) return folders.map((each) => join(each, part));
      const source = part.replace(/[.+?^${}()|[\]\\]/g, "\\$&")
        .replaceAll("*", ".*");
      const expression = new RegExp(`^(?![._]|node_modules$)${source}$`);
      return folders.flatMap((each) =>
        around.list(each).filter((name) => expression.test(name))
          .toSorted().map((name) => join(each, name))
      );
    }, ["."]);
}
