/**
 * Exports a plan to Kubernetes.
 *
 * @module
 */

import type { Plan } from "../plan/mod.ts";
import { checkContainerOptions } from "./check_options.ts";
import type { ContainerOptions, Exported, ExportedFile } from "./exported.ts";
import { noteAddresses } from "./kubernetes_container.ts";
import { EntryContext } from "./kubernetes_context.ts";
import { KUBERNETES_FATES } from "./kubernetes_fates.ts";
import { servicePorts } from "./kubernetes_ports.ts";
import { objectName } from "./kubernetes_text.ts";
import { serviceOf, workloadOf } from "./kubernetes_workload.ts";
import { manifestText } from "./kubernetes_yaml.ts";
import { engineNames } from "./names.ts";
import { noteComments, Notes } from "./notes.ts";
import { pathsOf } from "./option_paths.ts";
import { type Subject, subjectsOf } from "./subject.ts";

/** Options for {@linkcode toKubernetes}. */
export interface KubernetesOptions extends ContainerOptions {}

/**
 * Exports a plan to manifests for Kubernetes 1.30 and later: a Deployment for
 * each service, a Job for each task, a Service for each service whose ports are
 * known, and a Secret for variables that look secret.
 *
 * The manifests name no namespace: `kubectl apply -n NAMESPACE -f FOLDER` does.
 * They have no volumes, so that what a container writes is gone with its pod.
 *
 * @example
 * ```ts
 * import { toKubernetes } from "@isbm/processman/export";
 * import { plan } from "@isbm/processman/plan";
 * import { assertEquals } from "@std/assert";
 *
 * const shop = plan({
 *   migrate: { type: "task", command: ["deno", "task", "migrate"] },
 *   api: { command: ["deno", "run", "-N", "api.ts"], env: { PORT: "8000" } },
 * });
 * const image = "registry.example/shop:1";
 * const { files } = toKubernetes(shop, {
 *   name: "shop",
 *   root: "/srv/shop",
 *   images: { migrate: image, api: image },
 * });
 * assertEquals(files.map(({ name }) => name), ["migrate.yaml", "api.yaml"]);
 * ```
 *
 * @param plan The plan.
 * @param options The name of the project, the images and more.
 * @returns A file for each entry, for `kubectl apply`, and what could not be
 * mapped.
 * @throws {TypeError} If an option has a wrong value, or an entry has no image.
 */
export function toKubernetes(
  plan: Plan,
  options: KubernetesOptions,
): Exported {
  checkContainerOptions(plan, options);
  const subjects = subjectsOf(plan, options);
  const names = engineNames(namesOf(subjects), objectName);
  const notes = new Notes();
  const set = pathsOf(plan.source.options);
  notes.addUnmapped(undefined, set, KUBERNETES_FATES);
  const files = subjects.map((subject, index) => {
    const context = new EntryContext(subject, subjects, names, options, notes);
    // What is said about the whole plan stands in the first file.
    const about = index === 0
      ? noteComments(notes.of(undefined), KUBERNETES_FATES)
      : [];
    return fileOf(context, about);
  });
  return { files, notes: notes.all };
}

/** Returns what needs a name: entries, and replicas that differ. */
function namesOf(subjects: readonly Subject[]): string[] {
  const units = subjects.filter(({ alike }) => !alike)
    .flatMap(({ replicas }) => replicas.map(({ unit }) => unit.name));
  return [...new Set([...subjects.map(({ name }) => name), ...units])];
}

function fileOf(context: EntryContext, about: string[]): ExportedFile {
  const { subject } = context;
  const { name, alike, replicas } = subject;
  noteEntry(context);
  const [first] = replicas;
  const workloads = alike
    ? workloadOf(first, replicas.length, context)
    : replicas.flatMap((each) => workloadOf(each, 1, context));
  const [head, ...tail] = [...serviceOf(context), ...workloads];
  const all = head === undefined
    ? []
    : [{ ...head, comments: [...about, ...head.comments] }, ...tail];
  return { name: `${context.nameOf(name)}.yaml`, text: manifestText(all) };
}

/** Adds what there is to say about an entry as a whole. */
function noteEntry(context: EntryContext): void {
  const { subject, notes } = context;
  const { name, set, task, planned, replicas: [{ command }] } = subject;
  const others = [...set].filter((option) => option !== "dependsOn.when");
  notes.addUnmapped(name, others, KUBERNETES_FATES);
  for (const { on, when } of planned.dependencies) {
    context.note("dependsOn.when", waitingFor(on, when, context));
  }
  if (
    !task && set.has("restart.policy") && command.restart.policy !== "always"
  ) {
    context.note("restart.policy", "a Deployment is always restarted");
  }
  if (!task && set.has("restart.limit.restarts")) {
    context.note(
      "restart.limit.restarts",
      "Kubernetes restarts a Deployment without a limit",
    );
  }
  if (servicePorts(subject).some(({ owned }) => owned.size > 1)) {
    context.note(
      "each",
      "each pod has an address of its own: if all replicas use the same port and differ in nothing else, one Deployment is enough",
    );
  }
  noteAddresses(context);
}

/** Returns what to do about a dependency. */
function waitingFor(
  on: string,
  when: "started" | "ready" | "completed",
  context: EntryContext,
): string {
  const name = context.nameOf(on);
  const command = when === "completed"
    ? `kubectl wait --for=condition=complete --timeout=-1s job/${name}`
    : `kubectl rollout status deployment -l app.kubernetes.io/name=${name}`;
  return `Kubernetes does not wait until "${on}" is ${when}: the program must try again, or end with an error to be restarted; or apply ${name}.yaml first, then \`${command}\``;
}
