/**
 * The programs that run besides a service: before it, after it, and to stop it.
 *
 * @module
 */

import type { Hook } from "../mod.ts";
import type { Subject, SubjectReplica } from "./subject.ts";
import type { Say } from "./systemd_ready.ts";
import { commandLine, VIA_SHELL } from "./systemd_text.ts";

/** The variables of processman, by those of systemd. */
const STOPPED = ["PROCESSMAN_PID=${MAINPID}"];
const ENDED = ["PROCESSMAN_EXIT_CODE=${EXIT_STATUS}"];

const COMMANDED =
  "when the command has ended, systemd at once sends the signal of KillSignal= to what is left";

const BEFORE = "the time of TimeoutStartSec= is the limit of the whole start";

const AFTER =
  "the time of TimeoutStopSec= is the limit; PROCESSMAN_EXIT_CODE is the name of the signal if one ended the program";

const AFTER_TASK =
  "systemd runs it when the unit is stopped, not when the task has ended";

/**
 * Returns the lines that run other programs.
 *
 * @param subject The entry.
 * @param replica The process.
 * @param say Adds a note.
 */
export function hookLines(
  { task }: Pick<Subject, "task">,
  { unit: { name }, command: { before, after, stop } }: SubjectReplica,
  say: Say,
): string[] {
  const named = [`PROCESSMAN_NAME=${name}`];
  const lines: string[] = [];
  if (before !== undefined) {
    say("before", BEFORE);
    lines.push(hookLine("ExecStartPre", named, wordsOf(before)));
  }
  if (stop.command !== undefined && stop.gracePeriodMs !== 0) {
    say("stop.command", COMMANDED);
    const variables = [...named, ...STOPPED];
    lines.push(hookLine("ExecStop", variables, stop.command));
  }
  if (after !== undefined) {
    say("after", task ? AFTER_TASK : AFTER);
    lines.push(hookLine("ExecStopPost", [...named, ...ENDED], wordsOf(after)));
  }
  return lines;
}

function wordsOf(hook: Hook): readonly string[] {
  return "command" in hook ? hook.command : hook;
}

/** Returns a line that runs a command; systemd fills in the variables. */
function hookLine(
  setting: string,
  variables: readonly string[],
  command: readonly string[],
): string {
  // `env` would take such a program for a variable.
  const odd = command[0]?.includes("=");
  const words = odd ? [...VIA_SHELL, ...command] : command;
  const line = commandLine(words);
  return `${setting}=/usr/bin/env -- ${variables.join(" ")} ${line}`;
}
