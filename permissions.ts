/**
 * What this program is allowed. It is queried before it is used, since Deno
 * would prompt for what is missing or has been revoked.
 *
 * @module
 */

/** Whether programs may be run and signalled, apart from those denied by name. */
export function mayRun(): boolean {
  return Deno.permissions.querySync({ name: "run" }).state === "granted";
}

/** Whether all programs may be run. */
export function mayRunAll(): boolean {
  const { state, partial } = Deno.permissions.querySync({ name: "run" });
  return state === "granted" && !partial;
}
