/**
 * Looks for the folders that must be watched.
 *
 * @module
 */

import { basename, dirname, join } from "node:path";
import type { WatchRules } from "./file_watch_rules.ts";

/** Folders, and what is in them, by the names under which rules know them. */
export class Found {
  /**
   * The real paths of the folders, and what they are called: several names of a
   * folder are one for the system.
   */
  readonly folders: Map<string, Set<string>> = new Map();
  /** The real paths of files that links lead to, and what they are called. */
  readonly links: Map<string, Set<string>> = new Map();
  /** The files that count, by the real path of their folder. */
  readonly files: Map<string, Set<string>> = new Map();

  /** Returns what a real path is called. */
  namesOf(path: string): string[] {
    const folders = this.folders.get(dirname(path)) ?? [];
    return [
      ...this.links.get(path) ?? [],
      ...this.folders.get(path) ?? [],
      ...[...folders].map((folder) => join(folder, basename(path))),
    ];
  }

  /** Returns whether another search has found the same folders. */
  isSame({ folders }: Found): boolean {
    return folders.size === this.folders.size &&
      [...folders.keys()].every((path) => this.folders.has(path));
  }
}

/**
 * Looks for the folders that some rules need: those with files that count, and
 * those in which a missing one would appear.
 *
 * @param rules The rules.
 * @returns A promise of what there is. It never rejects.
 */
export async function scan(rules: readonly WatchRules[]): Promise<Found> {
  const found = new Found();
  for (const root of new Set(rules.flatMap((each) => each.roots))) {
    const own = rules.filter((each) => each.roots.includes(root));
    const real = await realPath(root);
    if (real !== undefined && await isFolder(real)) {
      await new Walk(found, own, real).enter(root, real, []);
    } else if (real !== undefined) {
      await note(found.links, real, root);
      await watched(found, dirname(real));
    }
    // Here it can be replaced.
    await watched(found, await nearest(dirname(root)));
  }
  return found;
}

/** A walk through the folders below a path. */
class Walk {
  readonly #found: Found;
  readonly #rules: readonly WatchRules[];
  readonly #top: string;

  constructor(found: Found, rules: readonly WatchRules[], top: string) {
    this.#found = found;
    this.#rules = rules;
    this.#top = top;
  }

  /** Looks into a folder, unless it is one of those that it is in. */
  async enter(
    name: string,
    real: string,
    above: readonly string[],
  ): Promise<void> {
    const entries = await entriesOf(real);
    if (above.includes(real) || entries === undefined) return;
    note(this.#found.folders, real, name);
    for (const entry of entries) {
      await this.#visit(entry, name, real, [...above, real]);
    }
  }

  async #visit(
    { name, isDirectory, isSymlink }: Deno.DirEntry,
    folder: string,
    realFolder: string,
    above: readonly string[],
  ): Promise<void> {
    const path = join(folder, name);
    const own = join(realFolder, name);
    const enters = this.#rules.some((each) => each.enters(path));
    if (isDirectory) {
      if (enters) await this.enter(path, own, above);
      return;
    }
    const counts = this.#rules.some((each) => each.concerns(path));
    const real = isSymlink && (enters || counts) ? await realPath(own) : own;
    if (real === undefined) return;
    if (isSymlink && await isFolder(real)) {
      // What is below the top is found there.
      const known = `${real}/`.startsWith(`${this.#top}/`);
      if (enters && !known) await this.enter(path, real, above);
    } else if (counts) {
      note(this.#found.files, realFolder, path);
      if (!isSymlink) return;
      note(this.#found.links, real, path);
      await watched(this.#found, dirname(real));
    }
  }
}

/** Adds a name of a path. */
function note(
  names: Map<string, Set<string>>,
  path: string,
  name: string,
): void {
  names.set(path, (names.get(path) ?? new Set()).add(name));
}

/** Adds a folder that nobody has asked for. */
async function watched({ folders }: Found, name: string): Promise<void> {
  const real = await realPath(name);
  if (real === undefined || await entriesOf(real) === undefined) return;
  note(folders, real, name);
}

/** Returns the nearest folder of a path that exists. */
async function nearest(folder: string): Promise<string> {
  if (folder === "/" || await isFolder(folder)) return folder;
  return await nearest(dirname(folder));
}

/** Lists a folder; `undefined` if it has gone, or is not to be read. */
async function entriesOf(folder: string): Promise<Deno.DirEntry[] | undefined> {
  return await Array.fromAsync(Deno.readDir(folder)).catch(() => undefined);
}

async function realPath(path: string): Promise<string | undefined> {
  return await Deno.realPath(path).catch(() => undefined);
}

/** Returns whether a path leads to a folder. */
export async function isFolder(path: string): Promise<boolean> {
  const facts = await Deno.stat(path).catch(() => undefined);
  return facts?.isDirectory === true;
}
