/**
 * What real servers keep and lose when they end. After `--` on the command line
 * of the tests, `--full` stops each of them as often as it takes for figures.
 *
 * @module
 */

import {
  assert,
  assertEquals,
  assertGreater,
  assertGreaterOrEqual,
  assertLess,
  assertLessOrEqual,
  assertMatch,
} from "@std/assert";
import { type CommandOptions, Processman } from "./mod.ts";
import {
  accepts,
  family,
  gone,
  lives,
  Load,
  logged,
  type Loss,
  postgres,
  PostgresClient,
  postgresUser,
  Redis,
  redis,
  request,
  rowOf,
  type Server,
  supplementaryGroup,
} from "./tools/servers.ts";
import { POSTGRES, REDIS, SERVERS, WEB_SERVERS } from "./tools/server_table.ts";
import { lacks, pathOf } from "./tools/stack.ts";
import { eventOf, lineOf, permitted, runScript } from "./tools/testing.ts";
import { hastyMaster, nginx, startApplication } from "./tools/web_servers.ts";

const silent = { logger: null };

/** Whether there are to be enough stops for figures. */
const FULL = Deno.args.includes("--full");

/** How often a control is tried, which can fail to lose anything by chance. */
const CONTROLS = 8;

/** How often each server is stopped in each way. */
const STOPS = FULL ? 120 : 2;

/** How many clients make short requests at the same time. */
const CLIENTS = 16;

/** How long the slow requests take, in milliseconds. */
const SLOW_MS = 200;

/** Calls a function with a folder that exists as long as that takes. */
async function inFolder<Result>(
  use: (folder: string) => Promise<Result>,
): Promise<Result> {
  const folder = await Deno.makeTempDir({ prefix: "processman_" });
  try {
    return await use(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** A manager whose log can be read. */
function logging(): { pm: Processman; log: string[]; details: string[] } {
  const log: string[] = [];
  const details: string[] = [];
  const write = (message: string) => log.push(message);
  const debug = (message: string) => details.push(message);
  const logger = { debug, info: write, warn: write, error: write };
  return { pm: new Processman({ logger }), log, details };
}

/** A program that runs a server, prints its pid, and then goes on. */
function program(
  { program, args }: Server,
  options: CommandOptions,
  more = "",
): string {
  return `
    import { Processman } from "@isbm/processman";
    const pm = new Processman({ logger: null });
    const { pid } = pm.command(...${JSON.stringify([program, args, options])});
    ${more}
    console.log("pid", pid);
  `;
}

/** Reads the pid that such a program prints. */
async function pidOf(parent: ReturnType<typeof runScript>): Promise<number> {
  return Number((await lineOf(parent, /^pid \d+$/)).slice(4));
}

/** A server that runs, and the way in which it will be asked to end. */
interface Served extends AsyncDisposable {
  readonly pid: number;
  end(): unknown;
}

/** Starts a server. */
type Way = (server: Server) => Promise<Served>;

/** A server of a manager in this program. */
function here(
  stop: CommandOptions["stop"] & object,
  end: "stop" | "shutdown" = "stop",
): Way {
  return ({ program, args }) => {
    const pm = new Processman({ ...silent, signals: [] });
    const process = pm.command(program, args, { stop });
    return Promise.resolve({
      pid: process.pid ?? 0,
      end: async () => {
        if (end === "shutdown") return await pm.shutdown();
        const report = await process.stop();
        const said = process.tail(20).map(({ text }) => text).join("\n");
        assert(!report.forced, `${JSON.stringify(report)}\n${said}`);
      },
      [Symbol.asyncDispose]: () => pm.shutdown(),
    });
  };
}

/** A server of another program, which gets a signal. */
function elsewhere(
  stop: CommandOptions["stop"] & object,
  signal: Deno.Signal,
): Way {
  return async (server) => {
    const parent = runScript(program(server, { stop }));
    const pid = await pidOf(parent);
    return {
      pid,
      end: () => parent.signal(signal),
      [Symbol.asyncDispose]: () => parent[Symbol.asyncDispose](),
    };
  };
}

/** Ends a server under load, and tells what became of the requests. */
async function lossOf(
  way: Way,
  make: (folder: string) => Promise<Server>,
  seen: ReadonlySet<string> = new Set(),
): Promise<Loss> {
  return await inFolder(async (folder) => {
    const server = await make(folder);
    await using served = await way(server);
    await accepts(server.port);
    const load = new Load(server.port, { short: CLIENTS, slowMs: SLOW_MS });
    const read = async () => new Set([...await logged(server), ...seen]);
    await load.answers(5 * CLIENTS);
    await load.working(read);
    const pids = family(served.pid);
    await served.end();
    await load.over();
    await gone(pids);
    return load.loss(await read());
  });
}

/** Adds up. */
function sum(losses: Loss[]): Loss {
  return losses.reduce((a, b) => ({
    answered: a.answered + b.answered,
    lost: a.lost + b.lost,
    reset: a.reset + b.reset,
  }));
}

/** Shows what was lost in each way. */
function printLosses(title: string, losses: Record<string, Loss[]>): void {
  const lines = Object.entries(losses).map(([way, each]) => {
    const { answered, lost, reset } = sum(each);
    return way.padEnd(36) +
      [answered, lost, reset]
        .map((count) => String(count).padStart(10)).join("");
  });
  const head = "".padEnd(36) + "  answered      lost     reset";
  // deno-lint-ignore no-console
  console.log([`${title}, ${STOPS} stops each`, head, ...lines].join("\n"));
}

/** Ends servers in several ways, by turns, so that all have the same weather. */
async function compare<Name extends string>(
  ways: Record<Name, Way>,
  make: (way: Way) => Promise<Loss>,
): Promise<Record<Name, Loss[]>> {
  const all = Object.entries(ways) as [Name, Way][];
  const losses = Object.fromEntries(
    all.map(([name]) => [name, [] as Loss[]]),
  ) as Record<Name, Loss[]>;
  for (let stop = 0; stop < STOPS; stop++) {
    for (const [name, way] of all) losses[name].push(await make(way));
  }
  return losses;
}

/**
 * By how much the resets of one way may exceed those of another by chance: three
 * standard errors. They come in bursts, so their number alone does not tell.
 */
function byChance(...ways: Loss[][]): number {
  const squares = ways.flatMap((losses) => {
    const mean = sum(losses).reset / losses.length;
    return losses.map(({ reset }) => (reset - mean) ** 2);
  });
  return 3 * Math.sqrt(squares.reduce((a, b) => a + b));
}

/** nginx without a supervisor, ended as its manual says. */
const byItself: Way = async ({ program, args, folder }) => {
  const child = new Deno.Command(program, { args, stdout: "null" }).spawn();
  const quit = new Deno.Command(program, { args: [...args, "-s", "quit"] });
  while (!await Deno.stat(`${folder}/nginx.pid`).catch(() => undefined));
  return {
    pid: child.pid,
    end: () => quit.output(),
    [Symbol.asyncDispose]: () => child.status.then(() => {}),
  };
};

Deno.test({
  name: "StopOptions.to lets nginx answer what it has read, whatever the end",
  ignore: lacks("nginx"),
  async fn() {
    const stop = { signal: "SIGQUIT", to: "leader" } as const;
    const ways = {
      "nginx -s quit": byItself,
      "group, stop()": here({ signal: "SIGQUIT", to: "group" }),
      "leader, stop()": here(stop),
      "leader, shutdown()": here(stop, "shutdown"),
      "leader, SIGTERM to this program": elsewhere(stop, "SIGTERM"),
      "leader, SIGKILL to this program": elsewhere(stop, "SIGKILL"),
    };
    const losses = await compare(ways, async (way) => {
      await using application = startApplication();
      return await lossOf(
        way,
        (folder) => nginx(folder, application.port),
        application.seen,
      );
    });
    printLosses("nginx with SIGQUIT", losses);
    const reference = losses["nginx -s quit"];
    for (const [name, each] of Object.entries(losses)) {
      const { answered, lost, reset } = sum(each);
      assertGreater(answered, 0, name);
      if (!name.startsWith("leader")) continue;
      assertEquals(lost, 0, name);
      // Of a few stops, the number says nothing.
      if (!FULL) continue;
      const most = sum(reference).reset + byChance(each, reference);
      assertLessOrEqual(reset, most, name);
    }
  },
});

for (const { server, program, stop, byDefault, make } of WEB_SERVERS) {
  Deno.test({
    name: `docs/servers.md: ${server} answers all that it has read`,
    ignore: lacks(program),
    async fn() {
      // On a machine with more to do than it can, the defaults can lose nothing.
      for (let lost = 0, tries = 0; lost === 0 && tries < CONTROLS; tries++) {
        const losses = await compare({
          "as in the table": here(stop),
          "by default": here({}),
        }, async (way) => {
          await using application = startApplication();
          const { port, seen } = application;
          return await lossOf(way, (folder) => make(folder, port), seen);
        });
        printLosses(server, losses);
        assertGreater(sum(losses["as in the table"]).answered, 0);
        assertEquals(sum(losses["as in the table"]).lost, 0);
        lost = sum(losses["by default"]).lost;
        if (byDefault === "") return assertEquals(lost, 0);
        if (tries === CONTROLS - 1) assertGreater(lost, 0);
      }
    },
  });
}

Deno.test({
  name: "StopOptions.to asks a worker once when its master has ended first",
  ignore: lacks("node"),
  async fn(t) {
    const stop = { to: "leader" } as const;
    const ways = {
      "stop()": here(stop),
      "shutdown()": here(stop, "shutdown"),
      "SIGTERM to this program": elsewhere(stop, "SIGTERM"),
      "SIGKILL to this program": elsewhere(stop, "SIGKILL"),
    };
    for (const [name, way] of Object.entries(ways)) {
      await t.step(name, async () => {
        let folder = "";
        let asked = "";
        const { answered, lost } = await lossOf(async (server) => {
          const served = await way(server);
          folder = server.folder;
          return {
            ...served,
            async [Symbol.asyncDispose]() {
              asked = await Deno.readTextFile(`${folder}/asked.log`);
              await served[Symbol.asyncDispose]();
            },
          };
        }, hastyMaster);
        assertGreater(answered, 0);
        assertEquals(lost, 0);
        assertEquals(asked, "SIGTERM\n");
      });
    }
  },
});

Deno.test({
  name: "Process serves again soon after the crash of an nginx master",
  ignore: lacks("nginx"),
  async fn() {
    await inFolder(async (folder) => {
      await using application = startApplication();
      const server = await nginx(folder, application.port);
      await using pm = new Processman(silent);
      const events = pm.events()[Symbol.asyncIterator]();
      const process = pm.command(server.program, server.args, {
        stop: { signal: "SIGQUIT", gracePeriodMs: 10_000 },
        restart: { backoff: () => 100 },
      });
      await eventOf(events, "start");
      await accepts(server.port);
      // Workers that were asked to quit wait for this one.
      const slow = request(server.port, "/slow/20000/0");
      while (!application.seen.has("/slow/20000/0")) {
        await request(server.port, "/short/0");
      }
      const workers = family(process.pid ?? 0);
      const at = performance.now();
      Deno.kill(process.pid ?? 0, "SIGKILL");
      const { crashed } = await eventOf(events, "exit");
      const toldMs = performance.now() - at;
      await eventOf(events, "start");
      await accepts(server.port);
      const answer = await request(server.port, "/short/1");
      const servedMs = performance.now() - at;
      await slow;
      // deno-lint-ignore no-console
      console.log(
        `nginx after kill -9: told after ${toldMs.toFixed()} ms, serves after ${servedMs.toFixed()} ms`,
      );
      assert(crashed);
      assertMatch(answer ?? "", /\/short\/1$/);
      assertLess(toldMs, 500);
      assertLess(servedMs, 3_000);
      assertEquals(workers.filter(lives), []);
    });
  },
});

/** Uses a postgres in a folder of its own. */
async function withPostgres(
  use: (server: Server, options: CommandOptions) => Promise<void>,
): Promise<void> {
  const user = await postgresUser();
  await inFolder(async (folder) => {
    const server = await postgres(folder, user);
    await use(server, {
      ...user,
      cwd: folder,
      restart: { policy: "never" },
      output: { bufferBytes: 1_048_576 },
    });
  });
}

Deno.test({
  name: "Process.stop() with another signal ends postgres without a recovery",
  ignore: lacks("postgres", "initdb"),
  async fn() {
    await withPostgres(async ({ program, args, port }, options) => {
      await using pm = new Processman(silent);
      const process = pm.command(program, args, options);
      await accepts(port);
      using _client = await PostgresClient.connect(port);
      const first = process.stop();
      await lineOf(process, /received smart shutdown request/);
      const at = performance.now();
      const report = await process.stop({ signal: "SIGINT" });
      assertLess(performance.now() - at, 5_000);
      assertEquals(await first, report);
      assert(!report.forced);
      assertEquals(report.steps.map(({ signal }) => signal), [
        "SIGTERM",
        "SIGINT",
      ]);
      assert(report.status.success);
      const log = process.tail(100).map(({ text }) => text).join("\n");
      assertMatch(log, /received fast shutdown request/);

      const next = pm.command(program, args, options);
      const lines: string[] = [];
      for await (const { text } of next.lines()) {
        lines.push(text);
        if (text.includes("ready to accept connections")) break;
      }
      assertMatch(lines.join("\n"), /database system was shut down at/);
      assert(!/recovery|not properly shut down/.test(lines.join("\n")));
      await next.stop({ signal: "SIGINT" });
    });
  },
});

/** What a stop of a database under load did. */
interface Kept {
  readonly forced: boolean;
  /** How many writes the server had confirmed. */
  readonly confirmed: number;
  /** Those of them that are not there after the next start. */
  readonly lost: string[];
  /** What the server said at the next start. */
  readonly said: string;
}

/** How many confirmed writes there are before a stop. */
const WRITES = 40;

/** How many clients write at the same time. */
const WRITERS = 4;

/** Lets clients write keys, one after another, until the server ends. */
async function write<Client extends Disposable>(
  connect: () => Promise<Client>,
  put: (client: Client, key: number) => Promise<void>,
): Promise<
  { confirmed: string[]; enough: Promise<void>; over: Promise<unknown> }
> {
  const confirmed: string[] = [];
  const { promise: enough, resolve } = Promise.withResolvers<void>();
  // A client that connects during the stop would be refused.
  const clients = await Promise.all(Array.from({ length: WRITERS }, connect));
  const over = Promise.all(clients.map(async (client, first) => {
    using _ = client;
    for (let key = first; true; key += WRITERS) {
      try {
        await put(client, key);
      } catch {
        return;
      }
      confirmed.push(`${key}`);
      if (confirmed.length === WRITES) resolve();
    }
  }));
  return { confirmed, enough, over };
}

/** Stops a postgres while clients write rows, and looks for them afterwards. */
async function postgresKeeps(stop: CommandOptions["stop"] & object) {
  let kept: Kept | undefined;
  await withPostgres(async ({ program, args, port }, options) => {
    await using pm = new Processman(silent);
    const process = pm.command(program, args, options);
    await accepts(port);
    using client = await PostgresClient.connect(port);
    await client.ask("CREATE TABLE rows (key int)");
    const { confirmed, enough, over } = await write(
      () => PostgresClient.connect(port),
      async (client, key) => {
        await client.ask(`INSERT INTO rows VALUES (${key})`);
      },
    );
    await enough;
    await client.ask("BEGIN; INSERT INTO rows VALUES (-1)");
    const pids = family(process.pid ?? 0);
    const { forced } = await process.stop(stop);
    await over;
    await gone(pids);

    const next = pm.command(program, args, options);
    await accepts(port);
    using reader = await PostgresClient.connect(port);
    const there = new Set(await reader.ask("SELECT key FROM rows"));
    assert(!there.has("-1"), "a transaction that was not committed is there");
    const lost = confirmed.filter((key) => !there.has(key));
    const said = next.tail(100).map(({ text }) => text).join("\n");
    kept = { forced, confirmed: confirmed.length, lost, said };
    await next.stop({ signal: "SIGINT" });
  });
  assert(kept);
  return kept;
}

Deno.test({
  name: `docs/servers.md: postgres keeps all that it has committed`,
  ignore: lacks("postgres", "initdb"),
  async fn() {
    const { forced, confirmed, lost, said } = await postgresKeeps(
      POSTGRES.stop,
    );
    assertGreaterOrEqual(confirmed, WRITES);
    assertEquals(lost, []);
    assert(!forced);
    assertMatch(said, /database system was shut down at/);
    const byDefault = await postgresKeeps({ gracePeriodMs: 300 });
    assert(byDefault.forced);
    assertMatch(byDefault.said, /was not properly shut down/);
  },
});

/** Stops a redis while clients set keys, and looks for them afterwards. */
async function redisKeeps(stop: CommandOptions["stop"] & object) {
  return await inFolder(async (folder): Promise<Kept> => {
    const { program, args, port } = redis(folder);
    await using pm = new Processman(silent);
    const process = pm.command(program, args);
    const { confirmed, enough, over } = await write(
      () => Redis.connect(port),
      async (client, key) => {
        assertEquals(await client.ask(`SET ${key} ${key}`), "+OK");
      },
    );
    await enough;
    const { forced } = await process.stop(stop);
    await over;

    const next = pm.command(program, args);
    using client = await Redis.connect(port);
    const lost: string[] = [];
    for (const key of confirmed) {
      if (await client.ask(`EXISTS ${key}`) !== ":1") lost.push(key);
    }
    const said = next.tail(100).map(({ text }) => text).join("\n");
    return { forced, confirmed: confirmed.length, lost, said };
  });
}

Deno.test({
  name: `docs/servers.md: redis keeps all that it has confirmed`,
  ignore: lacks("redis-server"),
  async fn() {
    const { forced, confirmed, lost } = await redisKeeps(REDIS.stop);
    assertGreaterOrEqual(confirmed, WRITES);
    assertEquals(lost, []);
    assert(!forced);
    const killed = await redisKeeps({ gracePeriodMs: 0 });
    assertGreater(killed.lost.length, 0);
  },
});

/** Writes options as the page does. */
function cell(stop: CommandOptions["stop"]): string {
  return `\`${Deno.inspect(stop)}\``;
}

Deno.test({
  name: "docs/servers.md has the servers of the tests, and no others",
  ignore: !permitted("read"),
  async fn() {
    const page = await Deno.readTextFile(
      new URL("docs/servers.md", import.meta.url),
    );
    const [, table = ""] =
      page.match(/^\| Server .*\n\|[-| ]+\n((?:\|.*\n)+)/m) ?? [];
    const rows = table.trim().split("\n")
      .map((row) => row.split("|").slice(1, -1).map((cell) => cell.trim()));
    assertEquals(
      rows,
      SERVERS.map(({ server, foreground, stop, byDefault }) => [
        server,
        foreground,
        cell(stop),
        byDefault || "nothing is lost",
      ]),
    );
  },
});

Deno.test({
  name: "Process.kill() tells of a backend of postgres that lives on",
  ignore: lacks("postgres", "initdb"),
  async fn() {
    await withPostgres(async ({ program, args, port }, options) => {
      const { pm, log } = logging();
      await using _ = pm;
      const process = pm.command(program, args, options);
      await accepts(port);
      using client = await PostgresClient.connect(port);
      await client.send("SELECT count(*) FROM generate_series(1, 1e12)");
      // It has a session of its own, so a signal to ours does not reach it.
      const backends = family(process.pid ?? 0)
        .filter((pid) => rowOf(pid)?.session !== process.pid);
      const report = await process.kill();
      const left = backends.filter(lives);
      try {
        assertGreater(left.length, 0);
        const said = log.join("\n");
        for (const pid of left) {
          assertMatch(said, new RegExp(`\\b${pid}\\b`));
          assertMatch(JSON.stringify(report), new RegExp(`\\b${pid}\\b`));
        }
        assertMatch(said, /postgres/);
      } finally {
        for (const pid of left) Deno.kill(pid, "SIGKILL");
        await gone(left);
      }
    });
  },
});

/** Whether no other user than root has a group that may read keys. */
async function noKeyGroup(): Promise<boolean> {
  return !permitted("read", "sys") || Deno.uid() !== 0 ||
    await supplementaryGroup("postgres") === undefined;
}

Deno.test({
  name: "CommandDefaults.user lets postgres read a key of its groups",
  ignore: lacks("postgres", "initdb", "openssl", "setpriv") ||
    await noKeyGroup(),
  async fn() {
    await withPostgres(async ({ program, args, port, folder }, options) => {
      // As Debian has it: the key belongs to root, and the group may read it.
      const [key, cert] = [`${folder}/key.pem`, `${folder}/cert.pem`];
      const { success } = await new Deno.Command("openssl", {
        args: ["req", "-x509", "-nodes", "-newkey", "rsa:2048"]
          .concat("-subj", "/CN=localhost", "-keyout", key, "-out", cert),
        stderr: "null",
      }).output();
      assert(success);
      await Deno.chown(key, 0, await supplementaryGroup("postgres") ?? 0);
      await Deno.chmod(key, 0o640);
      await Deno.chmod(cert, 0o644);
      const tls = ["ssl=on", `ssl_key_file=${key}`, `ssl_cert_file=${cert}`]
        .flatMap((setting) => ["-c", setting]);
      await using pm = new Processman(silent);
      const alone = pm.command(program, [...args, ...tls], options);
      assert(!(await alone.finished).success);
      const { uid: _, gid: __, ...rest } = options;
      const process = pm.command(program, [...args, ...tls], {
        ...rest,
        user: "postgres",
      });
      await accepts(port);
      using _client = await PostgresClient.connect(port);
      const { status } = await process.stop({ signal: "SIGINT" });
      assert(status.success);
    });
  },
});

/** Checks that a program which makes itself a daemon is told of, and ends it. */
async function daemonTold(
  server: Server,
  options: CommandOptions,
  pidFile: string,
): Promise<void> {
  const { pm, log, details } = logging();
  await using _ = pm;
  const process = pm.command(server.program, server.args, {
    restart: { policy: "never" },
    name: "daemon",
    ...options,
  });
  assert((await process.finished).success);
  // On a busy machine it can be ended before it has left the session.
  while (details.some((line) => line.startsWith("Ended the leftovers"))) {
    details.length = 0;
    await process.start();
    assert((await process.finished).success);
  }
  await accepts(server.port);
  // It may accept connections before it says who it is.
  let daemon = 0;
  while (!daemon) {
    const text = await Deno.readTextFile(pidFile).catch(() => "");
    daemon = Number(text.split("\n")[0]);
  }
  try {
    await pm.shutdown();
    const said = log.filter((line) => line.includes(`${daemon}`)).join("\n");
    assertMatch(said, /redis-server|postgres/);
    assertMatch(said, /foreground/);
  } finally {
    Deno.kill(daemon, "SIGTERM");
    await gone([daemon]);
  }
}

Deno.test({
  name: "Process tells of a redis that makes itself a daemon",
  ignore: lacks("redis-server"),
  async fn() {
    await inFolder(async (folder) => {
      const pidFile = `${folder}/redis.pid`;
      const server = redis(folder, "--daemonize", "yes", "--pidfile", pidFile);
      await daemonTold(server, {}, pidFile);
    });
  },
});

Deno.test({
  name: "Process tells of a postgres that pg_ctl has started",
  ignore: lacks("postgres", "initdb", "pg_ctl"),
  async fn() {
    await withPostgres(async (server, options) => {
      const { folder } = server;
      const [, , ...more] = server.args;
      const args = ["-D", `${folder}/db`, "-l", `${folder}/log`, "-o"];
      const pgCtl = {
        ...server,
        program: pathOf("pg_ctl"),
        args: [...args, more.join(" "), "start"],
      };
      await daemonTold(pgCtl, options, `${folder}/db/postmaster.pid`);
    });
  },
});

/** How a program ends that runs a redis, each at a SIGUSR1 or another signal. */
const ENDS: Record<string, { does: string; gets: Deno.Signal }> = {
  "Deno.exit()": { does: "Deno.exit(3)", gets: "SIGUSR1" },
  "uncaught error": {
    does: "setTimeout(() => { throw new Error('oh'); })",
    gets: "SIGUSR1",
  },
  "SIGTERM": { does: "", gets: "SIGTERM" },
  "SIGKILL": { does: "", gets: "SIGKILL" },
};

Deno.test({
  name: "Processman loses no key of a redis, whatever the end of this program",
  ignore: lacks("redis-server"),
  async fn(t) {
    const keys = 1_000;
    for (const [end, { does, gets }] of Object.entries(ENDS)) {
      await t.step(end, async () => {
        for (let round = 0; round < Math.ceil(STOPS / 6); round++) {
          await inFolder(async (folder) => {
            const log = `${folder}/redis.log`;
            const server = redis(folder, "--logfile", log);
            const listen = `Deno.addSignalListener("SIGUSR1", () => {${does}})`;
            await using parent = runScript(program(server, {}, listen));
            const pid = await pidOf(parent);
            {
              using client = await Redis.connect(server.port);
              await client.fill(keys);
              assertEquals(await client.size(), keys);
            }
            parent.signal(gets);
            await parent.finished;
            await gone([pid]);
            const said = await Deno.readTextFile(log);
            await using pm = new Processman(silent);
            pm.command(server.program, server.args);
            using client = await Redis.connect(server.port);
            assertEquals(await client.size(), keys);
            assertEquals(said.match(/Received SIG/g)?.length, 1, said);
          });
        }
      });
    }
  },
});

Deno.test({
  name: "Guard ends a redis that is stopped as soon as one that is not",
  ignore: lacks("redis-server"),
  async fn() {
    await inFolder(async (folder) => {
      const server = redis(folder);
      await using parent = runScript(program(server, {}));
      const pid = await pidOf(parent);
      {
        using client = await Redis.connect(server.port);
        await client.fill(10);
        Deno.kill(pid, "SIGSTOP");
      }
      parent.signal("SIGKILL");
      await parent.finished;
      assertLess(await gone([pid]), 5_000);
      assert((await Deno.stat(`${folder}/dump.rdb`)).isFile);
    });
  },
});
