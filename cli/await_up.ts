/**
 * Waits until the processes of a supervisor are up.
 *
 * @module
 */

import type { ControlClient, ProcessView } from "../control/client.ts";
import { type Io, STATUS } from "./call.ts";
import { ChangeFeed } from "./change_feed.ts";
import { now, pause } from "./clock.ts";
import {
  complaints,
  type Goal,
  PATIENCE_MS,
  progressOf,
  waitingText,
} from "./progress.ts";
import { signalStatus } from "./signal_status.ts";

/** The longest wait before another look, in milliseconds. */
const LOOK_MS = 2_000;

/** What is awaited. */
export interface Awaited {
  /** Returns whether a process is awaited. */
  readonly wants: (view: ProcessView) => boolean;
  /** What is awaited of it. */
  readonly goal: Goal;
  /** How long to wait, in milliseconds; without it, for ever. */
  readonly withinMs: number | undefined;
}

/**
 * Waits until processes are up, and says on stderr which ones are not, and why.
 *
 * @param client Asks the supervisor.
 * @param io The surroundings of the call.
 * @param awaited What is awaited.
 * @returns A promise of the exit status.
 */
export async function awaitUp(
  client: ControlClient,
  io: Io,
  { wants, goal, withinMs }: Awaited,
): Promise<number> {
  using changes = new ChangeFeed(client, io.signal);
  const began = now();
  const deadline = began + (withinMs ?? Infinity);
  let patience = began + PATIENCE_MS;
  while (true) {
    const views = (await client.processes()).filter(wants);
    const time = now();
    const { missing, failed, again } = progressOf(views, goal, time);
    if (failed.length > 0) {
      await io.err(
        `processman: not all processes are up:\n${complaints(failed)}\n`,
      );
      return STATUS.failed;
    }
    if (missing.length === 0) return STATUS.ok;
    if (io.signal.aborted) return signalStatus(io.signal.reason);
    if (time >= deadline) {
      await io.err(
        `processman: not ready within ${withinMs} ms:\n${
          complaints(missing)
        }\n`,
      );
      return STATUS.notReady;
    }
    if (time >= patience) {
      patience = Infinity;
      await io.err(waitingText(missing));
    }
    const look = Math.min(again ?? Infinity, time + LOOK_MS);
    const ms = Math.min(deadline, patience, look) - time;
    // Without a feed, the next question finds out whether the supervisor ended.
    await changes.next(ms).catch(() => pause(ms, io.signal));
  }
}
