/**
 * The command `check`: finds what is wrong with a configuration.
 *
 * @module
 */

import type { RestartOptions } from "../mod.ts";
import type { Edge } from "../plan/mod.ts";
import { type Call, type Command, STATUS } from "./call.ts";
import { graphLines, type Level, levelsOf } from "./check_graph.ts";
import { ConfigError, type ConfigFault, ConfigFaults } from "./config_fault.ts";
import { load, type Loaded } from "./config_load.ts";
import { checkMachine, type Programs } from "./config_machine.ts";
import { loadOptions } from "./config_options.ts";
import { now } from "./clock.ts";
import { type CrashLoop, crashLoop } from "./crash_loop.ts";
import { dateTime } from "../control/format.ts";
import { load as loadModule } from "./load.ts";
import { orderOf } from "./schedule_order.ts";
import type { Times } from "./schedule_times.ts";

/** From how many processes on, what they do alike is told once. */
const MANY = 5;

/** What is told about a process. */
interface Report {
  readonly name: string;
  readonly replicas: number;
  readonly program: string | null;
  readonly autoStart: boolean;
  readonly schedule: Times | null;
  /** When it starts: 1 for what depends on nothing, 2 for what is after that. */
  readonly level: number;
  /** What it depends on. */
  readonly dependsOn: readonly (Omit<Edge, "on"> & { name: string })[];
  readonly crashLoop: CrashLoop;
}

/** Runs the command. */
export const check: Command = async (call) => {
  try {
    const loaded = await load(loadOptions(call));
    const faults = new ConfigFaults();
    const { config, built, node } = loaded;
    const { io } = call;
    const env = (name: string) => io.env(name);
    const programs = await checkMachine(config, built, node, env, faults);
    faults.throwAny();
    return await right(call, loaded, programs);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return await wrong(call, error);
  }
};

async function right(
  { options, io }: Call,
  loaded: Loaded,
  programs: Programs,
): Promise<number> {
  const { files } = loaded.config;
  const reports = reportsOf(loaded, programs, await timesIn(loaded.config));
  if (options.flag("json")) {
    await io.out(json({ ok: true, files, faults: [], processes: reports }));
    return STATUS.ok;
  }
  const count = reports.length === 1
    ? "1 process"
    : `${reports.length} processes`;
  await io.out(
    `${files.join(", ")}: no mistakes, ${count}\n${
      graphText(loaded, io.size()?.columns)
    }If a process crashes again and again, it\n${loopText(reports)}${
      scheduleText(reports)
    }`,
  );
  return STATUS.ok;
}

/** Returns what a process is called, with the number of its replicas. */
function titleOf(
  { name, replicas }: Pick<Report, "name" | "replicas">,
): string {
  return replicas === 1 ? name : `${name} (${replicas})`;
}

/** Tells what each process does in a crash loop, what most of them do once. */
function loopText(reports: readonly Report[]): string {
  const groups = Map.groupBy(reports, ({ crashLoop: { text } }) => text);
  const [most] = [...groups].sort(([, a], [, b]) => b.length - a.length);
  const many = most !== undefined && most[1].length > MANY ? most : undefined;
  const rows = reports.filter(({ crashLoop }) => crashLoop.text !== many?.[0])
    .map((report) => [titleOf(report), report.crashLoop.text] as const);
  if (many !== undefined) {
    const [text, { length }] = many;
    rows.push([`all ${rows.length === 0 ? "" : "other "}${length}`, text]);
  }
  const width = Math.max(0, ...rows.map(([name]) => name.length));
  return rows.map(([name, text]) => `  ${name.padEnd(width)}  ${text}\n`)
    .join("");
}

/** Returns the levels in which everything starts. */
function graphOf({ built, config }: Loaded): Level[] {
  const entries = [...built.plan.entries.values()];
  const started = new Set(built.autoStart);
  // Each entry is after those that it depends on.
  for (const { name, dependencies } of entries.toReversed()) {
    if (started.has(name)) {
      for (const { on } of dependencies) started.add(on);
    }
  }
  const whenOf = (name: string) =>
    started.has(name)
      ? ""
      : config.processes[name]?.schedule === undefined
      ? ", only on request"
      : ", on schedule";
  return levelsOf(entries.map(({ name, type, units, dependencies }) => ({
    name,
    title: titleOf({ name, replicas: units.length }) +
      (type === "task" ? ", a task" : "") +
      whenOf(name),
    needs: dependencies,
  })));
}

/** Draws the graph, unless nothing depends on anything. */
function graphText(loaded: Loaded, width: number | undefined): string {
  const levels = graphOf(loaded);
  if (levels.length < 2) return "";
  const lines = graphLines(levels, width).map((line) => `${line}\n`);
  return `It starts in this order\n${lines.join("")}`;
}

/** Returns the next times of all schedules; they are loaded if there are some. */
async function timesIn(
  config: Loaded["config"],
): Promise<ReadonlyMap<string, Times>> {
  const orders = Object.values(config.processes).some(orderOf);
  if (!orders) return new Map();
  const { nextTimes } = await loadModule<typeof import("./schedule_times.ts")>(
    "./schedule_times.ts",
  );
  return nextTimes(config, now());
}

function scheduleText(reports: readonly Report[]): string {
  const lines = reports.flatMap(({ name, schedule }) =>
    schedule === null ? [] : [[name, schedule] as const]
  );
  const width = Math.max(0, ...lines.map(([{ length }]) => length));
  const texts = lines.map(([name, { action, next }]) => {
    const what = action === "run" ? "runs" : "is restarted";
    const times = next.map((time) => dateTime(time).replace(/:00$/, ""));
    return `  ${name.padEnd(width)}  ${what} at ${times.join(", ")}, …\n`;
  });
  return texts.length === 0 ? "" : `On schedule, it\n${texts.join("")}`;
}

function reportsOf(
  loaded: Loaded,
  programs: Programs,
  times: ReadonlyMap<string, Times>,
): Report[] {
  const { config, built } = loaded;
  const levels = new Map(
    graphOf(loaded).flatMap((level, i) =>
      level.map(({ name }) => [name, i + 1] as const)
    ),
  );
  // A simulation takes a tenth of a second, and most processes are alike.
  const known = new Map<string, CrashLoop>();
  const loopOf = (name: string, options: RestartOptions): CrashLoop => {
    const { type, restart } = config.processes[name] ?? {};
    const key = JSON.stringify([type, restart]);
    const loop = known.get(key) ?? crashLoop(options);
    known.set(key, loop);
    return loop;
  };
  return [...built.plan.entries.values()].map((
    { name, units, dependencies },
  ) => ({
    name,
    replicas: units.length,
    program: programs.get(name) ?? null,
    autoStart: built.autoStart.includes(name),
    schedule: times.get(name) ?? null,
    level: levels.get(name) ?? 1,
    dependsOn: dependencies.map(({ on, ...edge }) => ({ name: on, ...edge })),
    crashLoop: loopOf(name, units[0]?.options.restart ?? {}),
  }));
}

async function wrong(
  { options, io }: Call,
  error: ConfigError,
): Promise<number> {
  const { faults, message } = error;
  if (options.flag("json")) {
    const files = [...new Set(faults.map(({ file }) => file))];
    await io.out(
      json({ ok: false, files, faults: faults.map(view), processes: [] }),
    );
    return STATUS.usage;
  }
  const count = faults.length === 1 ? "1 mistake" : `${faults.length} mistakes`;
  await io.err(`${message}\n${count}\n`);
  return STATUS.usage;
}

/** A place that is not known is `null`. */
function view({ file, line, column, message }: ConfigFault): object {
  return { file, line: line || null, column: column || null, message };
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
