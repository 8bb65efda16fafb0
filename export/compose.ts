/**
 * Exports a plan to Docker Compose.
 *
 * @module
 */

import type { Plan } from "../plan/mod.ts";
import { checkContainerOptions, known } from "./check_options.ts";
import { COMPOSE_FATES } from "./compose_fates.ts";
import { healthOf } from "./compose_health.ts";
import { noteHints } from "./compose_hints.ts";
import { profilesOf, projectName, serviceNames } from "./compose_names.ts";
import { type ComposeContext, serviceKeys } from "./compose_service.ts";
import { type ComposeService, composeText } from "./compose_yaml.ts";
import type { YamlObject } from "./yaml_text.ts";
import type { ComposeOptions } from "./compose_options.ts";
import type { Exported, Note } from "./exported.ts";
import { noteComments, Notes } from "./notes.ts";
import { pathsOf } from "./option_paths.ts";
import { type Subject, subjectsOf } from "./subject.ts";

/**
 * Exports a plan to a file for `docker compose`: a service for each entry, or
 * one for each replica if the replicas differ.
 *
 * Each option of the plan is mapped, or a note names it. The notes also stand
 * as comments in the file. Compose replaces no variable in it: each `$` of an
 * argument or a value is one in the container too.
 *
 * @example
 * ```ts
 * import { toCompose } from "@isbm/processman/export";
 * import { plan } from "@isbm/processman/plan";
 * import { assertMatch } from "@std/assert";
 *
 * const shop = plan({
 *   api: { command: ["server"], env: { PORT: "8000" } },
 * });
 * const { files: [file] } = toCompose(shop, {
 *   name: "shop",
 *   root: "/srv/shop",
 *   images: { api: "shop/api:1" },
 * });
 * assertMatch(file?.text ?? "", /image: shop\/api:1/);
 * ```
 *
 * @param plan The plan.
 * @param options The name of the project, the images and more.
 * @returns The file `compose.yaml`, and the notes.
 * @throws {TypeError} If an option has a wrong value, or an entry has no image.
 */
export function toCompose(plan: Plan, options: ComposeOptions): Exported {
  checkContainerOptions(plan, options);
  known(plan, Object.keys(options.profiles ?? {}), "profiles");
  const subjects = subjectsOf(plan, options);
  const context = contextOf(plan, subjects, options);
  const { notes } = context;
  notes.addUnmapped(
    undefined,
    pathsOf(plan.source.options),
    COMPOSE_FATES,
  );
  const project = projectName(options.name);
  if (project !== options.name) {
    notes.add(undefined, "name", `the project is "${project}" in Compose`);
  }
  const services = subjects.flatMap((subject) =>
    servicesOf(subject, subjects, context)
  );
  const text = composeText(project, services, [
    ...headOf(project, services),
    ...noteComments(notes.of(undefined), COMPOSE_FATES),
  ]);
  const entries = [undefined, ...plan.entries.keys()];
  return {
    files: [{ name: "compose.yaml", text }],
    notes: entries.flatMap((entry) => notes.of(entry)),
  };
}

function contextOf(
  plan: Plan,
  subjects: readonly Subject[],
  options: ComposeOptions,
): ComposeContext {
  const notes = new Notes();
  const owners = new Map<number, number>();
  for (const { unit } of subjects.flatMap(({ replicas }) => replicas)) {
    for (const port of new Set(unit.ports.map(({ port }) => port))) {
      owners.set(port, (owners.get(port) ?? 0) + 1);
    }
  }
  return {
    options,
    services: serviceNames(subjects),
    profiles: profilesOf(plan, options),
    health: new Map(subjects.map((subject) => [
      subject.name,
      containersOf(subject).map((replica) =>
        healthOf(replica, { subject, options, notes })
      ),
    ])),
    owners,
    notes,
  };
}

/** Returns what a service of its own runs. */
function containersOf({ alike, replicas }: Subject): Subject["replicas"] {
  return alike ? [replicas[0]] : replicas;
}

function servicesOf(
  subject: Subject,
  all: readonly Subject[],
  context: ComposeContext,
): ComposeService[] {
  const { name, set } = subject;
  const { notes, services } = context;
  const names = services.get(name) ?? [];
  notes.addUnmapped(name, set, COMPOSE_FATES);
  noteHints(subject, all, context);
  const keys = names.map((_, index) => serviceKeys(subject, index, context));
  return names.map((service, index) => ({
    name: service,
    keys: keys[index] ?? {},
    comments: index === 0
      ? commentsOf(notes.of(name), keys[0] ?? {})
      : new Map(),
  }));
}

/** The keys of a service that options become, by the options' first word. */
const KEYS: Readonly<Record<string, readonly string[]>> = {
  autoStart: ["profiles"],
  command: ["entrypoint"],
  dependsOn: ["depends_on"],
  env: ["environment"],
  live: ["healthcheck"],
  output: ["logging"],
  profiles: ["profiles"],
  ready: ["healthcheck"],
  replicas: ["expose"],
  restart: ["restart"],
  sharedPorts: ["expose"],
  stderr: ["logging"],
  stdin: ["stdin_open"],
  stdout: ["logging"],
  stop: ["stop_signal", "stop_grace_period"],
  tty: ["tty"],
  uid: ["user"],
  user: ["user"],
};

/** Returns the notes by the keys that they are about. */
function commentsOf(
  notes: readonly Note[],
  keys: YamlObject,
): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const note of notes) {
    const [first = ""] = note.option.split(".");
    const key = KEYS[first]?.find((key) => keys[key] !== undefined) ?? "";
    found.set(key, [
      ...found.get(key) ?? [],
      ...noteComments([note], COMPOSE_FATES),
    ]);
  }
  return found;
}

/** Returns what is said once about all services. */
function headOf(
  project: string,
  services: readonly ComposeService[],
): string[] {
  const all = services.map(({ keys }) => keys);
  return [
    `${project}, exported from processman. \`docker compose up\` starts it.`,
    "`init` makes each program a child of a small program that passes on signals: as process 1, it would ignore those that it does not handle.",
    "Containers share no files, and lose theirs when they are replaced: what must stay needs `volumes`.",
    ...all.some(({ healthcheck }) =>
        JSON.stringify(healthcheck)?.includes("start_interval")
      )
      ? ["`start_interval` needs Docker Engine 25 and Docker Compose 2.20."]
      : [],
    ...all.some(({ ports }) => ports !== undefined)
      ? [
        "Ports are published on 127.0.0.1. In its container, a server must listen on all addresses, 0.0.0.0.",
      ]
      : [],
    ...all.some(({ restart }) => `${restart}`.startsWith("on-failure"))
      ? [
        "After a restart of the machine, `on-failure` starts nothing; `unless-stopped` does.",
      ]
      : [],
  ];
}
