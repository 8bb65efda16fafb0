/**
 * The command `report`.
 *
 * @module
 */

import { resolve } from "node:path";
import { type Call, CliError, type Command, STATUS } from "./call.ts";
import { dateTime, shortDuration } from "../control/format.ts";
import { load } from "./load.ts";
import { Redactor } from "./redact.ts";
import { collect } from "./report_collect.ts";
import { withoutSecrets } from "./report_redact.ts";
import { secretsOf } from "./report_secrets.ts";
import { targetOf } from "./target.ts";
import type { ReportData } from "../dashboard/mod.ts";

/** How far a report goes back, in milliseconds. */
const SINCE_MS = 3_600_000;

/** Writes a page with all that is known about a supervisor. */
export const report: Command = async (call) => {
  const { options, io } = call;
  const now = io.now();
  const since = options.time("since") ?? now - SINCE_MS;
  const wanted = options.value("output");
  if (wanted !== undefined && wanted !== "-") await checkFree(wanted, call);
  const target = await targetOf(call);
  const collected = await collect(call, target, since);
  const { secrets, fault } = await secretsOf(call, target, collected);
  const data = withoutSecrets(collected, new Redactor(secrets));
  const { reportPage } = await load<typeof import("../dashboard/mod.ts")>(
    "../dashboard/mod.ts",
  );
  const html = await reportPage(data);
  const file = wanted ?? fileFor(data.supervisor.name, now);
  if (file === "-") await io.out(html);
  else await write(file, html, call);
  await io.err(textFor(file, html, data));
  if (fault !== undefined) {
    await io.err(
      "processman: the values of its variables are not known, because there " +
        `are mistakes in the configuration:\n${fault}\n`,
    );
  }
  return STATUS.ok;
};

/** Returns the name of the file, if none is given. */
function fileFor(name: string, now: number): string {
  const safe = name.replace(/[^\w.-]+/g, "-").replace(/^[.-]+/, "");
  const time = dateTime(now).replace(/[-:]/g, "").replace(" ", "-");
  return `${safe || "processman"}-report-${time}.html`;
}

/** Checks that a file can be written, before the work is done. */
async function checkFree(
  file: string,
  { options, io }: Call,
): Promise<void> {
  if (options.flag("force")) return;
  try {
    await Deno.lstat(resolve(io.cwd, file));
  } catch {
    return;
  }
  throw exists(file);
}

async function write(
  file: string,
  html: string,
  { options, io }: Call,
): Promise<void> {
  const createNew = !options.flag("force");
  try {
    const path = resolve(io.cwd, file);
    await Deno.writeTextFile(path, html, { createNew, mode: 0o600 });
  } catch (error) {
    if (error instanceof Deno.errors.AlreadyExists) throw exists(file);
    if (!(error instanceof Error)) throw error;
    // Half a report is of no use, and would be in the way of the next one.
    if (createNew) await Deno.remove(resolve(io.cwd, file)).catch(() => {});
    const reason = error.message.replace(/: \w+ '.*'$/s, "");
    throw new CliError(`${file} cannot be written: ${reason}`, STATUS.failed);
  }
}

function exists(file: string): CliError {
  return new CliError(
    `${file} exists already: --force overwrites it`,
    STATUS.failed,
  );
}

/** Returns what the report has in it. */
function textFor(
  file: string,
  html: string,
  { processes, events, logs, redacted, cut, since, madeAt }: ReportData,
): string {
  const megabytes = new TextEncoder().encode(html).length / 1_000_000;
  const what = file === "-" ? "a report" : file;
  const lines = logs.filter(({ kind }) => kind === "line").length;
  const ago = shortDuration(madeAt - since);
  const time = ["60 min", "1 h"].includes(ago) ? "hour" : ago;
  const all = [
    counted(processes.length, "process", "processes"),
    counted(events.length, "event"),
    counted(lines, "line"),
  ].join(", ");
  const left = cut ? " Older lines were left out." : "";
  const were = redacted === 1 ? "value was" : "values were";
  return `Wrote ${what} (${megabytes.toFixed(1)} MB): ${all} of the last ` +
    `${time}; ${redacted} ${were} redacted.${left} Read it before you send it.\n`;
}

function counted(count: number, one: string, many = `${one}s`): string {
  return `${count.toLocaleString("en")} ${count === 1 ? one : many}`;
}
