/**
 * Finds out why a program was not started.
 *
 * Deno reports an error if it cannot start `setsid` or `setpriv`. If one of
 * these cannot start the program, Deno sees only a child that ends.
 *
 * @module
 */

import { SpawnError } from "./errors.ts";
import {
  failure,
  failureBy,
  findAgain,
  type Found,
  type Search,
} from "./find_program.ts";
import { messageOf } from "./foreign.ts";
import type { NotStarted, SpawnRequest, Traces } from "./kernel.ts";
import { mayRunAll } from "./permissions.ts";

/**
 * The longest life of a child whose program was not started, in milliseconds.
 * Used only if the output of the child is not kept.
 */
const SOON_MS = 100;

/**
 * Returns the error of a process that cannot be started.
 *
 * @param request The name of the process, and its program.
 * @param cause The reason.
 * @param what Text before the reason in the message; empty by default.
 */
export function spawnError(
  { name, program }: Pick<SpawnRequest, "name" | "program">,
  cause: unknown,
  what: string = "",
): SpawnError {
  const why = `${what}${messageOf(cause)}`;
  return new SpawnError(`Cannot start process "${name}": ${why}`, {
    process: name,
    program,
    cause,
  });
}

/**
 * Returns whether it is possible that the program of a child was not started.
 * `setsid`, `setpriv` and shells exit with 126 or 127 if they cannot start a
 * program.
 */
export function perhapsNotStarted({ code }: Deno.CommandStatus): boolean {
  return code === 126 || code === 127;
}

/**
 * Finds out why the program of a child that ended was not started. Never
 * rejects.
 *
 * @param request What was to be started.
 * @param search How the program was looked for; `program` is its path.
 * @param traces What is known about the child.
 * @returns The reason; `undefined` if the program was started.
 */
export async function whyNotStarted(
  request: SpawnRequest,
  search: Search,
  { status, durationMs, lines }: Traces,
): Promise<NotStarted | undefined> {
  if (!perhapsNotStarted(status) || !mayRunAll()) return undefined;
  const text = lines()?.join("\n");
  const reason = text && reasonIn(text, search.program);
  const started = text === undefined ? durationMs > SOON_MS : !reason;
  if (started) return undefined;
  const { cause, moved = false } = await lookAgain(request, search, reason);
  return cause && { error: spawnError(request, cause), moved };
}

/**
 * Returns the reason that `setsid` or `setpriv` gives for not starting a
 * program; `undefined` if the text is not their message.
 */
function reasonIn(text: string, path: string): string | undefined {
  if (!/^(?:setsid|setpriv): /.test(text)) return undefined;
  // A path can contain any text, and can be the beginning of another path.
  const at = text.lastIndexOf(path);
  const [before, after] = [text.slice(0, at), text.slice(at + path.length)];
  if (at < 0 || !/[ '"]$/.test(before)) return undefined;
  return /^['"]?: ([^:\n]+)$/.exec(after)?.[1];
}

/**
 * Looks for a program again, and returns the error that Deno would have thrown
 * for it; no error if neither the search nor the reason shows one.
 */
async function lookAgain(
  { program, command: { cwd = "." } }: SpawnRequest,
  search: Search,
  reason: string | undefined,
): Promise<{ cause?: Error | undefined; moved?: boolean }> {
  const path = search.program;
  const asTold = reason === undefined ? undefined : failureBy(path, reason);
  try {
    // The interpreter of a script can be relative to the working directory.
    const found = await findAgain({ ...search, cwd });
    if (found.errno === 0) return { cause: asTold };
    if (program.includes("/") || found.path !== "") {
      return { cause: failure(path, found) };
    }
    const elsewhere: Found = await findAgain({ ...search, program });
    return elsewhere.errno === 0
      ? { cause: failure(path, found), moved: true }
      : { cause: failure(program, elsewhere) };
  } catch {
    // The search itself failed, so only the reason from the output is left.
    return { cause: asTold };
  }
}
