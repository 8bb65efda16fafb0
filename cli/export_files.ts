/**
 * Prints the files of an export, or writes them into a folder.
 *
 * @module
 */

import { basename, join, resolve } from "node:path";
import type { ExportedFile } from "../export/mod.ts";
import { type Call, CliError, STATUS } from "./call.ts";
import type { Engine, Origin } from "./export_engines.ts";
import { noteText } from "./export_notes.ts";
import { plainText } from "./plain_text.ts";
import { replaceFiles } from "./write_files.ts";

/** How the first line of each file begins. */
const HEADER = "# Exported from ";

/**
 * Returns files as one text: that of the only file, or, for Kubernetes, of one
 * file with all documents; else each file comes after a comment with its name.
 *
 * @param engine The engine.
 * @param files The files.
 * @param from What they were made from.
 */
export function printFiles(
  engine: Engine,
  files: readonly ExportedFile[],
  from: Origin,
): string {
  const texts = engine === "systemd"
    ? files.map(({ name, text }) => `# ${name}\n${text}`)
    : files.map(({ text }) => text);
  const between = engine === "kubernetes" ? "---\n" : "\n";
  return `${header(engine, from)}${about(from)}\n${texts.join(between)}`;
}

/**
 * Writes files into a folder, and says which. It overwrites only files that an
 * export has written.
 *
 * @param call The call.
 * @param folder The folder; it is made if it is missing.
 * @param engine The engine.
 * @param files The files.
 * @param from What they were made from.
 * @throws {CliError} If a file of somebody else is in the way, or a file cannot
 * be written.
 */
export async function writeFiles(
  { options, io }: Call,
  folder: string,
  engine: Engine,
  files: readonly ExportedFile[],
  from: Origin,
): Promise<void> {
  const paths = files.map(({ name }) => join(folder, name));
  const others = await filter(paths, (path) => isForeign(path, io.cwd));
  if (others.length > 0 && !options.flag("force")) {
    throw new CliError(
      `${others.join(", ")}: not written by an export; --force overwrites`,
      STATUS.failed,
    );
  }
  const texts = files.map(({ text }, index) =>
    `${header(engine, from)}${index === 0 ? about(from) : ""}\n${text}`
  );
  try {
    await Deno.mkdir(resolve(io.cwd, folder), { recursive: true });
    await replaceFiles(paths.map((path) => resolve(io.cwd, path)), texts);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    throw new CliError(
      `${folder} cannot be written: ${error.message}`,
      STATUS.failed,
    );
  }
  await io.err(paths.map((path) => `Wrote ${path}\n`).join(""));
}

function header(engine: Engine, { config: { files: [file = ""] } }: Origin) {
  const name = plainText(basename(file));
  return `${HEADER}${name} by \`processman export ${engine}\`\n`;
}

/** The longest line of a comment, in characters. */
const WIDTH = 80;

/** Returns what is left out as comments. */
function about({ about }: Origin): string {
  return about.map((note) => {
    const lines = ["#"];
    for (const word of noteText(note).split(" ")) {
      const line = `${lines.at(-1)} ${word}`;
      if (line.length <= WIDTH) lines[lines.length - 1] = line;
      else lines.push(`#   ${word}`);
    }
    return `${lines.join("\n")}\n`;
  }).join("");
}

async function filter(
  paths: readonly string[],
  keep: (path: string) => Promise<boolean>,
): Promise<string[]> {
  const kept = await Promise.all(paths.map(keep));
  return paths.filter((_, i) => kept[i]);
}

/**
 * Returns whether a file exists that no export has written.
 *
 * @throws {CliError} If it is a folder.
 */
async function isForeign(path: string, cwd: string): Promise<boolean> {
  try {
    const text = await Deno.readTextFile(resolve(cwd, path));
    return !text.startsWith(HEADER);
  } catch (error) {
    if (error instanceof Deno.errors.IsADirectory) {
      throw new CliError(`${path} is a folder`, STATUS.failed);
    }
    return !(error instanceof Deno.errors.NotFound) &&
      !(error instanceof Deno.errors.NotADirectory);
  }
}
