import { assertEquals } from "@std/assert";
import { ProcessTable } from "./process_table.ts";
import { Run } from "./run.ts";
import { RunRegistry } from "./run_registry.ts";
import { FakeKernel } from "./testing/mod.ts";

Deno.test("RunRegistry.gracesMs() adds the time of the hook after, and counts hooks", async () => {
  const kernel = new FakeKernel({ programs: { job: () => {} } });
  const registry = new RunRegistry(kernel, new ProcessTable(kernel), undefined);
  const start = (name: string) =>
    new Run({ name, program: "job", command: {}, group: true }, kernel);
  const info = (name: string, gracePeriodMs: number, afterMs?: number) => ({
    ...{
      name,
      gracePeriodMs,
      afterMs,
      signal: "SIGTERM",
      to: "group",
    } as const,
    streams: [],
  });
  const [web, hook, db] = [start("web"), start("web"), start("db")];
  registry.began(web, info("web", 2_000, 30_000));
  registry.began(hook, info("web", 1_000, 5_000));
  registry.began(db, info("db", 4_000));
  assertEquals([...registry.gracesMs()], [["web", 32_000], ["db", 4_000]]);
  const killAt = kernel.time() + 500;
  const how = { signal: "SIGTERM", to: "group", groups: [], killAt } as const;
  registry.asked(web, how);
  registry.asked(db, how);
  assertEquals([...registry.gracesMs()], [["web", 30_500], ["db", 500]]);
  registry.ended(web);
  assertEquals([...registry.gracesMs()], [["web", 6_000], ["db", 500]]);
  for (const run of [web, hook, db]) run.signalGroup("SIGKILL");
  await Promise.all([web.status, hook.status, db.status]);
});
