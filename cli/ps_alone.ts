/**
 * The command `ps` without arguments. It loads as few modules as possible,
 * because most of the time of a command is spent on loading.
 *
 * @module
 */

import {
  ConnectionError,
  ControlClient,
  ControlError,
  placeOfConfig,
  type ProcessView,
} from "../control/client.ts";
import { type Io, NO_OPTIONS, STATUS } from "./call.ts";
import { findConfig } from "./find_config.ts";
import { psText } from "./ps_text.ts";

/**
 * Lists the processes of the nearest configuration.
 *
 * @param io The surroundings of the call.
 * @returns A promise of the exit status; of `undefined` if there is anything to
 * say but the list. The command `ps` can say it.
 */
export async function psAlone(io: Io): Promise<number | undefined> {
  const [config] = findConfig([], io.cwd);
  if (config === undefined) return undefined;
  const { socket } = await placeOfConfig(config);
  const rows = await ask(socket);
  if (rows === undefined) return undefined;
  await io.out(psText(rows, { options: NO_OPTIONS, io }));
  return STATUS.ok;
}

async function ask(socket: string): Promise<ProcessView[] | undefined> {
  try {
    return await new ControlClient(socket).processes({ usage: true });
  } catch (error) {
    if (error instanceof ConnectionError || error instanceof ControlError) {
      return undefined;
    }
    throw error;
  }
}
