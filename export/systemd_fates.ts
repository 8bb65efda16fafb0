/**
 * What becomes of each option in systemd.
 *
 * @module
 */

import type { Fates } from "./option_paths.ts";

/** What becomes of each option in systemd. */
export const SYSTEMD_FATES: Fates = {
  command: { to: "ExecStart=" },
  type: { to: "Type=" },
  replicas: { to: "a unit for each replica" },
  each: { to: "a unit for each replica" },
  cwd: { to: "WorkingDirectory=" },
  env: { to: "Environment=" },
  clearEnv: {
    none:
      "systemd always starts with a few variables of its own, such as PATH and LANG, and passes on no others",
  },
  user: { to: "User=" },
  uid: { to: "User=" },
  gid: { to: "Group=" },
  tty: {
    none:
      "a unit gets no terminal of its own, so the program runs without one; `systemd-run --pty` runs a program on yours",
  },
  stdin: { to: "StandardInput=null, which is the default" },
  stdout: { to: "StandardOutput=" },
  stderr: { to: "StandardError=" },
  windowsRawArguments: { none: "it has no effect on Linux" },
  group: { to: "KillMode=" },
  prepare: { none: "systemd cannot call a function; use ExecStartPre=" },
  before: { to: "ExecStartPre=" },
  after: { to: "ExecStopPost=" },
  critical: { to: "OnFailure=" },
  "dependsOn.when": { to: "After=" },
  "dependsOn.restart": { to: "Requires= or PartOf=" },
  "dependsOn.required": { to: "Requires= or Wants=" },
  "live.probe": {
    none:
      "systemd runs no probes; a program that hangs is only found with WatchdogSec=, which the program must support",
  },
  "live.intervalMs": { none: "systemd runs no probes of liveness" },
  "live.timeoutMs": { none: "systemd runs no probes of liveness" },
  "live.failures": { none: "systemd runs no probes of liveness" },
  "ready.probe": { to: "ExecStartPost=" },
  "ready.intervalMs": { to: "ExecStartPost=" },
  "ready.timeoutMs": { to: "ExecStartPost=" },
  "ready.withinMs": { to: "TimeoutStartSec=" },
  "ready.recheckMs": {
    none: "a unit that has been ready stays ready while it runs",
  },
  "output.bufferBytes": { none: "the journal keeps the output" },
  "output.maxLineLength": {
    none: "the journal splits lines at LineMax= of journald.conf",
  },
  "output.file.path": { to: "StandardOutput=append:" },
  "output.file.stderr": { to: "StandardError=append:" },
  "output.file.maxBytes": { none: "systemd does not limit the file" },
  "output.file.maxFiles": { none: "systemd does not rename the file" },
  "output.file.json": {
    none:
      "the file gets the output as it is; journalctl -o json prints the lines of the journal as JSON",
  },
  "restart.policy": { to: "Restart=" },
  "restart.backoff": { to: "RestartSec=" },
  "restart.resetAfterMs": {
    none: "the delay of systemd does not grow, so nothing resets it",
  },
  "restart.limit.restarts": { to: "StartLimitBurst=" },
  "restart.limit.withinMs": { to: "StartLimitIntervalSec=" },
  "restart.successCodes": { to: "SuccessExitStatus=" },
  "restart.stopCodes": { to: "RestartPreventExitStatus=" },
  "restart.leftovers.signal": {
    none: "what is left of a run is ended with the signal of KillSignal=",
  },
  "restart.leftovers.gracePeriodMs": {
    none: "what is left of a run gets the time of TimeoutStopSec= to end",
  },
  "restart.random": { none: "systemd has no delays with random numbers" },
  "roll.order": {
    none: "systemd has no rolling restart; restart the units one after another",
  },
  "roll.minReadyMs": {
    none: "systemd has no rolling restart; restart the units one after another",
  },
  "stop.signal": { to: "KillSignal=" },
  "stop.gracePeriodMs": { to: "TimeoutStopSec=" },
  "stop.to": { to: "KillMode=" },
  "stop.command": { to: "ExecStop=" },
  startLimit: {
    none: "systemd starts all units at once that wait for no others",
  },
  restartBudget: { none: "each unit has its own limit, StartLimitBurst=" },
  sharedPorts: { none: "systemd does not check ports" },
};
