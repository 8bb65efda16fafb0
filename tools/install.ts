/**
 * Installs the command `processman` for tests and measurements, as a user does.
 *
 * @module
 */

import { denoCommand } from "./deno.ts";
import { publish } from "./jsr.ts";
import { readPackage, root } from "./package.ts";
import { registryEnv } from "./registry.ts";

/** How the documentation says that the tool is installed. */
export const INSTALL: readonly string[] = [
  "install",
  "-gA",
  "-n",
  "processman",
  "jsr:@isbm/processman/cli",
];

/** How the tool is run without an installation, wherever that is. */
export const RUN: readonly string[] = [
  "run",
  "-A",
  "--no-config",
  "jsr:@isbm/processman/cli",
];

/** Nothing listens there. */
const NOWHERE = "http://127.0.0.1:9";

/** A command that is installed, with all that it loads. */
export interface Installation {
  /** The folder of the command `processman`. */
  readonly bin: string;
  /** The variables with which Deno finds what it has stored, without a network. */
  readonly env: Readonly<Record<string, string>>;
}

/**
 * Installs the tool from a registry, and ends the registry. What the installed
 * command does not find in its cache is out of reach after that.
 *
 * @param folder Where to install it, and to keep the cache.
 */
export async function install(folder: string): Promise<Installation> {
  await using registry = await publish(await readPackage(root));
  const env = registryEnv(registry, `${folder}/cache`);
  const { success, stderr } = await denoCommand(
    [...INSTALL.slice(0, 1), "--root", folder, ...INSTALL.slice(1)],
    { env: { ...env, NO_COLOR: "1" }, cwd: folder, stdin: "null" },
  ).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  const proxies = ["HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"]
    .map((name) => [name, NOWHERE]);
  return {
    bin: `${folder}/bin`,
    env: { ...env, ...Object.fromEntries(proxies) },
  };
}
