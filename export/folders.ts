/**
 * Folders of this machine in the images of containers.
 *
 * @module
 */

import type { ContainerOptions } from "./exported.ts";

/** Where a folder is in an image. */
export type Place =
  /** It is the working directory of the image. */
  | { readonly kind: "usual" }
  | { readonly kind: "path"; readonly path: string }
  /** Nothing says where it is. */
  | { readonly kind: "unknown" };

/**
 * Returns where a folder is in an image: the folder of the project is the
 * option `workdir`, or the working directory of the image.
 *
 * @param path The absolute path of the folder on this machine.
 * @param options The options of the export.
 */
export function placeOf(
  path: string,
  { root = Deno.cwd(), workdir }: ContainerOptions,
): Place {
  const inside = path === root || path.startsWith(`${root}/`);
  if (!inside) return { kind: "unknown" };
  if (workdir !== undefined) {
    return { kind: "path", path: `${workdir}${path.slice(root.length)}` };
  }
  return path === root ? { kind: "usual" } : { kind: "unknown" };
}

/**
 * Returns the path of a file in an image. Without `workdir`, that of a file of the
 * project is relative to the working directory of the image.
 *
 * @param path The path on this machine.
 * @param options The options of the export.
 */
export function fileIn(
  path: string,
  { root = Deno.cwd(), workdir = "." }: ContainerOptions,
): string {
  const full = path.startsWith("/") ? path : `${root}/${path}`;
  if (!full.startsWith(`${root}/`)) return path;
  return `${workdir}${full.slice(root.length)}`;
}
