/**
 * Whether a process still runs.
 *
 * @module
 */

/** Returns whether a process runs; a zombie does not. */
export function runs(pid: number): boolean {
  try {
    if (Deno.build.os !== "linux") {
      Deno.kill(pid, 0);
      return true;
    }
    return !/\) [XZ] /.test(Deno.readTextFileSync(`/proc/${pid}/stat`));
  } catch {
    return false;
  }
}
