/**
 * The log that earlier supervisors have left on disk.
 *
 * @module
 */

import { inspect, type LogSource, type Presence } from "../control/client.ts";
import { type Call, CliError } from "./call.ts";
import { load } from "./load.ts";
import { logIn } from "./log_trail.ts";
import { stateFolder } from "./state_folder.ts";
import { noSupervisor, type Target } from "./target.ts";

/** A log that is on disk. */
export interface LogLeft {
  /** What is known about the supervisor. */
  readonly presence: Presence;
  /** The folder of the log. */
  readonly folder: string;
  /** The log. */
  readonly log: LogSource;
  /** The names of the processes that it has lines of. */
  readonly names: readonly string[];
}

/**
 * Finds the log that earlier supervisors have left.
 *
 * @param target The supervisor that does not run.
 * @param call The call.
 * @throws {CliError} If there is none: that no supervisor runs.
 */
export async function logLeft(target: Target, call: Call): Promise<LogLeft> {
  const presence = await inspect(target.place);
  const recorded = presence.kind === "none" ? null : presence.record.logs;
  const folder = recorded ?? await configuredFolder(target, call);
  const log = await logIn(folder);
  const names = await log.names();
  if (names.length === 0) throw await noSupervisor(target);
  return { presence, folder, log, names };
}

/** Returns where the next supervisor will keep its logs. */
async function configuredFolder(
  { place, config }: Target,
  { io, options }: Call,
): Promise<string> {
  const env = (name: string) => io.env(name);
  const standard = stateFolder(place, env).logs;
  if (config === undefined) return standard;
  const { loadConfig } = await load<typeof import("./resolved.ts")>(
    "./resolved.ts",
  );
  const given = options.values("file");
  const files = given.length > 0 ? given : [config];
  try {
    const { logs } = await loadConfig({
      files,
      profiles: [],
      cwd: io.cwd,
      env,
    });
    return logs.folder ?? standard;
  } catch (error) {
    // A configuration that is wrong now is no reason to show nothing.
    if (error instanceof CliError) return standard;
    throw error;
  }
}
