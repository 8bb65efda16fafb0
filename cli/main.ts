/**
 * Runs a command of the tool, and turns what comes of it into an exit status.
 *
 * @module
 */

import { ControlError, PlaceError } from "../control/client.ts";
import { CliError, type Io, STATUS } from "./call.ts";
import { BrokenPipeError, ProgramIo } from "./io.ts";
import { load } from "./load.ts";
import { psAlone } from "./ps_alone.ts";

/** The status of a program that SIGPIPE has ended. */
const BROKEN_PIPE = 141;

/**
 * Runs the tool.
 *
 * @param args Its arguments.
 * @returns Its exit status.
 */
export async function main(args: readonly string[]): Promise<number> {
  using io = new ProgramIo();
  try {
    return await run(args, io);
  } catch (error) {
    return await failure(error, io);
  }
}

/** Runs the tool; what goes wrong is thrown. */
async function run(args: readonly string[], io: Io): Promise<number> {
  // Nothing is started more often. The rest of the tool is loaded only if this
  // cannot tell the answer, because loading it takes as long as the answer.
  const status = args.length === 1 && args[0] === "ps"
    ? await psAlone(io)
    : undefined;
  if (status !== undefined) return status;
  const { dispatch } = await load<typeof import("./dispatch.ts")>(
    "./dispatch.ts",
  );
  return await dispatch(args, io);
}

/** Says what went wrong, and returns the status. */
async function failure(error: unknown, io: Io): Promise<number> {
  if (error instanceof BrokenPipeError) return BROKEN_PIPE;
  const [text, status] = describe(error);
  await io.err(`processman: ${text}\n`).catch(() => {});
  return status;
}

/** Returns the message and the status for an error. */
function describe(error: unknown): [text: string, status: number] {
  if (error instanceof CliError) return [error.message, error.status];
  if (error instanceof ControlError) {
    return [error.message, STATUSES[error.code] ?? STATUS.failed];
  }
  if (!(error instanceof Error)) return [String(error), STATUS.failed];
  // These say what is wrong; others are mistakes of the tool.
  const known = error instanceof PlaceError ||
    error instanceof Deno.errors.NotCapable || isFromSystem(error);
  const text = known ? error.message : error.stack ?? error.message;
  return [text, STATUS.failed];
}

/** Returns whether the system has refused something: a file, for example. */
function isFromSystem(error: Error & { readonly code?: unknown }): boolean {
  return /^E[A-Z0-9]+$/.test(String(error.code));
}

/** The statuses for errors of a supervisor; of others it is `failed`. */
const STATUSES: { readonly [Code in ControlError["code"]]?: number } = {
  "bad-request": STATUS.usage,
  "not-ready": STATUS.notReady,
};
