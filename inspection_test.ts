import { assertEquals } from "@std/assert";
import { constant, Processman } from "./mod.ts";
import { Process } from "./process.ts";
import { FakeKernel } from "./testing/mod.ts";

/** A manager of a process that runs, and of one that has crashed. */
async function setUp() {
  const kernel = new FakeKernel({ programs: { web: () => {}, job: () => 1 } });
  const pm = new Processman({ kernel, logger: null });
  const web = pm.command("web");
  const limit = { restarts: 1, withinMs: 60_000 };
  const job = pm.command("job", [], {
    restart: { backoff: constant(1_000), limit },
  });
  await kernel.clock.settle();
  return { kernel, pm, web, job };
}

const WEB = 'Process { name: "web", state: "running", pid: 1001, restarts: 0 }';

Deno.test("Deno.inspect() shows the name, state, pid and restarts of a process", async () => {
  const { kernel, pm, web, job } = await setUp();
  const shown = () => Deno.inspect(job, { breakLength: Infinity });
  const fields = (state: string, restarts: number) =>
    `Process { name: "job", state: "${state}", pid: undefined, restarts: ${restarts} }`;
  assertEquals(Deno.inspect(web), WEB);
  assertEquals(shown(), fields("backoff", 0));
  await kernel.clock.advance(1_000);
  assertEquals(shown(), fields("failed", 1));
  const life = job.start();
  await kernel.clock.until(life);
  await kernel.clock.settle();
  assertEquals(shown(), fields("backoff", 0), "of its present life");
  await kernel.clock.until(pm.shutdown());
  assertEquals(shown(), fields("exited", 0));
});

Deno.test("Deno.inspect() shows prototypes, which hold no process", () => {
  for (const { prototype } of [Process, Processman]) {
    for (const value of [prototype, Object.create(prototype)]) {
      assertEquals(Deno.inspect(value), `${prototype.constructor.name} {}`);
    }
  }
});

Deno.test("Deno.inspect() shows a process that restart() has restarted", async () => {
  const { kernel, pm, web } = await setUp();
  await kernel.clock.until(web.restart());
  assertEquals(
    Deno.inspect(web),
    WEB.replace("1001", "1003").replace("0 }", "1 }"),
  );
  await kernel.clock.until(pm.shutdown());
});

Deno.test("Deno.inspect() shows a process inside of other values", async () => {
  const { kernel, pm, web } = await setUp();
  const options = { breakLength: Infinity, compact: 9 } as object;
  assertEquals(
    Deno.inspect({ a: [web], b: new Map([["web", web]]) }, options),
    `{ a: [ ${WEB} ], b: Map(1) { "web" => ${WEB} } }`,
  );
  assertEquals(
    Deno.inspect({ web }, { compact: false }),
    '{\n  web: Process {\n    name: "web",\n    state: "running",\n' +
      "    pid: 1001,\n    restarts: 0\n  }\n}",
  );
  await kernel.clock.until(pm.shutdown());
});

Deno.test("Deno.inspect() shows no process deeper than it is asked to", async () => {
  const { kernel, pm, web } = await setUp();
  const shown = (value: unknown, depth: number) =>
    Deno.inspect(value, { depth, breakLength: Infinity });
  assertEquals(shown(web, 0), WEB);
  assertEquals(shown({ web }, 0), "{ web: [Process] }");
  assertEquals(shown({ web }, 1), `{ web: ${WEB} }`);
  assertEquals(shown({ a: { web } }, 1), "{ a: { web: [Process] } }");
  assertEquals(shown(pm, 0), "Processman(2) [ [Process], [Process] ]");
  assertEquals(shown([pm], 0), "[ [Processman] ]");
  assertEquals(shown([pm], 1), "[ Processman(2) [ [Process], [Process] ] ]");
  assertEquals(
    shown({ a: { a: { a: { a: web } } } }, Infinity).includes(WEB),
    true,
  );
  await kernel.clock.until(pm.shutdown());
});

Deno.test("Deno.inspect() shows a manager with its processes", async () => {
  const { kernel, pm, web, job } = await setUp();
  assertEquals(
    Deno.inspect(pm, { breakLength: Infinity }),
    `Processman(2) [ ${WEB}, ${Deno.inspect(job, { breakLength: Infinity })} ]`,
  );
  for (let i = 0; i < 200; i++) pm.command("web");
  const text = Deno.inspect(pm, { iterableLimit: 3 });
  assertEquals(text.includes("... 199 more items"), true, text);
  await kernel.clock.until(pm.shutdown());
  assertEquals(Deno.inspect(pm), "Processman(0) []");
  assertEquals(Deno.inspect(web).includes('state: "exited"'), true);
});

Deno.test("Deno.inspect() colors a process only if it is asked to", async () => {
  const { kernel, pm, web } = await setUp();
  const colored = Deno.inspect(web, { colors: true });
  assertEquals(colored.includes('\x1b[32m"web"\x1b[39m'), true, colored);
  assertEquals(Deno.inspect({ pm }).includes("\x1b"), false);
  await kernel.clock.until(pm.shutdown());
});
