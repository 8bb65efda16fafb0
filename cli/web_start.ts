/**
 * Makes sure that the dashboard of a supervisor is served in the background.
 *
 * @module
 */

import { CliError, type Io, STATUS } from "./call.ts";
import { now, pause } from "./clock.ts";
import { BackgroundStart } from "./detach.ts";
import { SERVE_WEB } from "./own_command.ts";
import { stateFolder } from "./state_folder.ts";
import { askWeb } from "./web_client.ts";
import type { Served, WebJob, WebOptions } from "./web_job.ts";

/** How long it may take until the dashboard is served, in milliseconds. */
const BEGIN_MS = 15_000;

/** How long to wait before another try, in milliseconds. */
const AGAIN_MS = 20;

/** The options of a dashboard for which nothing was asked. */
export const PLAIN: WebOptions = {
  port: null,
  host: null,
  hosts: [],
  readOnly: false,
  token: null,
};

/**
 * Returns what the web process of a supervisor serves, and starts one if there
 * is none.
 *
 * @param job What to serve, and how.
 * @param io The surroundings of the call.
 * @throws {CliError} If it cannot be served, or is served in another way.
 */
export async function startWeb(job: WebJob, io: Io): Promise<Served> {
  const deadline = now() + BEGIN_MS;
  while (now() < deadline) {
    const served = await askWeb(job.place, "link");
    if (served !== undefined) return sameAs(served, job.options);
    await begin(job, io);
    // Another call may have been faster, and not listen yet.
    await pause(AGAIN_MS);
  }
  throw new CliError(
    `the dashboard is not served after ${BEGIN_MS / 1_000} s`,
    STATUS.failed,
  );
}

/** Starts a web process; returns when it serves, or another one does. */
async function begin(job: WebJob, io: Io): Promise<void> {
  const { webLog } = stateFolder(job.place, (name) => io.env(name));
  using start = await BackgroundStart.begin(webLog, SERVE_WEB);
  const report = await start.ask(job);
  if (report.kind !== "refused") return;
  throw new CliError(report.message, STATUS.failed);
}

/**
 * Returns what is served, if it is what is wanted.
 *
 * @throws {CliError} If it is served in another way than is wanted.
 */
export function sameAs(
  served: Served,
  { port, host, readOnly }: WebOptions,
): Served {
  const { options, url } = served;
  const other = readOnly && !options.readOnly ||
    port !== null && new URL(url).port !== portText(port) ||
    host !== null && options.host !== host;
  if (!other) return served;
  throw new CliError(
    `the dashboard is served already, with other options, at ${url}\n` +
      'End that with "processman web --stop" first',
    STATUS.failed,
  );
}

/** Returns a port as it is in a URL of HTTP. */
function portText(port: number): string {
  return port === 80 ? "" : String(port);
}
