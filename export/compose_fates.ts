/**
 * What becomes of each option in Docker Compose.
 *
 * @module
 */

import type { Fates } from "./option_paths.ts";

const LOGS = "Docker keeps the output; `docker compose logs` prints it";

const ROLL =
  "Compose replaces all containers at once; `docker compose up --no-deps --scale` can add one first";

const LEFTOVERS =
  "everything in a container ends with its main process, at once";

/** What becomes of each option in Docker Compose. */
export const COMPOSE_FATES: Fates = {
  command: { to: "entrypoint and command" },
  type: { to: "restart, and the condition in depends_on" },
  replicas: { to: "deploy.replicas, or a service for each replica" },
  each: { to: "a service for each replica" },
  cwd: { to: "working_dir" },
  env: { to: "environment" },
  clearEnv: {
    none:
      "a container always has the variables of its image and of `environment`, and never those of the machine",
  },
  user: { to: "user" },
  uid: { to: "user" },
  gid: { to: "user" },
  tty: { to: "tty, stdin_open" },
  stdin: { to: "stdin_open" },
  stdout: { to: "logging" },
  stderr: { to: "logging" },
  windowsRawArguments: { none: "it has no effect on Linux" },
  group: {
    none:
      "a container is a group of its own, and a stop ends all that is in it",
  },
  prepare: {
    none:
      "Compose cannot call a function; do the same in the entrypoint of the image",
  },
  before: {
    none:
      "Compose runs nothing first; do the same in the entrypoint of the image",
  },
  after: {
    none:
      "Compose runs nothing after a container has ended; do the same in the entrypoint of the image",
  },
  critical: {
    none:
      "use `docker compose up --abort-on-container-exit`, which stops everything when any container ends, and `--exit-code-from`",
  },
  "dependsOn.when": { to: "depends_on.condition" },
  "dependsOn.restart": { to: "depends_on.restart" },
  "dependsOn.required": { to: "depends_on.required" },
  "live.probe": { to: "healthcheck" },
  "live.intervalMs": { to: "healthcheck.interval" },
  "live.timeoutMs": { to: "healthcheck.timeout" },
  "live.failures": { to: "healthcheck.retries" },
  "ready.probe": { to: "healthcheck" },
  "ready.intervalMs": { to: "healthcheck.start_interval" },
  "ready.timeoutMs": { to: "healthcheck.timeout" },
  "ready.withinMs": { to: "healthcheck.start_period" },
  "ready.recheckMs": { to: "healthcheck.interval" },
  "output.bufferBytes": { none: LOGS },
  "output.maxLineLength": { none: "Docker splits a line after 16 KiB" },
  "output.file.path": { none: LOGS },
  "output.file.stderr": {
    none: "Docker keeps both outputs in one log, and marks which is which",
  },
  "output.file.maxBytes": { to: "logging.options.max-size" },
  "output.file.maxFiles": { to: "logging.options.max-file" },
  "output.file.json": {
    none: "`docker compose logs --timestamps` prints the time of each line",
  },
  "restart.policy": { to: "restart" },
  "restart.backoff": {
    none:
      "Docker waits 100 ms, and then twice as long after each restart, up to a minute",
  },
  "restart.resetAfterMs": {
    none: "Docker starts again with the shortest wait after a run of 10 s",
  },
  "restart.limit.restarts": { to: "restart: on-failure:N" },
  "restart.limit.withinMs": { to: "restart" },
  "restart.successCodes": {
    none: "to Docker, every exit code but 0 is a failure",
  },
  "restart.stopCodes": {
    none: "Docker restarts after every exit code that its policy covers",
  },
  "restart.leftovers.signal": { none: LEFTOVERS },
  "restart.leftovers.gracePeriodMs": { none: LEFTOVERS },
  "restart.random": { none: "the waits of Docker are not random" },
  "roll.order": { none: ROLL },
  "roll.minReadyMs": { none: ROLL },
  "stop.signal": { to: "stop_signal" },
  "stop.gracePeriodMs": { to: "stop_grace_period" },
  "stop.to": { to: "what Docker does: it signals the main process alone" },
  "stop.command": { to: "pre_stop" },
  startLimit: {
    none:
      "Compose starts all that can start; `docker compose --parallel` limits its calls",
  },
  restartBudget: { none: "Docker has no limit for all containers together" },
  sharedPorts: {
    none:
      "each container has ports of its own; a port of several is not published",
  },
};
