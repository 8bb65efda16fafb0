/**
 * Readiness: the start of a unit lasts until its probe says yes.
 *
 * @module
 */

import type { ReadyOptions } from "../mod.ts";
import { type ProbeCommand, probeCommand } from "./probe_command.ts";
import { type ProbeForm, probeForm } from "./probe_form.ts";
import { shellLine, shellWord } from "./shell.ts";
import type { SubjectReplica } from "./subject.ts";
import { cleanPath, commandLine, timeSpan } from "./systemd_text.ts";

/** Adds a note about an entry. */
export type Say = (option: string, message: string) => void;

/** Returns whether systemd can find out that the process is ready. */
export function isAsked({ command }: SubjectReplica): boolean {
  const rules = rulesOf(command.ready);
  return rules !== undefined && commandOf(rules) !== undefined;
}

/**
 * Returns the lines that make the start last until the process is ready.
 *
 * @param replica The process.
 * @param root The folder in which programs of probes run.
 * @param say Adds a note.
 */
export function readyLines(
  { command, cwd }: SubjectReplica,
  root: string,
  say: Say,
): string[] {
  const rules = rulesOf(command.ready);
  if (rules === undefined) return [];
  const asked = commandOf(rules);
  const form = probeForm(rules.probe);
  if (asked === undefined) {
    const what = form.kind === "other" ? form.name : "all parts of the probe";
    say(
      "ready.probe",
      `a command cannot ask for ${what}; the unit counts as ready when it runs`,
    );
    return [];
  }
  noteNeeds(asked, say);
  const tries = shellLine([
    "timeout",
    seconds(rules.timeoutMs),
    ...asked.words,
  ]);
  // Without this check, a crash would be noticed only after TimeoutStartSec=.
  const alive = "kill -0 $MAINPID || exit 1";
  const place = cleanPath(cwd) !== cleanPath(root) && isRelative(form)
    ? `cd ${shellWord(root)}; `
    : "";
  const script = `${place}until ${tries} >/dev/null 2>&1; do ${alive}; sleep ${
    seconds(rules.intervalMs)
  }; done`;
  return [
    `ExecStartPost=${commandLine(["/bin/sh", "-c", script])}`,
    `TimeoutStartSec=${timeSpan(Math.max(rules.withinMs, 1))}`,
  ];
}

type Rules = Required<Omit<ReadyOptions, "recheckMs">>;

function rulesOf(ready: SubjectReplica["command"]["ready"]) {
  if (ready === undefined) return undefined;
  const { probe, intervalMs = 200, timeoutMs = 1_000, withinMs = 60_000 } =
    typeof ready === "function" ? { probe: ready } : ready;
  return { probe, intervalMs, timeoutMs, withinMs };
}

function commandOf(
  { probe, timeoutMs = 1_000 }: Pick<Rules, "probe" | "timeoutMs">,
): ProbeCommand | undefined {
  return probeCommand(probeForm(probe), {
    timeoutMs,
    folder: (path) => path,
    file: (path) => path,
  });
}

/** Returns whether the answer can depend on the folder that is asked in. */
function isRelative(form: ProbeForm): boolean {
  switch (form.kind) {
    case "exec":
      return !form.cwd?.startsWith("/");
    case "file":
      return !form.path.startsWith("/");
    case "all":
      return form.all.some(isRelative);
    default:
      return false;
  }
}

function noteNeeds({ needs, lost }: ProbeCommand, say: Say): void {
  const programs = needs.filter((each) => each !== "sh");
  if (programs.length > 0) {
    say("ready.probe", `the unit needs ${programs.join(", ")} to ask`);
  }
  if (lost.length > 0) {
    say(
      "ready.probe",
      `the command that asks leaves out ${lost.join(", ")}`,
    );
  }
}

function seconds(ms: number): string {
  return (Math.ceil(ms) / 1_000).toFixed(3).replace(/\.?0+$/, "");
}
