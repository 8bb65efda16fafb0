/**
 * Receives what a program exports by OTLP over HTTP, as JSON.
 *
 * @module
 */

/** The attributes of something. */
export type Attributes = Readonly<Record<string, unknown>>;

/** A span. */
export interface SinkSpan {
  readonly name: string;
  readonly traceId: string;
  readonly spanId: string;
  /** Empty for a root. */
  readonly parent: string;
  /** In nanoseconds since the epoch. */
  readonly start: bigint;
  /** In nanoseconds since the epoch. */
  readonly end: bigint;
  readonly error: boolean;
  readonly message: string;
  readonly attributes: Attributes;
  readonly events: readonly {
    readonly name: string;
    readonly at: bigint;
    readonly attributes: Attributes;
  }[];
  /** The name of the service that has exported it. */
  readonly service: unknown;
}

/** A value of a metric; of a histogram, the sum of its values. */
export interface SinkPoint {
  readonly metric: string;
  readonly unit: string;
  readonly value: number;
  /** How many values a histogram has. */
  readonly count: number | undefined;
  readonly attributes: Attributes;
}

/** A log record. */
export interface SinkLog {
  readonly body: unknown;
  readonly severity: number;
  readonly traceId: string;
  readonly spanId: string;
  readonly attributes: Attributes;
}

// deno-lint-ignore no-explicit-any
type Json = any;

/** A receiver on loopback. */
export class OtlpSink implements AsyncDisposable {
  /** All spans that have arrived. */
  readonly spans: SinkSpan[] = [];
  /** All log records that have arrived. */
  readonly logs: SinkLog[] = [];
  readonly #points = new Map<string, SinkPoint>();
  readonly #server: Deno.HttpServer<Deno.NetAddr>;
  #arrived = Promise.withResolvers<void>();

  /** Begins to receive. */
  constructor() {
    const options = { hostname: "127.0.0.1", port: 0, onListen() {} };
    this.#server = Deno.serve(options, (request) => this.#take(request));
  }

  /** The variables with which a Deno exports to this receiver. */
  get env(): Record<string, string> {
    return {
      OTEL_DENO: "true",
      OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${this.#server.addr.port}`,
      OTEL_METRIC_EXPORT_INTERVAL: "200",
    };
  }

  /** The latest values of all metrics. */
  get points(): SinkPoint[] {
    return [...this.#points.values()];
  }

  /** Returns the latest values of a metric. */
  metric(name: string): SinkPoint[] {
    return this.points.filter(({ metric }) => metric === name);
  }

  /** Returns the spans with a name. */
  named(name: string): SinkSpan[] {
    return this.spans.filter((span) => span.name === name);
  }

  /** Returns the children of a span, in the order of their starts. */
  below({ spanId }: SinkSpan): SinkSpan[] {
    return this.spans.filter(({ parent }) => parent === spanId)
      .sort((a, b) => Number(a.start - b.start));
  }

  /** Resolves when something holds of what has arrived. */
  async until(holds: () => boolean): Promise<void> {
    while (!holds()) await this.#arrived.promise;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
  }

  async #take(request: Request): Promise<Response> {
    const body: Json = await request.json();
    for (const { resource, scopeSpans } of body.resourceSpans ?? []) {
      const { "service.name": service } = attributesOf(resource);
      for (const { spans } of scopeSpans) {
        this.spans.push(...spans.map((span: Json) => spanOf(span, service)));
      }
    }
    for (const { scopeMetrics } of body.resourceMetrics ?? []) {
      for (const { metrics } of scopeMetrics) metrics.forEach(this.#measure);
    }
    for (const { scopeLogs } of body.resourceLogs ?? []) {
      for (const { logRecords } of scopeLogs) {
        this.logs.push(...logRecords.map(logOf));
      }
    }
    this.#arrived.resolve();
    this.#arrived = Promise.withResolvers();
    return Response.json({});
  }

  readonly #measure = (metric: Json): void => {
    const { name, unit = "" } = metric;
    const { dataPoints } = metric.sum ?? metric.gauge ?? metric.histogram;
    for (const point of dataPoints) {
      const attributes = attributesOf(point);
      const value = Number(point.asDouble ?? point.asInt ?? point.sum);
      const count = point.count === undefined ? undefined : Number(point.count);
      const key = JSON.stringify([name, attributes]);
      this.#points.set(key, { metric: name, unit, value, count, attributes });
    }
  };
}

function spanOf(span: Json, service: unknown): SinkSpan {
  const { name, traceId, spanId, parentSpanId = "", status = {} } = span;
  return {
    name,
    traceId,
    spanId,
    parent: parentSpanId,
    start: BigInt(span.startTimeUnixNano),
    end: BigInt(span.endTimeUnixNano),
    error: status.code === 2,
    message: status.message ?? "",
    attributes: attributesOf(span),
    events: (span.events ?? []).map((event: Json) => ({
      name: event.name,
      at: BigInt(event.timeUnixNano),
      attributes: attributesOf(event),
    })),
    service,
  };
}

function logOf(record: Json): SinkLog {
  const { body, severityNumber = 0, traceId = "", spanId = "" } = record;
  const attributes = attributesOf(record);
  const text = valueOf(body);
  return { body: text, severity: severityNumber, traceId, spanId, attributes };
}

function attributesOf({ attributes = [] }: Json): Attributes {
  return Object.fromEntries(
    attributes.map(({ key, value }: Json) => [key, valueOf(value)]),
  );
}

function valueOf(value: Json): unknown {
  if (value?.intValue !== undefined) return Number(value.intValue);
  if (value?.arrayValue !== undefined) {
    return (value.arrayValue.values ?? []).map(valueOf);
  }
  return value?.stringValue ?? value?.doubleValue ?? value?.boolValue;
}
