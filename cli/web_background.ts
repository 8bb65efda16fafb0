/**
 * A web process in the background. `processman web -d` starts it with a hidden
 * command.
 *
 * @module
 */

import type { Io } from "./call.ts";
import { now, pause } from "./clock.ts";
import { type BackgroundReport, writeReport } from "./reports.ts";
import { type WebJob, webPlace } from "./web_job.ts";
import { WebServer } from "./web_server.ts";

/**
 * Reads a job from stdin, reports on stdout, and serves until it is stopped, or
 * has been idle for long.
 *
 * @param io The surroundings of the call.
 * @returns A promise of the exit status.
 */
export async function webInBackground(io: Io): Promise<number> {
  const text = await new Response(Deno.stdin.readable).text();
  // The command that started this program has ended.
  if (text === "") return 0;
  // Written by `startWeb()` of the same version.
  const job = JSON.parse(text) as WebJob;
  // It must not keep a folder from being removed or unmounted.
  Deno.chdir("/");
  const { report, server } = await begin(job);
  writeReport(report);
  if (server === undefined) return report.kind === "taken" ? 0 : 1;
  await using _ = server;
  await server.ended(io.signal, { stays: false });
  return 0;
}

async function begin(
  job: WebJob,
): Promise<{ report: BackgroundReport; server?: WebServer }> {
  try {
    const server = await WebServer.begin(job, { now, pause });
    if (server === undefined) return { report: { kind: "taken" } };
    const { socket } = webPlace(job.place);
    return { report: { kind: "serving", socket }, server };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { report: { kind: "refused", message } };
  }
}
