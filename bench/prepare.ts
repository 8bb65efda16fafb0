/**
 * What has to be there before anything can be measured: the peers, and the same
 * programs in JavaScript for Node.
 *
 * @module
 */

import { stdPackages } from "../tools/jsr.ts";

/** How the programs are run. */
export interface Runtimes {
  /** The versions of all that takes part, such as `Deno 2.9.6`. */
  readonly versions: readonly string[];
  /** The start of a command line for Deno. */
  readonly deno: readonly string[];
  /** The start of a command line for Node, with the program. */
  readonly node: readonly string[];
  /** The start of a command line for Go, with the program, where Go is. */
  readonly go: readonly string[];
}

/** Installs the peers if they are not there, and makes the files for Node. */
export async function prepare(): Promise<Runtimes> {
  const peers = here("peers/");
  await installPeers();
  const files = ["contender.ts", "subject.ts", "peers/peers.ts"];
  for await (const { name } of Deno.readDir(here("."))) {
    const text = name.endsWith(".ts") && await Deno.readTextFile(here(name));
    if (text && text.includes("const question: Question")) files.push(name);
  }
  const folder = new URL("node_modules/.node/", peers);
  await deno([
    "transpile",
    "--quiet",
    "--outdir",
    fromFileUrl(folder),
    ...files,
  ]);
  const settings = new URL("package.json", folder);
  await Deno.writeTextFile(settings, '{ "type": "module" }\n');
  const program = fromFileUrl(new URL("node_modules/.go", peers));
  const built = await outputOf(
    "go",
    ["build", "-o", program, "main.go"],
    peers,
  );
  const [node, go, monit, supervisord] = await Promise.all([
    outputOf("node", ["--version"]),
    outputOf("go", ["version"]),
    outputOf("monit", ["--version"]),
    outputOf("supervisord", ["--version"]),
  ]);
  const std = await stdPackages({ entry: new URL("../mod.ts", here(".")) });
  return {
    versions: [
      `Deno ${Deno.version.deno}`,
      ...std.map(({ name, version, standIn }) =>
        `${standIn ? "a stand-in for " : ""}${name} ${version}`
      ),
      ...node ? [`Node ${node.replace("v", "")}`] : [],
      ...go ? [go.replace(/^go version go(\S+).*/, "Go $1")] : [],
      ...monit ? [monit.replace(/^.*version (\S+)[^]*/, "monit $1")] : [],
      ...supervisord ? [`supervisord ${supervisord}`] : [],
      ...(await peerVersions()).map((entry) => entry.join(" ")),
    ],
    deno: [Deno.execPath(), "run", "-A", "--quiet", "--v8-flags=--expose-gc"],
    node: [
      "node",
      "--expose-gc",
      fromFileUrl(new URL("subject.js", folder)),
    ],
    go: built === undefined ? [] : [program],
  };
}

/** Installs the peers if they are not there. */
export async function installPeers(): Promise<void> {
  const peers = here("peers/");
  const installed = await Deno.stat(new URL("node_modules/execa", peers))
    .then(() => true, () => false);
  if (!installed) await deno(["install", "--quiet", "--no-lock"], peers);
}

/** Returns the names and the versions of the peers. */
export async function peerVersions(): Promise<[string, string][]> {
  const { dependencies }: { dependencies: Record<string, string> } = JSON.parse(
    await Deno.readTextFile(here("peers/package.json")),
  );
  return Object.entries(dependencies);
}

/** Returns the address of a file in this folder. */
export function here(file: string): URL {
  return new URL(file, import.meta.url);
}

/** Returns the path of a file. */
export function fromFileUrl(url: URL): string {
  return decodeURIComponent(url.pathname);
}

async function deno(args: string[], cwd = here(".")): Promise<void> {
  const command = new Deno.Command(Deno.execPath(), { args, cwd });
  const { success, stderr } = await command.output();
  if (success) return;
  throw new Error(`deno ${args[0]}: ${new TextDecoder().decode(stderr)}`);
}

/** Returns what a program prints; `undefined` if it is missing or fails. */
export async function outputOf(
  program: string,
  args: string[],
  cwd?: URL,
): Promise<string | undefined> {
  try {
    const command = new Deno.Command(program, { args, ...cwd && { cwd } });
    const { success, stdout } = await command.output();
    return success ? new TextDecoder().decode(stdout).trim() : undefined;
  } catch {
    return undefined;
  }
}
