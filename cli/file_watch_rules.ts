/**
 * Which files a process is restarted for. Nothing is read.
 *
 * @module
 */

import { basename, dirname, matchesGlob, relative } from "node:path";
import type { ResolvedConfig } from "./resolved.ts";

/** The option `watch` of a process. */
export interface WatchOptions {
  /** Files, folders and patterns of files, as absolute paths. */
  readonly paths: readonly string[];
  /** Patterns of files and folders that do not count. */
  readonly ignore: readonly string[];
  /** How long nothing must have changed before the restart. */
  readonly debounceMs: number;
  /** Whether the processes that depend on it are restarted too. */
  readonly cascade: boolean;
}

/** How long nothing must have changed before a restart, in milliseconds. */
const DEBOUNCE_MS = 200;

/**
 * What counts for nobody: what version control, package managers, systems and
 * editors write for themselves. `4913` is how Vim tries a folder.
 */
const NEVER = new RegExp(
  `^(?:${
    [
      ...["\\.git", "\\.hg", "\\.svn", "\\.jj", "node_modules", "__pycache__"],
      ...["\\.DS_Store", ".*\\.sw[a-z]", "4913", ".*~", "\\.#.*", "#.*#"],
      ...[".*___jb_(?:tmp|old)___", ".*\\.kate-swp", "\\.goutputstream-.*"],
    ].join("|")
  })$`,
);

/** Where a pattern such as `src/*.ts` begins to be one. */
const GLOB = /[*?{]/;

/** An expression, which differs between replicas. */
const EXPRESSION = /\\\$\\\[.*?\\\]/g;

/** A path of the option, or the part of a pattern that is none. */
interface Root {
  readonly path: string;
  /** The rest of a pattern; `undefined` if everything below counts. */
  readonly pattern: string | undefined;
  /** How many levels of folders can have files that count. */
  readonly depth: number;
}

/**
 * Reads the option `watch`, which has been checked.
 *
 * @param value What is written; a list stands for its paths.
 * @returns The options; `undefined` without the option.
 */
export function watchOptions(value: unknown): WatchOptions | undefined {
  if (value === undefined) return undefined;
  const { paths, ignore, debounceMs, cascade } = Array.isArray(value)
    ? { paths: value }
    : Object(value);
  return {
    paths: [paths].flat().map(String),
    ignore: [ignore ?? []].flat().map(String),
    debounceMs: typeof debounceMs === "number" ? debounceMs : DEBOUNCE_MS,
    cascade: cascade === true,
  };
}

/** Decides which files a process is restarted for. */
export class WatchRules {
  /** The paths that are watched, with what is below them. */
  readonly roots: readonly string[];
  readonly #roots: readonly Root[];
  readonly #names: readonly string[];
  readonly #patterns: readonly string[];
  readonly #cwd: string;
  readonly #own: readonly RegExp[];

  /**
   * Creates rules.
   *
   * @param options The option `watch`.
   * @param cwd The folder of the configuration, to which patterns are relative.
   * @param own What the processes and the supervisor write themselves.
   */
  constructor(
    { paths, ignore }: Pick<WatchOptions, "paths" | "ignore">,
    cwd: string,
    own: readonly RegExp[] = [],
  ) {
    const patterns = ignore.map((each) => each.replace(/^\.\/|\/+$/g, ""));
    this.#cwd = cwd;
    this.#own = own;
    this.#names = patterns.filter((each) => !each.includes("/"));
    this.#patterns = patterns.filter((each) => each.includes("/"));
    this.#roots = paths.map(rootOf);
    this.roots = this.#roots.map(({ path }) => path);
  }

  /** Returns whether a process is restarted when a file changes. */
  concerns(file: string): boolean {
    return this.#roots.some(({ path, pattern }) => {
      if (pattern === undefined && file === path) return true;
      if (!isBelow(file, path)) return false;
      const rest = relative(path, file);
      const fits = pattern === undefined || matches(rest, pattern);
      return fits && !this.#ignores(file, rest);
    });
  }

  /** Returns whether there can be files in a folder that count. */
  enters(folder: string): boolean {
    return this.#roots.some(({ path, depth }) => {
      if (folder === path) return true;
      if (!isBelow(folder, path)) return false;
      const rest = relative(path, folder);
      return rest.split("/").length < depth && !this.#ignores(folder, rest);
    });
  }

  /** Returns whether a folder is on the way to what is watched. */
  leads(folder: string): boolean {
    return this.roots.some((path) => path === folder || isBelow(path, folder));
  }

  /** What is named itself is watched, wherever it is: only the rest counts. */
  #ignores(path: string, rest: string): boolean {
    if (this.#own.some((each) => each.test(path))) return true;
    const names = rest.split("/");
    const unwanted = (name: string) =>
      NEVER.test(name) || this.#names.some((each) => matches(name, each));
    if (names.some(unwanted)) return true;
    if (this.#patterns.length === 0) return false;
    const below = relative(this.#cwd, path);
    const parents = below.split("/")
      .map((_, i, all) => all.slice(0, i + 1).join("/"));
    return this.#patterns.some((pattern) =>
      parents.some((each) => matches(each, pattern.replace(/^\//, "")))
    );
  }
}

/**
 * Returns what matches the files that the processes of a configuration and its
 * supervisor write, also those that were renamed.
 */
export function ownFiles(
  { processes, logs }: Pick<ResolvedConfig, "processes" | "logs">,
): RegExp[] {
  const files = Object.values(processes).flatMap(({ output }) => {
    const { path, stderr } = Object(Object(output).file);
    return [path, stderr].filter((each) => typeof each === "string");
  });
  const folders = logs.folder === null ? [] : [`${escaped(logs.folder)}(/.*)?`];
  return [...files.map((file) => `${escaped(file)}(\\.\\d+)?`), ...folders]
    .map((pattern) => new RegExp(`^${pattern}$`));
}

/** Returns an expression that matches a path, for any replica. */
function escaped(path: string): string {
  return path.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&")
    .replaceAll(EXPRESSION, ".*");
}

function rootOf(path: string): Root {
  const at = path.search(GLOB);
  if (at < 0) {
    const plain = path.replace(/(.)\/+$/, "$1");
    return { path: plain, pattern: undefined, depth: Infinity };
  }
  const folder = dirname(`${path.slice(0, at)}x`);
  const pattern = relative(folder, path);
  const depth = pattern.includes("**") ? Infinity : pattern.split("/").length;
  return { path: folder, pattern, depth };
}

function isBelow(path: string, folder: string): boolean {
  return path.startsWith(folder === "/" ? folder : `${folder}/`);
}

/** Returns whether a path fits a pattern; names with a dot are like others. */
function matches(path: string, pattern: string): boolean {
  return matchesGlob(plain(path), plain(pattern));
}

/** Hides the dot at the beginning of a name, which patterns leave out. */
function plain(text: string): string {
  return text.replace(/(^|[/{,])\./g, "$1\u{e000}.");
}

/**
 * Returns a path as messages show it.
 *
 * @param path The absolute path.
 * @param cwd The folder of the configuration.
 */
export function shownPath(path: string, cwd: string): string {
  const short = relative(cwd, path);
  if (short === "") return basename(path);
  return short.startsWith("../") ? path : short;
}
