/**
 * Connects a manager to OpenTelemetry.
 *
 * @module
 */

import {
  type Context,
  context,
  metrics,
  propagation,
  trace,
} from "@opentelemetry/api";
import {
  Beginnings,
  type Instrument,
  type Process,
  Processman,
} from "../mod.ts";
import { messageOf } from "./attributes.ts";
import { consoleLogger } from "./console_logger.ts";
import { ExactTime } from "./exact_time.ts";
import { LineLogs } from "./line_logs.ts";
import { Meters } from "./meters.ts";
import { checkOptions, type InstrumentOptions, wrong } from "./options.ts";
import { type ProbeReply, Spans } from "./spans.ts";

/** The name of the instrumentation scope. */
const SCOPE = "@isbm/processman";

/**
 * Turns what a manager does into traces, metrics and log records of
 * OpenTelemetry, with the tracer, meter and propagator that this program has
 * registered when this function is called: those of Deno, with the variable
 * `OTEL_DENO=true`, or those of an SDK. Without any, it exports nothing.
 *
 * Each process has a span from its first start until no run follows, with a
 * span for each run, each wait and each call of a probe below it. The child of
 * a run gets the context of its span in the variable `TRACEPARENT`. Processes
 * that are running already have spans from now on.
 *
 * Call it before you start processes. You need not end it: all spans have ended
 * when the manager has been shut down.
 *
 * @example
 * ```ts
 * import { Processman } from "@isbm/processman";
 * import { instrument } from "@isbm/processman/telemetry";
 *
 * await using pm = new Processman();
 * instrument(pm);
 * const job = pm.command("sh", ["-c", "echo $TRACEPARENT"]);
 * await job.finished;
 * ```
 *
 * @param pm The manager.
 * @param options What to export.
 * @returns An object that ends all spans, and exports nothing more, when it is
 * disposed of.
 * @throws {TypeError} If `pm` is not a manager, or if an option does not exist
 * or has a wrong type.
 */
export function instrument(
  pm: Processman,
  options: InstrumentOptions = {},
): Disposable {
  if (!(pm instanceof Processman)) wrong("pm", "a Processman", pm);
  const { probes = true, args = false, usage, logs } = checkOptions(options);
  using parts = new DisposableStack();
  const process = (name: string) => pm.get(name);
  const time = new ExactTime(pm.clock);
  const tracer = trace.getTracer(SCOPE);
  const spans = new Spans(tracer, time, { args, process });
  parts.defer(() => spans.end());
  const meter = metrics.getMeter(SCOPE);
  const meters = parts.use(new Meters(meter, time, { process, usage }));
  const logger = logs === "console" ? consoleLogger : logs;
  const lines = logger && parts.use(
    new LineLogs(logger, (name, run) => spans.contextOf(name, run)),
  );
  for (const process of pm) {
    adopt(process, spans, time.now());
    meters.add(process);
    if (process.pid !== undefined) lines?.follow(process);
  }
  // Each is told by itself, so that one that fails does not keep the others
  // from their work.
  parts.use(pm.instrument(traced(spans, probes)));
  parts.use(pm.instrument(measured(meters, time)));
  if (lines) parts.use(pm.instrument(logged(lines, process)));
  return parts.move();
}

/** Returns an instrument that makes spans. */
function traced(spans: Spans, probes: boolean): Instrument {
  return {
    beforeRun: (run) => variables(spans.begin(run)),
    startFailed: (failed) => spans.failed(failed),
    onEvent: (event) => spans.happened(event),
    async aroundProbe(call, ask) {
      const { name, run } = call;
      if (!probes) return await context.with(spans.contextOf(name, run), ask);
      const asked = spans.ask(call);
      const reply = await replyOf(() => context.with(asked.context, ask));
      spans.answer(call, asked, reply);
    },
  };
}

/** Returns an instrument that measures. */
function measured(meters: Meters, time: ExactTime): Instrument {
  return {
    startFailed: ({ name }) => meters.failed(name),
    onEvent: (event) => meters.happened(event),
    async aroundProbe(call, ask) {
      const since = time.ticks();
      const { ok } = await replyOf(ask);
      meters.answered(call, ok, time.ticks() - since);
    },
  };
}

/** Returns an instrument that reads the lines of each life. */
function logged(
  lines: LineLogs,
  process: (name: string) => Process | undefined,
): Instrument {
  const beginnings = new Beginnings();
  return {
    onEvent(event) {
      const begins = beginnings.begins(event);
      if (event.kind !== "start" && !begins) return;
      const begun = process(event.name);
      if (begun === undefined) return;
      // The first run that is seen of a process can be a later one.
      if (begins || !lines.knows(begun)) lines.follow(begun);
    },
  };
}

/** Asks a probe. Never rejects. */
async function replyOf(ask: () => Promise<unknown>): Promise<ProbeReply> {
  try {
    return { ok: await ask() === true };
  } catch (error) {
    return { ok: false, reason: messageOf(error) };
  }
}

/** Begins the span of the run of a process that is alive already. */
function adopt(
  { name, program, args, state }: Process,
  spans: Spans,
  now: number,
): void {
  if (state.kind !== "running") return;
  const { run, since } = state;
  spans.begin({ name, run, program, args }, now - since);
}

/** Returns the variables that hand a context to a child. */
function variables(handed: Context): Record<string, string> {
  const env: Record<string, string> = {};
  propagation.inject(handed, env, {
    set(carrier, key, value) {
      carrier[key.toUpperCase().replaceAll(/[^A-Z0-9_]/g, "_")] = value;
    },
  });
  return env;
}
