/**
 * Where a supervisor keeps what is to outlive it: its own log, and the logs of
 * its processes.
 *
 * @module
 */

import type { Place } from "../control/client.ts";

/** Reads a variable of the environment. */
export type Env = (name: string) => string | undefined;

/** The files of a supervisor that outlive it. */
export interface StateFolder {
  /** The folder of the logs of the processes. */
  readonly logs: string;
  /** The file of the supervisor's own log, if it runs in the background. */
  readonly ownLog: string;
  /** What a web process in the background says, if it fails. */
  readonly webLog: string;
}

/**
 * Returns where a supervisor keeps its logs: in `$XDG_STATE_HOME/processman`,
 * by default `~/.local/state/processman`.
 *
 * @param place The place of the supervisor.
 * @param env Reads a variable of the environment.
 */
export function stateFolder(
  place: Pick<Place, "folder">,
  env: Env,
): StateFolder {
  const hash = place.folder.split("/").findLast((part) => part !== "") ?? "";
  const home = env("HOME") || "/";
  const top = absolute(env("XDG_STATE_HOME")) ??
    `${home.replace(/\/$/, "")}/.local/state`;
  const folder = `${top.replace(/\/$/, "")}/processman/${hash}`;
  return {
    logs: `${folder}/logs`,
    ownLog: `${folder}/supervisor.log`,
    webLog: `${folder}/web.log`,
  };
}

/** Returns a path if it is absolute: others are to be ignored. */
function absolute(path: string | undefined): string | undefined {
  return path?.startsWith("/") ? path : undefined;
}
