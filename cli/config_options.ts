/**
 * Which configuration a call is about.
 *
 * @module
 */

import type { ConfigSource } from "../control/client.ts";
import type { Call } from "./call.ts";
import type { LoadOptions } from "./config_types.ts";

/**
 * Returns the configuration that the options of a call name.
 *
 * @param call The call.
 * @param inUse What is read if the options name neither files nor profiles.
 */
export function loadOptions(
  { options, io }: Call,
  inUse?: ConfigSource,
): LoadOptions {
  const files = options.values("file");
  const profiles = options.values("profile");
  const named = files.length > 0 || profiles.length > 0;
  const source = named ? undefined : inUse;
  return {
    files: source?.files ?? files,
    profiles: source?.profiles ?? profiles,
    cwd: io.cwd,
    env: (name) => io.env(name),
  };
}
