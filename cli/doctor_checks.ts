/**
 * What can be wrong with a machine, in order of weight. The checks are pure:
 * they look at facts that `doctor_facts.ts` has collected.
 *
 * @module
 */

import { dateTime } from "../control/format.ts";
import type { Facts } from "./doctor_facts.ts";

/** How much something matters. */
export type Weight =
  /** processman does not work, or not as it should. */
  | "fault"
  /** Something can go wrong later. */
  | "risk"
  /** Good to know. */
  | "note";

/** Something that is wrong, or missing. */
export interface Finding {
  /** A word for programs. */
  readonly id: string;
  /** How much it matters. */
  readonly weight: Weight;
  /** What is wrong. */
  readonly what: string;
  /** Why it matters. */
  readonly why: string;
  /** What to do: a command, or a sentence. */
  readonly fix: string;
}

/** A check: returns what is wrong, if anything is. */
type Check = (facts: Facts) => readonly Finding[];

/** The oldest Deno that processman works with. */
export const OLDEST_DENO = "2.7.6";

/** A Deno with a fault that concerns processman. */
export const FAULTY_DENO = "2.8.3";

/** The most bytes in the path of a socket. */
const SOCKET_BYTES = 103;

/** How many files a supervisor opens for itself, and for each process. */
const [OWN_FILES, FILES_EACH] = [64, 10];

/** The least room for logs, in bytes. */
const LEAST_BYTES = 100_000_000;

/** How many folders and files of a project a watch can need. */
const WATCHES = 65_536;

/** A time that has passed for certain: the clock of a machine begins in 1970. */
const PAST = Date.UTC(2025, 0, 1);

/** Programs that are no init, and do not reap the processes of others. */
const NO_INITS =
  /^(bun|deno|java|node|nodejs|php|processman|python[\d.]*|ruby|sleep|tail)$/;

function fault(id: string, what: string, why: string, fix: string): Finding {
  return { id, weight: "fault", what, why, fix };
}

function risk(id: string, what: string, why: string, fix: string): Finding {
  return { id, weight: "risk", what, why, fix };
}

/** Returns what is wrong if the tool lacks permissions. */
export function examinePermissions(missing: readonly string[]): Finding[] {
  return missing.length === 0 ? [] : [fault(
    "permissions",
    `The tool lacks permissions of Deno: ${missing.join(", ")}`,
    "It starts programs, and reads and writes files and sockets.",
    "deno install -gAf -n processman jsr:@isbm/processman/cli",
  )];
}

function staleNote(
  name: string,
  config: string | null,
  file: string,
): Finding {
  return {
    id: "died",
    weight: "note",
    what: `The supervisor ${name} has died, and ${config} is gone`,
    why: "It stays in the list of supervisors, but cannot be started again.",
    fix: `rm ${quoted(file)}`,
  };
}

/** Returns a text as a shell takes it. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/** All checks. Within one weight, findings keep their order. */
export const CHECKS: readonly Check[] = [
  ({ os }) =>
    ["linux", "darwin"].includes(os) ? [] : [fault(
      "platform",
      `This is ${os}`,
      "The tool runs on Linux and macOS: it needs their sockets and signals.",
      "Use the library in a program of your own, or Linux, such as in WSL.",
    )],
  ({ deno }) =>
    isOlder(deno, OLDEST_DENO)
      ? [fault(
        "deno",
        `This is Deno ${deno}, and processman needs ${OLDEST_DENO} or later`,
        "Older ones kill all children at once at an uncaught error.",
        "deno upgrade",
      )]
      : deno === FAULTY_DENO
      ? [risk(
        "deno",
        `This is Deno ${deno}`,
        "On this version, a supervisor does not end while another process " +
          "holds open an output of a process that has ended.",
        "deno upgrade",
      )]
      : [],
  ({ now }) =>
    now >= PAST ? [] : [fault(
      "clock",
      `The clock says ${dateTime(now)}`,
      "Logs, schedules and certificates depend on it.",
      "timedatectl set-ntp true",
    )],
  ({ runtime: { fault: why } }) =>
    why === null ? [] : [fault(
      "runtime-folder",
      why,
      "The socket and the lock of the supervisor are there: without them, " +
        "no command finds it.",
      "Do what the message says; XDG_RUNTIME_DIR and TMPDIR choose the folder.",
    )],
  ({ runtime: { socketBytes } }) =>
    socketBytes <= SOCKET_BYTES ? [] : [fault(
      "socket-path",
      `The path of a socket would have ${socketBytes} bytes, and the system ` +
        `allows ${SOCKET_BYTES}`,
      "No supervisor can listen there.",
      "export XDG_RUNTIME_DIR=/run/user/$(id -u)",
    )],
  ({ state: { folder, writable } }) =>
    writable ? [] : [fault(
      "state-folder",
      `Nothing can be written in ${folder}`,
      "The logs of the processes are kept there.",
      "Set XDG_STATE_HOME, or logs.folder of the configuration, to a folder " +
        "in which you can write.",
    )],
  ({ programs }) =>
    programs.sh ? [] : [fault(
      "sh",
      "There is no /bin/sh",
      "The guard, which stops processes if the supervisor is killed, is a shell.",
      "Use an image with a shell, such as debian:stable-slim.",
    )],
  ({ os, programs }) =>
    os !== "darwin" || programs.ps ? [] : [fault(
      "ps",
      'There is no program "ps"',
      "Without it, a stop does not find what processes have started.",
      "Add /bin to PATH.",
    )],
  ({ config, programs, os }) =>
    os !== "linux" || programs.setpriv || config.users.length === 0
      ? []
      : [fault(
        "setpriv",
        'There is no program "setpriv"',
        `${listed(config.users)} cannot run as another user without it.`,
        "apt-get install util-linux",
      )],
  ({ config: { terminals }, libc }) =>
    libc || terminals.length === 0 ? [] : [fault(
      "terminal",
      "There is no glibc on this machine",
      `${listed(terminals)} cannot have a terminal without it.`,
      "Use Linux with glibc, such as Debian, or leave out tty.",
    )],
  ({ config: { syslog }, programs }) =>
    programs.logger || syslog.length === 0 ? [] : [risk(
      "logger",
      'There is no program "logger"',
      `Lines of ${
        listed(syslog)
      } cannot go to syslog of this machine without it.`,
      "apt-get install bsdutils",
    )],
  ({ config: { journald }, journal }) =>
    journal || journald.length === 0 ? [] : [risk(
      "journald",
      "journald does not run here",
      `Lines of ${listed(journald)} cannot go there.`,
      "Write them to a file or to syslog, as output.file and output.syslog do.",
    )],
  ({ config: { faults } }) =>
    faults.map((each) =>
      fault(
        "configuration",
        each,
        "Nothing starts before the configuration is right.",
        "processman check",
      )
    ),
  ({ config: { ports }, running }) =>
    running
      ? []
      : ports.filter(({ taken }) => taken).map(({ port, name }) =>
        fault(
          "port",
          `Port ${port} of ${name} is taken`,
          "A server that listens there fails, or another one answers its check.",
          `lsof -nP -iTCP:${port} -sTCP:LISTEN`,
        )
      ),
  ({ died }) =>
    died.map(({ name, config, text, stale }) =>
      stale !== null ? staleNote(name, config, stale) : risk(
        "died",
        `The supervisor ${name} has died: ${text}`,
        "Its processes do not run, and nothing starts them again.",
        config === null
          ? `Start the program again that exposed "${name}".`
          : `processman up -d -f ${quoted(config)}`,
      )
    ),
  ({ silent }) =>
    silent.map(({ name, pid }) =>
      risk(
        "silent",
        `The supervisor ${name} (process ${pid}) gives no answer`,
        "It cannot be asked or stopped, and may not restart anything.",
        `kill ${pid}`,
      )
    ),
  ({ container, init, os }) =>
    os !== "linux" || !container || !NO_INITS.test(init) ? [] : [risk(
      "init",
      `Process 1 of this container is ${init}, which is no init`,
      "Processes that lose their parent stay as zombies, because Deno reaps " +
        "only its own children.",
      "docker run --init",
    )],
  ({ openFiles, config: { processes } }) => {
    const needed = OWN_FILES + FILES_EACH * processes;
    return openFiles === null || openFiles >= needed ? [] : [risk(
      "open-files",
      `A program can open ${openFiles} files, and ${processes} processes ` +
        `need about ${needed}`,
      "A start fails when no file can be opened any more.",
      `ulimit -n ${2 ** Math.ceil(Math.log2(needed))}`,
    )];
  },
  ({ watches, config: { watched } }) =>
    watches === null || watches >= WATCHES || watched.length === 0 ? [] : [risk(
      "watches",
      `The system watches at most ${watches} files and folders`,
      `${listed(watched)} may not notice changes in a large project.`,
      "sudo sysctl fs.inotify.max_user_watches=524288",
    )],
  ({ state: { folder, freeBytes } }) =>
    freeBytes === null || freeBytes >= LEAST_BYTES ? [] : [risk(
      "disk",
      `${Math.floor(freeBytes / 1_000_000)} MB are free in ${folder}`,
      "On a full disk, lines of output are lost.",
      `df -h ${folder}`,
    )],
  ({ runtime: { variable, owner, uid } }) =>
    variable === undefined || owner === uid ? [] : [risk(
      "foreign-runtime-dir",
      owner === null
        ? `XDG_RUNTIME_DIR is ${variable}, which is no folder`
        : `XDG_RUNTIME_DIR is ${variable}, which belongs to the user ${owner}`,
      "That is usual after su and sudo. Commands of another login of this " +
        "user may not find the supervisor.",
      "unset XDG_RUNTIME_DIR",
    )],
  ({ runtime: { loginFolder }, systemd, linger, user }) =>
    !systemd || linger || !loginFolder ? [] : [risk(
      "linger",
      "systemd removes the run-time folder when your last login ends",
      "A supervisor in the background then cannot be asked any more, or is " +
        "ended.",
      `loginctl enable-linger ${user}`,
    )],
  ({ notified, programs }) =>
    !notified || programs["systemd-notify"] ? [] : [risk(
      "systemd-notify",
      'There is no program "systemd-notify"',
      "systemd waits to hear when all processes are ready, and then takes " +
        "the start for failed.",
      "apt-get install systemd",
    )],
  ({ os, programs }) =>
    os !== "linux" || programs.setsid ? [] : [risk(
      "setsid",
      'There is no program "setsid"',
      "Deno then forks for each start, which takes longer the more memory " +
        "the supervisor uses.",
      "apt-get install util-linux",
    )],
  ({ os, runtime: { variable, loginFolder }, systemd }) =>
    os !== "linux" || !systemd || variable !== undefined || loginFolder
      ? []
      : [{
        id: "no-runtime-dir",
        weight: "note",
        what: "XDG_RUNTIME_DIR is not set, and there is no /run/user/$(id -u)",
        why: "That is usual under su and cron. Sockets are below TMPDIR or " +
          "/tmp then, where programs that clean up may remove them.",
        fix: "export XDG_RUNTIME_DIR=/run/user/$(id -u)",
      }],
];

const ORDER: readonly Weight[] = ["fault", "risk", "note"];

/** Returns all findings, what matters most first. */
export function examine(facts: Facts): Finding[] {
  const all = CHECKS.flatMap((check) => check(facts));
  return ORDER.flatMap((weight) =>
    all.filter((each) => each.weight === weight)
  );
}

function isOlder(version: string, than: string): boolean {
  return version.localeCompare(than, "en", { numeric: true }) < 0;
}

function listed(names: readonly string[]): string {
  return names.length > 3
    ? `${names.slice(0, 3).join(", ")} and ${names.length - 3} more`
    : names.join(", ");
}
