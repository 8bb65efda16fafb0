/**
 * The SDK of OpenTelemetry for JavaScript, which keeps everything in memory.
 *
 * @module
 */

import {
  context,
  type HrTime,
  metrics,
  propagation,
  trace,
} from "@opentelemetry/api";
import type { ReadableSpan } from "npm:@opentelemetry/sdk-trace-base@^2.0.0";
import type { LineLogger } from "../telemetry/mod.ts";

/** A span that has ended. */
export interface SdkSpan {
  readonly name: string;
  readonly spanId: string;
  readonly traceId: string;
  /** The name of the parent, or its ID if it has not ended; empty for a root. */
  readonly parent: string;
  /** In milliseconds since the epoch. */
  readonly start: number;
  /** In milliseconds since the epoch. */
  readonly end: number;
  /** The message of the error; `undefined` if there is none. */
  readonly error: string | undefined;
  readonly attributes: Readonly<Record<string, unknown>>;
  /** The names of the events, with their times and attributes. */
  readonly events: readonly (readonly [string, number, object])[];
}

/** A log record. */
export interface SdkLog {
  readonly body: unknown;
  readonly severity: string | undefined;
  readonly attributes: object;
  readonly spanId: string | undefined;
}

/** An SDK that is registered until it is disposed of. */
export interface Sdk extends AsyncDisposable {
  /** Returns all spans that have ended, in the order of their starts. */
  spans(): SdkSpan[];
  /** Returns the values of a metric, each with its attributes as JSON. */
  values(metric: string): Promise<Record<string, number>>;
  /** Takes log records. */
  readonly logger: LineLogger;
  /** Returns all log records. */
  logs(): SdkLog[];
}

/** Registers the SDK. */
export async function registerSdk(): Promise<Sdk> {
  const [base, hooks, core, measure, log] = await Promise.all([
    import("npm:@opentelemetry/sdk-trace-base@^2.0.0"),
    import("npm:@opentelemetry/context-async-hooks@^2.0.0"),
    import("npm:@opentelemetry/core@^2.0.0"),
    import("npm:@opentelemetry/sdk-metrics@^2.0.0"),
    import("npm:@opentelemetry/sdk-logs@^0.223.0"),
  ]);
  const begun: ReadableSpan[] = [];
  const tracers = new base.BasicTracerProvider({
    spanProcessors: [{
      onStart: (span) => void begun.push(span),
      onEnd() {},
      forceFlush: () => Promise.resolve(),
      shutdown: () => Promise.resolve(),
    }],
  });
  const reader = new class extends measure.MetricReader {
    protected override onForceFlush = () => Promise.resolve();
    protected override onShutdown = () => Promise.resolve();
  }();
  const meters = new measure.MeterProvider({ readers: [reader] });
  const records = new log.InMemoryLogRecordExporter();
  const loggers = new log.LoggerProvider({
    processors: [new log.SimpleLogRecordProcessor({ exporter: records })],
  });
  trace.setGlobalTracerProvider(tracers);
  metrics.setGlobalMeterProvider(meters);
  propagation.setGlobalPropagator(new core.W3CTraceContextPropagator());
  const contexts = new hooks.AsyncLocalStorageContextManager().enable();
  context.setGlobalContextManager(contexts);
  return {
    spans() {
      const ended = begun.filter((each) => each.ended);
      const nameOf = (id: string) =>
        ended.find((each) => each.spanContext().spanId === id)?.name ?? id;
      return ended.map((each) => ({
        name: each.name,
        ...each.spanContext(),
        parent: nameOf(each.parentSpanContext?.spanId ?? ""),
        start: msOf(each.startTime),
        end: msOf(each.endTime),
        error: each.status.code === 2 ? each.status.message : undefined,
        attributes: each.attributes,
        events: each.events.map(({ name, time, attributes }) =>
          [name, msOf(time), attributes ?? {}] as const
        ),
      })).sort((a, b) => a.start - b.start);
    },
    async values(metric) {
      const { resourceMetrics } = await reader.collect();
      const found = resourceMetrics.scopeMetrics
        .flatMap((each) => each.metrics)
        .find(({ descriptor }) => descriptor.name === metric);
      return Object.fromEntries(
        (found?.dataPoints ?? []).map(({ attributes, value }) => [
          Object.values(attributes).join(" "),
          typeof value === "number" ? value : value.count,
        ]),
      );
    },
    logger: loggers.getLogger("test"),
    logs: () =>
      records.getFinishedLogRecords().map((each) => ({
        body: each.body,
        severity: each.severityText,
        attributes: each.attributes,
        spanId: each.spanContext?.spanId,
      })),
    async [Symbol.asyncDispose]() {
      trace.disable();
      metrics.disable();
      propagation.disable();
      context.disable();
      await tracers.shutdown();
      await meters.shutdown();
      await loggers.shutdown();
    },
  };
}

function msOf([seconds, nanoseconds]: HrTime): number {
  return Math.round(seconds * 1_000 + nanoseconds / 1_000_000);
}
