/**
 * The metrics of what a manager does.
 *
 * @module
 */

import type {
  Attributes,
  BatchObservableResult,
  Counter,
  Histogram,
  Meter,
  MetricOptions,
  Observable,
} from "@opentelemetry/api";
import type { ProbeCall, Process, ProcessEvent, ProcessState } from "../mod.ts";
import { ATTRIBUTE, exitReason } from "./attributes.ts";
import { CpuTimes } from "./cpu_times.ts";
import type { ExactTime } from "./exact_time.ts";
import type { RunUsage, UsageReader } from "./options.ts";

/** Bounds for what takes from a millisecond to a minute, in seconds. */
const SHORT = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 60];

/** Bounds for what takes from a moment to a month, in seconds. */
const LONG = [0.1, 1, 10, 60, 600, 3_600, 21_600, 86_400, 604_800, 2_592_000];

/** All metrics. */
export const METRICS = {
  "processman.runs": {
    unit: "{run}",
    description: "Runs that have started",
  },
  "processman.start.failures": {
    unit: "{start}",
    description: "Runs that could not be started",
  },
  "processman.exits": {
    unit: "{exit}",
    description: "Runs that have ended, by the reason",
  },
  "processman.restarts": {
    unit: "{restart}",
    description: "Restarts that were decided on, by the reason",
  },
  "processman.failures": {
    unit: "{process}",
    description: "Processes that were given up, by the error",
  },
  "processman.run.duration": {
    unit: "s",
    description: "How long runs lived, by the reason of their end",
    advice: { explicitBucketBoundaries: LONG },
  },
  "processman.probe.duration": {
    unit: "s",
    description: "How long probes took to answer",
    advice: { explicitBucketBoundaries: SHORT },
  },
  "processman.state": {
    unit: "1",
    description: "1 for the state that the process is in, 0 for the others",
  },
  "processman.ready": {
    unit: "1",
    description: "1 if a run is alive and ready, otherwise 0",
  },
  "process.uptime": {
    unit: "s",
    description: "How long the present run has been alive",
  },
  "process.cpu.time": {
    unit: "s",
    description: "Processor time of all runs and everything they started",
  },
  "process.memory.usage": {
    unit: "By",
    description: "Resident memory of a run and everything it started",
  },
} satisfies Readonly<Record<string, MetricOptions>>;

/** All states of a process. */
const STATES: readonly ProcessState["kind"][] = [
  "starting",
  "waiting",
  "running",
  "stopping",
  "backoff",
  "exited",
  "failed",
];

/** How many processes that have ended are still measured: the newest. */
const ENDED_PROCESSES = 100;

/** What {@linkcode Meters} look at. */
export interface Measured {
  /** Returns a process that is running or waiting to run. */
  process(name: string): Process | undefined;
  /** Reads what runs use, if that is wanted. */
  readonly usage: UsageReader | undefined;
}

/** Measures what a manager does. */
export class Meters implements Disposable {
  readonly #meter: Meter;
  readonly #time: ExactTime;
  readonly #measured: Measured;
  readonly #counters: Readonly<
    Record<"runs" | "unstarted" | "exits" | "restarts" | "failures", Counter>
  >;
  readonly #durations: Readonly<Record<"run" | "probe", Histogram>>;
  readonly #state: Observable;
  readonly #ready: Observable;
  readonly #uptime: Observable;
  readonly #cpu: Observable;
  readonly #memory: Observable;
  readonly #cpuTimes = new CpuTimes();
  /** The processes that are measured; those that began last come last. */
  readonly #processes = new Map<string, Process>();
  readonly #look = (result: BatchObservableResult) => this.#observe(result);

  /**
   * Begins to measure.
   *
   * @param meter What takes the values.
   * @param time The clock.
   * @param measured What is measured.
   */
  constructor(meter: Meter, time: ExactTime, measured: Measured) {
    this.#meter = meter;
    this.#time = time;
    this.#measured = measured;
    const counter = (name: keyof typeof METRICS) =>
      meter.createCounter(name, METRICS[name]);
    const histogram = (name: keyof typeof METRICS) =>
      meter.createHistogram(name, METRICS[name]);
    const gauge = (name: keyof typeof METRICS) =>
      meter.createObservableGauge(name, METRICS[name]);
    this.#counters = {
      runs: counter("processman.runs"),
      unstarted: counter("processman.start.failures"),
      exits: counter("processman.exits"),
      restarts: counter("processman.restarts"),
      failures: counter("processman.failures"),
    };
    this.#durations = {
      run: histogram("processman.run.duration"),
      probe: histogram("processman.probe.duration"),
    };
    this.#state = gauge("processman.state");
    this.#ready = gauge("processman.ready");
    this.#uptime = gauge("process.uptime");
    const { "process.cpu.time": cpu, "process.memory.usage": memory } = METRICS;
    this.#cpu = meter.createObservableCounter("process.cpu.time", cpu);
    this.#memory = meter.createObservableUpDownCounter(
      "process.memory.usage",
      memory,
    );
    meter.addBatchObservableCallback(this.#look, this.#observables);
  }

  /** Measures a process from now on. */
  add(process: Process): void {
    const { name } = process;
    this.#processes.delete(name);
    this.#processes.set(name, process);
    if (this.#processes.size <= ENDED_PROCESSES) return;
    const ended = [...this.#processes.values()].filter(hasEnded);
    for (const each of ended.slice(0, -ENDED_PROCESSES)) {
      this.#processes.delete(each.name);
    }
  }

  /** Counts an event. */
  happened(event: ProcessEvent): void {
    if (event.kind === "signal" || event.kind === "lost") return;
    const process = this.#measured.process(event.name);
    if (process && this.#processes.get(event.name) !== process) {
      this.add(process);
    }
    const about = { [ATTRIBUTE.process]: event.name };
    const { runs, exits, restarts, failures } = this.#counters;
    if (event.kind === "start") runs.add(1, about);
    if (event.kind === "exit") {
      const why = { ...about, [ATTRIBUTE.exitReason]: exitReason(event) };
      exits.add(1, why);
      this.#durations.run.record(event.durationMs / 1_000, why);
    }
    if (event.kind === "restart") {
      const { reason } = event.decision;
      restarts.add(1, { ...about, [ATTRIBUTE.restartReason]: reason });
    }
    if (event.kind === "failed") {
      failures.add(1, { ...about, [ATTRIBUTE.errorType]: event.error.name });
    }
  }

  /** Counts a run that could not be started. */
  failed(name: string): void {
    this.#counters.unstarted.add(1, { [ATTRIBUTE.process]: name });
  }

  /** Records how long a probe took to answer, in milliseconds. */
  answered({ name, option }: ProbeCall, ok: boolean, durationMs: number): void {
    this.#durations.probe.record(durationMs / 1_000, {
      [ATTRIBUTE.process]: name,
      [ATTRIBUTE.option]: option,
      [ATTRIBUTE.answer]: ok,
    });
  }

  /** Measures no longer. */
  [Symbol.dispose](): void {
    this.#meter.removeBatchObservableCallback(this.#look, this.#observables);
  }

  get #observables(): Observable[] {
    return [
      this.#state,
      this.#ready,
      this.#uptime,
      this.#cpu,
      this.#memory,
    ];
  }

  /** Observes all processes. Never rejects: an exporter would end at that. */
  async #observe(result: BatchObservableResult): Promise<void> {
    try {
      const processes = [...this.#processes.values()];
      for (const process of processes) this.#observeState(result, process);
      await this.#observeUsage(result, processes);
    } catch {
      // What is missing this time can be there the next time.
    }
  }

  #observeState(
    result: BatchObservableResult,
    { name, state }: Process,
  ): void {
    const about: Attributes = { [ATTRIBUTE.process]: name };
    for (const kind of STATES) {
      const value = state.kind === kind ? 1 : 0;
      const attributes = { ...about, [ATTRIBUTE.state]: kind };
      result.observe(this.#state, value, attributes);
    }
    // An exporter repeats the last value of what is not observed any more.
    const running = state.kind === "running";
    result.observe(this.#ready, running && state.ready ? 1 : 0, about);
    const ageMs = running ? this.#time.now() - state.since : 0;
    result.observe(this.#uptime, Math.max(0, ageMs / 1_000), about);
  }

  async #observeUsage(
    result: BatchObservableResult,
    processes: readonly Process[],
  ): Promise<void> {
    const { usage: read } = this.#measured;
    if (read === undefined) return;
    const pids = processes.flatMap(({ pid }) => pid ?? []);
    const usage = pids.length > 0
      ? await read(pids)
      : new Map<number, RunUsage>();
    this.#cpuTimes.keep(processes.map(({ name }) => name));
    for (const { name, pid } of processes) {
      const about = { [ATTRIBUTE.process]: name };
      const used = pid === undefined ? undefined : usage.get(pid);
      result.observe(this.#memory, used?.memory ?? 0, about);
      if (pid === undefined || used === undefined) continue;
      const cpuMs = this.#cpuTimes.add(name, pid, used.cpuMs);
      result.observe(this.#cpu, cpuMs / 1_000, about);
    }
  }
}

function hasEnded({ state: { kind } }: Process): boolean {
  return kind === "exited" || kind === "failed";
}
