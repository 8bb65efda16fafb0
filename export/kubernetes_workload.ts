/**
 * Deployments, Jobs, Services and Secrets.
 *
 * @module
 */

import { containerOf, secretsOf } from "./kubernetes_container.ts";
import type { EntryContext } from "./kubernetes_context.ts";
import { servicePorts } from "./kubernetes_ports.ts";
import { rounded } from "./kubernetes_probes.ts";
import { objectName } from "./kubernetes_text.ts";
import type { Manifest } from "./kubernetes_yaml.ts";
import type { YamlObject } from "./yaml_text.ts";
import type { SubjectReplica } from "./subject.ts";

/** The number of retries that stands for no limit. */
const UNLIMITED = 2 ** 31 - 1;

/**
 * Returns the objects that run one process, or all processes of an entry whose
 * replicas are alike.
 *
 * @param replica The process.
 * @param replicas How many processes there are.
 * @param context The entry.
 */
export function workloadOf(
  replica: SubjectReplica,
  replicas: number,
  context: EntryContext,
): Manifest[] {
  const { subject } = context;
  const { alike } = subject;
  const name = context.nameOf(alike ? subject.name : replica.unit.name);
  const labels = {
    ...labelsOf(context),
    ...!alike && { "app.kubernetes.io/instance": name },
  };
  const secret = secretFor(replica, context);
  const { restart, stop } = replica.command;
  const graceMs = stop.signal === "SIGKILL" ? 0 : stop.gracePeriodMs ?? 10_000;
  const grace = Math.ceil(graceMs / 1_000);
  rounded(graceMs, grace, "stop.gracePeriodMs", context);
  const pod = {
    restartPolicy: subject.task
      ? restart.policy === "never" ? "Never" : "OnFailure"
      : undefined,
    terminationGracePeriodSeconds: grace,
    enableServiceLinks: false,
    containers: [
      containerOf(context.nameOf(subject.name), replica, secret.name, context),
    ],
  };
  const template = { metadata: { labels }, spec: pod };
  const metadata = { name, labels };
  const workload = subject.task
    ? jobOf(metadata, template, replica, context)
    : deploymentOf(metadata, template, replicas, context);
  return [...secret.manifests, workload];
}

/**
 * Returns the Service of an entry, under whose name the others find it, if it
 * has known ports.
 *
 * @param context The entry.
 */
export function serviceOf(context: EntryContext): Manifest[] {
  const { subject } = context;
  const ports = servicePorts(subject);
  if (ports.length === 0) return [];
  const labels = labelsOf(context);
  const metadata = { name: context.nameOf(subject.name), labels };
  const spec = {
    selector: labels,
    ports: ports.map(({ port, name }) => ({
      name: name ?? (ports.length > 1 ? `port-${port}` : undefined),
      port,
      targetPort: name,
    })),
  };
  const object = { apiVersion: "v1", kind: "Service", metadata, spec };
  return [{ object, comments: [] }];
}

/** Returns the labels that all objects of an entry have. */
function labelsOf(context: EntryContext) {
  return {
    "app.kubernetes.io/name": context.nameOf(context.subject.name),
    "app.kubernetes.io/part-of": objectName(context.options.name) || "plan",
  };
}

type Metadata = { readonly name: string; readonly labels: YamlObject };

function deploymentOf(
  metadata: Metadata,
  template: YamlObject,
  replicas: number,
  context: EntryContext,
): Manifest {
  const { subject: { starts, planned: { roll } } } = context;
  const comments = [];
  if (!starts) {
    comments.push(
      `To start it: kubectl scale deployment/${metadata.name} --replicas=${replicas}`,
    );
  }
  const minReadySeconds = Math.ceil(roll.minReadyMs / 1_000);
  rounded(roll.minReadyMs, minReadySeconds, "roll.minReadyMs", context);
  const spec = {
    replicas: starts ? replicas : 0,
    minReadySeconds: minReadySeconds > 0 ? minReadySeconds : undefined,
    strategy: strategyOf(roll.order, replicas),
    selector: { matchLabels: metadata.labels },
    template,
  };
  const object = { apiVersion: "apps/v1", kind: "Deployment", metadata, spec };
  return { object, comments: [...context.rest(), ...comments] };
}

/** Returns how pods are replaced. */
function strategyOf(
  order: "start-first" | "stop-first",
  replicas: number,
): YamlObject {
  if (order === "start-first") {
    return {
      type: "RollingUpdate",
      rollingUpdate: { maxSurge: 1, maxUnavailable: 0 },
    };
  }
  // A rolling update would not wait for the end of the only pod.
  if (replicas === 1) return { type: "Recreate" };
  return {
    type: "RollingUpdate",
    rollingUpdate: { maxSurge: 0, maxUnavailable: 1 },
  };
}

function jobOf(
  metadata: Metadata,
  template: YamlObject,
  { command: { restart } }: SubjectReplica,
  context: EntryContext,
): Manifest {
  const { name } = metadata;
  const comments = [
    `A Job cannot be changed, and runs once. To run it again: kubectl delete job/${name}, then apply this file.`,
  ];
  const { starts } = context.subject;
  if (!starts) {
    comments.push(
      `To start it: kubectl patch job/${name} -p '{"spec":{"suspend":false}}'`,
    );
  }
  const spec = {
    suspend: starts ? undefined : true,
    backoffLimit: restart.policy === "never"
      ? 0
      : Math.min(restart.limit?.restarts ?? UNLIMITED, UNLIMITED),
    template,
  };
  const object = { apiVersion: "batch/v1", kind: "Job", metadata, spec };
  return { object, comments: [...context.rest(), ...comments] };
}

/** Returns the Secret of a process, which stands in the file only once. */
function secretFor(
  replica: SubjectReplica,
  context: EntryContext,
): { readonly name: string; readonly manifests: readonly Manifest[] } {
  const { subject: { name: entry, replicas: [first, ...rest] } } = context;
  const json = JSON.stringify(secretsOf(first));
  const common = rest.every((each) => JSON.stringify(secretsOf(each)) === json);
  const owner = common ? entry : replica.unit.name;
  const name = `${context.nameOf(owner)}-secret`;
  const secrets = Object.entries(secretsOf(replica));
  if (secrets.length === 0 || common && replica !== first) {
    return { name, manifests: [] };
  }
  const object = {
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name, labels: labelsOf(context) },
    stringData: Object.fromEntries(
      secrets.map(([key, value]) => [
        key,
        context.above(`env.${key}`, value),
      ]),
    ),
  };
  const comments = ["In plain text: keep it out of version control."];
  return { name, manifests: [{ object, comments }] };
}
