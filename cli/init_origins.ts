/**
 * The table of the tools whose files `init` reads.
 *
 * @module
 */

import { basename } from "node:path";
import type { Origin } from "./init_origin.ts";
import { load } from "./load.ts";

/** All origins. The first one that has a file in a folder is read. */
export const ORIGINS: readonly Origin[] = [
  {
    name: "process-compose",
    files: [
      "process-compose.yaml",
      "process-compose.yml",
      "compose.yml",
      "compose.yaml",
    ],
    is: ({ path, text }) =>
      /process-?compose.*\.ya?ml$/i.test(basename(path)) ||
      isYaml(path) && /^processes:/m.test(text),
    load: async () =>
      (await load<typeof import("./init_process_compose.ts")>(
        "./init_process_compose.ts",
      )).readProcessCompose,
  },
];

function isYaml(path: string): boolean {
  return /\.ya?ml$/i.test(path);
}
