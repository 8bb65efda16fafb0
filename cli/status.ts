/**
 * The command `status`.
 *
 * @module
 */

import {
  type ControlClient,
  ControlError,
  type EndView,
  type ProcessDetails,
  type ProcessView,
  type ScheduleView,
  type SupervisorView,
  type UsageView,
} from "../control/client.ts";
import { type Call, type Command, STATUS } from "./call.ts";
import {
  bytesText,
  dateTime,
  shareText,
  shortDuration,
  untilText,
} from "../control/format.ts";
import { select } from "./names.ts";
import { stateCell } from "./state_text.ts";
import {
  hookText,
  needsText,
  probeText,
  restartsText,
  stoppedText,
  stopText,
} from "./status_details.ts";
import { withSupervisor } from "./target.ts";
import { plainText } from "./plain_text.ts";

/** Shows processes, or the supervisor. */
export const status: Command = async (call) => {
  const { io, names, options } = call;
  if (names.length === 0) return await supervisorStatus(call);
  const all = await withSupervisor(call, async (client) => {
    const views = select(names, await client.processes({ usage: true }));
    return await Promise.all(views.map(async (view): Promise<Full> => {
      return { ...view, details: await detailsOf(client, view) };
    }));
  });
  const text = options.flag("json")
    ? `${JSON.stringify(all, null, 2)}\n`
    : all.map((each) => processText(each, io.now())).join("\n");
  await io.out(text);
  const failed = all.some(({ state }) => state === "failed");
  return failed ? STATUS.failed : STATUS.ok;
};

/** A process with its details, if the supervisor tells them. */
export type Full = ProcessView & { readonly details: ProcessDetails | null };

/**
 * Returns the details of a process; `null` if it has just been removed, or if
 * the supervisor is older than this tool.
 */
export async function detailsOf(
  client: ControlClient,
  { name }: ProcessView,
): Promise<ProcessDetails | null> {
  try {
    return await client.details(name);
  } catch (error) {
    const absent = error instanceof ControlError && error.code === "not-found";
    if (absent) return null;
    throw error;
  }
}

async function supervisorStatus(call: Call): Promise<number> {
  const { io, options } = call;
  const [view, processes] = await withSupervisor(
    call,
    (client) => Promise.all([client.supervisor(), client.processes()]),
  );
  const text = options.flag("json")
    ? `${JSON.stringify(view, null, 2)}\n`
    : supervisorText(view, processes, io.now());
  await io.out(text);
  return STATUS.ok;
}

/** Returns what is known about a supervisor. */
export function supervisorText(
  view: SupervisorView,
  processes: readonly ProcessView[],
  now: number,
): string {
  const { name, pid, version, startedAt, config, cwd, logs, log } = view;
  const ago = shortDuration(now - startedAt);
  const counts = Map.groupBy(processes, ({ state }) => state);
  const states = [...counts].map(([state, some]) => `${some.length} ${state}`);
  return block(name, [
    ["Process", `${pid}, processman ${version}`],
    ["Started", `${dateTime(startedAt)}, ${ago} ago`],
    ["Config", config],
    ["Folder", cwd],
    ["Logs", logs],
    ["Its log", log],
    ["Processes", states.length === 0 ? "none" : states.join(", ")],
  ]);
}

/** Returns what is known about a process. */
function processText(view: Full, now: number): string {
  return block(view.name, entriesOf(view, now));
}

/** Returns what is known about a process, with titles. */
export function entriesOf(view: Full, now: number): readonly Entry[] {
  const { name, type, labels, command, pid, since, last, usage, why } = view;
  const state = stateCell(view, now).text + readyText(view);
  const runs = since !== null && pid !== null;
  return [
    ["State", type === "task" ? `${state} (a task)` : state],
    ["Why", why.startsWith(`${name} `) ? why.slice(name.length + 1) : why],
    ["Process", runs ? `${pid}, for ${shortDuration(now - since)}` : null],
    ["Uses", usage && usageText(usage)],
    ["Schedule", scheduleText(view.schedule, now)],
    ["Runs", runsText(view)],
    ["Last end", last && lastText(last, now)],
    ["Stderr", last && last.stderr],
    ...view.details === null ? [] : factsOf(view.details, view, now),
    ["Command", command.map(quoted).join(" ")],
    ...view.details === null ? [] : placeOf(view.details),
    ["Profiles", labels.length === 0 ? null : labels.join(", ")],
  ];
}

/** Returns what a process depends on, and how it is looked after. */
function factsOf(
  details: ProcessDetails,
  { dependencies }: ProcessView,
  now: number,
): Entry[] {
  const { ready, live, stopped } = details;
  return [
    ["Last stop", stopped && stoppedText(stopped, now)],
    ["Needs", needsText(dependencies)],
    ["Ready", ready && probeText(ready, now)],
    ["Live", live && probeText(live, now)],
    ["Restarts", restartsText(details)],
    ["Before", hookText(details, "before")],
    ["After", hookText(details, "after")],
    ["Stop", stopText(details)],
  ];
}

/** Returns where and with what a process runs. */
function placeOf({ cwd, user, environment }: ProcessDetails): Entry[] {
  return [
    ["Folder", cwd],
    ["User", user],
    ["Variables", environment.length === 0 ? null : environment.join(", ")],
  ];
}

function lastText({ run, reason, time }: EndView, now: number): string {
  return `run ${run} ${reason}, ${shortDuration(now - time)} ago`;
}

/** A title with a text, or with several lines. */
export type Entry = readonly [
  title: string,
  text: string | readonly string[] | null,
];

/** Returns a block of entries under a title; those without a text are left out. */
function block(title: string, entries: readonly Entry[]): string {
  const lines = entries.flatMap(([name, text]) => {
    const [first, ...others] = typeof text === "string" ? [text] : text ?? [];
    if (first === undefined) return [];
    return [
      `  ${name.padEnd(9)}  ${plainText(first)}`,
      ...others.map((line) => `${" ".repeat(13)}${plainText(line)}`),
    ];
  });
  return [plainText(title), ...lines].map((line) => `${line.trimEnd()}\n`)
    .join("");
}

function readyText({ ready }: ProcessView): string {
  return ready === null ? "" : ready ? ", ready" : ", not ready";
}

function scheduleText(
  schedule: ScheduleView | null | undefined,
  now: number,
): string | null {
  if (!schedule) return null;
  const { action, next, suspended } = schedule;
  if (suspended) return "waits for a start";
  if (next === null) return "has no more times";
  const what = action === "run" ? "next run" : "next restart";
  const left = untilText(next - now);
  return `${what} ${dateTime(next)}, in ${left}`;
}

function usageText({ cpu, memory, processes }: UsageView): string {
  const share = cpu === null ? "" : `${shareText(cpu)} of a processor, `;
  const several = processes === 1 ? "" : ` in ${processes} processes`;
  return `${share}${bytesText(memory)}${several}`;
}

function runsText({ run, restarts, restartsLeft }: ProcessView): string {
  const count = restarts === 1 ? "1 restart" : `${restarts} restarts`;
  const left = restartsLeft === null ? "" : `, ${restartsLeft} more allowed`;
  return `${run}, ${count} after crashes${left}`;
}

/** Returns an argument as a shell reads it. */
function quoted(argument: string): string {
  return /^[\w@%+=:,./-]+$/.test(argument)
    ? argument
    : `'${argument.replaceAll("'", `'\\''`)}'`;
}
