import { assert, assertEquals, assertRejects } from "@std/assert";
// deno-lint-ignore no-import-prefix -- no task but the tests is to load it
import fc from "npm:fast-check@^4.0.0";
import {
  type CommandOptions,
  type Process,
  Processman,
  type Stoppable,
} from "./mod.ts";
import type { StopReport } from "./stop.ts";
import { StopOrder } from "./stop_order.ts";
import { FakeKernel } from "./testing/mod.ts";
import { lineOf, runScript } from "./tools/testing.ts";

/** A manager whose processes take some time to end. */
function fake(endsAfterMs: Record<string, number>) {
  const ended: string[] = [];
  const kernel = new FakeKernel({
    programs: {
      server: (child, clock) => {
        const name = child.args[0] ?? "";
        child.on("SIGTERM", async () => {
          const ms = endsAfterMs[name];
          if (ms !== undefined) await clock.delay(ms);
          if (!child.alive) return;
          ended.push(`${name} at ${clock.now()}`);
          child.exit(0);
        });
      },
    },
  });
  const pm = new Processman({ kernel, logger: null });
  const start = (name: string, options: CommandOptions = {}) =>
    pm.command("server", [name], { name, ...options });
  return { kernel, pm, ended, start };
}

Deno.test("CommandOptions.stopAfter keeps an order in stopAll() and shutdown()", async () => {
  for (const how of ["stopAll", "shutdown"] as const) {
    const { kernel, pm, ended, start } = fake({
      web: 100,
      api: 200,
      other: 50,
    });
    const api: Process[] = [];
    start("db", { stopAfter: () => api });
    api.push(start("api", { stopAfter: () => [web] }));
    const web = start("web");
    start("other");
    await kernel.clock.settle();
    await kernel.clock.until<unknown>(pm[how]());
    assertEquals(ended, [
      "other at 50",
      "web at 100",
      "api at 300",
      "db at 300",
    ]);
    await pm.shutdown();
    kernel.assertNothingLeft();
  }
});

Deno.test("CommandOptions.stopAfter does not delay a stop of one process, or a kill", async () => {
  const { kernel, pm, ended, start } = fake({ web: 60_000 });
  const web = start("web");
  const db = start("db", { stopAfter: () => [web] });
  await kernel.clock.settle();
  await db.stop();
  assertEquals(ended, ["db at 0"]);
  await db.start();
  await pm.killAll();
  assertEquals(kernel.clock.now(), 0);
  await pm.shutdown();
});

Deno.test("CommandOptions.stopAfter: a shutdown that is aborted kills all at once", async () => {
  const { kernel, pm, start } = fake({ web: 60_000, db: 60_000 });
  const web = start("web", { stop: { gracePeriodMs: 50_000 } });
  start("db", { stopAfter: () => [web] });
  await kernel.clock.settle();
  const abort = new AbortController();
  const over = pm.shutdown({ signal: abort.signal });
  await kernel.clock.advance(1_000);
  assertEquals(kernel.started.map(({ received }) => received.length), [2, 0]);
  abort.abort();
  await over;
  assertEquals(kernel.clock.now(), 1_000);
  kernel.assertNothingLeft();
});

Deno.test("CommandOptions.stopAfter: what comes first holds up nothing if it cannot be stopped, is gone or is not of this manager", async () => {
  const { kernel, pm, ended, start } = fake({});
  const other = new Processman({ kernel, logger: null });
  const foreign = other.command("server", ["foreign"], { name: "foreign" });
  const gone = start("gone");
  await kernel.clock.settle();
  await gone.stop();
  const stuck = start("stuck");
  const child = kernel.started.at(-1);
  assert(child);
  child.receive = () => {};
  const before: Stoppable[] = [stuck, gone, foreign];
  start("db", { stopAfter: () => before });
  await kernel.clock.settle();
  const stopped = assertRejects(() => pm.stopAll(), AggregateError);
  await kernel.clock.advance(20_000);
  await stopped;
  assertEquals(ended.map((each) => each.split(" ")[0]), ["gone", "db"]);
  Reflect.deleteProperty(child, "receive");
  await pm.shutdown();
  await other.shutdown();
  kernel.assertNothingLeft();
});

Deno.test("CommandOptions.stopAfter in a circle, or that fails, still ends everything", async () => {
  const { kernel, pm, ended, start } = fake({});
  const all: Process[] = [];
  const stopAfter = () => all;
  for (const name of ["a", "b", "c"]) all.push(start(name, { stopAfter }));
  start("throws", {
    stopAfter: () => {
      throw new Error("no order");
    },
  });
  start("junk", { stopAfter: () => 1 as unknown as Stoppable[] });
  await kernel.clock.settle();
  await kernel.clock.until(pm.shutdown());
  assertEquals(ended.length, 5);
});

Deno.test("Process.update() changes stopAfter", async () => {
  const { kernel, pm, ended, start } = fake({ a: 10 });
  const a = start("a");
  const b = start("b", { stopAfter: () => [a] });
  b.update({ stopAfter: () => [] });
  a.update({ stopAfter: () => [b] });
  await kernel.clock.settle();
  const stopped = pm.shutdown();
  await b.finished;
  assertEquals(ended, ["b at 0"]);
  await a.kill();
  await stopped;
});

Deno.test("StopOrder ends each process after those before it, in any graph", async () => {
  const graph = fc.array(fc.array(fc.nat(9), { maxLength: 4 }), {
    minLength: 10,
    maxLength: 10,
  });
  await fc.assert(
    fc.asyncProperty(graph, fc.boolean(), async (edges, dag) => {
      const nodes = edges.map((_, i): Stoppable => ({
        name: String(i),
        finished: Promise.resolve(),
      }));
      const order = new StopOrder<Stoppable>();
      const before = (i: number) =>
        (edges[i] ?? []).filter((j) => !dag || j < i)
          .flatMap((j) => nodes[j] ?? []);
      nodes.forEach((node, i) => order.add(node, () => () => before(i)));
      const ended: Stoppable[] = [];
      await order.end("stop", nodes, async (node): Promise<StopReport> => {
        await undefined;
        ended.push(node);
        throw new Error("it does not matter how");
      }).catch(() => {});
      assertEquals(new Set(ended), new Set(nodes), "everything ends, once");
      assertEquals(ended.length, nodes.length);
      if (!dag) return;
      nodes.forEach((node, i) => {
        for (const first of before(i)) {
          assert(ended.indexOf(first) < ended.indexOf(node));
        }
      });
      const longest = order.longestMs(nodes, () => 1);
      const depth = (i: number): number =>
        1 + Math.max(0, ...before(i).map(({ name }) => depth(Number(name))));
      assertEquals(longest, Math.max(...nodes.map((_, i) => depth(i))));
    }),
    { seed: 20_261_127 },
  );
});

Deno.test("CommandOptions.stopAfter keeps the order when a signal ends the program", async () => {
  // The leader of the database would be asked before anything else.
  await using parent = runScript(`
    import { Processman } from "@isbm/processman";
    const pm = new Processman();
    const sh = (name, script, options) =>
      pm.command("sh", ["-c", script], { name, ...options });
    const trap = (name, s) =>
      "trap 'sleep " + s + "; echo " + name + " ended; exit' TERM; " +
      "echo " + name + " runs; while :; do sleep 0.01; done";
    const api = sh("api", trap("api", 0.3), { stdout: "inherit" });
    sh("db", trap("db", 0), {
      stdout: "inherit",
      stopAfter: () => [api],
      stop: { to: "leader" },
    });
    await pm.finished;
  `);
  await lineOf(parent, "api runs");
  await lineOf(parent, "db runs");
  parent.signal("SIGTERM");
  const status = await parent.finished;
  assertEquals(status.signal ?? status.code, "SIGTERM");
  const said = parent.tail(20).map(({ text }) => text)
    .filter((text) => text.endsWith(" ended"));
  assertEquals(said, ["api ended", "db ended"]);
});
