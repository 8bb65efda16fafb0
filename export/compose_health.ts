/**
 * Probes as the health check of a container.
 *
 * @module
 */

import type { CommandDescription } from "../mod.ts";
import { duration } from "./compose_yaml.ts";
import type { YamlObject } from "./yaml_text.ts";
import type { ContainerOptions } from "./exported.ts";
import { fileIn, placeOf } from "./folders.ts";
import type { Notes } from "./notes.ts";
import type { OptionPath } from "./option_paths.ts";
import { probeCommand } from "./probe_command.ts";
import { type ProbeForm, probeForm } from "./probe_form.ts";
import { isOfThisMachine } from "./programs.ts";
import type { Subject, SubjectReplica } from "./subject.ts";

/** The health check of a container; Docker has one for each. */
export interface Health {
  /** The key `healthcheck`. */
  readonly check: YamlObject;
  /** Whether it asks if the container is ready, which dependents wait for. */
  readonly ready: boolean;
}

/** What a health check is made from. */
export interface HealthContext {
  /** The entry. */
  readonly subject: Subject;
  /** The options of the export. */
  readonly options: ContainerOptions;
  /** Gets what the health check does not do. */
  readonly notes: Notes;
}

/**
 * Returns the health check of a container, if it has one: the probe of `ready`,
 * or else that of `live`.
 *
 * @param replica The process.
 * @param context The entry and the options.
 */
export function healthOf(
  { command }: SubjectReplica,
  context: HealthContext,
): Health | undefined {
  const ready = command.ready && readyRules(command.ready);
  const live = command.live && liveRules(command.live);
  const check = ready && readyCheck(ready, live, context);
  if (check !== undefined) return { check, ready: true };
  const alone = live && liveCheck(live, context);
  return alone && { check: alone, ready: false };
}

type ReadyRules = ReturnType<typeof readyRules>;
type LiveRules = ReturnType<typeof liveRules>;

function readyRules(ready: NonNullable<CommandDescription["ready"]>) {
  const { probe, recheckMs, ...rest } = typeof ready === "function"
    ? { probe: ready }
    : ready;
  const { intervalMs = 200, timeoutMs = 1_000, withinMs = 60_000 } = rest;
  return { probe, recheckMs, intervalMs, timeoutMs, withinMs };
}

function liveRules(live: NonNullable<CommandDescription["live"]>) {
  const { probe, ...rest } = typeof live === "function"
    ? { probe: live }
    : live;
  const { intervalMs = 10_000, timeoutMs = 1_000, failures = 3 } = rest;
  return { probe, intervalMs, timeoutMs, failures };
}

/** How often Docker asks, and how often in vain, if nothing else is set. */
const USUAL = { intervalMs: 30_000, failures: 3 };

/** Docker starts a program for each answer, so it asks less often. */
const START_INTERVAL_MS = 1_000;

function readyCheck(
  ready: ReadyRules,
  live: LiveRules | undefined,
  context: HealthContext,
): YamlObject | undefined {
  const { set } = context.subject;
  const same = live && sameProbe(ready.probe, live.probe) ? live : undefined;
  const timeoutMs = Math.max(ready.timeoutMs, same?.timeoutMs ?? 0);
  const test = testOf("ready.probe", ready.probe, timeoutMs, context);
  if (test === undefined) return undefined;
  noteReady(ready, live, same, context);
  const { recheckMs, intervalMs, withinMs } = ready;
  return {
    test,
    interval: duration(recheckMs ?? same?.intervalMs ?? USUAL.intervalMs),
    timeout: duration(timeoutMs),
    retries: same?.failures ?? (recheckMs === undefined ? USUAL.failures : 1),
    start_period: duration(Math.max(1, withinMs)),
    start_interval: duration(
      set.has("ready.intervalMs") ? intervalMs : START_INTERVAL_MS,
    ),
  };
}

const HANGS =
  "Docker shows a container that hangs as unhealthy, but does not restart it";

function noteReady(
  ready: ReadyRules,
  live: LiveRules | undefined,
  same: LiveRules | undefined,
  { subject: { name, set }, notes }: HealthContext,
): void {
  const note = (option: OptionPath, message: string) =>
    notes.add(name, option, message);
  if (set.has("ready.withinMs")) {
    note(
      "ready.withinMs",
      "Docker does not restart a container that is not ready in time; `docker compose up` fails if another one waits for it",
    );
  }
  if (ready.recheckMs !== undefined) {
    note(
      "ready.recheckMs",
      "Docker shows a container that is not ready any more as unhealthy; nothing else follows",
    );
  }
  if (live === undefined) return;
  if (same === undefined) {
    note(
      "live.probe",
      "Docker has one health check for each container, and it asks the probe of `ready`; nothing finds out that the container hangs",
    );
    return;
  }
  note("live.probe", HANGS);
  if (ready.recheckMs !== undefined) {
    note("live.intervalMs", "the health check has the interval of `recheckMs`");
  }
  if (ready.timeoutMs !== same.timeoutMs) {
    note("live.timeoutMs", "the health check has the longer of both timeouts");
  }
}

function liveCheck(
  { probe, intervalMs, timeoutMs, failures }: LiveRules,
  context: HealthContext,
): YamlObject | undefined {
  const test = testOf("live.probe", probe, timeoutMs, context);
  if (test === undefined) return undefined;
  context.notes.add(context.subject.name, "live.probe", HANGS);
  return {
    test,
    interval: duration(intervalMs),
    timeout: duration(timeoutMs),
    retries: failures,
  };
}

/** Returns what Docker runs to ask a probe. */
function testOf(
  option: OptionPath,
  probe: unknown,
  timeoutMs: number,
  { subject: { name, replicas }, options, notes }: HealthContext,
): readonly string[] | undefined {
  const form = probeForm(probe);
  const asked = probeCommand(form, {
    timeoutMs,
    folder: (path) => {
      if (path === replicas[0].cwd) return ".";
      const place = placeOf(path, options);
      return place.kind === "path" ? place.path : undefined;
    },
    file: (path) => fileIn(path, options),
  });
  if (asked === undefined) {
    notes.add(
      name,
      option,
      `a health check runs a program, and none can ask for ${
        strangersIn(form).join(" or ")
      }; add \`healthcheck\` by hand`,
    );
    return undefined;
  }
  const { words, lost } = asked;
  const needs = [...asked.needs, ...programsIn(form).filter(isOfThisMachine)];
  if (needs.length > 0) {
    notes.add(name, option, `the image must have ${needs.join(" and ")}`);
  }
  if (lost.length > 0) {
    notes.add(name, option, `the health check leaves out ${lost.join(", ")}`);
  }
  return ["CMD", ...words];
}

/** Returns the programs that a probe runs. */
function programsIn(form: ProbeForm): string[] {
  if (form.kind === "all") return form.all.flatMap(programsIn);
  return form.kind === "exec" ? form.words.slice(0, 1) : [];
}

/** Returns what no program can ask for. */
function strangersIn(form: ProbeForm): string[] {
  if (form.kind === "all") return [...new Set(form.all.flatMap(strangersIn))];
  return form.kind === "other" ? [form.name] : [];
}

function sameProbe(a: unknown, b: unknown): boolean {
  const [one, other] = [probeForm(a), probeForm(b)];
  if (strangersIn(one).length > 0) return a === b;
  return JSON.stringify(one) === JSON.stringify(other);
}
