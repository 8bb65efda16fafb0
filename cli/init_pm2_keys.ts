/**
 * What becomes of each key of an app in an ecosystem file of pm2.
 *
 * @module
 */

import type { Fate, Keys } from "./init_keys.ts";

const MONITORING: Fate = {
  why: "processman adds nothing to a program: `processman up --metrics` " +
    "and OpenTelemetry show how it is",
};
const LOGS: Fate = {
  why: "lines in a file have no times: `output.file.json` adds them, and " +
    "`processman logs --timestamps` shows them",
};
const SOURCE_MAPS: Fate = {
  why: "run `node --enable-source-maps`",
};
const MODULES: Fate = {
  why: "processman deploys and installs nothing: do that before " +
    "`processman reload`",
};

/** Why replicas are no cluster. */
export const NO_CLUSTER =
  "processman shares no port among processes: give each replica " +
  'its own, such as `PORT: "$[3000 + replica]"`, behind a proxy';

/** Why both outputs go to one file only. */
export const NO_THIRD_FILE =
  "there is no third file with both outputs: leave `stderr` out " +
  "of `output.file`, and both go to its `path`";

/** The keys of an app. */
export const APP_KEYS: Keys = {
  script: { to: "command" },
  exec_interpreter: { to: "command" },
  node_args: { to: "command" },
  args: { to: "command" },
  name: { to: "processes" },
  name_prefix: { to: "processes" },
  append_env_to_name: {
    why: "a process has one name for all environments",
  },
  namespace: {
    why: "name several processes in a command, or use a pattern such as " +
      "`'api-*'`",
  },
  cwd: { to: "cwd" },
  env: { to: "env" },
  "env_*": {
    why: "write its variables into a file of their own, and name both: " +
      "`processman up -f processman.yaml -f production.yaml`",
  },
  filter_env: { to: "clearEnv" },
  port: { to: "env" },
  increment_var: { to: "env" },
  instance_var: { to: "env" },
  instances: { to: "replicas" },
  exec_mode: { to: "replicas", note: NO_CLUSTER },
  uid: { to: "user" },
  gid: { to: "gid" },
  username: { moot: "pm2 sets it itself" },
  autostart: { to: "autoStart" },
  autorestart: { to: "restart.policy" },
  stop_exit_codes: { to: "restart.stopCodes" },
  restart_delay: { to: "restart.backoff" },
  exp_backoff_restart_delay: { to: "restart.backoff" },
  max_restarts: { to: "restart.limit" },
  min_uptime: { to: "restart.limit" },
  max_memory_restart: {
    why: "processman has no memory limits: set one for the program, as " +
      "`node --max-old-space-size` does, or `MemoryMax=` in a systemd unit",
  },
  cron_restart: { to: "restart.schedule" },
  kill_timeout: { to: "stop.gracePeriodMs" },
  kill_retry_time: {
    moot: "processman does not ask again and again whether a process is " +
      "still alive",
  },
  treekill: { to: "stop.to" },
  shutdown_with_message: {
    why: "there are no messages to a program: handle SIGINT in it",
  },
  wait_ready: {
    why: "there are no messages from a program: write `ready` with a " +
      "probe, such as `ready: { tcp: 3000 }`",
  },
  listen_timeout: {
    why: "write `ready.withinMs` beside a probe",
  },
  out_file: { to: "output.file.path" },
  error_file: { to: "output.file.stderr" },
  log_file: { to: "output.file.path", note: NO_THIRD_FILE },
  disable_logs: {
    why: "`processman logs` always has the output; `logs.maxBytes` limits it",
  },
  merge_logs: { to: "output.file.path" },
  log_type: { to: "output.file.json" },
  log_date_format: LOGS,
  time: LOGS,
  pid_file: {
    why: "`processman ps --json` has the process IDs",
  },
  watch: { to: "watch.paths" },
  watch_delay: { to: "watch.debounceMs" },
  ignore_watch: { to: "watch.ignore" },
  watch_options: {
    why: "files are watched in one way: a change counts when nothing more " +
      "follows for `watch.debounceMs`",
  },
  force: {
    moot: "a program can be in as many processes as you want",
  },
  source_map_support: SOURCE_MAPS,
  disable_source_map_support: SOURCE_MAPS,
  windowsHide: { moot: "it is for Windows, where the tool does not run" },
  vizion: { why: "processman reads no version control data" },
  post_update: MODULES,
  install_url: MODULES,
  execute_command: { to: "command" },
  write: { moot: "processman does not change its configuration" },
  pmx: MONITORING,
  automation: MONITORING,
  trace: MONITORING,
  disable_trace: MONITORING,
  v8: MONITORING,
  event_loop_inspector: MONITORING,
  deep_monitoring: MONITORING,
  io: MONITORING,
};

/** Other names of the keys. */
export const APP_ALIASES: Readonly<Record<string, string>> = {
  exec: "script",
  cmd: "script",
  command: "script",
  interpreter: "exec_interpreter",
  interpreterArgs: "node_args",
  interpreter_args: "node_args",
  out: "out_file",
  output: "out_file",
  out_log: "out_file",
  error: "error_file",
  err: "error_file",
  err_file: "error_file",
  err_log: "error_file",
  log: "log_file",
  pid: "pid_file",
  cron: "cron_restart",
  combine_logs: "merge_logs",
  user: "uid",
};

/** The programs that run a script, by the end of its name. */
export const INTERPRETERS: Readonly<Record<string, string>> = {
  ".js": "node",
  ".mjs": "node",
  ".cjs": "node",
  ".ts": "node",
  ".tsx": "node",
  ".py": "python3",
  ".sh": "bash",
  ".rb": "ruby",
  ".php": "php",
  ".pl": "perl",
  ".coffee": "coffee",
  ".ls": "lsc",
};
