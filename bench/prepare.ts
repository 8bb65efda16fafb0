/**
 * What has to be there before anything can be measured: the peers, and the same
 * programs in JavaScript for Node.
 *
 * @module
 */

/** How the programs are run. */
export interface Runtimes {
  /** The versions. */
  readonly description: string;
  /** The start of a command line for Deno. */
  readonly deno: readonly string[];
  /** The start of a command line for Node, with the program. */
  readonly node: readonly string[];
}

/** Installs the peers if they are not there, and makes the files for Node. */
export async function prepare(): Promise<Runtimes> {
  const peers = here("peers/");
  const installed = await Deno.stat(new URL("node_modules/execa", peers))
    .then(() => true, () => false);
  if (!installed) await deno(["install", "--quiet", "--no-lock"], peers);

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
  return {
    description: `Deno ${Deno.version.deno}, Node ${await nodeVersion()}`,
    deno: [Deno.execPath(), "run", "-A", "--quiet", "--v8-flags=--expose-gc"],
    node: [
      "node",
      "--expose-gc",
      fromFileUrl(new URL("subject.js", folder)),
    ],
  };
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

async function nodeVersion(): Promise<string> {
  try {
    const command = new Deno.Command("node", { args: ["--version"] });
    const { stdout } = await command.output();
    return new TextDecoder().decode(stdout).trim().slice(1);
  } catch {
    return "is missing";
  }
}
