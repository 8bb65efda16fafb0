/**
 * What an export consists of, and the options that all exports have.
 *
 * @module
 */

import type { CommandDefaults } from "../mod.ts";

/** A file of an export. */
export interface ExportedFile {
  /** The name of the file, without a folder. */
  readonly name: string;
  /** Its content. */
  readonly text: string;
}

/** An option that an engine does not have, or has in another form. */
export interface Note {
  /** The entry of the plan; `undefined` for an option of the whole plan. */
  readonly entry: string | undefined;
  /** The option, such as `restart.backoff`. */
  readonly option: string;
  /** What the engine does instead, or what to do about it. */
  readonly message: string;
}

/** What an engine needs to run a plan. */
export interface Exported {
  /** The files. */
  readonly files: readonly ExportedFile[];
  /**
   * The options that are set and could not be mapped. The comments in the files
   * say the same.
   */
  readonly notes: readonly Note[];
}

/** Options that all exports have. */
export interface ExportOptions {
  /** The name of the project, which names and labels in the files begin with. */
  name: string;
  /**
   * The folder of the project, an absolute path. Relative working directories
   * are resolved against it, and entries without `cwd` run in it.
   *
   * @default {Deno.cwd()}
   */
  root?: string | undefined;
  /**
   * The default options of the manager.
   *
   * @default {none}
   */
  defaults?: CommandDefaults | undefined;
  /**
   * The entries that do not start by themselves.
   *
   * @default {[]}
   */
  manual?: readonly string[] | undefined;
}

/** Options of exports for engines that run containers. */
export interface ContainerOptions extends ExportOptions {
  /** The images of the entries, by their names. Each entry needs one. */
  images: Readonly<Record<string, string>>;
  /**
   * The folder of the project in the images, an absolute path. Without it, an
   * entry that runs in the folder of the project runs in the working directory
   * of its image.
   *
   * @default {the working directory of the image}
   */
  workdir?: string | undefined;
}
