/**
 * What `init` knows of another tool, and what a reader of its files returns.
 *
 * @module
 */

import type { Config, WrittenProcess } from "./define_config.ts";
import type { Lookup } from "./interpolate.ts";

/** A file of another tool. */
export interface OriginFile {
  /** Its absolute path. */
  readonly path: string;
  /** Its text. */
  readonly text: string;
}

/** What a reader can look at besides its file. */
export interface Around {
  /**
   * Returns the text of another file; nothing if there is none, or if it
   * cannot be read.
   *
   * @param path Its path, relative to the folder of the file.
   */
  read(path: string): string | undefined;
  /**
   * Lists the names in a folder; none if it cannot be read.
   *
   * @param path Its path, relative to the folder of the file.
   */
  list(path: string): readonly string[];
  /** Returns a variable of the environment. */
  readonly env: Lookup;
  /** The scripts that the user names, of a file that has many. */
  readonly scripts?: readonly string[] | undefined;
}

/** Something that is not taken over, or only in part. */
export interface Gap {
  /** The process that it belongs to; nothing if it concerns all of them. */
  readonly process?: string | undefined;
  /** The key of the other tool. */
  readonly key: string;
  /** One sentence: what is not taken over, and what to do instead. */
  readonly why: string;
}

/** What a reader has found. */
export interface Found {
  /** The configuration; relative paths are relative to the folder of the file. */
  readonly config: Config;
  /** What is not taken over. */
  readonly gaps: readonly Gap[];
  /** Processes whose program is not known. They are written as comments. */
  readonly stubs?: Readonly<Record<string, WrittenProcess>> | undefined;
  /** What the file says about a process in words, by its name. */
  readonly comments?: Readonly<Record<string, string>> | undefined;
  /**
   * Whether `${NAME}` stands for a variable, where a configuration can have
   * one. Otherwise a dollar is a dollar, as in `defineConfig()`.
   */
  readonly variables?: boolean | undefined;
}

/** Reads a file of another tool. It starts nothing and writes nothing. */
export type Reader = (
  file: OriginFile,
  around: Around,
) => Found | Promise<Found>;

/** A tool whose files `init` reads. */
export interface Origin {
  /** Its name. */
  readonly name: string;
  /** The names of its files, the one that it prefers first. */
  readonly files: readonly string[];
  /** Whether a file with another name is one of its files. */
  is(file: OriginFile): boolean;
  /**
   * For files with scripts, of which the user can name some: whether one of them
   * is a server. Without one, the file is only read if it is named.
   */
  readonly scripts?: (file: OriginFile) => boolean;
  /** Loads its reader. */
  load(): Promise<Reader>;
}
