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

/** A value. */
interface Point {
  readonly value: number;
  /** The labels that it has besides those of its process, as text. */
  readonly labels: string;
}

/** What is told about a metric, besides its values. */
interface Heading {
  readonly name: string;
  readonly type: "gauge" | "counter";
  readonly help: string;
}

/** A metric, and its values for a process. */
interface Metric extends Heading {
  readonly of: (measured: Measured) => readonly Point[];
}

const METRICS: readonly Metric[] = [
  {
    name: "processman_process_state",
    type: "gauge",
    help: "It is 1 for the state that the process is in, and 0 for the others.",
    of: ({ view }) =>
      STATE_NAMES.map((state) =>
        point(view.state === state ? 1 : 0, `,state="${state}"`)
      ),
  },
  {
    name: "processman_process_ready",
    type: "gauge",
    help: "It is 1 if a run is alive and ready, and 0 otherwise.",
    of: ({ view }) => [point(view.ready === true ? 1 : 0)],
  },
  {
    name: "processman_process_start_time_seconds",
    type: "gauge",
    help: "The time at which the present run began, in seconds since the " +
      "epoch; there is no value if no run is alive.",
    of: ({ view: { since } }) => known(since, 1_000),
  },
  {
    name: "processman_process_exits_total",
    type: "counter",
    help: "The number of runs that have ended, by the reason.",
    of: ({ exits }) =>
      EXIT_REASONS.map((reason) => point(exits[reason], `,reason="${reason}"`)),
  },
  {
    name: "processman_process_last_exit_code",
    type: "gauge",
    help: "The exit code of the run that ended last, which is 128 + n after " +
      "the signal n; there is no value before the first end.",
    of: ({ view: { last } }) => known(last?.code),
  },
  {
    name: "processman_process_restarts_total",
    type: "counter",
    help: "The number of restarts after crashes.",
    of: ({ view }) => [point(view.restarts)],
  },
  {
    name: "processman_process_restarts_left",
    type: "gauge",
    help: "The number of restarts that the limit still allowed after the " +
      "last crash; there is no value without a limit, or before a crash.",
    of: ({ view: { restartsLeft } }) => known(restartsLeft),
  },
  {
    name: "processman_process_cpu_seconds_total",
    type: "counter",
    help: "The processor time of the present run and of everything that it " +
      "has started, in seconds.",
    of: ({ usage }) => known(usage?.countedMs, 1_000),
  },
  {
    name: "processman_process_resident_memory_bytes",
    type: "gauge",
    help: "The resident memory of the present run and of everything that it " +
      "has started, in bytes.",
    of: ({ usage }) => known(usage?.memory),
  },
  {
    name: "processman_process_pids",
    type: "gauge",
    help: "The number of processes of the system that the present run " +
      "consists of.",
    of: ({ usage }) => known(usage?.processes),
  },
];

/** What the metrics of a supervisor are made from. */
export interface MeasuredSupervisor {
  /** The version of this package. */
  readonly version: string;
  /** When it began, in milliseconds since the epoch. */
  readonly startedAt: number;
}

/**
 * Returns the metrics of a supervisor.
 *
 * @param supervisor What is known about the supervisor.
 * @param all What is known about each process.
 */
export function metricsOf(
  { version, startedAt }: MeasuredSupervisor,
  all: readonly Measured[],
): string {
  const lines = [
    ...heading({
      name: "processman_build_info",
      type: "gauge",
      help: "It is always 1; the label has the version of processman.",
    }),
    `processman_build_info{${labelsText({ version })}} 1`,
    ...heading({
      name: "processman_start_time_seconds",
      type: "gauge",
      help: "The time at which the supervisor began, in seconds since the " +
        "epoch.",
    }),
    `processman_start_time_seconds ${startedAt / 1_000}`,
  ];
  const names = all.map(({ view: { name: process, entry } }) =>
    labelsText({ process, entry })
  );
  for (const metric of METRICS) {
    lines.push(...heading(metric));
    for (const [index, measured] of all.entries()) {
      for (const { labels, value } of metric.of(measured)) {
        lines.push(`${metric.name}{${names[index]}${labels}} ${value}`);
      }
    }
  }
  return `${lines.join("\n")}\n`;
}

function point(value: number, labels = ""): Point {
  return { value, labels };
}

/** Returns a value, if it is known. */
function known(value: number | null | undefined, divisor = 1): Point[] {
  return typeof value === "number" ? [point(value / divisor)] : [];
}

function heading({ name, type, help }: Heading): string[] {
  return [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`];
}

function labelsText(labels: Readonly<Record<string, string>>): string {
  return Object.entries(labels).map(([name, value]) => {
    const escaped = value.replaceAll("\\", "\\\\").replaceAll('"', '\\"')
      .replaceAll("\n", "\\n");
    return `${name}="${escaped}"`;
  }).join(",");
}
