/**
 * Resolves the paths of options: relative paths, links, and the streams of this
 * program.
 *
 * @module
 */

import { checkFileAccess, mayRead } from "./permissions.ts";
import { wrong } from "./validate.ts";

/** A file that output can be written to. */
export interface FileTarget {
  /** A regular file, a device, or a stream that this program inherited. */
  readonly kind: "file" | "device" | "stdout" | "stderr";
  /** The absolute path, with all links resolved. */
  readonly path: string;
  /**
   * Whether the file can be renamed. A file reached through `/dev` or `/proc`
   * cannot: other programs have it open, for example to write to it.
   */
  readonly renamable: boolean;
}

/** The maximum number of links to follow, as in Linux. */
const MOST_LINKS = 40;

/** The start of the error message for a path that leads to something else. */
const A_FILE = "a regular file, not ";

const WINDOWS = Deno.build.os === "windows";

/** Returns the working directory; `undefined` if it has been deleted. */
export function workingDirectory(): string | undefined {
  try {
    return Deno.cwd();
  } catch {
    return undefined;
  }
}

/**
 * Makes a path independent of the working directory.
 *
 * @param path The path.
 * @param option The name of the option, for the error message.
 * @param from The directory against which a relative path is resolved.
 * @throws {TypeError} If the path is a URL that contains no valid path.
 * @throws {Deno.errors.NotFound} If the path is relative and `from` is
 * `undefined`.
 */
export function absolutePath(
  path: string | URL,
  option: string,
  from: string | undefined,
): string {
  if (path instanceof URL) return pathOfUrl(path, option);
  if ((WINDOWS ? /^(\/|\\|[a-z]:)/i : /^\//).test(path)) return path;
  if (from !== undefined) return `${from}/${path}`;
  throw new Deno.errors.NotFound(
    `Cannot resolve option "${option}": the working directory of this program has been deleted: current value is ${
      JSON.stringify(path)
    }`,
  );
}

/** Returns the path of a `file:` URL. */
function pathOfUrl({ href, hostname, pathname }: URL, option: string): string {
  try {
    // Like Deno, this keeps a "%" that is not followed by two hex digits.
    const path = decodeURIComponent(
      pathname.replace(/%(?![0-9a-f]{2})/gi, "%25"),
    );
    if (WINDOWS) return path.slice(1);
    if (hostname === "" && !path.includes("\0")) return path;
  } catch {
    // It is not UTF-8.
  }
  const expected =
    "a file: URL without a host, with a path in UTF-8 and without NUL";
  wrong(option, expected, href);
}

/** Returns whether the kernel makes the file: it must not be renamed. */
function madeByKernel(path: string): boolean {
  return /^\/(?:dev|proc)\//.test(path);
}

/**
 * Follows a path to the file that output would be written to.
 *
 * @param path The absolute path. It need not exist.
 * @param option The name of the option, for the error message.
 * @param before The start of the message about a missing permission.
 * @throws {TypeError} If output cannot be written to the file.
 * @throws {Deno.errors.NotCapable} If a permission is missing.
 */
export function targetOf(
  path: string,
  option: string,
  before: string,
): FileTarget {
  let at = path;
  let renamable = true;
  for (let links = 0; links <= MOST_LINKS; links++) {
    // The system would reject such a path for a regular file.
    if (/\/\.{0,2}$/.test(at)) wrong(option, A_FILE + "a directory", path);
    const own = ownStream(at) ?? ownStream(at = inRealFolder(at));
    if (own !== undefined) {
      return { kind: own, path: `/dev/${own}`, renamable: false };
    }
    checkFileAccess(at, before, ["read"]);
    renamable &&= !madeByKernel(at);
    const found = look(at);
    if (!found?.isSymlink) {
      const kind = kindOf(found);
      if (kind !== "file" && kind !== "device") {
        wrong(option, A_FILE + kind, path);
      }
      return { kind, path: at, renamable };
    }
    if (deleted(at)) {
      wrong(option, A_FILE + "a file that has been deleted", path);
    }
    at = targetOfLink(at);
  }
  wrong(option, "a path without a loop of links", path);
}

/**
 * Returns the kind of a file: `"file"` if nothing exists yet, and a text for a
 * message if output cannot be written to it.
 */
export function kindOf(
  found: Deno.FileInfo | undefined,
): "file" | "device" | `a ${string}` {
  if (found === undefined || found.isFile) return "file";
  if (found.isCharDevice) return "device";
  if (found.isSymlink) return "a link";
  if (found.isDirectory) return "a directory";
  if (found.isFifo) return "a FIFO";
  return found.isSocket ? "a socket" : "a block device";
}

/** Returns the stream of this program that a path refers to. */
function ownStream(path: string): "stdout" | "stderr" | undefined {
  const folders = `/dev/fd|/proc/(?:self|thread-self|${Deno.pid})/fd`;
  const [, name, descriptor] =
    new RegExp(`^(?:/dev/std(out|err)|(?:${folders})/([12]))$`)
      .exec(normal(path)) ?? [];
  if ((name ?? descriptor) === undefined) return undefined;
  return name === "out" || descriptor === "1" ? "stdout" : "stderr";
}

/**
 * Replaces the folder of a path with its real path, if that can be found. After
 * that, each file has only one path.
 */
function inRealFolder(path: string): string {
  const end = path.lastIndexOf("/");
  const folder = path.slice(0, end) || "/";
  if (!mayRead(normal(folder))) return normal(path);
  try {
    return `${Deno.realPathSync(folder)}/${path.slice(end + 1)}`
      .replace(/^\/\//, "/");
  } catch {
    // The folder does not exist yet, for example.
    return normal(path);
  }
}

/**
 * Returns the file at a path; `undefined` if there is none or it is unreadable.
 */
function look(path: string): Deno.FileInfo | undefined {
  try {
    const found = Deno.lstatSync(path);
    // A link to an open pipe contains no path.
    const open = found.isSymlink && path.startsWith("/proc/") &&
      !Deno.readLinkSync(path).startsWith("/");
    return open ? Deno.statSync(path) : found;
  } catch {
    // If the file is not just missing, the first write fails and says why.
    return undefined;
  }
}

/** Returns whether a link is a descriptor of a file that has been deleted. */
function deleted(link: string): boolean {
  return link.startsWith("/proc/") && Deno.statSync(link).nlink === 0;
}

/** Returns the absolute path that a link contains. */
function targetOfLink(link: string): string {
  const folder = link.slice(0, link.lastIndexOf("/"));
  const target = Deno.readLinkSync(link);
  return target.startsWith("/") ? target : `${folder}/${target}`;
}

/** Removes `..` and empty parts from a path. */
function normal(path: string): string {
  if (!path.startsWith("/")) return path;
  const parts: string[] = [];
  for (const part of path.split("/")) {
    if (part === "..") parts.pop();
    else if (part !== "" && part !== ".") parts.push(part);
  }
  return `/${parts.join("/")}`;
}
