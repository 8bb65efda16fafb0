import { assert, assertEquals, assertLessOrEqual } from "@std/assert";
import { denoCommand } from "../tools/deno.ts";
import { OtlpSink, type SinkSpan } from "../tools/otlp_sink.ts";
import { root } from "../tools/package.ts";
import { permitted } from "../tools/testing.ts";

const ignore = !permitted("read", "write", "net", "env", "run", "sys");

/** Starts a program of TypeScript, which exports. */
function start(
  script: string,
  env: Record<string, string>,
  permission: string,
): Deno.ChildProcess {
  const child = denoCommand(
    ["run", "--quiet", "--no-prompt", "--ext=ts", permission, "-"],
    { cwd: root, env, stdin: "piped", stdout: "null", stderr: "null" },
  ).spawn();
  new Response(script).body?.pipeTo(child.stdin).catch(() => {});
  return child;
}

/** A Deno whose span belongs to the run that has started it. */
const CHILD = `
  import { context, propagation, trace } from "npm:@opentelemetry/api@^1";
  const { TRACEPARENT: traceparent } = Deno.env.toObject();
  const parent = propagation.extract(context.active(), { traceparent });
  trace.getTracer("child").startSpan("work", {}, parent).end();
`;

const CRASH_LOOP = `
  import { trace } from "@opentelemetry/api";
  import { constant, Processman } from "@isbm/processman";
  import { usageReader } from "@isbm/processman/control";
  import { instrument } from "@isbm/processman/telemetry";

  const pm = new Processman({ logger: null });
  instrument(pm, { logs: "console", usage: usageReader() });
  const listen = { hostname: "127.0.0.1", port: 0, onListen() {} };
  let asked = 0;
  const server = Deno.serve(listen, () =>
    new Response("", { status: ++asked % 2 === 1 ? 503 : 200 }));
  const job = trace.getTracer("app").startActiveSpan("deploy", (span) => {
    const script = "echo working; echo oops >&2; read line; exit 3";
    const url = "http://127.0.0.1:" + server.addr.port;
    const probe = async ({ signal }) => (await fetch(url, { signal })).ok;
    const job = pm.command("sh", ["-c", script], {
      name: "job",
      stdin: "piped",
      ready: { probe, intervalMs: 1 },
      restart: { backoff: constant(20), limit: { restarts: 3 } },
    });
    span.end();
    return job;
  });
  const stdin = job.stdin.getWriter();
  for await (const { kind } of job.events()) {
    if (kind === "ready") stdin.write(new TextEncoder().encode("crash\\n"))
      .catch(() => {});
    if (kind === "failed") break;
  }
  await server.shutdown();
  const child = pm.command(Deno.execPath(), ["eval", ${JSON.stringify(CHILD)}]);
  await child.finished;
  pm.command("sleep", ["500"], { name: "web" });
`;

/** Fails unless a span is within the time of another one. */
function assertWithin(inner: SinkSpan, outer: SinkSpan): void {
  assertLessOrEqual(outer.start, inner.start, inner.name);
  assertLessOrEqual(inner.end, outer.end, inner.name);
}

Deno.test({
  name: "Deno exports a crash loop, and the last spans after SIGTERM",
  ignore,
  async fn(t) {
    await using sink = new OtlpSink();
    const program = start(CRASH_LOOP, sink.env, "--allow-all");
    const memory = () =>
      sink.metric("process.memory.usage").filter(({ value }) => value > 0);
    await sink.until(() =>
      memory().some(({ attributes }) =>
        attributes["processman.process"] === "web"
      )
    );
    program.kill("SIGTERM");
    assertEquals((await program.status).signal, "SIGTERM");

    const [deploy] = sink.named("deploy");
    const [life] = sink.named("supervise job");
    assert(deploy && life);
    const below = sink.below(life);
    const runs = below.filter(({ name }) => name === "run job");

    await t.step("The spans are one trace, in order", () => {
      assertEquals([life.parent, life.error], [deploy.spanId, true]);
      assertEquals(
        below.map(({ name }) => name),
        "run backoff run backoff run backoff run".split(" ")
          .map((word) => `${word} job`),
      );
      for (const [i, span] of below.entries()) {
        assertEquals(span.traceId, deploy.traceId);
        assertWithin(span, life);
        const next = below[i + 1];
        if (next) assertLessOrEqual(span.end, next.start);
      }
      for (
        const [i, { error, message, attributes, events }] of runs.entries()
      ) {
        assertEquals([error, message], [true, "exit code 3"]);
        assertEquals(attributes["processman.run"], i + 1);
        assertEquals(attributes["process.exit.code"], 3);
        assertEquals(
          events.map(({ name }) => name),
          ["processman.ready", "processman.stderr"],
        );
      }
      const limits = runs.map((run) =>
        run.attributes["processman.restarts_left"]
      );
      assertEquals(limits, [2, 1, 0, undefined]);
    });

    await t.step("Probes are below their run, and requests below them", () => {
      for (const run of runs) {
        const probes = sink.below(run);
        assertEquals(
          probes.map(({ name, error, attributes }) => [
            name,
            error,
            attributes["processman.probe.answer"],
          ]),
          [["probe job", false, false], ["probe job", false, true]],
        );
        for (const probe of probes) {
          assertWithin(probe, run);
          const [request, ...others] = sink.below(probe);
          assertEquals([request?.name, others], ["GET", []]);
        }
      }
    });

    await t.step("The span of a child is below its run", () => {
      const [run] = sink.named("run deno");
      assert(run);
      const [work, ...others] = sink.below(run);
      assertEquals([work?.name, others], ["work", []]);
      assertEquals(work?.traceId, run.traceId);
    });

    await t.step("The last spans arrive", () => {
      const [web] = sink.named("supervise web");
      assertEquals(web?.events.map(({ attributes }) => attributes), [
        { "processman.signal": "SIGTERM" },
        { "processman.signal": "SIGTERM" },
      ]);
    });

    await t.step("The metrics count the crashes", () => {
      const of = (name: string) =>
        sink.metric(name)
          .filter((each) => each.attributes["processman.process"] === "job")
          .map(({ unit, value, count, attributes }) => [
            unit,
            count ?? value,
            attributes["processman.exit.reason"],
          ]);
      assertEquals(of("processman.runs"), [["{run}", 4, undefined]]);
      assertEquals(of("processman.exits"), [["{exit}", 4, "crash"]]);
      assertEquals(of("processman.run.duration"), [["s", 4, "crash"]]);
      assertEquals(of("processman.restarts"), [["{restart}", 3, undefined]]);
      assertEquals(of("processman.failures"), [["{process}", 1, undefined]]);
      assertEquals(of("processman.probe.duration").length, 2);
      const failed = sink.metric("processman.state").find(({ attributes }) =>
        attributes["processman.process"] === "job" &&
        attributes["processman.state"] === "failed"
      );
      assertEquals(failed?.value, 1);
      const [cpu] = sink.metric("process.cpu.time");
      assertEquals([cpu?.unit, sink.metric("process.uptime")[0]?.unit], [
        "s",
        "s",
      ]);
    });

    await t.step("Each line is a record of its run", () => {
      const records = sink.logs
        .map(({ body, severity, spanId }) => [body, severity, spanId]);
      const expected = runs.flatMap(({ spanId }, i) => [
        [`job ${i + 1} | working\n`, 9, spanId],
        [`job ${i + 1} | oops\n`, 13, spanId],
      ]);
      assertEquals(records.map(String).sort(), expected.map(String).sort());
    });
  },
});

Deno.test({
  name: "The last spans arrive after a critical process has crashed",
  ignore,
  async fn() {
    await using sink = new OtlpSink();
    const program = start(
      `
        import { Processman } from "@isbm/processman";
        import { instrument } from "@isbm/processman/telemetry";

        const pm = new Processman({ logger: null });
        instrument(pm);
        pm.command("sleep", ["500"], { name: "web" });
        pm.command("sh", ["-c", "exit 4"], {
          name: "main",
          critical: true,
          restart: { policy: "never" },
        });
      `,
      sink.env,
      "--allow-run",
    );
    assertEquals((await program.status).code, 4);
    assertEquals(sink.spans.map(({ name }) => name).sort(), [
      "run main",
      "run web",
      "supervise main",
      "supervise web",
    ]);
    const [main] = sink.named("supervise main");
    assertEquals([main?.error, main?.message], [true, "exit code 4"]);
  },
});
