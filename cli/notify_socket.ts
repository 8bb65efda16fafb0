/**
 * The variables by which systemd talks to the main program of a unit.
 *
 * @module
 */

/**
 * The variables that are about a unit as a whole. A server such as PostgreSQL
 * would use them to tell systemd that the unit is ready, when only it is.
 */
const OF_THE_UNIT = ["NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"];

/**
 * Removes the variables that are about the unit of this program from its
 * environment, so that no process that it starts gets them.
 *
 * @returns The socket on which systemd listens; `undefined` if it does not.
 */
export function takeNotifySocket(): string | undefined {
  // Units and scripts set it to nothing to unset it.
  const socket = Deno.env.get("NOTIFY_SOCKET") || undefined;
  for (const name of OF_THE_UNIT) Deno.env.delete(name);
  return socket;
}
