import {
  assert,
  assertEquals,
  assertMatch,
  assertNotEquals,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { expose } from "../control/mod.ts";
import { HttpServer } from "../control/serving.ts";
import { type Clock, systemClock } from "../mod.ts";
import { VirtualClock } from "../testing/mod.ts";
import {
  parseAnswer,
  quiet,
  readAll,
  stage,
  write,
} from "../tools/control_testing.ts";
import { board, readUntil, Site } from "../tools/dashboard_testing.ts";
import { RuntimeFolder } from "../tools/place_testing.ts";
import { Folder, permitted } from "../tools/testing.ts";
import { ANSWER_MS, Answers } from "./answers.ts";
import { hostsOf } from "./hosts.ts";
import { Keys } from "./keys.ts";
import { checkOptions } from "./options.ts";
import { type DashboardOptions, serveDashboard } from "./serve.ts";

const ignore = !permitted("run", "read", "write", "net", "env", "sys");

function test(name: string, fn: () => Promise<void>): void {
  Deno.test({ name, ignore, fn });
}

const TARGET = { socket: "/nowhere/socket" };

/** A token that is long enough. */
const TOKEN = "0123456789-abcDEF";

const WRONG: readonly [unknown, ErrorConstructor, string][] = [
  [null, TypeError, 'Option "options" must be an object'],
  [
    { prot: 1 },
    TypeError,
    'Option "prot" does not exist: the options are port',
  ],
  [
    { port: "80" },
    TypeError,
    'Option "port" must be a number: current value is "80"',
  ],
  [
    { port: -1 },
    RangeError,
    'Option "port" must be a whole number from 0 to 65535: current value is -1',
  ],
  [{ port: 65_536 }, RangeError, 'Option "port" must be a whole number'],
  [{ port: 1.5 }, RangeError, 'Option "port" must be a whole number'],
  [{ port: NaN }, RangeError, 'Option "port" must be a whole number'],
  [
    { readOnly: 1 },
    TypeError,
    'Option "readOnly" must be true or false: current value is 1',
  ],
  [
    { hostname: 1 },
    TypeError,
    'Option "hostname" must be a string: current value is 1',
  ],
  [
    { hostname: "" },
    RangeError,
    'Option "hostname" must be an address or a name: current value is ""',
  ],
  [
    { hostname: "a/b" },
    RangeError,
    'Option "hostname" must be an address or a name',
  ],
  [
    { hostname: "user@127.0.0.1" },
    RangeError,
    'Option "hostname" must be an address',
  ],
  [
    { hostname: "127.0.0.1:80" },
    RangeError,
    'Option "hostname" must be an address',
  ],
  [{ hostname: "::x" }, RangeError, 'Option "hostname" must be an address'],
  [
    { hostname: "0.0.0.0" },
    TypeError,
    'Option "token" must be given, because other machines can reach "0.0.0.0"',
  ],
  [{ hostname: "0" }, TypeError, 'Option "token" must be given'],
  [{ hostname: "::" }, TypeError, 'Option "token" must be given'],
  [{ hostname: "::ffff:1.2.3.4" }, TypeError, 'Option "token" must be given'],
  [{ hostname: "192.168.0.7" }, TypeError, 'Option "token" must be given'],
  [
    { hostname: "localhost.example" },
    TypeError,
    'Option "token" must be given',
  ],
  [
    { hostname: "127.0.0.1.example" },
    TypeError,
    'Option "token" must be given',
  ],
  [
    { token: 7 },
    TypeError,
    'Option "token" must be a string: current value is "number"',
  ],
  [
    { token: "s3cr3t" },
    RangeError,
    'Option "token" must be 16 to 200 letters, digits, "-" and "_": current value has 6 characters',
  ],
  [
    { token: "s3cr3t s3cr3t s3cr3t" },
    RangeError,
    "current value has 20 characters",
  ],
  [{ token: "" }, RangeError, 'Option "token" must be 16'],
  [
    { hosts: "devbox" },
    TypeError,
    'Option "hosts" must be an array: current value is "devbox"',
  ],
  [
    { hosts: [1] },
    TypeError,
    'Option "hosts[0]" must be a string: current value is 1',
  ],
  [
    { hosts: ["a", "b/c"] },
    RangeError,
    'Option "hosts[1]" must be an address or a name: current value is "b/c"',
  ],
  [
    { hosts: ["a:99999"] },
    RangeError,
    'Option "hosts[0]" must be a whole number',
  ],
  [
    { hosts: ["*"] },
    RangeError,
    'Option "hosts[0]" must be an address or a name',
  ],
];

for (const [options, kind, message] of WRONG) {
  Deno.test(`serveDashboard refuses ${Deno.inspect(options)}`, () => {
    const error = assertThrows(
      () => serveDashboard(TARGET, options as DashboardOptions),
      kind,
      message,
    );
    assert(!error.message.includes("s3cr3t"));
  });
}

Deno.test("serveDashboard takes undefined for left out", () => {
  const none: Required<DashboardOptions> = {
    port: undefined,
    hostname: undefined,
    readOnly: undefined,
    token: undefined,
    hosts: undefined,
  };
  assertEquals(checkOptions(none), checkOptions({}));
});

Deno.test("serveDashboard refuses what is no target", () => {
  for (const target of [null, undefined, "/socket", 7]) {
    assertThrows(
      () => serveDashboard(target as never),
      TypeError,
      'Option "target" must be an object with a socket',
    );
  }
  for (const socket of ["", "a\0b", undefined, 7]) {
    assertThrows(
      () => serveDashboard({ socket } as never),
      TypeError,
      'Option "target.socket" must be the path of a socket',
    );
  }
  assertThrows(
    () => serveDashboard({ socket: "/s", presence: 1 } as never),
    TypeError,
    'Option "target.presence" must be a function: current value is 1',
  );
});

test("serveDashboard says that the port is taken", async () => {
  await using at = await board();
  const { port } = at.dashboard;
  const error = assertThrows(
    () => serveDashboard(TARGET, { port }),
    Deno.errors.AddrInUse,
    `Cannot serve the dashboard at 127.0.0.1:${port}: another program listens on this port`,
  );
  assert(error.cause instanceof Deno.errors.AddrInUse);
  assertThrows(
    () => serveDashboard(TARGET, { hostname: "192.0.2.1", token: TOKEN }),
    Deno.errors.AddrNotAvailable,
    "Cannot serve the dashboard at 192.0.2.1:0: this machine does not have the address",
  );
});

test("serveDashboard serves the page, and an answer of the supervisor", async () => {
  await using at = await board();
  at.pm.command("sleep", ["500"], { name: "job" });
  const { url, port } = at.dashboard;
  assertEquals(url, `http://127.0.0.1:${port}/`);
  const page = await (await fetch(url)).text();
  const parts = [...page.matchAll(/(?:src|href)="(\/[^"]*)"/g)];
  assertEquals(parts.map(([, path]) => path).sort(), [
    "/icon.svg",
    "/page.css",
    "/page.js",
  ]);
  for (const [, path] of parts) {
    const response = await fetch(`${url.slice(0, -1)}${path}`);
    assertEquals(response.status, 200);
    assertNotEquals(await response.text(), "");
  }
  const ask = await at.site.signedIn();
  const { status, body } = await ask("/v1/processes");
  assertEquals(status, 200);
  const [view] = JSON.parse(body);
  assertEquals({ ...view, why: "" }, {
    ...await at.stage.client.process("job"),
    why: "",
  });
  assertEquals(JSON.parse((await ask("/presence")).body), null);
});

test("Dashboard.link returns another token each time", async () => {
  await using at = await board();
  const first = at.dashboard.link();
  const second = at.dashboard.link();
  assertMatch(first, /^http:\/\/127\.0\.0\.1:\d+\/#token=[\w-]{43}$/);
  assertNotEquals(first, second);
  for (const link of [second, first]) {
    const [, token = ""] = link.split("=");
    assertEquals((await at.site.exchange(token)).status, 200);
  }
});

test("serveDashboard with a token has a link that works any number of times", async () => {
  await using at = await board({ token: TOKEN, readOnly: true });
  assertEquals(at.dashboard.link(), `${at.dashboard.url}#token=${TOKEN}`);
  const keys = new Set<string>();
  for (let count = 0; count < 3; count++) {
    const { status, body } = await at.site.exchange(TOKEN);
    assertEquals(status, 200);
    const { key, readOnly } = JSON.parse(body);
    assertEquals(readOnly, true);
    keys.add(key);
  }
  assertEquals(keys.size, 3);
  assertEquals((await at.site.exchange(`${TOKEN}x`)).status, 401);
  // The token itself is no key.
  const headers = { authorization: `Bearer ${TOKEN}` };
  assertEquals((await at.site.ask("/v1/processes", { headers })).status, 401);
});

test("serveDashboard on all addresses knows only the hosts that it is told", async () => {
  const hosts = ["devbox", "shop.example:443", "DevBox2:8080"];
  await using at = await board({ hostname: "0.0.0.0", token: TOKEN, hosts });
  const { port } = at.dashboard;
  assertEquals(at.dashboard.url, `http://devbox:${port}/`);
  const allowed = [
    `127.0.0.1:${port}`,
    `localhost:${port}`,
    `devbox:${port}`,
    "shop.example",
    "devbox2:8080",
  ];
  for (const host of allowed) {
    const origin = host === "shop.example" ? "https://shop.example" : undefined;
    const headers = { host, origin: origin ?? `http://${host}` };
    assertEquals((await at.site.exchange(TOKEN, headers)).status, 200, host);
  }
  for (const host of [`0.0.0.0:${port}`, `shop.example:${port}`, "devbox"]) {
    const { status } = await at.site.ask("/", { headers: { host } });
    assertEquals(status, 403, host);
  }
});

Deno.test("hostsOf returns what browsers write", () => {
  const hosts = (hostname: string, port: number, more: string[] = []) => [
    ...hostsOf({ hostname, port, hosts: more }),
  ];
  assertEquals(hosts("127.0.0.1", 8_000), ["127.0.0.1:8000", "localhost:8000"]);
  assertEquals(hosts("[::1]", 8_000), ["[::1]:8000", "localhost:8000"]);
  assertEquals(hosts("127.0.0.1", 80), ["127.0.0.1", "localhost"]);
  assertEquals(hosts("10.0.0.1", 8_000, ["[fd00::1]", "[fd00::2]:80"]), [
    "10.0.0.1:8000",
    "[fd00::1]:8000",
    "[fd00::2]",
  ]);
});

test("serveDashboard listens on ::1", async () => {
  const pm = quiet();
  await using at = await stage(pm);
  await using dashboard = serveDashboard(at.exposed, { hostname: "::1" });
  dashboard.ref();
  const { port, url } = dashboard;
  assertEquals(url, `http://[::1]:${port}/`);
  const { status, body } = await fetch(url);
  await body?.cancel();
  assertEquals(status, 200);
});

test("The relay works again after the supervisor has come back", async () => {
  await using _folder = new RuntimeFolder();
  const first = quiet();
  const exposed = await expose(first, { name: "shop" });
  first.command("sleep", ["500"], { name: "before" });
  await using dashboard = serveDashboard(exposed);
  dashboard.ref();
  const site = new Site(dashboard);
  const ask = await site.signedIn();
  assertStringIncludes((await ask("/v1/processes")).body, '"before"');
  await first.shutdown();
  await exposed[Symbol.asyncDispose]();
  const gone = await ask("/v1/processes");
  assertEquals(gone.status, 502);
  assertEquals(JSON.parse(gone.body).error.code, "unreachable");
  await using second = quiet();
  await using _again = await expose(second, { name: "shop" });
  second.command("sleep", ["500"], { name: "after" });
  assertStringIncludes((await ask("/v1/processes")).body, '"after"');
});

test("A stream ends with the supervisor, and says that nothing is missing", async () => {
  await using at = await board();
  const authorization = `Bearer ${await at.site.key()}`;
  const { conn } = await at.site.open(
    at.site.bytes("/v1/events?follow=true", { headers: { authorization } }),
  );
  const rest = readAll(conn);
  await at.pm.shutdown();
  assert((await rest).endsWith("0\r\n\r\n"));
  conn.close();
});

/** What stands for a supervisor that does not do what it should. */
async function strange(
  behave: (conn: Deno.Conn) => Promise<void>,
  clock: Clock = systemClock,
) {
  const folder = new Folder();
  const socket = `${folder.path}/socket`;
  const listener = Deno.listen({ transport: "unix", path: socket });
  const conns: Deno.Conn[] = [];
  const accepting = (async () => {
    for await (const conn of listener) {
      conns.push(conn);
      await readUntil(conn, "\r\n\r\n");
      await behave(conn);
    }
  })();
  const keys = new Keys(TOKEN);
  const tcp = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = tcp.addr;
  const hosts = hostsOf({ hostname: "127.0.0.1", port, hosts: [] });
  const presence = () => Promise.resolve(null);
  const server = new HttpServer(
    new Answers({ socket, presence, keys, hosts, readOnly: false, clock }),
    systemClock,
  );
  server.listen(tcp);
  const site = new Site({
    url: `http://127.0.0.1:${port}/`,
    link: () => `#token=${keys.issue()}`,
  });
  return {
    site,
    ask: await site.signedIn(),
    conns,
    async [Symbol.asyncDispose]() {
      await server.close();
      listener.close();
      await accepting;
      for (const conn of conns) {
        try {
          conn.close();
        } catch {
          // It is closed.
        }
      }
      await folder[Symbol.asyncDispose]();
    },
  };
}

const HEAD = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n";

test("A supervisor that ends before its answer is a gateway error", async () => {
  const answers = ["", "HTTP/1.1 2", `${HEAD}Content-Le`];
  for (const text of answers) {
    await using at = await strange(async (conn) => {
      await write(conn, text);
      conn.close();
    });
    for (const asked of [{}, { body: "{}" }]) {
      const path = "body" in asked ? "/v1/restart" : "/v1/processes";
      const { status, body } = await at.ask(path, asked);
      assertEquals(status, 502, text);
      assertMatch(body, /has ended before its answer/);
    }
  }
});

test("An answer that ends in the middle does not look complete", async () => {
  const bodies = [
    "Content-Length: 9\r\n\r\n[1",
    "Transfer-Encoding: chunked\r\n\r\n9\r\n[1",
    "Transfer-Encoding: chunked\r\n\r\n2\r\n[1\r\n",
  ];
  for (const text of bodies) {
    await using at = await strange(async (conn) => {
      await write(conn, HEAD + text);
      conn.close();
    });
    using open = await at.site.connect();
    const authorization = `Bearer ${await at.site.key()}`;
    const headers = { authorization };
    await write(open, at.site.bytes("/v1/processes", { headers }));
    const answer = await readAll(open);
    assertEquals(parseAnswer(answer).status, 200);
    assert(!answer.endsWith("0\r\n\r\n"), answer);
    const error = await fetch(`http://${at.site.host}/v1/processes`, {
      headers,
    }).then((response) => response.text()).catch((error) => error);
    assert(error instanceof TypeError, String(error));
  }
});

test("What is no supervisor gets nothing to the browser", async () => {
  const evil = "<script>alert(1)</script>";
  const answers = [
    "SSH-2.0-OpenSSH\r\n",
    `HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n${evil}`,
    `HTTP/1.1 200 OK\r\nContent-Type: text/javascript\r\n\r\n${evil}`,
    `HTTP/1.1 200 OK\r\nContent-Type: application/json\rx: y\r\n\r\n${evil}`,
    `HTTP/1.1 200 OK\r\nContent-Type: image/svg+xml; application/json\r\n\r\n${evil}`,
    "HTTP/1.1 200 OK\r\nContent-Type: application/json, text/html\r\n\r\n",
  ];
  for (const text of answers) {
    await using at = await strange(async (conn) => {
      await write(conn, text);
      await conn.closeWrite();
    });
    const { status, headers, body } = await at.ask("/v1/processes");
    assertEquals(status, 502, text);
    assertEquals(headers.get("content-type"), "application/json");
    assert(!body.includes(evil));
    // The connection to it is closed.
    for (const conn of at.conns) assertEquals(await readAll(conn), "");
  }
});

test("Fields of the supervisor do not reach the browser", async () => {
  await using at = await strange(async (conn) => {
    await write(
      conn,
      `${HEAD}Set-Cookie: a=b\r\nAccess-Control-Allow-Origin: *\r\n` +
        "Content-Security-Policy: default-src *\r\n\r\n{}",
    );
    conn.close();
  });
  const { headers } = await at.ask("/v1/processes");
  assertEquals(headers.has("set-cookie"), false);
  assertEquals(headers.has("access-control-allow-origin"), false);
  assertMatch(headers.get("content-security-policy") ?? "", /'self'/);
});

test("A supervisor that hangs is given up", async () => {
  const clock = new VirtualClock();
  const asked = Promise.withResolvers<void>();
  await using at = await strange(() => {
    asked.resolve();
    return Promise.resolve();
  }, clock);
  const answer = at.ask("/v1/processes");
  await asked.promise;
  clock.advance(ANSWER_MS);
  const { status, body } = await answer;
  assertEquals(status, 502);
  assertMatch(body, /gave no answer within 10000 ms/);
  for (const conn of at.conns) assertEquals(await readAll(conn), "");
});

test("An answer that has begun can take any time", async () => {
  const clock = new VirtualClock();
  const begun = Promise.withResolvers<Deno.Conn>();
  await using at = await strange(async (conn) => {
    await write(conn, `${HEAD}Transfer-Encoding: chunked\r\n\r\n2\r\n[1\r\n`);
    begun.resolve(conn);
  }, clock);
  using open = await at.site.connect();
  const headers = { authorization: `Bearer ${await at.site.key()}` };
  await write(open, at.site.bytes("/v1/processes", { headers }));
  await readUntil(open, "[1");
  clock.advance(10 * ANSWER_MS);
  await write(await begun.promise, "1\r\n]\r\n0\r\n\r\n");
  assert((await readAll(open)).endsWith("0\r\n\r\n"));
});

test("A browser that leaves closes the connection to the supervisor", async () => {
  const begun = Promise.withResolvers<Deno.Conn>();
  await using at = await strange(async (conn) => {
    await write(conn, `${HEAD}Transfer-Encoding: chunked\r\n\r\n`);
    begun.resolve(conn);
  });
  const headers = { authorization: `Bearer ${await at.site.key()}` };
  const { conn } = await at.site.open(
    at.site.bytes("/v1/logs?follow=true", { headers }),
  );
  const upstream = await begun.promise;
  conn.close();
  assertEquals(await readAll(upstream), "");
});

test("A browser that leaves before the answer closes the connection", async () => {
  const asked = Promise.withResolvers<Deno.Conn>();
  await using at = await strange((conn) => {
    asked.resolve(conn);
    return Promise.resolve();
  });
  const headers = { authorization: `Bearer ${await at.site.key()}` };
  const conn = await at.site.connect();
  await write(conn, at.site.bytes("/v1/restart", { headers, body: "{}" }));
  const upstream = await asked.promise;
  conn.close();
  assertEquals(await readAll(upstream), "");
});

test("A browser that does not read is not read for", async () => {
  let sent = 0;
  await using at = await strange(async (conn) => {
    await write(conn, `${HEAD}\r\n`);
    const bytes = new Uint8Array(65_536);
    (async () => {
      while (true) sent += await conn.write(bytes);
    })().catch(() => {});
  });
  const headers = { authorization: `Bearer ${await at.site.key()}` };
  const { conn } = await at.site.open(
    at.site.bytes("/v1/logs?follow=true", { headers }),
  );
  for (let before = -1; sent !== before;) {
    before = sent;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  assert(sent < 32 * 1_024 * 1_024, `${sent} bytes`);
  conn.close();
});

test("Tokens and keys appear in no refusal", async () => {
  await using at = await board();
  const { site } = at;
  const token = site.token();
  const key = await site.key();
  const ask = await site.signedIn();
  const basic = { authorization: `Basic ${key}` };
  const answers = [
    await site.exchange(`${token}x`),
    await site.ask(`/?token=${token}`),
    await site.ask("/v1/x", { headers: basic }),
    await site.ask("/v1/x", { headers: { ...basic, host: token } }),
    await ask("/v1/nothing"),
    await ask("/v1/stop", { body: '{"names":["job"]}' }),
  ];
  for (const { status, headers, body } of answers) {
    assert(status >= 400);
    const text = `${body}${[...headers.values()]}`;
    assert(!text.includes(token) && !text.includes(key), text);
  }
  const shown = Deno.inspect(at.dashboard, { depth: 10, showHidden: true });
  assert(!shown.includes(token) && !shown.includes(key));
});
