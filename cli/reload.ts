/**
 * The command `reload`.
 *
 * @module
 */

import { type ControlClient, ControlError } from "../control/client.ts";
import { type Call, CliError, type Command, type Io, STATUS } from "./call.ts";
import { changesText, isSame, readChanges } from "./changes.ts";
import { crashesSince, lastEvent } from "./crashes.ts";
import { loadOptions } from "./config_options.ts";
import { loadConfig } from "./resolved.ts";
import { signalStatus } from "./signal_status.ts";
import { withSupervisor } from "./target.ts";

/** The command `reload`: applies the changed configuration. */
export const reload: Command = async (call) => {
  return await withSupervisor(call, async (client) => {
    const { source } = await client.supervisor();
    const options = loadOptions(call, source ?? undefined);
    return await change(call, client, await loadConfig(options));
  });
};

async function change(
  { options, io }: Call,
  client: ControlClient,
  config: unknown,
): Promise<number> {
  const json = options.flag("json");
  const dryRun = options.flag("dry-run");
  const changes = readChanges(await client.apply(config, { dryRun: true }));
  if (json) await io.out(`${JSON.stringify(changes, null, 2)}\n`);
  else if (isSame(changes)) await io.out("Nothing differs from what runs.\n");
  else await io.out(changesText(changes));
  if (dryRun || isSame(changes)) return STATUS.ok;
  return await applyConfig(client, config, io);
}

/**
 * Applies a configuration, and says on stderr that this was done.
 *
 * @param client Asks the supervisor.
 * @param config The configuration.
 * @param io The surroundings of the call.
 * @returns A promise of the exit status.
 * @throws {CliError} If everything has been put back, with the reason.
 */
export async function applyConfig(
  client: ControlClient,
  config: unknown,
  io: Io,
): Promise<number> {
  const before = await lastEvent(client);
  try {
    await client.apply(config, { dryRun: false }, io.signal);
  } catch (error) {
    if (io.signal.aborted) return signalStatus(io.signal.reason);
    throw failure(error, await crashesSince(client, before).catch(() => ""));
  }
  await io.err("processman: applied\n");
  return STATUS.ok;
}

/** Returns what to say about a change that has been put back. */
function failure(error: unknown, crashes: string): unknown {
  if (!(error instanceof ControlError)) return error;
  const late = error.code === "not-ready";
  if (!late && error.code !== "failed") return error;
  return new CliError(
    "the change has been put back, and what ran before runs again: " +
      `${error.message}\n${crashes}`.trimEnd(),
    late ? STATUS.notReady : STATUS.failed,
  );
}
