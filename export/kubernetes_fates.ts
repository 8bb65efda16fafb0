/**
 * What becomes of each option in Kubernetes.
 *
 * @module
 */

import type { Fates } from "./option_paths.ts";

const LOGS =
  "the node keeps the output, and `kubectl logs` prints it; a volume can keep a file";

const ROTATION =
  "the kubelet rotates the logs of all pods of a node: containerLogMaxSize and containerLogMaxFiles";

const LEFTOVERS =
  "everything in a container is killed when its main process ends";

const CRASH_LOOP =
  "Kubernetes waits 10 s before the second restart in a row, then twice as long each time, up to 5 minutes";

/** What becomes of each option in Kubernetes. */
export const KUBERNETES_FATES: Fates = {
  command: { to: "command and args" },
  type: { to: "a Deployment or a Job" },
  replicas: { to: "replicas, or a Deployment for each replica" },
  each: { to: "a Deployment for each replica" },
  cwd: { to: "workingDir" },
  env: { to: "env, and a Secret" },
  clearEnv: {
    none:
      "a container has the variables of its image and of `env`, never those of the machine",
  },
  user: { to: "securityContext.runAsUser" },
  uid: { to: "securityContext.runAsUser" },
  gid: { to: "securityContext.runAsGroup" },
  tty: { to: "tty, stdin" },
  stdin: { to: "stdin" },
  stdout: { to: "what Kubernetes does: `kubectl logs`" },
  stderr: { to: "what Kubernetes does: `kubectl logs`" },
  windowsRawArguments: { none: "it has no effect on Linux" },
  group: {
    none: "all processes of a container end together",
  },
  prepare: {
    none:
      "Kubernetes cannot call a function; an init container can do the same",
  },
  before: {
    none:
      "an init container can do the same, once for each pod and not for each start of a container",
  },
  after: {
    none:
      "Kubernetes runs nothing after a container has ended; do the same in a script that runs the program",
  },
  critical: {
    none:
      "a Deployment is always restarted, and its end never stops anything else",
  },
  "dependsOn.when": {
    none:
      "Kubernetes starts everything at once; a program that ends because another one is not there yet is restarted",
  },
  "dependsOn.restart": {
    none:
      "Kubernetes does not restart dependents: connect again, or run `kubectl rollout restart`",
  },
  "dependsOn.required": { none: "nothing waits for anything else" },
  "live.probe": { to: "livenessProbe" },
  "live.intervalMs": { to: "livenessProbe.periodSeconds" },
  "live.timeoutMs": { to: "livenessProbe.timeoutSeconds" },
  "live.failures": { to: "livenessProbe.failureThreshold" },
  "ready.probe": { to: "startupProbe and readinessProbe" },
  "ready.intervalMs": { to: "startupProbe.periodSeconds" },
  "ready.timeoutMs": { to: "startupProbe.timeoutSeconds" },
  "ready.withinMs": { to: "startupProbe.failureThreshold" },
  "ready.recheckMs": { to: "readinessProbe.periodSeconds" },
  "output.bufferBytes": { none: LOGS },
  "output.maxLineLength": {
    none: "the log of a container splits a line after 16 KiB",
  },
  "output.file.path": { none: LOGS },
  "output.file.stderr": { none: "the log of a container has both outputs" },
  "output.file.maxBytes": { none: ROTATION },
  "output.file.maxFiles": { none: ROTATION },
  "output.file.json": {
    none: "`kubectl logs --timestamps` prints the time of each line",
  },
  "restart.policy": { to: "restartPolicy of a Job" },
  "restart.backoff": { none: CRASH_LOOP },
  "restart.resetAfterMs": {
    none: "the waits start again after a run of 10 minutes",
  },
  "restart.limit.restarts": { to: "backoffLimit of a Job" },
  "restart.limit.withinMs": {
    none: "Kubernetes does not count restarts in a window of time",
  },
  "restart.successCodes": {
    none:
      "only exit code 0 is success; a shell can turn others into it, as in `PROGRAM || [ $? = 3 ]`",
  },
  "restart.stopCodes": {
    none:
      "a Deployment is restarted after every exit code; a Job can have a podFailurePolicy",
  },
  "restart.leftovers.signal": { none: LEFTOVERS },
  "restart.leftovers.gracePeriodMs": { none: LEFTOVERS },
  "restart.random": { none: "the waits of Kubernetes are not random" },
  "roll.order": { to: "strategy" },
  "roll.minReadyMs": { to: "minReadySeconds" },
  "stop.signal": { to: "lifecycle.preStop" },
  "stop.gracePeriodMs": { to: "terminationGracePeriodSeconds" },
  "stop.to": { to: "what Kubernetes does: it signals the main process alone" },
  "stop.command": { to: "lifecycle.preStop" },
  startLimit: {
    none: "Kubernetes starts everything that fits on its nodes at once",
  },
  restartBudget: { none: "each pod is restarted without regard to the others" },
  sharedPorts: { none: "each pod has an address and ports of its own" },
};
