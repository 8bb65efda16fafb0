/**
 * The command `web`.
 *
 * @module
 */

import { inspect } from "../control/client.ts";
import { type Call, CliError, type Command, type Io, STATUS } from "./call.ts";
import { now, pause } from "./clock.ts";
import { load } from "./load.ts";
import { noneText } from "./presence_text.ts";
import { runs } from "./runs.ts";
import { signalStatus } from "./signal_status.ts";
import { type Target, targetOf } from "./target.ts";
import { nameOf } from "./target_name.ts";
import { askWeb } from "./web_client.ts";
import { type Served, type WebJob, webPlace } from "./web_job.ts";
import { openLink } from "./web_open.ts";
import { webOptions } from "./web_options.ts";
import { sameAs, startWeb } from "./web_start.ts";

/** How long a web process may take to end, in milliseconds. */
const END_MS = 10_000;

/** How often to look whether something has happened, in milliseconds. */
const LOOK_MS = 20;

/** Serves the dashboard of a supervisor. */
export const web: Command = async (call) => {
  const { options, io } = call;
  const target = await targetOf(call);
  if (options.flag("stop")) return await stop(target, io);
  const presence = await inspect(target.place);
  const job: WebJob = {
    place: target.place,
    name: nameOf(target, presence),
    config: target.config ?? null,
    options: await webOptions(call),
  };
  const show = async (served: Served, end: string) => {
    await io.out(`Dashboard of ${job.name}: ${served.link}\n`);
    const opens = served.once ? "opens once" : "has your token";
    await io.err(`processman: the link ${opens}; ${end}\n`);
    if (presence.kind !== "running") {
      const text = noneText(
        target.title,
        presence,
        target.config !== undefined,
      );
      await io.err(`processman: ${text}\n`);
    }
    if (options.flag("open")) await open(served, target, io);
  };
  if (options.flag("detach")) {
    await show(await startWeb(job, io), STOPS);
    return STATUS.ok;
  }
  return await inForeground(job, call, show);
};

/** How a dashboard ends that another program serves. */
const STOPS = '"processman web --stop" ends the dashboard';

/** Serves until Ctrl-C, unless another program serves already. */
async function inForeground(
  job: WebJob,
  { io }: Call,
  show: (served: Served, end: string) => Promise<void>,
): Promise<number> {
  const { signal } = io;
  const { WebServer } = await load<typeof import("./web_server.ts")>(
    "./web_server.ts",
  );
  const deadline = now() + END_MS;
  while (now() < deadline && !signal.aborted) {
    const served = await askWeb(job.place, "link");
    if (served !== undefined) {
      await show(sameAs(served, job.options), STOPS);
      return STATUS.ok;
    }
    await using server = await WebServer.begin(job, { now, pause });
    if (server !== undefined) {
      await show(
        server.served(),
        '"processman web" prints another one, and Ctrl-C ends the dashboard',
      );
      await server.ended(signal, { stays: true });
      return signal.aborted ? signalStatus(signal.reason) : STATUS.ok;
    }
    // Another program has begun, and does not listen yet.
    await pause(LOOK_MS, signal);
  }
  if (signal.aborted) return signalStatus(signal.reason);
  throw new CliError(
    "another program serves the dashboard, and does not answer",
    STATUS.failed,
  );
}

/** Ends the web process, and waits until it has ended. */
async function stop({ place, title }: Target, io: Io): Promise<number> {
  const before = await inspect(webPlace(place));
  const pid = before.kind === "none" ? undefined : before.record.pid;
  const served = await askWeb(place, "stop");
  if (served === undefined) {
    throw new CliError(
      `no dashboard is served for ${title}`,
      STATUS.noSupervisor,
    );
  }
  for (let ms = 0; ms < END_MS; ms += LOOK_MS) {
    const free = (await inspect(webPlace(place))).kind !== "running";
    if (free && (pid === undefined || !runs(pid))) {
      await io.err(`${title}: the dashboard is stopped\n`);
      return STATUS.ok;
    }
    await pause(LOOK_MS);
  }
  throw new CliError(
    `the dashboard of ${title} is stopped, but its process has not ended`,
    STATUS.failed,
  );
}

/** Opens the link in the browser, or says why that is not possible. */
async function open(
  { link }: Served,
  { place }: Target,
  io: Io,
): Promise<void> {
  const fault = await openLink(link, place);
  if (fault === undefined) return;
  await io.err(`processman: no browser can be opened: ${fault}\n`);
}
