/**
 * The options of the command `web`.
 *
 * @module
 */

import { resolve } from "node:path";
import { type Call, CliError, type Io, STATUS } from "./call.ts";
import type { WebOptions } from "./web_job.ts";

/** The variable with a token. */
export const TOKEN_VARIABLE = "PROCESSMAN_WEB_TOKEN";

/** What a token may consist of. */
const TOKEN = /^[\w-]{16,200}$/;

/**
 * Reads how the dashboard is to be served.
 *
 * @throws {CliError} If the options are wrong.
 */
export async function webOptions({ options, io }: Call): Promise<WebOptions> {
  // 0 stands for any port that is free, as does no port.
  const port = options.count("port") || null;
  if (port !== null && port > 65_535) throw usage("a port is at most 65535");
  const host = options.value("host") ?? null;
  const token = await tokenOf(options.value("token-file"), io);
  if (host !== null && !isLoopback(host) && token === null) {
    throw usage(
      `--host ${host} can be reached by others, so it needs a token: write ` +
        `one to a file for --token-file, or into the variable ${TOKEN_VARIABLE}`,
    );
  }
  return {
    port,
    host,
    hosts: options.values("allow-host"),
    readOnly: options.flag("read-only"),
    token,
  };
}

/** Returns whether only programs of this machine can reach an address. */
function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" ||
    /^127\.\d+\.\d+\.\d+$/.test(host);
}

/** Reads the token, if there is one. */
async function tokenOf(
  file: string | undefined,
  io: Io,
): Promise<string | null> {
  const text = file === undefined
    // A variable that is empty counts as one that is not there.
    ? io.env(TOKEN_VARIABLE) || undefined
    : await readToken(resolve(io.cwd, file));
  if (text === undefined) return null;
  const token = text.trim();
  if (TOKEN.test(token)) return token;
  const where = file ?? TOKEN_VARIABLE;
  throw usage(
    `the token in ${where} must be 16 to 200 letters, digits, "-" and "_"`,
  );
}

async function readToken(path: string): Promise<string> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw usage(`the file of the token cannot be read: ${why}`);
  }
}

function usage(message: string): CliError {
  return new CliError(message, STATUS.usage);
}
