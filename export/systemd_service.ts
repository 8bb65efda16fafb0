/**
 * The section `[Service]` of a service.
 *
 * @module
 */

import type { CommandDescription } from "../mod.ts";
import { secretNames } from "./secrets.ts";
import type { Subject, SubjectReplica } from "./subject.ts";
import { hookLines } from "./systemd_hooks.ts";
import { outputLines } from "./systemd_output.ts";
import { readyLines, type Say } from "./systemd_ready.ts";
import { restartLines, stopSignal } from "./systemd_restart.ts";
import {
  cleanPath,
  commandLine,
  isPlainProgram,
  isVariable,
  linePath,
  type Scope,
  timeSpan,
  unitWord,
  userName,
  VIA_SHELL,
  withoutSpecifiers,
} from "./systemd_text.ts";
import type { UnitContext } from "./systemd_unit.ts";

/**
 * Returns the lines of the section `[Service]`.
 *
 * @param subject The entry.
 * @param replica The process.
 * @param context What else they depend on.
 */
export function serviceLines(
  subject: Subject,
  replica: SubjectReplica,
  { scope, root, notes }: UnitContext,
): string[] {
  const say: Say = (option, message) =>
    notes.add(subject.name, option, message);
  return [
    ...subject.task ? ["Type=oneshot", "RemainAfterExit=yes"] : ["Type=exec"],
    ...startLines(replica),
    ...readyLines(replica, root, say),
    ...userLines(replica.command, scope, say),
    ...cwdLines(replica, say),
    ...environmentLines(replica, say),
    ...outputLines(replica.command, root, say),
    ...restartLines(subject, replica, say),
    ...hookLines(subject, replica, say),
    ...stopLines(replica.command, say),
  ];
}

function startLines({ unit, cwd, env }: SubjectReplica): string[] {
  const { program, args } = unit;
  const bare = !program.includes("/");
  const path = bare
    ? program
    : cleanPath(program.startsWith("/") ? program : `${cwd}/${program}`);
  const odd = Object.entries(env).filter(([name]) => !isVariable(name));
  const words = [
    ...odd.length > 0 ? ["/usr/bin/env", "--"] : [],
    ...odd.map(([name, value]) => `${name}=${value}`),
    ...isPlainProgram(path) && !path.includes("=") ? [] : VIA_SHELL,
    path,
    ...args,
  ];
  return [
    ...bare ? searchLines(env.PATH) : [],
    `ExecStart=${commandLine(words)}`,
  ];
}

/** Returns the line with the folders in which systemd looks for the program. */
function searchLines(path = ""): string[] {
  const folders = path.split(":")
    .filter((each) => /^\/[^\s\\'"\p{Cc}]*$/u.test(each))
    .map(withoutSpecifiers);
  return folders.length === 0 ? [] : [`ExecSearchPath=${folders.join(":")}`];
}

function userLines(
  { user, uid, gid }: CommandDescription,
  scope: Scope,
  say: Say,
): string[] {
  if (scope === "user") {
    for (const [option, value] of Object.entries({ user, uid, gid })) {
      if (value !== undefined) say(option, OWN_USER);
    }
    return [];
  }
  if (uid !== undefined) say("uid", USER_GROUPS);
  const wanted = user ?? uid;
  return [
    ...wanted === undefined ? [] : [`User=${userName(wanted)}`],
    ...gid === undefined ? [] : [`Group=${gid}`],
  ];
}

const OWN_USER = "the manager of a user runs everything as that user";

const USER_GROUPS =
  "systemd needs an entry for this user in the user database, and sets HOME and all groups of the user";

function cwdLines({ cwd }: SubjectReplica, say: Say): string[] {
  const path = linePath(cleanPath(cwd));
  if (path !== undefined) return [`WorkingDirectory=${path}`];
  const shown = JSON.stringify(cwd);
  say("cwd", `no unit can contain the path ${shown}; the program runs in /`);
  return [];
}

function environmentLines({ env }: SubjectReplica, say: Say): string[] {
  const names = Object.keys(env).filter(isVariable);
  const secret = secretNames([env]);
  if (secret.length > 0) {
    say(
      "env",
      `all users can read ${
        secret.join(", ")
      } in the unit; a file for EnvironmentFile=, or LoadCredential=, keeps it secret`,
    );
  }
  return names.map((name) =>
    `Environment=${unitWord(`${name}=${env[name] ?? ""}`)}`
  );
}

function stopLines(
  { stop, group }: SubjectReplica["command"],
  say: Say,
): string[] {
  const { gracePeriodMs = 10_000, to } = stop;
  const signal = stopSignal(stop);
  const leader = to === "leader" ? "mixed" : "control-group";
  const mode = group === false ? "process" : leader;
  if (mode === "mixed") say("stop.to", LEFT);
  return [
    ...mode === "control-group" ? [] : [`KillMode=${mode}`],
    ...signal === "SIGTERM" ? [] : [`KillSignal=${signal}`],
    ...gracePeriodMs === 0 ? [] : [`TimeoutStopSec=${timeSpan(gracePeriodMs)}`],
  ];
}

const LEFT = "systemd kills what is left as soon as the main process has ended";
