/**
 * The metrics of a supervisor, as text for Prometheus. The functions are pure.
 *
 * @module
 */

import { EXIT_REASONS, type ExitReason } from "./history.ts";
import type { Usage } from "./usage.ts";
import type { ProcessView, StateName } from "./wire.ts";

/** The media type of the text. */
export const METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8";

/** What the metrics of a process are made from. */
export interface Measured {
  /** The process. */
  readonly view: ProcessView;
  /** How many runs have ended, by the reason. */
  readonly exits: Readonly<Record<ExitReason, number>>;
  /** What its run uses; `null` if it has none or that is not known. */
  readonly usage: Usage | null;
}

/** All states of a process. */
export const STATE_NAMES: readonly StateName[] = [
  "idle",
  "waiting",
  "starting",
  "running",
  "stopping",
  "backoff",
  "completed",
  "ended",
  "failed",
  "stopped",
];

/** A value with its labels. */
interface Point {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** A metric, and its values for a process. */
interface Metric {
  readonly name: string;
  readonly type: "gauge" | "counter";
  readonly help: string;
  readonly of: (measured: Measured, time: number) => readonly Point[];
}

const METRICS: readonly Metric[] = [
  {
    name: "processman_process_state",
    type: "gauge",
    help: "1 for the state that the process is in, 0 for the others.",
    of: ({ view }) =>
      STATE_NAMES.map((state) =>
        point(view.state === state ? 1 : 0, { state })
      ),
  },
  {
    name: "processman_process_ready",
    type: "gauge",
    help: "1 if a run is alive and ready, otherwise 0.",
    of: ({ view }) => [point(view.ready === true ? 1 : 0)],
  },
  {
    name: "processman_process_runs_total",
    type: "counter",
    help: "Runs that have started.",
    of: ({ view }) => [point(view.run)],
  },
  {
    name: "processman_process_restarts_total",
    type: "counter",
    help: "Restarts after crashes.",
    of: ({ view }) => [point(view.restarts)],
  },
  {
    name: "processman_process_exits_total",
    type: "counter",
    help: "Runs that have ended, by the reason.",
    of: ({ exits }) =>
      EXIT_REASONS.map((reason) => point(exits[reason], { reason })),
  },
  {
    name: "processman_process_uptime_seconds",
    type: "gauge",
    help: "How long the present run has been alive; 0 if none is.",
    of: ({ view: { since } }, time) => [
      point(since === null ? 0 : Math.max(0, time - since) / 1_000),
    ],
  },
  {
    name: "processman_process_cpu_seconds_total",
    type: "counter",
    help:
      "Processor time of the present run and everything that it has started.",
    of: ({ usage }) => usage === null ? [] : [point(usage.cpuMs / 1_000)],
  },
  {
    name: "processman_process_memory_bytes",
    type: "gauge",
    help:
      "Resident memory of the present run and everything that it has started.",
    of: ({ usage }) => usage === null ? [] : [point(usage.memory)],
  },
  {
    name: "processman_process_tasks",
    type: "gauge",
    help: "How many processes of the system the present run consists of.",
    of: ({ usage }) => usage === null ? [] : [point(usage.processes)],
  },
];

/**
 * Returns the metrics of a supervisor.
 *
 * @param all What is known about each process.
 * @param startedAt When the supervisor began, in milliseconds since the epoch.
 * @param time The time in milliseconds since the epoch.
 */
export function metricsOf(
  all: readonly Measured[],
  startedAt: number,
  time: number,
): string {
  const lines = [
    ...heading("processman_up", "gauge", "1 while the supervisor runs."),
    "processman_up 1",
    ...heading(
      "processman_start_time_seconds",
      "gauge",
      "When the supervisor began, in seconds since the epoch.",
    ),
    `processman_start_time_seconds ${startedAt / 1_000}`,
  ];
  for (const { name, type, help, of } of METRICS) {
    lines.push(...heading(name, type, help));
    for (const measured of all) {
      const { view: { name: process, entry } } = measured;
      for (const { labels, value } of of(measured, time)) {
        const text = labelsText({ process, entry, ...labels });
        lines.push(`${name}{${text}} ${value}`);
      }
    }
  }
  return `${lines.join("\n")}\n`;
}

function point(value: number, labels: Record<string, string> = {}): Point {
  return { value, labels };
}

function heading(name: string, type: string, help: string): string[] {
  return [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`];
}

function labelsText(labels: Readonly<Record<string, string>>): string {
  return Object.entries(labels).map(([name, value]) => {
    const escaped = value.replaceAll("\\", "\\\\").replaceAll('"', '\\"')
      .replaceAll("\n", "\\n");
    return `${name}="${escaped}"`;
  }).join(",");
}
