import { assertEquals } from "@std/assert";
import { constant, Processman } from "../mod.ts";
import { FakeKernel } from "../testing/mod.ts";
import { telemetryTest } from "../tools/telemetry_testing.ts";
import { instrument, type LineRecord } from "./mod.ts";

telemetryTest("Each line is a record of the run that wrote it", {
  job(child) {
    child.write("hello\n");
    child.writeError("no disk\n");
    child.write("half a line");
    return 1;
  },
}, async ({ sdk, kernel, pm }) => {
  const job = pm.command("job", [], {
    restart: { backoff: constant(0), limit: { restarts: 1 } },
  });
  await kernel.clock.until(job.finished);
  await kernel.clock.settle();
  const runs = sdk.spans().filter(({ name }) => name === "run job");
  const expected = runs.flatMap(({ spanId }, i) => {
    const attributes = { "processman.process": "job", "processman.run": i + 1 };
    const line = (body: string, severity: string, stream: string) => ({
      body,
      severity,
      attributes: { ...attributes, "log.iostream": stream },
      spanId,
    });
    return [
      line("hello", "INFO", "stdout"),
      line("no disk", "WARN", "stderr"),
      line("half a line", "INFO", "stdout"),
    ];
  });
  const order = (logs: readonly object[]) =>
    logs.map((each) => JSON.stringify(each)).sort();
  assertEquals(order(sdk.logs()), order(expected));
}, ({ logger }) => ({ logs: logger }));

Deno.test("A logger that throws loses its own lines only", async () => {
  const kernel = new FakeKernel({
    programs: { job: (child) => (child.write("1\n2\n3\n"), 0) },
  });
  const pm = new Processman({ kernel, logger: null });
  const seen: string[] = [];
  const emit = ({ body }: LineRecord) => {
    seen.push(body);
    if (body === "2") throw new Error("full");
  };
  instrument(pm, { logs: { emit } });
  await kernel.clock.until(pm.command("job").finished);
  await kernel.clock.until(pm.shutdown());
  assertEquals(seen, ["1", "2", "3"]);
});

Deno.test("Lines are read of processes that ran before, and until the disposal", async () => {
  const server = async (
    child: { write(text: string): void },
    clock: { delay(ms: number): Promise<void> },
  ) => {
    for (let i = 0;; i++) {
      child.write(`${i}\n`);
      await clock.delay(100);
    }
  };
  const kernel = new FakeKernel({ programs: { server } });
  const pm = new Processman({ kernel, logger: null });
  pm.command("server");
  await kernel.clock.advance(150);
  const seen: string[] = [];
  const telemetry = instrument(pm, {
    logs: { emit: ({ body }) => void seen.push(body) },
  });
  await kernel.clock.advance(100);
  telemetry[Symbol.dispose]();
  await kernel.clock.advance(1_000);
  assertEquals(seen, ["0", "1", "2"]);
  await kernel.clock.until(pm.shutdown());
});

Deno.test("Lines are read of a process that was in backoff", async () => {
  const kernel = new FakeKernel({
    programs: { job: (child) => (child.write("hello\n"), 1) },
  });
  const pm = new Processman({ kernel, logger: null });
  const job = pm.command("job", [], {
    restart: { backoff: constant(100), limit: { restarts: 2 } },
  });
  await kernel.clock.advance(50);
  assertEquals(job.state.kind, "backoff");
  const seen: unknown[] = [];
  instrument(pm, {
    logs: {
      emit: ({ attributes }) => void seen.push(attributes["processman.run"]),
    },
  });
  await kernel.clock.until(job.finished);
  await kernel.clock.until(pm.shutdown());
  // The first was buffered.
  assertEquals(seen, [1, 2, 3]);
});
