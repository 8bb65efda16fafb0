/**
 * Readiness and liveness of real servers: those that hang, those that start
 * slowly, and those that were suspended together with this program. After `--`
 * on the command line of the tests, `--full` suspends them for a minute.
 *
 * @module
 */

import {
  assert,
  assertEquals,
  assertGreater,
  assertMatch,
  assertNotEquals,
  assertStringIncludes,
} from "@std/assert";
import {
  type CommandOptions,
  constant,
  type Line,
  type Probe,
  type Process,
  type ProcessEvent,
  Processman,
} from "../mod.ts";
import {
  family,
  freePort,
  gone,
  PostgresClient,
  redis,
} from "../tools/servers.ts";
import { clientOf, database, lacks, pathOf } from "../tools/stack.ts";
import { eventOf, Folder, runScript } from "../tools/testing.ts";
import { exec, http, tcp } from "./mod.ts";

/** How long this program and its children are suspended, in milliseconds. */
const PAUSE_MS = Deno.args.includes("--full") ? 60_000 : 3_000;

/** A manager whose log can be read. */
function logging() {
  const log: string[] = [];
  const write = (message: string) => void log.push(message);
  const logger = { debug: write, info: write, warn: write, error: write };
  return { pm: new Processman({ logger }), log };
}

/** A probe whose answers are counted, with its reasons to say no. */
class Counted {
  readonly reasons: Set<string> = new Set();
  answers = 0;
  readonly #probe: Probe;
  #news = Promise.withResolvers<void>();

  constructor(probe: Probe) {
    this.#probe = probe;
  }

  /** Resolves when there have been so many answers. */
  async reaches(answers: number): Promise<void> {
    while (this.answers < answers) await this.#news.promise;
  }

  readonly probe: Probe = async (context) => {
    try {
      return await this.#probe(context);
    } catch (error) {
      this.reasons.add(String(error));
      throw error;
    } finally {
      this.answers++;
      this.#news.resolve();
      this.#news = Promise.withResolvers();
    }
  };
}

/** A server that a test makes hang. */
interface Hanging {
  readonly program: string;
  readonly args: readonly string[];
  readonly options: CommandOptions;
  /** Finds out whether it works. */
  readonly probe: Probe;
  /** Makes it hang. */
  hang(process: Process): unknown;
}

function suspend({ pid = 0 }: Process): void {
  Deno.kill(pid, "SIGSTOP");
}

/** A server that answers one connection after another, until it is asked to hang. */
const SERVER = `
  const [port] = Deno.args;
  setInterval(() => {}, 1_000);
  const listener = Deno.listen({ hostname: "127.0.0.1", port: Number(port) });
  for await (const connection of listener) {
    const buffer = new Uint8Array(4_096);
    const count = await connection.read(buffer) ?? 0;
    const asked = new TextDecoder().decode(buffer.subarray(0, count));
    if (asked.startsWith("GET /hang")) await new Promise(() => {});
    if (asked.startsWith("GET /slow")) {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    const text = "HTTP/1.1 200 OK\\r\\nContent-Length: 0\\r\\n\\r\\n";
    await connection.write(new TextEncoder().encode(text));
    connection.close();
  }
`;

/** Writes that server into a folder. */
async function ownServer(folder: string) {
  const port = freePort();
  const path = `${folder}/server.js`;
  await Deno.writeTextFile(path, SERVER);
  const args = ["run", "--quiet", "--no-prompt", "--allow-net", path];
  return { program: Deno.execPath(), args: [...args, `${port}`], port };
}

/** What a probe has to say of them, which a busy machine can be slow to end. */
const NO_ANSWER =
  /^(no answer within 500 ms|the last call of the probe has not ended)$/;

/** The servers that hang. */
const HANGING: readonly {
  readonly name: string;
  readonly programs: readonly string[];
  make(folder: string): Promise<Hanging>;
}[] = [
  {
    name: "a redis that is suspended",
    programs: ["redis-server", "redis-cli"],
    make(folder) {
      const { program, args, port } = redis(folder);
      const probe = exec(pathOf("redis-cli"), ["-p", `${port}`, "PING"]);
      const options: CommandOptions = {};
      return Promise.resolve({ program, args, options, probe, hang: suspend });
    },
  },
  {
    name: "a postgres that is suspended",
    programs: ["postgres", "initdb", "pg_isready"],
    async make(folder) {
      const { program, args, options, port } = await database(folder);
      const probe = exec(pathOf("pg_isready"), clientOf(port));
      return { program, args, options, probe, hang: suspend };
    },
  },
  {
    name: "a server that accepts no connection any more",
    programs: [],
    async make(folder) {
      const { program, args, port } = await ownServer(folder);
      const probe = http(`http://127.0.0.1:${port}/`);
      const hang = async () => {
        const hostname = "127.0.0.1";
        using connection = await Deno.connect({ hostname, port });
        await connection.write(new TextEncoder().encode("GET /hang\r\n\r\n"));
      };
      return { program, args, options: {}, probe, hang };
    },
  },
];

for (const { name, programs, make } of HANGING) {
  Deno.test({
    name: `CommandOptions.live ends and restarts ${name}`,
    ignore: lacks(...programs),
    async fn() {
      await using folder = new Folder();
      const { program, args, options, probe, hang } = await make(folder.path);
      const { pm, log } = logging();
      await using _ = pm;
      const events = pm.events()[Symbol.asyncIterator]();
      const process = pm.command(program, args, {
        name: "server",
        ...options,
        ready: probe,
        live: { probe, intervalMs: 50, timeoutMs: 500, failures: 3 },
        restart: { backoff: constant(50) },
      });
      await process.ready;
      const { run } = await eventOf(events, "ready");
      const pids = family(process.pid ?? 0);
      await hang(process);
      const unhealthy = await eventOf(events, "unhealthy");
      assertEquals(unhealthy.run, run);
      assertEquals(unhealthy.failures, 3);
      assertMatch(unhealthy.reason, NO_ANSWER);
      const { crashed, verdict, decision } = await eventOf(events, "exit");
      const answer = unhealthy.reason;
      assertEquals(verdict, { reason: "unhealthy", answer });
      assert(crashed);
      assertEquals(decision?.kind, "restart");
      await process.ready;
      assertNotEquals((await eventOf(events, "ready")).run, run);
      assert(!pids.includes(process.pid ?? 0));
      await gone(pids);
      assertStringIncludes(log.join("\n"), answer);
    },
  });
}

Deno.test({
  name: "tcp() alone does not find out that a server hangs",
  ignore: lacks("redis-server"),
  async fn() {
    await using folder = new Folder();
    const { program, args, port } = redis(folder.path);
    await using pm = new Processman({ logger: null });
    const live = new Counted(tcp({ port }));
    const process = pm.command(program, args, {
      ready: tcp({ port }),
      live: { probe: live.probe, intervalMs: 10, failures: 1 },
    });
    await process.ready;
    suspend(process);
    await live.reaches(live.answers + 10);
    assertEquals(live.reasons.size, 0, "the system accepts connections for it");
  },
});

Deno.test({
  name: "CommandOptions.live leaves a slow start alone",
  ignore: lacks(),
  async fn() {
    await using folder = new Folder();
    const go = `${folder.path}/go`;
    const { program, args, port } = await ownServer(folder.path);
    await using pm = new Processman({ logger: null });
    const script = `until [ -e "$0" ]; do sleep 0.05; done; exec "$@"`;
    const ready = new Counted(http(`http://127.0.0.1:${port}/`));
    const live = new Counted(http(`http://127.0.0.1:${port}/`));
    const process = pm.command("sh", ["-c", script, go, program, ...args], {
      ready: { probe: ready.probe, intervalMs: 10 },
      live: { probe: live.probe, intervalMs: 10, failures: 1 },
    });
    const { pid } = process;
    await ready.reaches(30);
    assertEquals(live.answers, 0);
    await Deno.writeTextFile(go, "");
    await process.ready;
    assertEquals(process.pid, pid);
    await live.reaches(3);
    assertEquals(process.pid, pid);
    assertGreater(ready.reasons.size, 0);
  },
});

Deno.test({
  name: "CommandOptions.ready waits for a postgres that replays its log",
  ignore: lacks("postgres", "initdb", "pg_isready"),
  async fn() {
    await using folder = new Folder();
    const { program, args, options, port } = await database(
      folder.path,
      "max_wal_size=4GB",
      "checkpoint_timeout=1h",
    );
    const probe = exec(
      pathOf("pg_isready"),
      clientOf(port),
    );
    const ready = new Counted(probe);
    const live = new Counted(probe);
    await using pm = new Processman({ logger: null });
    const events: ProcessEvent[] = [];
    const told = (async () => {
      for await (const event of pm.events()) events.push(event);
    })();
    const process = pm.command(program, args, {
      ...options,
      ready: { probe: ready.probe, intervalMs: 20, timeoutMs: 5_000 },
      live: { probe: live.probe, intervalMs: 20, timeoutMs: 5_000 },
      restart: { backoff: constant(50), limit: { restarts: 100 } },
    });
    await process.ready;
    {
      using client = await PostgresClient.connect(port);
      await client.ask(
        "CREATE TABLE rows AS SELECT generate_series(1, 500000) AS key",
      );
    }
    ready.reasons.clear();
    const next = pm.events()[Symbol.asyncIterator]();
    Deno.kill(process.pid ?? 0, "SIGKILL");
    await eventOf(next, "exit");
    await process.ready;
    const said = process.tail(200).map(({ text }) => text).join("\n");
    assertStringIncludes(said, "database system was not properly shut down");
    const reasons = [...ready.reasons].join("\n");
    assertStringIncludes(reasons, "rejecting connections");
    {
      using client = await PostgresClient.connect(port);
      assertEquals(await client.ask("SELECT count(*) FROM rows"), ["500000"]);
    }
    await process.stop();
    await pm.shutdown();
    await told;
    const verdicts = events.filter((event) =>
      event.kind === "exit" && event.verdict !== undefined
    );
    assertEquals(verdicts, []);
  },
});

/** A program that watches a server closely, and one that starts slowly. */
function watching(server: object, url: string, go: string): string {
  return `
    import { Processman } from "@isbm/processman";
    import { file, http } from "@isbm/processman/probe";
    const { program, args } = ${JSON.stringify(server)};
    const probe = http(${JSON.stringify(url)});
    const often = { intervalMs: 20, timeoutMs: 1_000 };
    const pm = new Processman({ logger: null });
    pm.command(program, args, {
      name: "server",
      ready: { probe, ...often, recheckMs: 20 },
      live: {
        probe: async (context) => {
          const answer = await probe(context);
          console.log("server lives");
          return answer;
        },
        ...often,
        failures: 1,
      },
      restart: { policy: "never" },
    });
    pm.command("sleep", ["500"], {
      name: "slow",
      ready: { probe: file(${JSON.stringify(go)}), ...often, withinMs: 2_000 },
      restart: { policy: "never" },
    });
    for await (const event of pm.events()) {
      if (event.kind === "start") continue;
      console.log(event.name, event.kind, event.verdict?.reason ?? "");
    }
  `;
}

/** Reads lines up to one; returns all of them. No process must end before. */
async function upTo(
  lines: AsyncIterator<Line, void>,
  wanted: string,
): Promise<string[]> {
  const read: string[] = [];
  while (true) {
    const { done, value } = await lines.next();
    if (done) throw new Error(`no line "${wanted}" after ${read.join("; ")}`);
    read.push(value.text);
    if (value.text.startsWith(wanted)) return read;
    if (value.text.includes(" exit ")) throw new Error(read.join("; "));
  }
}

Deno.test({
  name: "Probes end nothing after this program was suspended with its children",
  ignore: lacks(),
  async fn() {
    await using folder = new Folder();
    const go = `${folder.path}/go`;
    const { port, ...server } = await ownServer(folder.path);
    // Most of the time, a call is in progress, which the pause interrupts.
    const script = watching(server, `http://127.0.0.1:${port}/slow`, go);
    await using parent = runScript(script, { permission: "-A" });
    const lines = parent.lines()[Symbol.asyncIterator]();
    await upTo(lines, "server lives");
    const pids = family(parent.pid ?? 0);
    for (const pid of pids) Deno.kill(pid, "SIGSTOP");
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    for (const pid of pids) Deno.kill(pid, "SIGCONT");
    await Deno.writeTextFile(go, "");
    const after = await upTo(lines, "slow ready");
    for (let calls = 0; calls < 10; calls++) {
      after.push(...await upTo(lines, "server lives"));
    }
    assertEquals(new Set(after), new Set(["server lives", "slow ready "]));

    // The same pause of the server alone is the end of it.
    const child = pids.find((pid) => isServer(pid, port)) ?? 0;
    Deno.kill(child, "SIGSTOP");
    await upTo(lines, "server unhealthy");
    await upTo(lines, "server exit unhealthy");
    parent.signal("SIGKILL");
    await parent.finished;
    await gone(pids);
  },
});

/** Whether a process is the server that listens on a port. */
function isServer(pid: number, port: number): boolean {
  const words = Deno.readTextFileSync(`/proc/${pid}/cmdline`).split("\0");
  return words.includes(`${port}`) && words.includes("--allow-net");
}
