/**
 * The section `[Unit]` of a service: what it waits for, and what it is stopped
 * with.
 *
 * @module
 */

import type { Edge } from "../plan/mod.ts";
import type { Notes } from "./notes.ts";
import type { Subject, SubjectReplica } from "./subject.ts";
import { isAsked } from "./systemd_ready.ts";
import { startLimitLines } from "./systemd_restart.ts";
import { type Scope, setting, shownText } from "./systemd_text.ts";

/** What a unit depends on besides its process. */
export interface UnitContext {
  /** The name of the project, as the names of units contain it. */
  readonly project: string;
  /** Who runs the units. */
  readonly scope: Scope;
  /** The folder of the project. */
  readonly root: string;
  /** Where notes go. */
  readonly notes: Notes;
  /** All entries. */
  readonly subjects: readonly Subject[];
}

/**
 * Returns the name of the unit of a process.
 *
 * @throws {TypeError} If it would be too long.
 */
export function unitName(
  { unit }: SubjectReplica,
  { project }: Pick<UnitContext, "project">,
): string {
  const name = `${project}-${unit.name}.service`;
  if (name.length <= MOST) return name;
  throw new TypeError(
    `Cannot export "${unit.name}": the name of its unit would have more than ${MOST} characters: "${name}"`,
  );
}

/** The longest name of a unit. */
const MOST = 255;

/**
 * Returns the name of the unit that stops everything. No entry has this name,
 * because the names of entries contain no dots.
 */
export function stopName({ project }: UnitContext): string {
  return `${project}.stop.service`;
}

/**
 * Returns the lines of the section `[Unit]`.
 *
 * @param subject The entry.
 * @param replica The process.
 * @param context What else they depend on.
 */
export function unitLines(
  subject: Subject,
  replica: SubjectReplica,
  context: UnitContext,
): string[] {
  const { project, scope, notes } = context;
  const edges = subject.planned.dependencies;
  noteEdges(subject, context);
  const { critical } = replica.command;
  if (critical) notes.add(subject.name, "critical", CRITICAL);
  const names = (some: readonly Edge[]) =>
    some.flatMap(({ on }) => namesOf(on, context));
  return [
    `Description=${shownText(`${replica.unit.name} of ${project}`)}`,
    ...setting("PartOf", [
      `${project}.target`,
      ...names(
        edges.filter((edge) => !edge.required && edge.restart !== "never"),
      ),
    ]),
    ...setting("Requires", names(edges.filter(({ required }) => required))),
    ...setting(
      "Wants",
      names(
        edges.filter((edge) => !edge.required && isStarting(edge.on, context)),
      ),
    ),
    ...setting("After", [
      ...scope === "system" ? ["network.target"] : [],
      ...names(edges),
    ]),
    ...wakingLines(subject, context),
    ...critical ? [`OnFailure=${stopName(context)}`] : [],
    ...startLimitLines(subject, replica, notes),
  ];
}

const CRITICAL =
  "systemd stops the others when the unit has failed for good, and not when the program ends with success";

/** Returns whether an entry starts without being asked for. */
function isStarting(entry: string, { subjects }: UnitContext): boolean {
  return subjects.some(({ name, starts }) => starts && name === entry);
}

function namesOf(entry: string, context: UnitContext): string[] {
  const subject = context.subjects.find(({ name }) => name === entry);
  return (subject?.replicas ?? []).map((each) => unitName(each, context));
}

/**
 * systemd cancels the start of a unit when a unit that it requires fails to
 * start, even if that one is restarted.
 */
function wakingLines({ name }: Subject, context: UnitContext): string[] {
  const dependents = context.subjects.filter(({ starts, planned }) =>
    starts &&
    planned.dependencies.some(({ on, required }) => required && on === name)
  );
  const names = dependents.flatMap((each) => namesOf(each.name, context));
  if (names.length === 0) return [];
  return [
    "# These start even if this unit only works at the second attempt.",
    ...setting("Wants", names),
  ];
}

function noteEdges({ name, task, planned }: Subject, context: UnitContext) {
  const { subjects, notes } = context;
  for (const { on, when, restart, required } of planned.dependencies) {
    const other = subjects.find((each) => each.name === on);
    if (other === undefined) continue;
    const ready = other.replicas.some(({ command }) => command.ready);
    const asked = ready && other.replicas.every(isAsked);
    if (when === "ready" && !asked) {
      notes.add(name, "dependsOn.when", `the unit only waits until ${on} runs`);
    }
    if (when === "started" && asked) {
      notes.add(name, "dependsOn.when", `the unit waits until ${on} is ready`);
    }
    const follows = required || restart !== "never";
    if (other.task || !follows || restart === "always") continue;
    notes.add(
      name,
      "dependsOn.restart",
      task
        ? `systemd runs the task again after each restart of ${on}, also after a crash of ${on}`
        : `systemd stops and restarts the unit together with ${on}, also after a crash of ${on}`,
    );
  }
}
