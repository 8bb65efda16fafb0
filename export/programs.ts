/**
 * Programs of this machine in images of containers.
 *
 * @module
 */

import type { ContainerOptions } from "./exported.ts";
import { placeOf } from "./folders.ts";

/**
 * Returns the path of a program in an image.
 *
 * @param program The program.
 * @param options The options of the export.
 * @returns The path; `undefined` if nothing says where the image has it.
 */
export function programIn(
  program: string,
  options: ContainerOptions,
): string | undefined {
  const place = placeOf(program, options);
  if (place.kind === "path") return place.path;
  return isOfThisMachine(program) ? undefined : program;
}

/** Returns what is said about a program that nothing says the place of. */
export function programHint(program: string): string {
  return `${program} is a path of this machine: the image must have the program there`;
}

/** Folders of programs that images have too. */
const USUAL = /^\/(?:usr\/(?:local\/)?)?s?bin\/[^/]+$/;

/**
 * Returns whether a program is a path that an image has only by chance, such as
 * `/home/me/.deno/bin/deno`.
 *
 * @param program The program.
 */
export function isOfThisMachine(program: string): boolean {
  return program.startsWith("/") && !USUAL.test(program);
}
