/**
 * Rolling restarts of real servers behind nginx, under load. After `--` on the
 * command line of the tests, `--full` keeps up the load for a minute.
 *
 * @module
 */

import {
  assert,
  assertEquals,
  assertGreater,
  assertGreaterOrEqual,
  assertMatch,
  assertNotEquals,
  assertRejects,
} from "@std/assert";
import { http } from "../probe/mod.ts";
import { freePort, gone, request } from "../tools/servers.ts";
import { lacks, SteadyLoad, Watched } from "../tools/stack.ts";
import { Folder } from "../tools/testing.ts";
import { nginx } from "../tools/web_servers.ts";
import {
  type App,
  type Plan,
  plan,
  PlanError,
  type RollOptions,
  up,
} from "./mod.ts";

/** How many requests there are in a second. */
const RATE = 200;

/** How many requests must be answered during rolling restarts, by their order. */
const REQUESTS = Deno.args.includes("--full")
  ? { "start-first": 60 * RATE, "stop-first": 60 * RATE }
  : { "start-first": 3 * RATE, "stop-first": RATE };

/** The replicas. */
const REPLICAS = ["api.1", "api.2", "api.3"] as const;

/**
 * The API: it takes a while to answer, and answers what it has read before it
 * ends. A version that is broken never listens.
 */
const API = `
  const { VERSION, PORT } = Deno.env.toObject();
  setInterval(() => {}, 1_000);
  if (VERSION !== "broken") {
    const server = Deno.serve(
      { hostname: "127.0.0.1", port: Number(PORT), onListen: () => {} },
      async ({ url }) => {
        const { pathname } = new URL(url);
        if (pathname === "/version") return new Response(VERSION);
        await new Promise((resolve) => setTimeout(resolve, 20));
        return new Response(pathname);
      },
    );
    Deno.addSignalListener("SIGTERM", async () => {
      await server.shutdown();
      Deno.exit();
    });
  }
`;

/** Three replicas behind an nginx. */
class Fleet implements AsyncDisposable {
  /** The ports of the replicas and of the one that serves in addition. */
  readonly ports: readonly number[] = Array.from({ length: 4 }, freePort);
  readonly watched = new Watched();
  readonly #folder = new Folder();
  readonly #order: RollOptions["order"];

  constructor(order?: RollOptions["order"]) {
    this.#order = order;
  }

  /** Brings up the plan, and begins to load it. */
  async up(): Promise<{ app: App; load: SteadyLoad }> {
    const { path } = this.#folder;
    await Deno.writeTextFile(`${path}/api.js`, API);
    const web = await nginx(path, ...this.ports);
    const { pm } = this.watched;
    pm.command(web.program, web.args, {
      name: "web",
      stop: { signal: "SIGQUIT", to: "leader" },
    });
    const app = await up(pm, this.plan(() => "1"), { withinMs: 60_000 });
    while (!/ 200 /.test(await request(web.port, "/ready") ?? ""));
    return { app, load: new SteadyLoad(web.port, RATE) };
  }

  /** A plan with a version of each replica. */
  plan(versionOf: (replica: number) => string): Plan<"api"> {
    const flags = ["--quiet", "--no-prompt", "--allow-net", "--allow-env"];
    const { path } = this.#folder;
    return plan({
      api: {
        command: [Deno.execPath(), "run", ...flags, `${path}/api.js`],
        replicas: 3,
        each: ({ replica }) => {
          const port = this.ports[replica - 1] ?? 0;
          return {
            env: { PORT: `${port}`, VERSION: versionOf(replica) },
            ready: {
              probe: http(`http://127.0.0.1:${port}/ready`),
              intervalMs: 50,
              withinMs: versionOf(replica) === "broken" ? 500 : 60_000,
            },
          };
        },
        restart: { limit: { restarts: 0 } },
        roll: { order: this.#order, minReadyMs: 50 },
      },
    });
  }

  /** The versions that answer at each port; `undefined` if none does. */
  async versions(): Promise<(string | undefined)[]> {
    const answers = this.ports.map((port) => request(port, "/version"));
    return (await Promise.all(answers)).map((answer) => answer?.at(-1));
  }

  /** The smallest number of replicas that were ready, once all had been. */
  get fewest(): number {
    const ready = new Set<string>();
    let least = Infinity;
    for (const event of this.watched.events) {
      if (event.kind === "ready") ready.add(event.name);
      if (event.kind === "exit") ready.delete(event.name);
      const all = least < Infinity || ready.size === REPLICAS.length;
      if (all) least = Math.min(least, ready.size);
    }
    return least;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.watched[Symbol.asyncDispose]();
    await this.#folder[Symbol.asyncDispose]();
  }
}

/** The process IDs of the replicas. */
function pidsOf(app: App): (number | undefined)[] {
  return REPLICAS.map((name) => app.get(name)?.pid);
}

for (
  const [order, capacity] of [["start-first", 3], ["stop-first", 2]] as const
) {
  Deno.test({
    name: `App.restart() with roll, ${order}, loses no request`,
    ignore: lacks("nginx"),
    async fn() {
      await using fleet = new Fleet(order);
      const { app, load } = await fleet.up();
      await using _ = load;
      do {
        const before = pidsOf(app);
        await app.restart("api", { roll: true });
        const after = pidsOf(app);
        assertEquals(after.filter((pid) => before.includes(pid)), []);
      } while (load.answered < REQUESTS[order]);
      await load[Symbol.asyncDispose]();
      assertEquals(load.failures, []);
      assertGreaterOrEqual(fleet.fewest, capacity);
      assertEquals(await fleet.versions(), ["1", "1", "1", undefined]);
      assertEquals(fleet.watched.log, []);
    },
  });
}

Deno.test({
  name: "App.restart() without roll loses requests, which the load notices",
  ignore: lacks("nginx"),
  async fn() {
    await using fleet = new Fleet();
    const { app, load } = await fleet.up();
    await using _ = load;
    await app.restart("api");
    await load.answers(1);
    await load[Symbol.asyncDispose]();
    assertGreater(load.failures.length, 0);
    assertEquals(fleet.fewest, 0);
  },
});

Deno.test({
  name: "App.restart() with roll can be aborted under load",
  ignore: lacks("nginx"),
  async fn() {
    await using fleet = new Fleet();
    const { app, load } = await fleet.up();
    await using _ = load;
    const [first] = pidsOf(app);
    fleet.watched.forget();
    const enough = new AbortController();
    const { signal } = enough;
    const rolled = app.restart("api", { roll: true, signal });
    rolled.catch(() => {});
    await fleet.watched.all("start", "api.2");
    enough.abort(new Error("enough"));
    await assertRejects(() => rolled, Error, "enough");
    await load.answers(RATE / 4);
    await load[Symbol.asyncDispose]();
    assertEquals(load.failures, []);
    assertNotEquals(app.get("api.1")?.pid, first);
    assert(!fleet.watched.names("start").includes("api.3"));
    assertEquals(await fleet.versions(), ["1", "1", "1", undefined]);
  },
});

Deno.test({
  name: "App.apply() replaces a version by another one under load",
  ignore: lacks("nginx"),
  async fn() {
    await using fleet = new Fleet();
    const { app, load } = await fleet.up();
    await using _ = load;
    await load.answers(RATE / 4);
    await app.apply(fleet.plan(() => "2"));
    await load.answers(RATE / 4);
    await load[Symbol.asyncDispose]();
    assertEquals(load.failures, []);
    assertGreaterOrEqual(fleet.fewest, 3);
    assertEquals(await fleet.versions(), ["2", "2", "2", undefined]);
  },
});

/** The replicas whose new version never gets ready, by the order of the roll. */
const BROKEN = [
  ["start-first", "api.4", "the additional replica"],
  ["start-first", "api.1", "the first replica"],
  ["start-first", "api.2", "a later replica"],
  ["stop-first", "api.2", "a later replica"],
] as const;

for (const [order, broken, which] of BROKEN) {
  Deno.test({
    name: `App.apply(), ${order}, keeps the old version if ${which} is broken`,
    ignore: lacks("nginx"),
    async fn() {
      await using fleet = new Fleet(order);
      const { watched } = fleet;
      const { app, load } = await fleet.up();
      await using _ = load;
      const before = pidsOf(app);
      await load.answers(RATE / 4);
      const next = fleet.plan((replica) =>
        broken === `api.${replica}` ? "broken" : "2"
      );
      const { message } = await assertRejects(() => app.apply(next), PlanError);
      assert(
        message.startsWith(`Cannot apply the plan:\n  ${broken} failed: `),
        message,
      );
      assertMatch(
        watched.log.join("\n"),
        /^Ended process "api\.\d" .*not ready in time: .*Connection refused/m,
      );
      await load.answers(RATE / 4);
      await load[Symbol.asyncDispose]();
      assertEquals(load.failures, []);
      assertGreaterOrEqual(fleet.fewest, order === "start-first" ? 3 : 2);
      assertEquals(await fleet.versions(), ["1", "1", "1", undefined]);
      assertEquals([...app].length, 3);
      if (broken === "api.4") assertEquals(pidsOf(app), before);
      const started = watched.events.flatMap((event) =>
        event.kind === "start" && event.name !== "web" ? event.pid : []
      );
      const now = pidsOf(app);
      await gone(started.filter((pid) => !now.includes(pid)));
    },
  });
}
