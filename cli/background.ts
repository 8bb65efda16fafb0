/**
 * A supervisor in the background, in a process of its own. `processman up -d`
 * starts it with a hidden command.
 *
 * @module
 */

import { AlreadyExposedError } from "../control/mod.ts";
import { blockedBy } from "./outcome.ts";
import { OwnLog } from "./own_log.ts";
import {
  type BackgroundReport,
  type BackgroundRequest,
  writeReport,
} from "./reports.ts";
import { supervise, type Supervisor } from "./supervise.ts";

/**
 * Reads a request from stdin, reports on stdout, and supervises until it is
 * ended.
 *
 * @returns A promise of the exit status.
 */
export async function background(): Promise<number> {
  const text = await new Response(Deno.stdin.readable).text();
  // The command that started this program has ended.
  if (text === "") return 0;
  const request = JSON.parse(text) as BackgroundRequest;
  const log = new OwnLog(request.log);
  let supervisor: Supervisor;
  try {
    Deno.chdir(request.config.cwd);
    supervisor = await supervise(request.config, {
      env: (name) => Deno.env.get(name),
      logger: log,
      ownLog: request.log,
      metrics: request.metrics ?? undefined,
    });
  } catch (error) {
    writeReport(refusal(error));
    return 1;
  }
  await using _ = supervisor;
  log.info(`Supervises ${request.config.files[0]} as process ${Deno.pid}`);
  writeReport({ kind: "serving", socket: supervisor.socket });
  const { names, alone } = request;
  supervisor.start({ names: names ?? undefined, alone }).catch((error) => {
    if (supervisor.pm.closing.aborted) return;
    blockedBy(error).forEach((text) => log.warn(text));
  });
  await ended(supervisor);
  log.info("Ends");
  return 0;
}

/** Resolves when a client or a signal has ended the supervisor. */
async function ended({ pm }: Supervisor): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  pm.closing.addEventListener("abort", () => resolve());
  // The manager listens for signals only while it has processes.
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) {
    Deno.addSignalListener(signal, () => resolve());
  }
  await promise;
}

function refusal(error: unknown): BackgroundReport {
  if (error instanceof AlreadyExposedError) return { kind: "taken" };
  const message = error instanceof Error ? error.message : String(error);
  return { kind: "refused", message };
}
