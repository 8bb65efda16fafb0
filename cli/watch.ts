/**
 * `ps --watch`: shows the table again whenever something changes.
 *
 * @module
 */

import { ConnectionError, type ControlClient } from "../control/client.ts";
import type { Call, Io } from "./call.ts";
import { ChangeFeed } from "./change_feed.ts";
import { type Row, rowsOf } from "./ps_rows.ts";
import { psText } from "./ps_text.ts";
import { signalStatus } from "./signal_status.ts";
import { noSupervisor, withSupervisor } from "./target.ts";

/** How often a terminal is drawn without an event: times go on. */
const DRAW_MS = 1_000;

/** Shows a screen of its own, without a cursor; and leaves it. */
const ENTER = "\x1b[?1049h\x1b[?25l";
const LEAVE = "\x1b[?25h\x1b[?1049l";

/**
 * Shows processes until a signal, or until the supervisor ends. A terminal is
 * drawn anew; anything else gets the table again after each change.
 *
 * @returns The status of the command.
 */
export async function watch(call: Call): Promise<number> {
  const { signal } = call.io;
  const draws = call.io.terminal && !call.options.flag("json");
  try {
    return await withSupervisor(
      call,
      async (client, target) => {
        try {
          return await (draws ? draw : print)(client, call);
        } catch (error) {
          if (!(error instanceof ConnectionError)) throw error;
          throw error.fault === "gone" ? await noSupervisor(target) : error;
        }
      },
    );
  } catch (error) {
    if (signal.aborted) return signalStatus(signal.reason);
    throw error;
  }
}

/** Draws the table on a terminal. */
async function draw(client: ControlClient, call: Call): Promise<never> {
  const { io, names } = call;
  // The first error must not appear on a screen that is left at once.
  let text = psText(await rowsOf(client, names), call);
  using changes = new ChangeFeed(client, io.signal);
  await io.out(ENTER);
  try {
    while (true) {
      await io.out(screenOf(text, io));
      await changes.next(DRAW_MS);
      text = psText(await rowsOf(client, names), call);
    }
  } finally {
    await io.out(LEAVE + text);
  }
}

/** Prints the table, or a line of JSON, after each change. */
async function print(client: ControlClient, call: Call): Promise<never> {
  const { io, names } = call;
  const json = call.options.flag("json");
  using changes = new ChangeFeed(client, io.signal);
  let [shown, before] = ["", ""];
  while (true) {
    const rows = await rowsOf(client, names);
    const now = JSON.stringify(rows.map(essence));
    if (now !== shown) {
      const text = json ? `${JSON.stringify(rows)}\n` : psText(rows, call);
      await io.out(before + text);
      if (!json) before = "\n";
    }
    shown = now;
    await changes.next();
  }
}

/** Returns what is a change if it differs: not what is used, and no times. */
function essence({ name, state, ready, pid, run, restarts }: Row): unknown {
  return [name, state, ready, pid, run, restarts];
}

/** Returns what draws a text over what was there; it is cut at the bottom. */
function screenOf(text: string, io: Io): string {
  const rows = io.size()?.rows ?? Infinity;
  const lines = text.split("\n").slice(0, -1).slice(0, rows);
  return `\x1b[H${lines.map((line) => `${line}\x1b[K`).join("\r\n")}\x1b[J`;
}
