/**
 * The options of the export to Docker Compose.
 *
 * @module
 */

import type { ContainerOptions } from "./exported.ts";

/** Options for `toCompose()`. */
export interface ComposeOptions extends ContainerOptions {
  /**
   * The profiles of the entries, by their names. An entry with profiles starts
   * if one of them is chosen, as in `docker compose --profile debug up`, or with
   * an entry that requires it.
   *
   * @default {none}
   */
  profiles?: Readonly<Record<string, readonly string[]>> | undefined;
}
