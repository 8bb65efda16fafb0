/**
 * Runs what the README and the pages of this folder show. To run one page:
 * `deno test -A docs/pages_test.ts -- --page=docs/output.md`.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import config from "../deno.json" with { type: "json" };
import { dirname } from "node:path";
import { denoCommand } from "../tools/deno.ts";
import { publish } from "../tools/jsr.ts";
import { readPackage, root } from "../tools/package.ts";
import { runPage } from "../tools/page_runner.ts";
import { blocksOf, faultsOf, type Page, readPages } from "../tools/pages.ts";
import { registryEnv } from "../tools/registry.ts";
import { findProgram } from "../tools/servers.ts";
import { Folder, permitted } from "../tools/testing.ts";
import { Tool } from "../tools/tool.ts";

/** Programs that not every machine has, by the page that needs them. */
const NEEDS: Readonly<Record<string, readonly string[]>> = {
  "docs/control.md": ["curl"],
  "docs/dev_environment.md": ["curl"],
  "docs/metrics.md": ["curl", "promtool"],
  "docs/servers.md": ["curl", "nginx"],
  "docs/web_and_worker.md": ["curl"],
};

const only = Deno.args.find((arg) => arg.startsWith("--page="))
  ?.slice("--page=".length);

/** Returns the pages that are to be tested. */
async function pagesToTest(): Promise<Page[]> {
  return (await readPages())
    .filter(({ path }) => only === undefined || path === only);
}

/** Whether this machine has what a page needs. */
function available(path: string): boolean {
  return (NEEDS[path] ?? []).every((name) => findProgram(name) !== undefined);
}

Deno.test("Tests run all code of the pages", {
  ignore: !permitted("read"),
}, async () => {
  const faults = (await pagesToTest()).flatMap(({ path, text }) =>
    faultsOf(blocksOf(text)).map((fault) => `${path}:${fault}`)
  );
  assertEquals(faults, []);
});

const ignore = !permitted("read", "write", "net", "env", "sys");

Deno.test("The pages print what they say", { ignore }, async () => {
  await using folder = new Folder();
  await using registry = await publish(await readPackage(root));
  // The command is that of this checkout; a page that installs it has its own.
  await using tool = new Tool();
  const env = {
    ...tool.env,
    ...registryEnv(registry, `${folder.path}/cache`),
    PATH: `${dirname(Deno.execPath())}:${tool.env.PATH}`,
    DENO_NO_PROMPT: "1",
    DENO_NO_UPDATE_CHECK: "1",
  };
  await prepare(`${folder.path}/docs`, env);
  const pages = (await pagesToTest()).filter(({ path }) => available(path));
  assert(pages.length > 0, `there is no page ${only}`);
  const errors: string[] = [];
  // One after another, as a program also warns about the daemons of others.
  for (const { path, text } of pages) {
    // The tool prints the name of the folder.
    const cwd = `${folder.path}/${path.replace(/\.md$/, "")}/shop`;
    await Deno.mkdir(cwd, { recursive: true });
    await runPage(blocksOf(text), { folder: cwd, env: installingTo(cwd, env) })
      .catch((error) => errors.push(`${path}: ${error.message}`));
  }
  errors.push(...await check(`${folder.path}/docs`, env));
  assertEquals(errors, []);
});

/** Returns the environment of a page, whose installed commands are its own. */
function installingTo(
  folder: string,
  env: Readonly<Record<string, string>>,
): Record<string, string> {
  const home = `${folder}.home`;
  return { ...env, DENO_INSTALL_ROOT: home, PATH: `${home}/bin:${env.PATH}` };
}

/**
 * Prepares the folder of the pages as `deno add` does, and fills the cache. The
 * README begins in an empty folder instead.
 */
async function prepare(
  folder: string,
  env: Record<string, string>,
): Promise<void> {
  const imports = {
    "@isbm/processman": "jsr:@isbm/processman",
    "@std/assert": "jsr:@std/assert",
    "@std/log": "jsr:@std/log",
  };
  await Deno.mkdir(folder);
  await Deno.writeTextFile(
    `${folder}/deno.json`,
    // What other programs run is not ours to check.
    JSON.stringify({ imports, lock: false, exclude: ["**/*.mjs"] }),
  );
  const names = Object.keys(config.exports)
    .map((path) => path.replace(/^\./, "@isbm/processman"));
  const args = ["cache", ...names.map((name) => `jsr:${name}`)];
  await run([...args, "jsr:@std/assert", "jsr:@std/log"], folder, env);
}

/** Checks the types of all files in TypeScript; returns what is wrong. */
async function check(
  folder: string,
  env: Record<string, string>,
): Promise<string[]> {
  try {
    await run(["check", "--quiet", "."], folder, env);
    return [];
  } catch (error) {
    return [String(error)];
  }
}

/** Runs `deno`, and throws what it says if it fails. */
async function run(
  args: string[],
  cwd: string,
  env: Record<string, string>,
): Promise<void> {
  const { success, stderr } = await denoCommand(args, { cwd, env }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
}

for (const [path, programs] of Object.entries(NEEDS)) {
  // The gate lists the tests that are skipped.
  const name = `${path} prints what it says, with ${programs.join(", ")}`;
  if (!ignore && !available(path)) Deno.test(name, { ignore: true }, () => {});
}
