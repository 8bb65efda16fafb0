/**
 * What this program is allowed to do. A permission is queried before it is used,
 * since Deno would prompt for one that is missing or has been revoked.
 *
 * @module
 */

/** Whether this program may run and signal programs, except those denied by name. */
export function mayRun(): boolean {
  return Deno.permissions.querySync({ name: "run" }).state === "granted";
}

/** Whether this program may run and signal all programs. */
export function mayRunAll(): boolean {
  const { state, partial } = Deno.permissions.querySync({ name: "run" });
  return state === "granted" && !partial;
}
