/**
 * The command `logs`.
 *
 * @module
 */

import {
  ControlClient,
  ControlError,
  type LogItem,
  type LogQuery,
  type SupervisorView,
} from "../control/client.ts";
import { type Call, CliError, type Command, STATUS } from "./call.ts";
import { logLeft } from "./log_left.ts";
import { LogPrinter } from "./log_printer.ts";
import { LogTrail, supervisorOf } from "./log_trail.ts";
import {
  globMatches,
  type Named,
  needsExpansion,
  select,
  UnknownNameError,
} from "./names.ts";
import { didYouMean } from "./nearest.ts";
import { noneText } from "./presence_text.ts";
import { type Target, targetOf } from "./target.ts";

/** How many lines come first with `--follow`. */
const FIRST_LINES = 10;

/**
 * Prints what processes have written.
 *
 * It leaves SIGINT alone, which ends it at once, also while a terminal is
 * paused.
 */
export const logs: Command = async (call) => {
  const query = queryOf(call);
  const { io, options } = call;
  const target = await targetOf(call);
  const printer = new LogPrinter(io, {
    json: options.flag("json"),
    prefix: !options.flag("no-prefix"),
    timestamps: options.flag("timestamps"),
  });
  const client = new ControlClient(target.place.socket);
  const view = await supervisorOf(client);
  const lines = view === undefined
    ? await fromDisk(call, target, query, printer)
    : await fromSupervisor(call, target, query, printer, view, client);
  for await (const item of lines) await printer.print(item);
  await printer.flush();
  return STATUS.ok;
};

/** Reads the options. */
function queryOf({ options }: Call): LogQuery {
  const follow = options.flag("follow");
  const [since, until] = [options.time("since"), options.time("until")];
  const [grep, run] = [options.value("grep"), options.integer("run")];
  if (follow && until !== undefined) {
    throw new CliError(
      "--until cannot be combined with --follow",
      STATUS.usage,
    );
  }
  if (grep !== undefined) checkPattern(grep);
  const some = follow && since === undefined && run === undefined;
  return {
    lines: options.count("lines") ?? (some ? FIRST_LINES : undefined),
    since,
    until,
    grep,
    run,
    // The table of the command has the values that are possible.
    level: options.value("level") as LogQuery["level"],
    source: options.value("source") as LogQuery["source"],
    follow,
  };
}

function checkPattern(grep: string): void {
  try {
    new RegExp(grep);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new CliError(
      `the option --grep needs a regular expression: ${
        why.replace("Invalid regular expression: ", "")
      }`,
      STATUS.usage,
    );
  }
}

/** Returns the lines of a supervisor that runs, and of those after it. */
async function fromSupervisor(
  { names, io }: Call,
  target: Target,
  query: LogQuery,
  printer: LogPrinter,
  view: SupervisorView,
  client: ControlClient,
): Promise<AsyncIterable<LogItem>> {
  const processes = await client.processes();
  const wanted = withoutProfiles(names, processes);
  const isNamed = matcher(wanted);
  const all = processes.map(({ name }) => name);
  printer.reserve(all.filter(isNamed));
  const trail = new LogTrail(target, io, {
    ...query,
    names: wanted,
  });
  return refused(async function* () {
    yield* trail.ofSupervisor(view);
    if (!query.follow) return;
    await printer.flush();
    await trail.sayEnd();
    yield* trail.ofNext();
  }());
}

/** Returns names of which a log knows all: entries stand for profiles. */
export function withoutProfiles(
  names: readonly string[],
  processes: readonly Named[],
): string[] {
  const all = names.flatMap((name) =>
    name.startsWith("@")
      ? select([name], processes).map(({ entry }) => entry)
      : [name]
  );
  return [...new Set(all)];
}

/** Returns the lines that earlier supervisors have left on disk. */
async function fromDisk(
  call: Call,
  target: Target,
  query: LogQuery,
  printer: LogPrinter,
): Promise<AsyncIterable<LogItem>> {
  const { names, io } = call;
  const { presence, folder, names: there } = await logLeft(target, call);
  for (const name of names) checkName(name, there);
  printer.reserve(there.filter(matcher(names)));
  const none = noneText(target.title, presence, target.config !== undefined);
  await io.err(`processman: ${none}\nThese lines are from ${folder}:\n`);
  const trail = new LogTrail(target, io, { ...query, names });
  return async function* () {
    yield* trail.onDisk(folder);
    if (!query.follow) return;
    await printer.flush();
    await io.err("processman: waiting for a supervisor, Ctrl-C ends this\n");
    yield* trail.ofNext();
  }();
}

/**
 * Checks that there is a log of a process.
 *
 * @param name Its name.
 * @param there The names of the processes that there is a log of.
 * @throws {CliError} If there is none.
 */
export function checkName(name: string, there: readonly string[]): void {
  if (name.startsWith("@")) {
    throw new CliError(
      `"${name}" is a profile, which only a supervisor knows, and none runs`,
      STATUS.usage,
    );
  }
  if (there.some(matcher([name]))) return;
  throw new UnknownNameError(
    `there is no log of "${name}"${didYouMean(name, there)}`,
    STATUS.failed,
  );
}

/** Returns whether a process belongs to one of the names; without any, all. */
function matcher(names: readonly string[]): (process: string) => boolean {
  if (names.length === 0) return () => true;
  const matches = (name: string, process: string) =>
    needsExpansion(name) ? globMatches(name, process) : name === process;
  return (process) =>
    names.some((name) =>
      matches(name, process) || matches(name, process.replace(/\.\d+$/, ""))
    );
}

/** Turns the refusal of a request into an error of the command. */
async function* refused(
  items: AsyncIterable<LogItem>,
): AsyncGenerator<LogItem> {
  try {
    yield* items;
  } catch (error) {
    if (!(error instanceof ControlError)) throw error;
    const usage = error.code === "bad-request";
    throw new CliError(error.message, usage ? STATUS.usage : STATUS.failed);
  }
}
