/**
 * The command `down`.
 *
 * @module
 */

import {
  ConnectionError,
  type ControlClient,
  inspect,
} from "../control/client.ts";
import { CliError, type Command, STATUS } from "./call.ts";
import { pause } from "./clock.ts";
import { runs } from "./runs.ts";
import { type Target, withSupervisor } from "./target.ts";

/** How long a supervisor may take to end after it has stopped everything. */
const END_MS = 10_000;

/** How often to look whether it has ended, in milliseconds. */
const LOOK_MS = 20;

/** Stops all processes, and ends the supervisor. */
export const down: Command = async (call) => {
  const withinMs = call.options.duration("timeout");
  return await withSupervisor(call, async (client, target) => {
    const { pid, name, config } = await client.supervisor();
    const options = withinMs === undefined ? {} : { withinMs };
    await shutdown(client, options);
    // A program that exposes a manager can go on without it.
    await ended(target, pid, config === null ? () => false : runs);
    await call.io.err(`${name}: everything is stopped\n`);
    return STATUS.ok;
  });
};

/** Resolves when the supervisor has stopped all processes, or has ended. */
async function shutdown(
  client: ControlClient,
  options: { withinMs?: number },
): Promise<void> {
  try {
    await client.shutdown(options);
  } catch (error) {
    // It may end before its answer has been read; `ended()` looks how.
    const gone = error instanceof ConnectionError && error.fault === "gone";
    if (!gone) throw error;
  }
}

/**
 * Waits until a supervisor has freed its place or another one has taken it, and
 * then until the program of the supervisor has ended.
 */
async function ended(
  { place, title }: Target,
  pid: number,
  runs: (pid: number) => boolean,
): Promise<void> {
  for (let ms = 0; ms < END_MS; ms += LOOK_MS) {
    const presence = await inspect(place);
    const free = presence.kind === "none" || presence.record.pid !== pid;
    if (free && !runs(pid)) return;
    if (!free && presence.kind === "died") {
      throw new CliError(
        `${title}: process ${pid} died before it had stopped everything`,
        STATUS.failed,
      );
    }
    await pause(LOOK_MS);
  }
  throw new CliError(
    `${title}: everything is stopped, but process ${pid} has not ended`,
    STATUS.failed,
  );
}
