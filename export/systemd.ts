/**
 * Exports a plan to systemd.
 *
 * @module
 */

import type { Plan } from "../plan/mod.ts";
import { checkOptions, must } from "./check_options.ts";
import type { Exported, ExportedFile, ExportOptions } from "./exported.ts";
import { noteComments, Notes } from "./notes.ts";
import { pathsOf } from "./option_paths.ts";
import { type Subject, subjectsOf } from "./subject.ts";
import { SYSTEMD_FATES } from "./systemd_fates.ts";
import { serviceLines } from "./systemd_service.ts";
import { projectName, setting, shownText, unitText } from "./systemd_text.ts";
import {
  stopName,
  type UnitContext,
  unitLines,
  unitName,
} from "./systemd_unit.ts";

/** Options for {@linkcode toSystemd}. */
export interface SystemdOptions extends ExportOptions {
  /**
   * Which manager runs the units: that of the system, or that of a user. The
   * manager of a user cannot run a process as another user.
   *
   * @default {"system"}
   */
  scope?: "system" | "user" | undefined;
}

/**
 * Exports a plan to systemd: a service for each process, and a target that
 * starts and stops them together. The units work with systemd 252 and later.
 *
 * Each option of the plan is mapped, or a note names it. The notes also stand
 * as comments in the units that they are about.
 *
 * @example
 * ```ts
 * import { toSystemd } from "@isbm/processman/export";
 * import { plan } from "@isbm/processman/plan";
 * import { assertEquals } from "@std/assert";
 *
 * const shop = plan({ db: { command: ["postgres", "-D", "data"] } });
 * const { files } = toSystemd(shop, { name: "shop", root: "/srv/shop" });
 * const names = files.map(({ name }) => name);
 * assertEquals(names, ["shop.target", "shop-db.service"]);
 * ```
 *
 * @param plan The plan.
 * @param options The name and the folder of the project, and who runs it.
 * @returns The units, the target first, and the notes.
 * @throws {TypeError} If an option has a wrong value, or a user has a name that
 * systemd does not accept.
 */
export function toSystemd(plan: Plan, options: SystemdOptions): Exported {
  checkOptions(plan, options);
  const { name, scope = "system", root = Deno.cwd() } = options;
  must(
    scope === "system" || scope === "user",
    "scope",
    '"system" or "user"',
    scope,
  );
  const subjects = subjectsOf(plan, { ...options, root });
  const notes = new Notes();
  const context = { project: projectName(name), scope, root, notes, subjects };
  notes.addUnmapped(undefined, pathsOf(plan.source.options), SYSTEMD_FATES);
  const services = subjects.flatMap((each) => servicesOf(each, context));
  return {
    files: [target(context), ...stopUnit(context), ...services],
    notes: notes.all,
  };
}

/** Returns the services of an entry, one for each replica. */
function servicesOf(subject: Subject, context: UnitContext): ExportedFile[] {
  const { name, set, replicas } = subject;
  const { notes } = context;
  notes.addUnmapped(name, set, SYSTEMD_FATES);
  const services = replicas.map((replica) => ({
    name: unitName(replica, context),
    sections: [
      { name: "Unit", lines: unitLines(subject, replica, context) },
      { name: "Service", lines: serviceLines(subject, replica, context) },
    ],
  }));
  const comments = noteComments(notes.of(name), SYSTEMD_FATES);
  return services.map(({ name, sections }) => ({
    name,
    text: unitText(comments, sections),
  }));
}

/** Returns the target that starts and stops everything. */
function target(context: UnitContext): ExportedFile {
  const { project, scope, notes, subjects } = context;
  const starting = subjects.filter(({ starts }) => starts)
    .flatMap(({ replicas }) => replicas);
  const wanted = starting.map((each) => unitName(each, context));
  const name = `${project}.target`;
  const sections = [
    {
      name: "Unit",
      lines: [`Description=${shownText(project)}`, ...setting("Wants", wanted)],
    },
    {
      name: "Install",
      lines: [
        `WantedBy=${scope === "system" ? "multi-user" : "default"}.target`,
      ],
    },
  ];
  const comments = [
    ...usage(context),
    ...noteComments(notes.of(undefined), SYSTEMD_FATES),
  ];
  return { name, text: unitText(comments, sections) };
}

/** Returns what whoever installs the units should know. */
function usage({ project, scope, subjects }: UnitContext): string[] {
  const [folder, systemctl] = scope === "system"
    ? ["/etc/systemd/system", "systemctl"]
    : ["~/.config/systemd/user", "systemctl --user"];
  const bare = subjects.some(({ replicas }) =>
    replicas.some(({ unit, env }) =>
      !unit.program.includes("/") && env.PATH === undefined
    )
  );
  return [
    `Copy all units to ${folder}. Then run "${systemctl} daemon-reload" and "${systemctl} enable --now ${project}.target".`,
    "The processes have the variables that `env` sets, and those of systemd. They do not have the variables of your shell.",
    ...scope === "system" ? ["A unit without User= runs as root."] : [],
    ...bare
      ? [
        "systemd looks for programs without a path in folders such as /usr/local/bin and /usr/bin. ExecSearchPath= names others, such as the .deno/bin of a user.",
      ]
      : [],
    `A file ${folder}/${project}-.service.d/local.conf can have settings for all units.`,
  ];
}

/** Returns the unit that stops everything when a critical process has failed. */
function stopUnit(context: UnitContext): ExportedFile[] {
  const { project, scope, subjects } = context;
  const critical = subjects.flatMap(({ replicas }) => replicas)
    .filter(({ command }) => command.critical);
  if (critical.length === 0) return [];
  const systemctl = scope === "system" ? "systemctl" : "systemctl --user";
  const names = critical.map((each) => unitName(each, context)).join(" ");
  const lines = [
    "Type=oneshot",
    "# A process that waits for another one has not failed.",
    `ExecCondition=${systemctl} --quiet is-failed ${names}`,
    `ExecStart=${systemctl} --no-block stop ${project}.target`,
  ];
  const description = `Stop of ${shownText(project)} after a failure`;
  return [{
    name: stopName(context),
    text: unitText([], [
      { name: "Unit", lines: [`Description=${description}`] },
      { name: "Service", lines },
    ]),
  }];
}
