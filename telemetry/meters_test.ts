import { assertEquals } from "@std/assert";
import { constant } from "../mod.ts";
import { telemetryTest } from "../tools/telemetry_testing.ts";
import { CpuTimes } from "./cpu_times.ts";

const restart = { backoff: constant(1_000), limit: { restarts: 3 } };

telemetryTest("The counters count a crash loop", {
  job: (_, clock) => clock.delay(100).then(() => 1),
}, async ({ sdk, kernel, pm }) => {
  const job = pm.command("job", [], { restart });
  await kernel.clock.until(job.finished);
  assertEquals(await sdk.values("processman.runs"), { job: 4 });
  assertEquals(await sdk.values("processman.exits"), { "job crash": 4 });
  assertEquals(await sdk.values("processman.run.duration"), { "job crash": 4 });
  assertEquals(await sdk.values("processman.restarts"), { "job crash": 3 });
  assertEquals(await sdk.values("processman.failures"), {
    "job RestartLimitError": 1,
  });
});

telemetryTest("A start that fails is counted as such", {
  job: new Error("no memory"),
}, async ({ sdk, kernel, pm }) => {
  const job = pm.command("job", [], { restart, gate: () => {} });
  await kernel.clock.until(job.finished);
  assertEquals(await sdk.values("processman.start.failures"), { job: 4 });
  assertEquals(await sdk.values("processman.runs"), {});
  assertEquals(await sdk.values("processman.restarts"), { "job spawn": 3 });
});

telemetryTest("The gauges show the present state", {
  server: () => {},
}, async ({ sdk, kernel, pm }) => {
  let ready = false;
  const probe = () => ready;
  const server = pm.command("server", [], {
    ready: { probe, intervalMs: 500 },
  });
  await kernel.clock.advance(1_500);
  const states = async () => {
    const all = Object.entries(await sdk.values("processman.state"));
    return all.filter(([, value]) => value === 1).map(([key]) => key);
  };
  assertEquals(await states(), ["server running"]);
  assertEquals(await sdk.values("processman.ready"), { server: 0 });
  assertEquals(await sdk.values("process.uptime"), { server: 1.5 });
  ready = true;
  await kernel.clock.advance(500);
  assertEquals(await sdk.values("processman.ready"), { server: 1 });
  assertEquals(await sdk.values("process.cpu.time"), {});
  await kernel.clock.until(server.stop());
  assertEquals(await states(), ["server exited"]);
  assertEquals(await sdk.values("processman.ready"), { server: 0 });
  assertEquals(await sdk.values("process.uptime"), { server: 0 });
});

telemetryTest("The state of many processes that have ended is forgotten", {
  job: () => 0,
}, async ({ sdk, kernel, pm }) => {
  for (let i = 0; i < 105; i++) {
    await kernel.clock.until(pm.command("job", [], { name: `${i}` }).finished);
  }
  const ready = Object.keys(await sdk.values("processman.ready"));
  // The last one had not ended when it was added.
  assertEquals(ready.length, 101);
  assertEquals(ready.filter((name) => Number(name) < 4), []);
});

let fails = false;
telemetryTest("Processor time adds up over all runs, memory is that of one", {
  server: () => {},
}, async ({ sdk, kernel, pm }) => {
  const server = pm.command("server");
  assertEquals(await sdk.values("process.cpu.time"), { server: 2 });
  assertEquals(await sdk.values("process.memory.usage"), { server: 1_001 });
  await kernel.clock.until(server.restart());
  assertEquals(await sdk.values("process.cpu.time"), { server: 4 });
  assertEquals(await sdk.values("process.memory.usage"), { server: 1_002 });
  fails = true;
  await kernel.clock.advance(1_000);
  assertEquals(await sdk.values("process.uptime"), { server: 1 });
  fails = false;
  await kernel.clock.until(server.stop());
  assertEquals(await sdk.values("process.memory.usage"), { server: 0 });
  assertEquals(await sdk.values("process.cpu.time"), { server: 4 });
}, () => ({
  usage: (pids) =>
    fails ? Promise.reject(new Error("no process table")) : Promise.resolve(
      new Map(pids.map((pid) => [pid, { cpuMs: 2_000, memory: pid }])),
    ),
}));

Deno.test("CpuTimes never goes back", () => {
  const times = new CpuTimes();
  assertEquals(times.add("web", 1, 100), 100);
  assertEquals(times.add("web", 1, 250), 250);
  assertEquals(times.add("web", 1, 200), 250);
  assertEquals(times.add("web", 2, 10), 260);
  assertEquals(times.add("web", 3, 5), 265);
  times.keep(["api"]);
  assertEquals(times.add("web", 3, 5), 5);
});
