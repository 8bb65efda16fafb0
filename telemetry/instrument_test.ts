import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import {
  createTraceState,
  propagation,
  trace,
  TraceFlags,
  type Tracer,
} from "@opentelemetry/api";
import { constant, Processman } from "../mod.ts";
import { exec } from "../probe/mod.ts";
import { FakeKernel } from "../testing/mod.ts";
import { telemetryTest, tree } from "../tools/telemetry_testing.ts";
import { instrument, type InstrumentOptions } from "./mod.ts";

const silent = { logger: null };

const programs = { job: () => 0, server: () => {} };
const crashing = { ...programs, job: () => 1 };

telemetryTest(
  "The child of each run gets the context of its span",
  { job: () => 1 },
  async ({ sdk, kernel, pm }) => {
    const restart = { backoff: constant(0), limit: { restarts: 1 } };
    await kernel.clock.until(pm.command("job", [], { restart }).finished);
    const runs = sdk.spans().filter(({ name }) => name === "run job");
    assertEquals(
      kernel.started.map(({ env }) => env),
      runs.map(({ traceId, spanId }) => ({
        TRACEPARENT: `00-${traceId}-${spanId}-01`,
      })),
    );
  },
);

telemetryTest(
  "The child gets the state of a remote trace",
  programs,
  async ({ sdk, kernel, pm }) => {
    const remote = {
      traceId: "0af7651916cd43dd8448eb211c80319c",
      spanId: "b7ad6b7169203331",
      traceFlags: TraceFlags.SAMPLED,
      isRemote: true,
      traceState: createTraceState("vendor=abc"),
    };
    const { context } = await import("@opentelemetry/api");
    const within = trace.setSpanContext(context.active(), remote);
    const job = context.with(within, () => pm.command("job"));
    await kernel.clock.until(job.finished);
    const [child] = kernel.started;
    assertMatch(child?.env.TRACEPARENT ?? "", /^00-0af7651916cd43dd8448eb/);
    assertEquals(child?.env.TRACESTATE, "vendor=abc");
    assertEquals(sdk.spans()[0]?.parent, remote.spanId);
  },
);

telemetryTest(
  "A variable of the command takes precedence",
  programs,
  async ({ kernel, pm }) => {
    const env = { TRACEPARENT: "own" };
    await kernel.clock.until(pm.command("job", [], { env }).finished);
    assertEquals(kernel.started[0]?.env, env);
  },
);

telemetryTest(
  "Arguments are exported on request only, and probes can be left out",
  programs,
  async ({ sdk, kernel, pm }) => {
    await kernel.clock.until(
      pm.command("server", ["-p", "80"], { ready: () => true }).ready,
    );
    await kernel.clock.until(pm.shutdown());
    assertEquals(tree(sdk.spans()), [
      "supervise server",
      "supervise server > run server",
    ]);
    const { attributes } = sdk.spans()[1] ?? {};
    assertEquals(attributes?.["process.command_args"], ["-p", "80"]);
    const values = await sdk.values("processman.probe.duration");
    assertEquals(values, { "server ready true": 1 });
  },
  () => ({ args: true, probes: false }),
);

telemetryTest(
  "The name of a probe has no arguments, unless they are wanted",
  programs,
  async ({ sdk, kernel, pm, telemetry }) => {
    const ready = exec("false", ["--password=x"]);
    const names = async () => {
      const probe = Object.defineProperty(() => true, "name", {
        value: ready.name,
      });
      await kernel.clock.until(
        pm.command("server", [], { ready: probe }).ready,
      );
      return sdk.spans().filter(({ name }) => name.startsWith("probe"))
        .map(({ attributes }) => attributes["processman.probe.name"]);
    };
    assertEquals(await names(), ["exec"]);
    telemetry[Symbol.dispose]();
    using _ = instrument(pm, { args: true });
    assertEquals(await names(), ["exec", "exec false --password=x"]);
  },
);

telemetryTest(
  "A process that runs already is exported from then on",
  programs,
  async ({ sdk, kernel, pm, telemetry }) => {
    telemetry[Symbol.dispose]();
    const server = pm.command("server");
    await kernel.clock.advance(1_000);
    using _ = instrument(pm);
    await kernel.clock.until(server.restart());
    await kernel.clock.until(server.stop());
    await kernel.clock.settle();
    const [first, second] = sdk.spans().filter(({ name }) =>
      name === "run server"
    );
    assert(first && second);
    assertEquals(first.end - first.start, 1_000);
    assertEquals(first.parent, "supervise server");
    assertEquals(second.parent, "supervise server");
  },
);

telemetryTest(
  "The disposal ends all spans, and no other follows",
  programs,
  async ({ sdk, kernel, pm, telemetry }) => {
    pm.command("server", [], { ready: () => new Promise<boolean>(() => {}) });
    await kernel.clock.advance(1_000);
    telemetry[Symbol.dispose]();
    const ended = ["supervise server", "run server", "probe server"];
    assertEquals(sdk.spans().map(({ name }) => name), ended);
    pm.command("job");
    await kernel.clock.until(pm.shutdown());
    assertEquals(sdk.spans().map(({ name }) => name), ended);
    assertEquals(kernel.started[1]?.env, {});
    assertEquals(await sdk.values("processman.state"), {});
  },
);

/** Supervises a crash loop with probes; returns what is left of it. */
async function loop(pm: Processman, kernel: FakeKernel): Promise<unknown> {
  const server = pm.command("server", [], { ready: () => true });
  await kernel.clock.until(server.ready);
  const job = pm.command("job", [], {
    restart: { backoff: constant(5), limit: { restarts: 3 } },
  });
  await kernel.clock.until(job.finished);
  await kernel.clock.until(pm.shutdown());
  return [job.state.kind, server.state.kind, kernel.started.length];
}

Deno.test("Without an SDK, all goes on as before", async () => {
  const kernel = new FakeKernel({ programs: crashing });
  const pm = new Processman({ ...silent, kernel });
  instrument(pm, { logs: { emit() {} }, usage: () => Promise.reject() });
  assertEquals(await loop(pm, kernel), ["failed", "exited", 5]);
  for (const { env } of kernel.started) assertEquals(env, {});
});

function throws(): never {
  throw new Error("the SDK is broken");
}

/** Returns an object all of whose methods throw. */
function broken<Type extends object>(): Type {
  return new Proxy(Object.create(null), { get: () => throws });
}

Deno.test("An SDK that throws does no harm", async (t) => {
  const cases = {
    "when a span begins": broken<Tracer>(),
    "when a span is used": { startSpan: () => broken() } as unknown as Tracer,
  };
  for (const [name, tracer] of Object.entries(cases)) {
    await t.step(name, async () => {
      trace.setGlobalTracerProvider({ getTracer: () => tracer });
      propagation.setGlobalPropagator(broken());
      const kernel = new FakeKernel({ programs: crashing });
      const log: string[] = [];
      const note = (text: string) => void log.push(text);
      const logger = { debug() {}, info() {}, warn: note, error: note };
      const pm = new Processman({ logger, kernel });
      const telemetry = instrument(pm, { logs: { emit: throws } });
      try {
        assertEquals(await loop(pm, kernel), ["failed", "exited", 5]);
        telemetry[Symbol.dispose]();
      } finally {
        trace.disable();
        propagation.disable();
      }
      const told = log.filter((text) => text.includes("the SDK is broken"));
      assert(told.length > 0);
      assertEquals(new Set(told).size, told.length, "each is told once");
    });
  }
});

Deno.test("instrument() checks its arguments", async () => {
  await using pm = new Processman(silent);
  const wrong: [unknown, RegExp][] = [
    [{ spans: true }, /^Option "spans" does not exist: the options are probes/],
    [
      { probes: 1 },
      /^Option "probes" must be true or false: current value is 1/,
    ],
    [{ args: "yes" }, /^Option "args" must be true or false/],
    [{ usage: {} }, /^Option "usage" must be a function/],
    [{ logs: "stdout" }, /^Option "logs" must be "console" or an object/],
    [null, /^Option "options" must be an object/],
  ];
  for (const [options, message] of wrong) {
    const { message: said } = assertThrows(
      () => instrument(pm, options as InstrumentOptions),
      TypeError,
    );
    assertMatch(said, message);
  }
  assertThrows(
    () => instrument({} as Processman),
    TypeError,
    'Option "pm" must be a Processman',
  );
});
