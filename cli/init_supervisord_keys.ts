/**
 * What becomes of each key of a configuration of supervisord.
 *
 * @module
 */

import type { Fate, Keys } from "./init_keys.ts";

/** What becomes of a key of supervisord. */
export type IniKey = Fate & {
  /** The values of which nothing is lost, in lower case. */
  readonly unless?: readonly string[];
};

const NO = ["no", "false", "off", "0", "0mb", "0kb"];
const YES = ["yes", "true", "on", "1"];

const EVENTS: IniKey = {
  why: "`processman logs -f` follows the output, and `processman events` " +
    "prints what happens to processes",
  unless: NO,
};
const CAPTURE: IniKey = {
  why: "read the output with `processman logs --json`, and look for the " +
    "markers in it",
  unless: NO,
};
const SYSLOG: IniKey = {
  to: "output.syslog",
  note: "It sends the lines of stdout and of stderr.",
};
const ONE_LIMIT = "one limit holds for both files, that of stdout";

/** The keys of `[program:x]`, in lower case. */
export const PROGRAM_KEYS: Readonly<Record<string, IniKey>> = {
  command: { to: "command" },
  process_name: {
    why: "a process has the name of its section, and replicas have the " +
      "names `NAME.1`, `NAME.2` and so on",
    unless: [
      "%(program_name)s",
      "%(program_name)s_%(process_num)02d",
      "%(program_name)s-%(process_num)02d",
      "%(program_name)s_%(process_num)s",
      "%(program_name)s_%(process_num)d",
      "%(program_name)s-%(process_num)s",
      "%(program_name)s-%(process_num)d",
    ],
  },
  numprocs: { to: "replicas" },
  numprocs_start: { to: "replicas" },
  priority: { to: "dependsOn" },
  autostart: { to: "autoStart" },
  autorestart: { to: "restart.policy" },
  startsecs: { to: "restart.resetAfterMs" },
  startretries: { to: "restart.limit" },
  exitcodes: { to: "restart.successCodes" },
  stopsignal: { to: "stop.signal" },
  stopwaitsecs: { to: "stop.gracePeriodMs" },
  stopasgroup: { to: "stop.to" },
  killasgroup: {
    why: "SIGKILL always goes to a program and to everything it started",
    unless: YES,
  },
  user: { to: "user" },
  redirect_stderr: { to: "output.file.stderr" },
  stdout_logfile: { to: "output.file.path" },
  stdout_logfile_maxbytes: { to: "output.file.maxBytes" },
  stdout_logfile_backups: { to: "output.file.maxFiles" },
  stdout_capture_maxbytes: CAPTURE,
  stdout_events_enabled: EVENTS,
  stdout_syslog: SYSLOG,
  stderr_logfile: { to: "output.file.stderr" },
  stderr_logfile_maxbytes: {
    to: "output.file.maxBytes",
    note: ONE_LIMIT,
  },
  stderr_logfile_backups: {
    to: "output.file.maxFiles",
    note: ONE_LIMIT,
  },
  stderr_capture_maxbytes: CAPTURE,
  stderr_events_enabled: EVENTS,
  stderr_syslog: SYSLOG,
  environment: { to: "env" },
  directory: { to: "cwd" },
  umask: { to: "shell" },
  serverurl: {
    why: "a program asks the supervisor with `processman ps --json`",
    unless: ["auto"],
  },
};

const LOG: IniKey = {
  why: "the supervisor logs to stderr, or with `processman up -d` to the " +
    "file supervisor.log in the folder of logs",
};
const LIMITS: IniKey = {
  why: "set it where you start processman, with `umask`, `ulimit -n` and " +
    "`ulimit -u`, or in its systemd unit",
};
const FOREGROUND: IniKey = {
  why: "`processman up` runs in the foreground, and `processman up -d` in " +
    "the background",
};

/** The keys of `[supervisord]`. */
export const SUPERVISORD_KEYS: Readonly<Record<string, IniKey>> = {
  logfile: LOG,
  logfile_maxbytes: LOG,
  logfile_backups: LOG,
  loglevel: LOG,
  silent: {
    why: "with `processman up -d`, the log of the supervisor is only in a file",
    unless: NO,
  },
  nodaemon: FOREGROUND,
  pidfile: {
    why: "`processman ls` shows the process ID of each supervisor",
  },
  identifier: { to: "name" },
  directory: { to: "defaults.cwd" },
  environment: { to: "defaults.env" },
  user: { why: "start processman as this user", unless: ["root"] },
  umask: LIMITS,
  minfds: LIMITS,
  minprocs: LIMITS,
  childlogdir: { to: "logs.folder" },
  nocleanup: {
    why: "the logs are kept for the time in `logs.maxAge`",
    unless: NO,
  },
  strip_ansi: {
    why: "set `NO_COLOR` in `defaults.env`, so that programs write no " +
      "colors",
    unless: NO,
  },
};

const CONTROL: Fate = {
  why: "the commands of processman find its supervisor by the folder, " +
    "through a socket that only you can use",
};

/** The other sections, without what follows their colon. */
export const SECTIONS: Keys = {
  "program:x": { to: "processes.x" },
  "group:x": {
    to: "dependsOn",
    note: "name its processes in a command",
  },
  "include": { to: "processes" },
  "eventlistener:x": {
    why: "it needs the protocol of supervisord: let it read " +
      "`processman events --json`, or write `onFailed` or " +
      "`critical: true`",
  },
  "fcgi-program:x": {
    why: "processman passes on no sockets: let the program open its own, " +
      "as php-fpm does, and write a process for it",
  },
  "unix_http_server": CONTROL,
  "rpcinterface:x": CONTROL,
  "supervisorctl": CONTROL,
  "ctlplugin:x": CONTROL,
  "inet_http_server": {
    why: "`processman web` serves a dashboard on this machine",
  },
};
