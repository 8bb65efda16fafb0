/**
 * The versions of Deno: `docs/links_test.ts` compares the documentation with them.
 *
 * @module
 */

/**
 * The oldest Deno that programs which use the package can run on. Before it,
 * Deno kills every child at an uncaught error that is not `detached`, even after
 * `unref()`: no stop signal, no grace period.
 */
export const OLDEST = "2.7.6";

/**
 * A Deno in between that keeps a program alive while something else holds an
 * output of a child that has ended, although nothing reads it any more.
 */
export const FAULTY = "2.8.3";

/**
 * The oldest Deno that all checks pass on. The tests cannot replace
 * `Deno.Command` on 2.8.0 to 2.8.2, and one of them never ends on 2.8.3.
 */
export const OLDEST_FOR_CHECKS = "2.9.0";

/** How long it may take to get it, in milliseconds. */
const LIMIT_MS = 120_000;

/** Whether this Deno is older than a version. */
export function olderThan(
  version: string,
  current: string = Deno.version.deno,
): boolean {
  return current.localeCompare(version, "en", { numeric: true }) < 0;
}

/** Returns the path of the oldest Deno, from npm; `undefined` if it cannot be had. */
export async function oldestDeno(
  signal: AbortSignal,
): Promise<string | undefined> {
  try {
    const { success, stdout } = await new Deno.Command("npx", {
      args: [
        "--yes",
        `deno@${OLDEST}`,
        "eval",
        "console.log(Deno.execPath(), Deno.version.deno)",
      ],
      stdin: "null",
      stderr: "null",
      signal: AbortSignal.any([signal, AbortSignal.timeout(LIMIT_MS)]),
    }).output();
    const [path, version] = new TextDecoder().decode(stdout).trim().split(" ");
    return success && version === OLDEST ? path : undefined;
  } catch {
    return undefined;
  }
}
