/**
 * The dashboard beside `processman up`.
 *
 * @module
 */

import type { Place } from "../control/client.ts";
import { CliError, type Io } from "./call.ts";
import type { ResolvedConfig } from "./resolved.ts";
import { PLAIN, startWeb } from "./web_start.ts";

/**
 * Makes sure that the dashboard is served. That it cannot be served is no
 * reason to end what was started.
 *
 * @param place The place of the supervisor.
 * @param config The configuration.
 * @param io The surroundings of the call.
 * @returns A line with the link, or with the reason why there is none.
 */
export async function webOfUp(
  place: Place,
  { name, files }: ResolvedConfig,
  io: Io,
): Promise<string> {
  const [config = null] = files;
  try {
    const { link } = await startWeb(
      { place, name, config, options: PLAIN },
      io,
    );
    return `Dashboard: ${link}`;
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    return `processman: there is no dashboard: ${error.message}`;
  }
}
