import { assert, assertEquals, assertMatch } from "@std/assert";
import { constant, Processman } from "../mod.ts";
import {
  exchange,
  parseAnswer,
  quiet,
  readAll,
  request,
  stage,
  write,
} from "../tools/control_testing.ts";
import { Folder, permitted } from "../tools/testing.ts";
import { seededRandom } from "../testing/mod.ts";
import type { Answer, ServerLimits } from "./http_exchange.ts";
import { HttpServer } from "./http_server.ts";
import { Problem } from "./problem.ts";
import { ROUTES } from "./routes.ts";
import { listenAt } from "./socket.ts";

const ignore = !permitted("run", "read", "write", "net", "env", "sys");
const full = Deno.args.includes("--full");

function test(name: string, fn: () => Promise<void>): void {
  Deno.test({ name, ignore, fn });
}

/** A server that answers with what a function returns. */
function serve(
  answer: (path: string, signal: AbortSignal) => Promise<Answer["body"]>,
  limits: Partial<ServerLimits> = {},
) {
  const folder = new Folder();
  const path = `${folder.path}/socket`;
  const pm = quiet();
  const server = new HttpServer(
    {
      limit: () => 10,
      answer: async ({ head, signal }) => ({
        status: 200,
        type: "text/plain",
        body: await answer(head.path, signal),
      }),
      refuse: (problem) => ({
        status: problem.status,
        type: "text/plain",
        body: problem.message,
      }),
    },
    pm.clock,
    limits,
  );
  server.listen(listenAt(path));
  // The server keeps no program alive, and neither does a test that only waits.
  const alive = setInterval(() => {}, 60_000);
  return {
    path,
    server,
    async [Symbol.asyncDispose]() {
      clearInterval(alive);
      await server.close();
      await folder[Symbol.asyncDispose]();
    },
  };
}

const HELLO = "GET / HTTP/1.1\r\n\r\n";

test("HttpServer answers each connection once, and closes it", async () => {
  await using at = await serve((path) => Promise.resolve(`you asked ${path}`));
  const answer = parseAnswer(await exchange(at.path, HELLO + HELLO));
  assertEquals(answer.body, "you asked /");
  assertEquals(answer.headers.get("connection"), "close");
  assertEquals(answer.headers.get("content-length"), "11");
});

test("HttpServer sends a body without a known end in chunks", async () => {
  const parts = async function* () {
    yield "one ";
    await Promise.resolve();
    yield "zwö";
  };
  await using at = await serve(() => Promise.resolve(parts()));
  const { body } = parseAnswer(await exchange(at.path, HELLO));
  assertMatch(body, /^(?:4\r\none \r\n4\r\nzwö|8\r\none zwö)\r\n0\r\n\r\n$/);
  const old = await exchange(at.path, "GET / HTTP/1.0\r\n\r\n");
  assertEquals(parseAnswer(old).body, "one zwö");
});

test("HttpServer tells at once that a client has left", async () => {
  const left = Promise.withResolvers<void>();
  const asked = Promise.withResolvers<void>();
  await using at = await serve(async (_path, signal) => {
    signal.addEventListener("abort", () => left.resolve());
    asked.resolve();
    await left.promise;
    return "";
  });
  const connection = await Deno.connect({ transport: "unix", path: at.path });
  await write(connection, HELLO);
  await asked.promise;
  connection.close();
  await left.promise;
});

test("HttpServer refuses a request that does not arrive in time", async () => {
  await using at = await serve(() => Promise.resolve(""), { arrivalMs: 50 });
  for (
    const begin of [
      "",
      "GET / HT",
      "POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\n1",
    ]
  ) {
    using connection = await Deno.connect({ transport: "unix", path: at.path });
    await write(connection, begin);
    const answer = parseAnswer(await readAll(connection));
    assertEquals(answer.body, "The request has not arrived within 50 ms");
    assertEquals(answer.status, 400);
  }
});

test("HttpServer answers before it has read a body that is too large", async () => {
  await using at = await serve(() => Promise.resolve(""));
  const length = 4_000_000;
  const answer = parseAnswer(
    await exchange(
      at.path,
      `POST / HTTP/1.1\r\nContent-Length: ${length}\r\n\r\n${
        "x".repeat(length)
      }`,
    ),
  );
  assertEquals(answer.status, 413);
  assertEquals(answer.body, "The body has more than 10 bytes");
});

test("HttpServer asks for a body that a client offers", async () => {
  await using at = await serve(() => Promise.resolve("thanks"));
  using connection = await Deno.connect({ transport: "unix", path: at.path });
  await write(
    connection,
    "POST / HTTP/1.1\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n",
  );
  const buffer = new Uint8Array(100);
  const count = await connection.read(buffer) ?? 0;
  const text = new TextDecoder().decode(buffer.subarray(0, count));
  assertEquals(text, "HTTP/1.1 100 Continue\r\n\r\n");
  await write(connection, "ab");
  assertEquals(parseAnswer(await readAll(connection)).body, "thanks");
});

test("HttpServer turns away clients when there are too many", async () => {
  const over = Promise.withResolvers<string>();
  const asked = Promise.withResolvers<void>();
  let count = 0;
  await using at = await serve((path) => {
    if (path !== "/wait") return Promise.resolve("here");
    if (++count === 3) asked.resolve();
    return over.promise;
  }, { connections: 3 });
  const waiting = [1, 2, 3].map(() =>
    exchange(at.path, "GET /wait HTTP/1.1\r\n\r\n")
  );
  await asked.promise;
  assertEquals(parseAnswer(await exchange(at.path, HELLO)).status, 503);
  over.resolve("waited");
  for (const each of waiting) {
    assertEquals(parseAnswer(await each).body, "waited");
  }
  assertEquals(parseAnswer(await exchange(at.path, HELLO)).body, "here");
});

test("HttpServer closes the oldest connection without a request when there are too many", async () => {
  await using at = await serve(() => Promise.resolve("here"), {
    connections: 3,
  });
  const half: Deno.Conn[] = [];
  for (let count = 0; count < 3; count++) {
    const open = await Deno.connect({ transport: "unix", path: at.path });
    await write(open, "GET");
    half.push(open);
  }
  assertEquals(parseAnswer(await exchange(at.path, HELLO)).body, "here");
  const [first, ...others] = half;
  assert(first !== undefined);
  assertEquals(await readAll(first), "");
  for (const each of others) {
    await write(each, HELLO.slice("GET".length));
    assertEquals(parseAnswer(await readAll(each)).body, "here");
  }
  for (const each of half) each.close();
});

test("HttpServer closes although clients hold connections open", async () => {
  const asked = Promise.withResolvers<void>();
  await using at = await serve(async () => {
    asked.resolve();
    await new Promise(() => {});
    return "";
  }, { shutdownMs: 50 });
  const half = await Deno.connect({ transport: "unix", path: at.path });
  await write(half, "GET");
  const open = await Deno.connect({ transport: "unix", path: at.path });
  await write(open, HELLO);
  await asked.promise;
  await at.server.close();
  assertEquals(await readAll(half), "");
  assertEquals(await readAll(open), "");
  half.close();
  open.close();
});

test("HttpServer does not read ahead of a client that does not read", async () => {
  let given = 0;
  const left = Promise.withResolvers<void>();
  const parts = async function* () {
    try {
      for (; given < 100_000; given++) yield "x".repeat(1_000);
    } finally {
      left.resolve();
    }
  };
  await using at = await serve(() => Promise.resolve(parts()));
  const connection = await Deno.connect({ transport: "unix", path: at.path });
  await write(connection, HELLO);
  let before = -1;
  while (given !== before) {
    before = given;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  assert(given < 2_000, `${given} parts`);
  connection.close();
  await left.promise;
});

test("HttpServer reports what a handler throws as a refusal", async () => {
  await using at = await serve(() => {
    throw new Problem("conflict", "not now");
  });
  const answer = parseAnswer(await exchange(at.path, HELLO));
  assertEquals([answer.status, answer.body], [409, "not now"]);
});

/** Makes requests that are wrong in many ways. */
class Fuzz {
  readonly #random: () => number;

  constructor(seed: number) {
    this.#random = seededRandom(seed);
  }

  /** Returns the bytes of a request. */
  next(): string {
    const { method, path, body, operation } = this.#oneOf(ROUTES);
    // A fuzz must not end what it is about.
    const target = path === "/v1/shutdown" ? "/v1/stop" : path;
    const good = this.#chance(0.3) ? GOOD[operation] : undefined;
    const text = good ?? (body || this.#chance(0.2) ? this.#json() : "");
    const query = this.#chance(0.4) ? `?${this.#query()}` : "";
    const words = [
      this.#chance(0.1) ? this.#oneOf(METHODS) : method,
      target.replace("{name}", this.#oneOf(NAMES)) + query,
      this.#chance(0.05) ? "HTTP/3" : "HTTP/1.1",
    ];
    const length = this.#chance(0.1)
      ? this.#oneOf(["-1", "1e9", "99999999999999999999", "4", "x"])
      : String(new TextEncoder().encode(text).length);
    const request = `${words.join(this.#chance(0.03) ? "\t" : " ")}\r\n` +
      `Host: ${this.#oneOf(NAMES)}\r\nContent-Length: ${length}\r\n` +
      `${this.#chance(0.1) ? this.#noise(40) : ""}\r\n${text}`;
    return this.#spoil(request);
  }

  #spoil(request: string): string {
    if (this.#chance(0.1)) return this.#noise(300);
    if (this.#chance(0.1)) {
      return request.slice(0, Math.floor(this.#random() * request.length));
    }
    if (this.#chance(0.05)) return request.replaceAll("\r\n", "\n");
    if (this.#chance(0.02)) return `${request}${this.#noise(70_000)}`;
    return request;
  }

  #query(): string {
    const keys = ["usage", "after", "lines", "grep", "name", "nope", "run"];
    const values = ["true", "-1", "1e3", "(", "a:1", "%zz", "job", ""];
    return `${this.#oneOf(keys)}=${this.#oneOf(values)}`;
  }

  #json(): string {
    const parts = [
      '{"names":["job"]}',
      '{"names":[]}',
      '{"names":["nobody"],"withinMs":1}',
      '{"names":"job"}',
      '{"names":["job"],"signal":"SIGCONT"}',
      '{"names":["job"],"signal":"SIGNOPE"}',
      '{"name":"job","replicas":2}',
      '{"names":["other"],"__proto__":{"a":1}}',
      '{"config":{},"dryRun":true}',
      "null",
      "[",
      "\u0000",
      `${"[".repeat(50_000)}${"]".repeat(50_000)}`,
      `{"names":[${'"job",'.repeat(999)}"job"],"signal":"SIGCONT"}`,
    ];
    return this.#oneOf(parts);
  }

  #noise(most: number): string {
    const length = Math.floor(this.#random() * most);
    return Array.from(
      { length },
      () => String.fromCharCode(Math.floor(this.#random() * 256)),
    ).join("");
  }

  #oneOf<T>(all: readonly T[]): T {
    const one = all[Math.floor(this.#random() * all.length)];
    if (one === undefined) throw new Error("there is nothing to choose");
    return one;
  }

  #chance(share: number): boolean {
    return this.#random() < share;
  }
}

/** Bodies that are well-formed. */
const GOOD: Readonly<Record<string, string>> = {
  start: '{"names":["job"],"withinMs":1000}',
  restart: '{"names":["job"],"roll":true}',
  stop: '{"names":["job"]}',
  signal: '{"names":["job"],"signal":"SIGCONT"}',
  scale: '{"name":"job","replicas":2}',
  apply: '{"config":{"a":1}}',
};

const METHODS = ["PUT", "DELETE", "HEAD", "OPTIONS", "get", "CONNECT", "X"];

const NAMES = [
  "job",
  "jobs",
  "%00",
  "%zz",
  "..",
  "a/b",
  "%2e%2e%2f",
  "__proto__",
  "constructor",
  "x".repeat(5_000),
  "[[[",
  "",
];

test("Malformed requests are refused, and a process is supervised meanwhile", async () => {
  await using pm = new Processman({ logger: null, signals: [] });
  await using at = await stage(pm);
  const secret = "the value of a variable";
  const job = pm.command("sleep", ["500"], {
    name: "job",
    env: { SECRET: secret },
    restart: { policy: "always", backoff: constant(0) },
  });
  const crashing = pm.command("sh", ["-c", "sleep 0.05; exit 1"], {
    name: "crashing",
    env: { SECRET: secret },
    restart: { backoff: constant(0) },
  });
  const fuzz = new Fuzz(15);
  const statuses = new Map<number, number>();
  const restarts = at.client.events({ follow: true });
  const count = full ? 10_000 : 200;
  const held: Deno.Conn[] = [];
  for (let done = 0; done < count; done += 10) {
    await Promise.all(Array.from({ length: 10 }, async (_, index) => {
      const bytes = fuzz.next();
      using open = await Deno.connect({ transport: "unix", path: at.socket });
      await write(open, bytes).catch(() => {});
      // Some leave without waiting, and some stay half-open.
      if (index === 0) return;
      await open.closeWrite().catch(() => {});
      const text = await readAll(open);
      assert(!text.includes(secret));
      if (text === "") return;
      const { status } = parseAnswer(text);
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
    }));
    if (held.length < 20) {
      const half = await Deno.connect({ transport: "unix", path: at.socket });
      await write(half, "POST /v1/stop HTTP/1.1\r\nContent-");
      held.push(half);
    }
  }
  for (const each of held) each.close();
  // There were all kinds of answers, and no accident.
  for (const status of [200, 400, 404, 405, 409]) {
    assert((statuses.get(status) ?? 0) > 0, `no status ${status}`);
  }
  await restarts.return(undefined);
  await job.start();
  await crashing.start();
  const { status } = await request(at.socket, "GET", "/v1/processes");
  assertEquals(status, 200);
  assert(job.pid !== undefined);
  const view = await at.client.process("crashing");
  assert(view.restarts > 0);
});
