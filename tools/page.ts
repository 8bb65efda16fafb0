/**
 * Bundles the page of the dashboard into `dashboard/assets.ts`: `deno task page`.
 *
 * The packages of the page are those of the import map, with exact versions, so
 * that the result is the same everywhere.
 *
 * @module
 */

import { fileURLToPath } from "node:url";
import { root } from "./package.ts";

/** The file with the strings. */
export const ASSETS = "dashboard/assets.ts";

/** The packages of the page; the import map names their versions. */
const PACKAGES = ["@dagrejs/dagre", "anser", "preact", "uplot"];

/** The bundler. */
const ESBUILD = "esbuild@0.28.2";

/** Returns the text of `dashboard/assets.ts`. */
export async function bundlePage(): Promise<string> {
  const folder = await Deno.makeTempDir({ prefix: "processman_" });
  try {
    await run("npm", [
      "install",
      "--silent",
      "--no-audit",
      "--no-fund",
      "--no-package-lock",
      `--prefix=${folder}`,
      ...await packages(),
    ], {});
    await run(`${folder}/node_modules/.bin/esbuild`, [
      "dashboard/page/main.tsx",
      "--bundle",
      "--minify",
      "--charset=utf8",
      "--legal-comments=none",
      // Safari has no Symbol.dispose, which `using` and its disposables need.
      '--banner:js=Symbol.dispose??=Symbol.for("Symbol.dispose");',
      "--format=iife",
      "--target=es2022",
      "--jsx=automatic",
      "--jsx-import-source=preact",
      `--outfile=${folder}/page.js`,
      "--log-level=warning",
    ], { NODE_PATH: `${folder}/node_modules` });
    const page = (name: string) => Deno.readTextFile(name);
    const here = `${fromRoot("dashboard/page")}`;
    return assetsText({
      HTML: await page(`${here}/index.html`),
      ICON: await page(`${here}/icon.svg`),
      CSS: await page(`${folder}/page.css`),
      JS: await page(`${folder}/page.js`),
    });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Returns the names and versions of what is installed. */
async function packages(): Promise<string[]> {
  const text = await Deno.readTextFile(new URL("deno.json", root));
  const { imports }: { imports: Record<string, string> } = JSON.parse(text);
  return [
    ESBUILD,
    ...PACKAGES.map((name) => {
      const version = imports[name]?.match(/^npm:(.+@[\d.]+)$/)?.[1];
      if (version === undefined) throw new Error(`no exact version of ${name}`);
      return version;
    }),
  ];
}

function assetsText(texts: Readonly<Record<string, string>>): string {
  const parts = Object.entries(texts).map(([name, text]) =>
    `export const ${name}: string = ${JSON.stringify(text.trim())};\n`
  );
  return [
    "// deno-fmt-ignore-file deno-lint-ignore-file",
    "/**",
    " * The files of the page. `deno task page` writes this module from",
    " * `dashboard/page/`.",
    " *",
    " * @module",
    " */\n",
    ...parts,
  ].join("\n");
}

function fromRoot(path: string): string {
  return fileURLToPath(new URL(path, root));
}

async function run(
  program: string,
  args: string[],
  env: Record<string, string>,
): Promise<void> {
  const { success, stderr } = await new Deno.Command(program, {
    args,
    cwd: root,
    env,
  }).output();
  if (success) return;
  throw new Error(`${program} failed:\n${new TextDecoder().decode(stderr)}`);
}

if (import.meta.main) {
  await Deno.writeTextFile(new URL(ASSETS, root), await bundlePage());
}
