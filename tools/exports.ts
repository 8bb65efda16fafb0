/**
 * Exports the configurations that the documentation shows, and keeps the results
 * in `docs/exports/`: `deno task exports`.
 *
 * @module
 */

import { dirname } from "node:path";
import { ConfigError } from "../cli/config_fault.ts";
import { exportConfig } from "../cli/export.ts";
import { type Engine, ENGINES } from "../cli/export_engines.ts";
import { printFiles } from "../cli/export_files.ts";
import { notesOf } from "../cli/export_notes.ts";
import { loadConfig, type ResolvedConfig } from "../cli/resolved.ts";
import { COMPOSE_FATES } from "../export/compose_fates.ts";
import { KUBERNETES_FATES } from "../export/kubernetes_fates.ts";
import type { Fates } from "../export/option_paths.ts";
import { SYSTEMD_FATES } from "../export/systemd_fates.ts";
import { formatted, table } from "./command_page.ts";
import { root } from "./package.ts";
import { blocksOf, type Page, readPages } from "./pages.ts";

/** The folder of the results. */
export const EXPORTS: URL = new URL("docs/exports/", root);

/** The folder that the examples are in, in the results. */
const PROJECT = "/srv/shop";

/** What a configuration is called. */
const CONFIG = /^(?:(.*)\/)?(?:processman\.(?:yaml|json)|Procfile)$/;

/** What the results of the engines are called. */
const FILES: Readonly<Record<Engine, string>> = {
  systemd: "systemd.txt",
  compose: "compose.yaml",
  kubernetes: "kubernetes.yaml",
};

/** The page with the tables of what becomes of each option. */
export const EXPORT_PAGE: URL = new URL("docs/exporting.md", root);

/** The tables, with their headings. */
const TABLES: readonly (readonly [string, Fates])[] = [
  ["systemd", SYSTEMD_FATES],
  ["Compose", COMPOSE_FATES],
  ["Kubernetes", KUBERNETES_FATES],
];

const WRITTEN = /(<!-- Written by `deno task exports` -->\n).*(<!-- End -->)/s;

/** Returns the page with the tables as they are to be. */
export async function exportPage(text: string): Promise<string> {
  const tables = TABLES.map(([engine, fates]) => {
    const rows = Object.entries(fates).map(([option, fate]) => [
      `\`${option}\``,
      "to" in fate ? `**${fate.to}**` : fate.none,
    ]);
    return `## What becomes of each option in ${engine}?

A bold entry is what the option becomes. Another one says why there is nothing,
or what ${engine} does instead.

${table([["Option", `In ${engine}`], ...rows])}
`;
  });
  const page = text.replace(
    WRITTEN,
    (_, begin, end) => `${begin}\n${tables.join("\n")}\n${end}`,
  );
  return await formatted(page.trimEnd());
}

/** Returns the results by their paths below `docs/exports/`. */
export async function pageExports(): Promise<Map<string, string>> {
  const results = new Map<string, string>();
  for (const page of await readPages()) {
    const folder = await Deno.makeTempDir({ prefix: "processman_" });
    const project = `${await Deno.realPath(folder)}/shop`;
    try {
      for (const [path, text] of await exportsOf(page, project)) {
        results.set(path, text.replaceAll(project, PROJECT));
      }
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  }
  return results;
}

/** Exports the configurations of a page, whose files it writes into a folder. */
async function exportsOf(
  { path, text }: Page,
  project: string,
): Promise<[string, string][]> {
  const title = path.replace(/^docs\//, "").replace(/\.md$/, "").toLowerCase();
  const results: [string, string][] = [];
  for (const block of blocksOf(text)) {
    if (block.kind !== "file") continue;
    const file = `${project}/${block.name}`;
    await Deno.mkdir(dirname(file), { recursive: true });
    await Deno.writeTextFile(file, block.text);
  }
  for (const block of blocksOf(text)) {
    if (block.kind !== "file" || !CONFIG.test(block.name)) continue;
    const config = await configIn(`${project}/${block.name}`);
    if (config === undefined) continue;
    const below = CONFIG.exec(block.name)?.[1]?.replaceAll("/", "-");
    const place = below === undefined ? title : `${title}-${below}`;
    for (const engine of ENGINES) {
      const all = Object.entries(config.processes);
      const images = Object.fromEntries(
        all.map(([name, entry]) => [
          name,
          Object(entry.export).image ?? `example/${name}:1`,
        ]),
      );
      const { files } = await exportConfig(engine, config, { images });
      const about = notesOf(config, config, engine);
      const text = printFiles(engine, files, { config, about });
      results.push([`${place}/${FILES[engine]}`, text]);
    }
  }
  return results;
}

/** Reads a configuration; some pages show what is wrong with one. */
async function configIn(file: string): Promise<ResolvedConfig | undefined> {
  try {
    return await loadConfig({
      files: [file],
      profiles: ["*"],
      cwd: dirname(file),
      env: () => undefined,
    });
  } catch (error) {
    if (error instanceof ConfigError) return undefined;
    throw error;
  }
}

if (import.meta.main) {
  const page = await Deno.readTextFile(EXPORT_PAGE);
  await Deno.writeTextFile(EXPORT_PAGE, await exportPage(page));
  await Deno.remove(EXPORTS, { recursive: true }).catch(() => {});
  for (const [path, text] of await pageExports()) {
    const file = new URL(path, EXPORTS);
    await Deno.mkdir(new URL(".", file), { recursive: true });
    await Deno.writeTextFile(file, text);
  }
}
