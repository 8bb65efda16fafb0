import { assert, assertEquals } from "@std/assert";
import { OtlpSink } from "../tools/otlp_sink.ts";
import { permitted } from "../tools/testing.ts";
import { Tool } from "../tools/tool.ts";

/**
 * How often metrics are exported. A Deno that ends in the moment of an export
 * never ends, so that must happen rarely: at 200 ms, 2 of 28 programs hung.
 */
const EXPORTS = { OTEL_METRIC_EXPORT_INTERVAL: "60000" };

const ignore = !permitted("read", "write", "net", "env", "run", "sys");

Deno.test({
  name:
    "up exports what it does, and lines only if it prints none to the console",
  ignore,
  async fn() {
    await using sink = new OtlpSink();
    await using tool = new Tool();
    await tool.write("Procfile", "job: echo hello\n");
    for (const console of ["capture", "replace"]) {
      const env = {
        ...sink.env,
        ...EXPORTS,
        OTEL_DENO_CONSOLE: console,
      };
      const { stdout, status } = await tool.run("processman up", { env });
      assertEquals([stdout, status], ["job | hello\n", 0]);
    }
    const lives = sink.named("supervise job");
    assertEquals(lives.length, 2);
    const lines = sink.logs.filter(({ body }) =>
      String(body).includes("hello")
    );
    assertEquals(lines.map(({ body }) => body), ["job 1 | hello\n"]);
    const run = sink.spans.find(({ spanId }) => spanId === lines[0]?.spanId);
    assertEquals(run?.name, "run job");
    assertEquals(run?.traceId, lives[1]?.traceId);
  },
});

Deno.test({
  name: "up -d exports CPU and memory, and the last spans after down",
  ignore,
  async fn() {
    await using sink = new OtlpSink();
    await using tool = new Tool();
    await tool.write("Procfile", "web: exec sleep 600\n");
    const env = { ...sink.env, OTEL_METRIC_EXPORT_INTERVAL: "2000" };
    const { status } = await tool.run("processman up -d", { env });
    assertEquals(status, 0);
    const [memory, cpu] = ["process.memory.usage", "process.cpu.time"]
      .map((name) => () => sink.metric(name)[0]);
    await sink.until(() => Number(memory?.()?.value) > 0);
    assert(cpu?.());
    assertEquals((await tool.run("processman down")).status, 0);
    await sink.until(() => sink.named("supervise web").length > 0);
    const [life] = sink.named("supervise web");
    assertEquals(life?.attributes["processman.outcome"], "stopped");
  },
});
