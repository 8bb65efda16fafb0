/**
 * A shop of real servers as a plan: postgres, a migration, redis, three replicas
 * of an API, and nginx in front of them.
 *
 * @module
 */

import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { constant } from "../mod.ts";
import { all, exec, http, tcp } from "../probe/mod.ts";
import {
  family,
  freePort,
  gone,
  PostgresClient,
  redis,
} from "../tools/servers.ts";
import {
  clientOf,
  database,
  lacks,
  pathOf,
  SteadyLoad,
  Watched,
} from "../tools/stack.ts";
import { Folder } from "../tools/testing.ts";
import { nginx } from "../tools/web_servers.ts";
import { type App, plan, PlanError, up } from "./mod.ts";

const ignore = lacks(
  "postgres",
  "initdb",
  "pg_isready",
  "psql",
  "redis-server",
  "nginx",
);

/** What the migration does, and what it does when it is broken. */
const MIGRATION = `
  CREATE TABLE IF NOT EXISTS migrations (number serial);
  INSERT INTO migrations DEFAULT VALUES;
`;
const BROKEN = "SELECT nothing FROM nowhere;";

/** How long the database waits for its restart, in milliseconds. */
const BACKOFF_MS = 2_000;

/** The API: it answers what a postgres and a redis agree to. */
const API = `
  import { PostgresClient, Redis } from "${new URL(
  "../tools/servers.ts",
  import.meta.url,
)}";
  const [db, cache] = await Promise.all([
    PostgresClient.connect(Number(Deno.env.get("DB"))),
    Redis.connect(Number(Deno.env.get("CACHE"))),
  ]);
  const ask = async () => {
    const [row] = await db.ask("SELECT max(number) FROM migrations");
    return row !== undefined && await cache.ask("PING") === "+PONG";
  };
  let last = Promise.resolve();
  const server = Deno.serve({
    hostname: "127.0.0.1",
    port: Number(Deno.env.get("PORT")),
    onListen: () => {},
  }, async ({ url }) => {
    const asked = last.then(ask);
    last = asked.catch(() => {});
    const ok = await asked.catch(() => false);
    return new Response(new URL(url).pathname, { status: ok ? 200 : 500 });
  });
  Deno.addSignalListener("SIGTERM", async () => {
    await server.shutdown();
    Deno.exit();
  });
`;

/** A plan of real servers, and where they are. */
async function shopIn(folder: string) {
  const db = await database(folder);
  await Deno.mkdir(`${folder}/redis`);
  const cache = redis(`${folder}/redis`);
  const ports = [freePort(), freePort(), freePort()];
  await Deno.mkdir(`${folder}/nginx`);
  const web = await nginx(`${folder}/nginx`, ...ports);
  const [api, migration] = [`${folder}/api.js`, `${folder}/migration.sql`];
  await Deno.writeTextFile(api, API);
  await Deno.writeTextFile(migration, MIGRATION);
  const deno = ["run", "--quiet", "--no-prompt", "--no-check", "-A"];
  const client = clientOf(db.port);
  const shop = plan({
    web: {
      command: [web.program, ...web.args],
      ready: http(`http://127.0.0.1:${web.port}/ready`),
      stop: { signal: "SIGQUIT", to: "leader" },
      dependsOn: { api: "ready" },
    },
    api: {
      command: [Deno.execPath(), ...deno, api],
      replicas: 3,
      env: { DB: `${db.port}`, CACHE: `${cache.port}` },
      each: ({ replica }) => ({
        env: { PORT: `${ports[replica - 1]}` },
        ready: http(`http://127.0.0.1:${ports[replica - 1]}/ready`),
      }),
      dependsOn: {
        migrate: "completed",
        cache: "ready",
        db: { when: "ready", restart: "always" },
      },
    },
    migrate: {
      type: "task",
      command: [
        pathOf("psql"),
        ...client,
        "-qf",
        migration,
        "-v",
        "ON_ERROR_STOP=1",
        "-v",
        "VERBOSITY=terse",
      ],
      restart: { limit: { restarts: 1 }, backoff: constant(50) },
      dependsOn: { db: "ready" },
    },
    cache: {
      command: [cache.program, ...cache.args],
      ready: tcp({ port: cache.port }),
    },
    db: {
      ...db.options,
      command: [db.program, ...db.args],
      ready: all(tcp({ port: db.port }), exec(pathOf("pg_isready"), client)),
      restart: { backoff: constant(BACKOFF_MS) },
    },
  });
  return {
    shop,
    port: web.port,
    migrate: (sql: string) => Deno.writeTextFile(migration, sql),
    async migrations() {
      using client = await PostgresClient.connect(db.port);
      const [count] = await client.ask("SELECT count(*) FROM migrations");
      return Number(count);
    },
  };
}

/** Why the migration is given up. */
const GIVEN_UP =
  /Cannot restart process "migrate": 1 restart in a row: psql:\S+ ERROR: {2}relation "nowhere" does not exist.*/;

/** What is said of it then. */
const FAILED = new RegExp(`migrate failed: ${GIVEN_UP.source}`);

const APIS = ["api.1", "api.2", "api.3"] as const;

/** Asks for answers at once, and requires that all are right. */
async function serves(port: number, answers = 40): Promise<void> {
  const load = new SteadyLoad(port, 200);
  await load.answers(answers);
  await load[Symbol.asyncDispose]();
  assertEquals(load.failures, []);
}

/** The process IDs of some processes. */
function pidsOf(app: App, ...names: string[]): (number | undefined)[] {
  return names.map((name) => app.get(name)?.pid);
}

/** Requires that some names come in an order. */
function assertOrder(names: readonly string[], ...order: string[]): void {
  const places = order.map((name) => names.indexOf(name));
  assertEquals(places, places.toSorted((a, b) => a - b), names.join(" "));
}

Deno.test({
  name: "App serves whatever happens to its real servers",
  ignore,
  async fn(t) {
    await using folder = new Folder();
    const { shop, port, migrate, migrations } = await shopIn(folder.path);
    await using watched = new Watched();
    const { pm, log } = watched;
    await using app = await up(pm, shop, { withinMs: 60_000 });
    const kept = pidsOf(app, "web", "cache");

    await t.step("up() resolves when all requests are answered", async () => {
      await serves(port, 200);
      for (const api of APIS) {
        assertOrder(watched.names("start"), "db", "migrate", api, "web");
      }
      assertEquals(app.why("migrate").sentence, "migrate is completed");
      assertMatch(app.why("api").sentence, /^api\.1 has been running for /);
      assertEquals([await migrations(), log], [1, []]);
    });

    await t.step("SIGKILL to postgres", async () => {
      watched.forget();
      Deno.kill(app.get("db")?.pid ?? 0, "SIGKILL");
      await watched.all("restart", "db");
      await watched.all("waiting", ...APIS);
      const backoff =
        /^db is in backoff after it crashed by SIGKILL, attempt 1, next try in \d+ m?s$/;
      const { sentence } = app.why("db");
      assertMatch(sentence, backoff);
      for (const api of APIS) {
        const why = app.why(api);
        const waits = `${api} waits for db to be ready: `;
        assertEquals(why.held?.kind, "waits");
        assert(why.sentence.startsWith(waits), why.sentence);
        assertMatch(why.sentence.slice(waits.length), backoff);
      }
      assertEquals(app.why("migrate").sentence, "migrate is completed");
      await Promise.all(APIS.map((api) => app.get(api)?.ready));
      await serves(port);
      assertEquals(pidsOf(app, "web", "cache"), kept);
      assertEquals(await migrations(), 1);
      assertEquals(watched.crashes(), ["db"]);
      const crash = new RegExp(
        `^Process "db" crashed by SIGKILL after \\d+ ms, restarting in ${BACKOFF_MS} ms \\(attempt 1\\)`,
      );
      assertMatch(log[0] ?? "", crash);
      assertEquals(log.length, 1);
    });

    await t.step("a restart of postgres by hand", async () => {
      watched.forget();
      const before = pidsOf(app, "db", ...APIS);
      await app.restart("db");
      await serves(port);
      assertEquals(pidsOf(app, "web", "cache"), kept);
      const after = pidsOf(app, "db", ...APIS);
      assertEquals(after.filter((pid) => before.includes(pid)), []);
      for (const api of APIS) {
        assertOrder(watched.names("exit"), api, "db");
        assertOrder(watched.names("start"), "db", api);
      }
      assertEquals(watched.crashes(), []);
      assertEquals([await migrations(), log], [1, []]);
    });

    await t.step("a migration that fails", async () => {
      watched.forget();
      await migrate(BROKEN);
      const failed = await assertRejects(
        () => app.restart("migrate"),
        PlanError,
      );
      assertMatch(
        failed.message,
        new RegExp(`^Cannot restart migrate:\n  ${FAILED.source}$`),
      );
      await serves(port);
      const blocked = await assertRejects(
        () => app.restart("api.1"),
        PlanError,
      );
      assertMatch(
        blocked.message,
        new RegExp(
          `^Cannot restart api\\.1:\n  api\\.1 is blocked: ${FAILED.source}$`,
        ),
      );
      await serves(port);
      await migrate(MIGRATION);
      await app.restart("migrate");
      await app.get("api.1")?.ready;
      await serves(port);
      assertEquals(pidsOf(app, "web", "cache"), kept);
      assertEquals(await migrations(), 2);
    });

    await t.step("stop() ends them in reverse order", async () => {
      watched.forget();
      const pids = [...app].flatMap(({ pid }) => pid ? family(pid) : []);
      await app.stop();
      for (const api of APIS) {
        assertOrder(watched.names("exit"), "web", api, "db");
        assertOrder(watched.names("exit"), api, "cache");
      }
      await gone(pids);
    });
  },
});

Deno.test({
  name: "up() says why real servers do not come, and stops the others",
  ignore,
  async fn() {
    await using folder = new Folder();
    const { shop, migrate } = await shopIn(folder.path);
    await migrate(BROKEN);
    await using watched = new Watched();
    const { message, whys } = await assertRejects(
      () => up(watched.pm, shop, { withinMs: 60_000 }),
      PlanError,
    );
    const [first, cause = "", ...blocked] = message.split("\n  ");
    assertEquals(first, "Cannot bring up the plan:");
    assertMatch(cause, FAILED);
    assertEquals(blocked, [
      ...APIS.map((api) => `${api} is blocked: ${cause}`),
      `web is blocked: api.1 is blocked (and 2 others): ${cause}`,
    ]);
    assertEquals(
      whys.map(({ name, state }) => `${name} ${state.kind}`),
      ["migrate failed", ...[...APIS, "web"].map((name) => `${name} waiting`)],
    );
    assertEquals(watched.crashes(), ["migrate", "migrate"]);
    assertMatch(
      watched.log[0] ?? "",
      /^Process "migrate" crashed with code 3 /,
    );
    assertMatch(watched.log.at(-1) ?? "", GIVEN_UP);
    assertOrder(watched.names("exit"), "migrate", "db");
    assertEquals(
      new Set(watched.names("start")),
      new Set(["db", "cache", "migrate"]),
    );
    await gone(
      watched.events.flatMap((each) => each.kind === "start" ? each.pid : []),
    );
  },
});
