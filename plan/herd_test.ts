import { assertEquals, assertLess } from "@std/assert";
import { constant, Processman, type RestartOptions } from "../mod.ts";
import { type FakeChild, FakeKernel } from "../testing/mod.ts";
import type { PlanOptions } from "./entry.ts";
import { plan } from "./plan.ts";
import { up } from "./up.ts";

/** What happens to 50 processes whose database goes away for ten seconds. */
async function outage(
  options: PlanOptions,
  { restart, probe }: { restart: RestartOptions; probe: boolean },
) {
  let database = true;
  const alive = new Set<FakeChild>();
  const kernel = new FakeKernel({
    programs: {
      client: async (child, clock) => {
        child.on("SIGTERM", () => child.exit(0));
        await clock.delay(20);
        if (!database) return 1;
        alive.add(child);
      },
    },
  });
  const { clock } = kernel;
  await using pm = new Processman({ kernel, logger: null });
  const shop = plan({
    client: {
      command: ["client"],
      replicas: 50,
      restart,
      ...probe && {
        ready: ({ process }) =>
          [...alive].some((child) => child.pid === process.pid),
      },
    },
  }, options);
  const app = await clock.until(up(pm, shop));
  await clock.advance(1_000);
  const before = kernel.started.length;
  database = false;
  for (const child of alive) child.exit(1);
  alive.clear();
  await clock.advance(10_000);
  const tries = kernel.started.length - before;
  const whys = [...app].map(({ name }) => app.why(name as "client").sentence);
  database = true;
  let backMs = 0;
  for (; alive.size < 50 && backMs < 60_000; backMs += 10) {
    await clock.advance(10);
  }
  const attempts = kernel.started.length - before;
  await clock.advance(5_000);
  assertEquals(alive.size, 50);
  assertEquals(kernel.started.length - before, attempts);
  await clock.until(app.stop());
  kernel.assertNothingLeft();
  return { tries, attempts, backMs, whys };
}

const restartBudget = { restarts: 5, withinMs: 1_000 };

for (const probe of [false, true]) {
  const how = { restart: { backoff: constant(100) }, probe };
  const name = `while a database is away, ${probe ? "with" : "without"} probes`;
  Deno.test(`restartBudget lets one process try ${name}`, async () => {
    const without = await outage({}, how);
    const bounded = await outage({ restartBudget }, how);
    assertLess(bounded.attempts, without.attempts / 10);
    // Two tries a second, and the budget; in the end, all start once.
    assertLess(bounded.tries, 28);
    assertEquals(bounded.attempts, bounded.tries + 50);
    assertLess(bounded.backMs, 2_000);
    const waiting = bounded.whys.filter((why) =>
      / waits for the restart budget of the plan: client\.\d+ tried last$/
        .test(why)
    );
    assertLess(45, waiting.length);
  });
}

Deno.test("restartBudget releases all within startLimit", async () => {
  const how = { restart: { backoff: constant(100) }, probe: true };
  const { attempts, tries, backMs } = await outage(
    { restartBudget, startLimit: 10 },
    how,
  );
  assertEquals(attempts, tries + 50);
  assertLess(backMs, 3_000);
});
