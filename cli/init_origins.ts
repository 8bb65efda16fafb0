/**
 * The table of the tools whose files `init` reads.
 *
 * @module
 */

import { basename } from "node:path";
import type { Origin, OriginFile } from "./init_origin.ts";
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
      isYaml(path) &&
      (/process-?compose/i.test(basename(path)) || /^processes:/m.test(text)),
    load: async () =>
      (await load<typeof import("./init_process_compose.ts")>(
        "./init_process_compose.ts",
      )).readProcessCompose,
  },
  {
    name: "pm2",
    files: [
      "ecosystem.config.js",
      "ecosystem.config.cjs",
      "ecosystem.config.mjs",
      "ecosystem.config.json",
      "ecosystem.json",
      "ecosystem.yaml",
      "ecosystem.yml",
      "pm2.config.js",
      "pm2.config.cjs",
      "pm2.json",
      "process.json",
    ],
    is: ({ path, text }) =>
      /\.([cm]?js|json5?|ya?ml)$/.test(path) &&
      (/^(ecosystem|pm2)\b/.test(basename(path)) ||
        /\bapps\b["']?\s*[:=]/.test(text) && /\bscript\b/.test(text)),
    load: async () =>
      (await load<typeof import("./init_pm2.ts")>("./init_pm2.ts")).readPm2,
  },
  {
    name: "supervisord",
    files: ["supervisord.conf", "supervisor.conf", "supervisord.ini"],
    is: ({ text }) =>
      /^\[(supervisord|program:.*|group:.*|include)\]/m.test(text),
    load: async () =>
      (await load<typeof import("./init_supervisord.ts")>(
        "./init_supervisord.ts",
      )).readSupervisord,
  },
  {
    name: "Procfile",
    files: ["Procfile", "Procfile.dev"],
    is: ({ path }) => /procfile/i.test(basename(path)),
    load: async () =>
      (await load<typeof import("./init_procfile.ts")>("./init_procfile.ts"))
        .readProcfile,
  },
  {
    name: "Docker Compose",
    files: [
      "compose.yaml",
      "compose.yml",
      "docker-compose.yaml",
      "docker-compose.yml",
    ],
    is: ({ path, text }) =>
      isYaml(path) &&
      (/^services:/m.test(text) || /compose/.test(basename(path))),
    load: async () =>
      (await load<typeof import("./init_compose.ts")>("./init_compose.ts"))
        .readCompose,
  },
  {
    name: "npm scripts",
    files: ["package.json"],
    is: ({ path, text }) =>
      basename(path) === "package.json" &&
      /"(scripts|workspaces)"\s*:/.test(text),
    scripts: hasServer,
    load: async () =>
      (await load<typeof import("./init_scripts.ts")>("./init_scripts.ts"))
        .readPackage,
  },
  {
    name: "Deno tasks",
    files: ["deno.json", "deno.jsonc"],
    is: ({ path, text }) =>
      /^deno\.jsonc?$/.test(basename(path)) &&
      /"(tasks|workspace)"\s*:/.test(text),
    scripts: hasServer,
    load: async () =>
      (await load<typeof import("./init_scripts.ts")>("./init_scripts.ts"))
        .readDeno,
  },
];

function isYaml(path: string): boolean {
  return /\.ya?ml$/i.test(path);
}

/** Returns whether a file seems to have a script that is a server. */
function hasServer({ text }: OriginFile): boolean {
  return /"(dev|develop|start|serve|server|watch|workspaces?)([:_-][^"]*)?"\s*:/
    .test(text);
}
