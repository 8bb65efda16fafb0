/**
 * What becomes of each key of process-compose.
 *
 * @module
 */

import { alike, type Keys } from "./init_keys.ts";

const INTERNAL = "it is written by process-compose, not by people";

const OWN_LOG =
  "the tool keeps the log of each process, and `processman logs` reads it";

/** The keys of a file. */
export const PROJECT: Keys = {
  name: { to: "name" },
  processes: { to: "processes" },
  environment: { to: "defaults.env" },
  shell: {
    to: "command",
    note:
      "Without it, `shell` runs a command by `sh`, or `command` by `bash` if only bash understands it.",
  },
  vars: {
    to: "shell",
    note: "`{{.NAME}}` becomes the value. Other templates are not taken over.",
  },
  disable_env_expansion: {
    to: "env",
    note: "Then a dollar is written as `$$`, except in commands.",
  },
  version: { moot: "A configuration has no version." },
  is_strict: { moot: "The tool always checks everything." },
  ordered_shutdown: {
    moot: "Processes always stop in the reverse order of their dependencies.",
  },
  is_tui_disabled: { moot: "`processman up` prints lines." },
  extends: {
    why:
      "run `processman init` for that file, too, and name the result in `include`",
  },
  env_cmds: {
    why:
      "set these variables before `processman up`, or in a script that `shell` runs",
  },
  mcp_server: { why: "`processman mcp` is such a server" },
  ...alike("log_location log_configuration log_level log_length log_format", {
    why: OWN_LOG,
  }),
  ...alike("file_names env_file_names dot_env_vars", { why: INTERNAL }),
};

/** The keys of `shell`. */
export const SHELL: Keys = {
  shell_command: { to: "command" },
  shell_argument: { to: "command" },
  ...alike("elevated_shell_command elevated_shell_argument", {
    why: "nothing runs with more rights than the supervisor; see `user`",
  }),
};

/** The keys of a process. */
export const PROCESS: Keys = {
  command: { to: "shell" },
  entrypoint: { to: "command" },
  working_dir: { to: "cwd" },
  environment: { to: "env" },
  env_file: {
    to: "envFiles",
    note: "All processes get the variables of a file `.env`, by `defaults`.",
  },
  depends_on: { to: "dependsOn" },
  availability: { to: "restart" },
  readiness_probe: { to: "ready" },
  liveness_probe: { to: "live" },
  ready_log_line: {
    to: "ready",
    note: "The probe `line`, if no `readiness_probe` is there.",
  },
  shutdown: { to: "stop" },
  replicas: {
    to: "replicas",
    note:
      "Programs that listen need a port for each: see [replicas](configuration.md#how-do-replicas-differ).",
  },
  disabled: { to: "autoStart" },
  is_disabled: { to: "autoStart" },
  is_foreground: { to: "autoStart" },
  log_location: { to: "output.file.path" },
  log_configuration: { to: "output.file" },
  success_exit_codes: { to: "restart.successCodes" },
  extends: {
    to: "shell",
    note: "The keys of the other process are filled in.",
  },
  vars: { to: "shell", note: "As for a file." },
  is_template_disabled: { to: "shell" },
  description: { to: "shell", note: "It becomes a comment." },
  is_dotenv_disabled: {
    why:
      "all processes get the variables of `.env`, because `defaults` names it",
  },
  name: { moot: "The name is the key of the process." },
  namespace: {
    why:
      "`profiles: [NAME]` names a group that starts with `--profile NAME`, and to which commands apply as @NAME",
  },
  is_daemon: {
    why:
      "a stop does not reach a daemon: run the program in the foreground, without its option for a daemon",
  },
  is_elevated: {
    why:
      "nothing runs with more rights than the supervisor; `user` runs a process as another user",
  },
  launch_timeout_seconds: {
    why: "it is for daemons; `ready.withinMs` limits how long a start can take",
  },
  ...alike("is_tty is_interactive", {
    to: "tty",
    note: "`processman attach` connects you to it.",
  }),
  schedule: { to: "schedule", note: "Such a process is a task." },
  watch: { to: "watch" },
  mcp: {
    why: "`processman mcp` has tools for all processes, but none of yours",
  },
  truncate_log: { why: OWN_LOG },
  disable_ansi_colors: { why: "set `NO_COLOR` in `env`" },
  ...alike("monitor_for monitor_silence_threshold", {
    why: "nothing watches for output or silence",
  }),
  ...alike("original_config replica_num replica_name executable args", {
    why: INTERNAL,
  }),
};

/** The keys of `availability`. */
export const AVAILABILITY: Keys = {
  restart: {
    to: "restart.policy",
    note:
      "The default is `no`, here `never`. `exit_on_failure` is `critical: true`.",
  },
  backoff_seconds: { to: "restart.backoff", note: "1 s without it." },
  max_restarts: { to: "restart.limit" },
  exit_on_end: {
    to: "critical",
    note:
      "`critical: true` ends everything when nothing restarts the process any more.",
  },
  exit_on_skipped: {
    why:
      "a process whose dependency fails waits for it, and `processman why` says so",
  },
};

/** The keys of `shutdown`. */
export const SHUTDOWN: Keys = {
  signal: { to: "stop.signal" },
  timeout_seconds: { to: "stop.gracePeriodMs", note: "10 s without it." },
  parent_only: { to: "stop.to" },
  command: {
    to: "stop.command",
    note:
      "If it does not end the process, SIGKILL does after the grace period.",
  },
  send_keys: { why: "a stop sends a signal: see `stop.signal`" },
};

/** The keys of `schedule`. */
export const SCHEDULE: Keys = {
  cron: { to: "schedule" },
  interval: {
    to: "schedule",
    note:
      "As an expression of cron, if there is one: `30s` is every half minute.",
  },
  timezone: { to: "schedule.timeZone" },
  max_concurrent: { moot: "One run at a time. Told if it is more than 1." },
  run_on_start: { why: "`processman start` runs it at once" },
};

/** The keys of `watch`. */
export const WATCH: Keys = {
  paths: { to: "watch.paths" },
  cascade: { to: "watch.cascade" },
  debounce: { to: "watch.debounceMs" },
  ...alike("max_entries buffer_size", { moot: "There is no such limit." }),
  disable_default_excludes: {
    why: "see the table of `watch` for what is left out",
  },
};

/** The keys of an item of `paths`. */
export const WATCH_PATH: Keys = {
  path: { to: "watch.paths", note: "Together with `include`, a pattern." },
  include: { to: "watch.paths" },
  exclude: { to: "watch.ignore" },
};

/** The keys of a probe. */
export const PROBE: Keys = {
  exec: { to: "exec" },
  http_get: { to: "http" },
  period_seconds: { to: "intervalMs", note: "10 s without it." },
  timeout_seconds: { to: "timeoutMs", note: "1 s without it." },
  failure_threshold: {
    to: "failures",
    note: "For `ready`, how long that takes becomes `withinMs`.",
  },
  initial_delay_seconds: {
    to: "withinMs",
    note:
      "For `ready`, which asks from the start. `live` asks once the run is ready.",
  },
  success_threshold: {
    moot: "One positive answer is enough. Told if it is more than 1.",
  },
};

/** The keys of `exec`. */
export const EXEC: Keys = {
  command: { to: "exec.command" },
  working_dir: { to: "exec.cwd" },
};

/** The keys of `http_get`. */
export const HTTP: Keys = {
  ...alike("scheme host port num_port path", { to: "http.url" }),
  headers: { to: "http.headers" },
  status_code: { to: "http.status", note: "200 without it." },
};

/** The keys of `log_configuration`. */
export const LOG: Keys = {
  rotation: { to: "output.file" },
  disable_json: { to: "output.file.json" },
  ...alike("fields_order timestamp_format no_metadata", {
    why: "lines of JSON have their own fields",
  }),
  add_timestamp: {
    why:
      "a file has the lines as they are; `processman logs -t` shows when each was written",
  },
  no_color: { why: "set `NO_COLOR` in `env`" },
  flush_each_line: { moot: "Lines are always written at once." },
};

/** The keys of `rotation`. */
export const ROTATION: Keys = {
  max_size_mb: { to: "output.file.maxBytes" },
  max_backups: { to: "output.file.maxFiles" },
  ...alike("directory filename", { to: "output.file.path" }),
  max_age_days: { why: "only the size of files is limited" },
  compress: { why: "files are not compressed" },
};
