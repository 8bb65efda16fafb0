/**
 * Attacks on the server of the dashboard, over plain sockets, because browsers
 * do not send most of this.
 *
 * @module
 */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { parseAnswer, readAll, write } from "../tools/control_testing.ts";
import {
  type Asked,
  type Board,
  board,
  readUntil,
} from "../tools/dashboard_testing.ts";
import { permitted } from "../tools/testing.ts";

const ignore = !permitted("run", "read", "write", "net", "env", "sys");

function test(name: string, fn: () => Promise<void>): void {
  Deno.test({ name, ignore, fn });
}

/** A dashboard with a process that sleeps. */
async function sleeping(options = {}): Promise<Board> {
  const at = await board(options);
  const process = at.pm.command("sleep", ["500"], { name: "job" });
  await process.ready;
  return at;
}

/** Returns how often the process has been started. */
async function runs({ stage }: Board): Promise<number> {
  return (await stage.client.process("job")).run;
}

const RESTART: Asked = { body: '{"names":["job"]}' };

test("Attack: a foreign Host (DNS rebinding)", async () => {
  await using at = await sleeping();
  const { site } = at;
  const ask = await site.signedIn();
  const { port } = site;
  const hosts = [
    `evil.example:${port}`,
    "evil.example",
    `localhost.evil.example:${port}`,
    `127.0.0.1.nip.io:${port}`,
    `localhost.:${port}`,
    `127.0.0.1:${port + 1}`,
    "127.0.0.1",
    "localhost",
    `[::1]:${port}`,
    `0.0.0.0:${port}`,
    `127.1:${port}`,
    `user@127.0.0.1:${port}`,
    `127.0.0.1:${port}, evil.example`,
    `127.0.0.1:${port}/`,
    "",
    null,
  ];
  for (const host of hosts) {
    for (
      const target of ["/", "/page.js", "/v1/processes", "/presence", "/x"]
    ) {
      const { status, body } = await ask(target, { headers: { host } });
      assertEquals(status, 403, `${host} ${target}`);
      assert(!body.includes("job"));
    }
    const headers = { host, origin: `http://${host}` };
    assertEquals(
      (await ask("/v1/restart", { ...RESTART, headers })).status,
      403,
    );
    assertEquals((await site.exchange(site.token(), headers)).status, 403);
  }
  assertEquals(await runs(at), 1);
});

test("Attack: two fields Host, and a Host besides a whole URL", async () => {
  await using at = await board();
  const { host } = at.site;
  const key = await at.site.key();
  const after = `authorization: Bearer ${key}\r\n\r\n`;
  for (
    const request of [
      `GET /v1/processes HTTP/1.1\r\nHost: ${host}\r\nHost: evil.example\r\n`,
      `GET /v1/processes HTTP/1.1\r\nHost: evil.example\r\nHost: ${host}\r\n`,
      `GET /v1/processes HTTP/1.1\r\nHost: ${host}\r\nHost: ${host}\r\n`,
      `GET http://evil.example/v1/processes HTTP/1.1\r\nHost: ${host}\r\n`,
      `GET http://${host}@evil.example/v1/processes HTTP/1.1\r\nHost: ${host}\r\n`,
      `GET http:///v1/processes HTTP/1.1\r\nHost: ${host}\r\n`,
      `GET http://${host}/v1/processes HTTP/1.1\r\nHost: evil.example\r\n`,
      `GET /v1/processes HTTP/1.0\r\n`,
    ]
  ) {
    assertEquals((await at.site.raw(request + after)).status, 403, request);
  }
  for (
    const request of [
      `GET http://${host}/v1/processes HTTP/1.1\r\nHost: ${host}\r\n`,
      `GET /v1/processes HTTP/1.1\r\nHOST: ${host}\r\n`,
      `GET /v1/processes HTTP/1.1\r\nHost: LocalHost:${at.site.port}\r\n`,
    ]
  ) {
    assertEquals((await at.site.raw(request + after)).status, 200, request);
  }
});

test("Attack: an action from another origin, or without one", async () => {
  await using at = await sleeping();
  const ask = await at.site.signedIn();
  const { host, port } = at.site;
  const origins = [
    "http://evil.example",
    `http://evil.example:${port}`,
    "null",
    null,
    "",
    // A supervised program on another port of this machine.
    `http://127.0.0.1:${port + 1}`,
    "http://127.0.0.1",
    "http://localhost",
    `http://${host}.evil.example`,
    `http://${host}, http://evil.example`,
    `http://evil.example@${host}`,
    `http://${host}/`,
    `ftp://${host}`,
    `file://${host}`,
    host,
  ];
  for (const origin of origins) {
    const headers = { origin };
    const { status } = await ask("/v1/restart", { ...RESTART, headers });
    assertEquals(status, 403, String(origin));
    const token = at.site.token();
    assertEquals((await at.site.exchange(token, headers)).status, 403);
    // A refused exchange does not use up the token.
    assertEquals((await at.site.exchange(token)).status, 200);
  }
  assertEquals(await runs(at), 1);
  assertEquals((await ask("/v1/restart", RESTART)).status, 200);
  assertEquals(await runs(at), 2);
});

test("Attack: an action as a form sends it", async () => {
  await using at = await sleeping();
  const ask = await at.site.signedIn();
  for (
    const type of [
      "text/plain",
      "application/x-www-form-urlencoded",
      "multipart/form-data; boundary=application/json",
      "text/plain; application/json",
      "application/jsonp",
      null,
    ]
  ) {
    const headers = { "content-type": type };
    const { status } = await ask("/v1/restart", { ...RESTART, headers });
    assertEquals(status, 403, String(type));
  }
  assertEquals(await runs(at), 1);
});

test("Attack: a page of another site or port, as the browser tells it", async () => {
  await using at = await sleeping();
  const ask = await at.site.signedIn();
  // Another port of the same host is the same site.
  for (const site of ["cross-site", "same-site", "x"]) {
    const headers = { "sec-fetch-site": site };
    for (const target of ["/page.js", "/icon.svg", "/v1/processes"]) {
      assertEquals((await ask(target, { headers })).status, 403, site);
    }
    assertEquals(
      (await ask("/v1/restart", { ...RESTART, headers })).status,
      403,
    );
    const token = at.site.token();
    assertEquals((await at.site.exchange(token, headers)).status, 403);
    const framed = { "sec-fetch-mode": "navigate", "sec-fetch-dest": "iframe" };
    const into = { headers: { ...headers, ...framed } };
    assertEquals((await ask("/", into)).status, 403);
    // A link on another page can open the dashboard.
    const opened = { ...framed, "sec-fetch-dest": "document" };
    const link = { headers: { ...headers, ...opened } };
    assertEquals((await ask("/", link)).status, 200);
    assertEquals((await ask("/v1/processes", link)).status, 403);
  }
  for (const site of ["same-origin", "none"]) {
    const headers = { "sec-fetch-site": site };
    assertEquals((await ask("/v1/processes", { headers })).status, 200);
  }
  assertEquals(await runs(at), 1);
});

test("Attack: a GET that would act, and other methods", async () => {
  await using at = await sleeping();
  const ask = await at.site.signedIn();
  for (
    const action of ["restart", "stop", "kill", "signal", "start", "shutdown"]
  ) {
    const target = `/v1/${action}?names=job&name=job`;
    assertEquals((await ask(target)).status, 405, action);
    for (
      const method of [
        "GET",
        "HEAD",
        "OPTIONS",
        "PUT",
        "DELETE",
        "PATCH",
        "TRACE",
        "X",
      ]
    ) {
      const answer = await ask(`/v1/${action}`, { ...RESTART, method });
      assert([405, 413].includes(answer.status), `${method} ${answer.status}`);
    }
    // A method that is hidden in a header field.
    const hidden = {
      "x-http-method-override": "POST",
      "x-method-override": "POST",
    };
    assertEquals((await ask(target, { headers: hidden })).status, 405);
  }
  for (const target of ["/", "/page.js", "/session", "/presence"]) {
    for (const method of ["HEAD", "OPTIONS", "PUT", "DELETE", "TRACE"]) {
      assertEquals((await ask(target, { method })).status, 405);
    }
  }
  assertEquals((await ask("/session")).status, 405);
  assertEquals((await ask("/", { body: "{}" })).status, 405);
  for (const target of ["*", "evil.example:443", "http:x", "?x", "//"]) {
    const method = target.includes(":443") ? "CONNECT" : "OPTIONS";
    const { status } = await ask(target, { method });
    assert(status >= 400 && status < 500, target);
  }
  assertEquals(await runs(at), 1);
});

test("Attack: no key, and keys that are wrong", async () => {
  await using at = await sleeping();
  const { site } = at;
  const token = site.token();
  const key = await site.key();
  const wrong = [
    null,
    "",
    "Bearer",
    "Bearer ",
    "Bearer undefined",
    `Bearer ${token}`,
    `Bearer ${key}x`,
    `Bearer ${key.slice(1)}`,
    `Bearer ${key.slice(0, -1)}`,
    `Bearer ${key}, Bearer ${key}`,
    `Bearer ${key} ${key}`,
    `Basic ${key}`,
    `Basic ${btoa(`:${key}`)}`,
    key,
    `Bearer ${key.toUpperCase()}`,
    `Bearer ${key.toLowerCase()}`,
    `Bearer ${"\xff".repeat(43)}`,
  ];
  for (const authorization of wrong) {
    const headers = { authorization };
    for (
      const target of [
        "/presence",
        "/v1/processes",
        "/v1/logs",
        "/v1/events?follow=true",
        "/v1/x",
        "/x",
      ]
    ) {
      const answer = await site.ask(target, { headers });
      assertEquals(answer.status, 401, `${authorization} ${target}`);
      assert(!answer.body.includes("job"));
    }
    const answer = await site.ask("/v1/restart", { ...RESTART, headers });
    assertEquals(answer.status, 401);
  }
  const cookie = `key=${key}; authorization=Bearer ${key}; processman=${key}`;
  const headers = { cookie, "x-authorization": `Bearer ${key}` };
  assertEquals((await site.ask("/v1/processes", { headers })).status, 401);
  assertEquals(await runs(at), 1);
});

test("Attack: a token that was used, and tokens that are wrong", async () => {
  await using at = await board();
  const { site } = at;
  const token = site.token();
  assertEquals((await site.exchange(token)).status, 200);
  const key = await site.key();
  for (
    const wrong of [
      "",
      token,
      key,
      `${site.token()}x`,
      "x".repeat(43),
      "__proto__",
    ]
  ) {
    const { status, body } = await site.exchange(wrong);
    assertEquals(status, 401, wrong);
    assert(wrong === "" || !body.includes(wrong));
  }
  for (
    const body of [
      "",
      "null",
      "[]",
      "{",
      '"x"',
      "{}",
      '{"token":null}',
      '{"token":1}',
      '{"token":[]}',
      `{"token":{"toString":"${token}"}}`,
      `[${JSON.stringify(site.token())}]`,
      `${"[".repeat(30_000)}`,
      `{"__proto__":{"token":${JSON.stringify(site.token())}}}`,
    ]
  ) {
    const { status } = await site.ask("/session", { body });
    assert(status === 400 || status === 401, body.slice(0, 50));
  }
});

test("Attack: the same token twenty times at once", async () => {
  await using at = await board();
  const token = at.site.token();
  const answers = await Promise.all(
    Array.from({ length: 20 }, () => at.site.exchange(token)),
  );
  const statuses = answers.map(({ status }) => status).sort();
  assertEquals(statuses, [200, ...Array(19).fill(401)]);
});

test("Attack: a token or a key in the query", async () => {
  await using at = await board();
  const { site } = at;
  const token = site.token();
  const key = await site.key();
  for (
    const target of [
      `/?token=${token}`,
      `/page.js?token=${token}`,
      `/session?token=${token}`,
      `/v1/processes?key=${key}`,
      `/v1/processes?access_token=${key}`,
      `/v1/processes?%74oken=${token}`,
    ]
  ) {
    const { status, body } = await site.ask(target);
    assertEquals(status, 400, target);
    assert(!body.includes(token) && !body.includes(key));
  }
  assertEquals(
    (await site.ask(`/v1/processes?authorization=${key}`)).status,
    401,
  );
  // None of that used up the token.
  assertEquals((await site.exchange(token)).status, 200);
});

test("Attack: paths that lead elsewhere", async () => {
  await using at = await board();
  const ask = await at.site.signedIn();
  for (
    const target of [
      "/../etc/passwd",
      "/..%2f..%2fetc/passwd",
      "/%2e%2e/%2e%2e/etc/passwd",
      "/%252e%252e%252fetc%252fpasswd",
      "/..\\..\\etc\\passwd",
      "/%5c..%5cetc",
      "//etc/passwd",
      "/./page.js",
      "/page.js/../../etc/passwd",
      "/page.js%00.html",
      "/page.js/",
      "/PAGE.JS",
      "/assets.ts",
      "/dashboard/mod.ts",
      "/constructor",
      "/__proto__",
      "/toString",
      "/metrics",
      "/openapi.json",
      "/v1",
      "/v1/",
      "/v1/../metrics",
      "/v1/%2e%2e/metrics",
      "/v1/..\\metrics",
      "/v1//processes",
      "/v1/processes/../../metrics",
      "/v1/processes/%2e%2e",
      "/v1/processes/%2e%2e%2f%2e%2e%2fetc%2fpasswd",
      "/v1/processes/%252e%252e",
    ]
  ) {
    const { status, body } = await ask(target);
    assert([400, 404, 405].includes(status), `${target} ${status}`);
    assert(!/root:|processman_build_info/.test(body), target);
  }
});

test("Attack: apply, and other actions that the page does not have", async () => {
  await using at = await sleeping();
  const ask = await at.site.signedIn();
  for (
    const path of [
      "/v1/apply",
      "/v1/processes/job/input",
      "/v1/processes/job/resize",
      "/v1/apply/",
      "/v1/./apply",
      "/v1/stop/../apply",
      "/v1/%61pply",
      "/v1/apply?x",
      "/v1/processes",
      "/v1/processes/job",
      "/v1/Restart",
      "/metrics",
    ]
  ) {
    const body = '{"config":{},"dryRun":false,"names":["job"]}';
    assertEquals((await ask(path, { body })).status, 404, path);
  }
  assertEquals(await runs(at), 1);
});

test("Attack: every action on a dashboard that is read-only", async () => {
  await using at = await sleeping({ readOnly: true });
  const ask = await at.site.signedIn();
  for (
    const action of [
      "start",
      "stop",
      "restart",
      "kill",
      "signal",
      "scale",
      "apply",
      "shutdown",
      "processes/job/input",
      "processes/job/resize",
      "x",
    ]
  ) {
    const body = '{"names":["job"],"signal":"SIGKILL"}';
    const answer = await ask(`/v1/${action}`, { body });
    assertEquals(answer.status, 403, action);
    assertMatch(answer.body, /read-only/);
  }
  assertEquals((await ask("/v1/processes")).status, 200);
  assertEquals(await runs(at), 1);
});

test("Attack: a body of 100 MB", async () => {
  await using at = await board();
  const ask = await at.site.signedIn();
  const length = 100 * 1_024 * 1_024;
  for (const target of ["/session", "/v1/restart"]) {
    // It is refused before any of it is sent.
    const headers = { "content-length": String(length) };
    const { status, body } = await ask(target, { headers, body: "" });
    assertEquals(status, 413);
    assertMatch(body, /more than 65536 bytes/);
  }
  const { status } = await ask("/v1/processes", {
    headers: { "content-length": String(length) },
  });
  assertEquals(status, 413);
  for (const length of ["9".repeat(400), "-1", "1e9", "+5", "0x10", "5, 5"]) {
    const headers = { "content-length": length };
    const answer = await ask("/session", { headers, body: "" });
    assert([400, 413].includes(answer.status), length.slice(0, 9));
  }
});

test("Attack: a body of 100 MB in chunks, without a length", async () => {
  await using at = await board();
  const { host } = at.site;
  using open = await at.site.connect();
  await write(
    open,
    `POST /session HTTP/1.1\r\nhost: ${host}\r\norigin: http://${host}\r\n` +
      "content-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n",
  );
  const answer = readAll(open);
  const chunk = `8000\r\n${"x".repeat(0x8000)}\r\n`;
  let sent = 0;
  try {
    for (; sent < 100 * 1_024 * 1_024; sent += 0x8000) await write(open, chunk);
  } catch {
    // The server has closed the connection.
  }
  assert(sent < 80 * 1_024 * 1_024, `${sent} bytes`);
  const text = await answer;
  if (text !== "") assertEquals(parseAnswer(text).status, 413);
});

test("Attack: request smuggling", async () => {
  await using at = await sleeping();
  const { site } = at;
  const key = await site.key();
  const inner = site.bytes("/v1/restart", {
    ...RESTART,
    headers: { authorization: `Bearer ${key}` },
  });
  const headers = { authorization: `Bearer ${key}` };
  // What follows a request is no request.
  const first = site.bytes("/v1/processes", { headers });
  assertEquals((await site.raw(first + inner)).status, 200);
  assertEquals(await runs(at), 1);
  // A request in the body of another one.
  const chunked = { ...headers, "transfer-encoding": "chunked" };
  const both = { ...chunked, "content-length": "4" };
  for (
    const fields of [
      both,
      { ...headers, "transfer-encoding": "chunked, identity" },
      { ...headers, "transfer-encoding": "xchunked" },
      { ...headers, "transfer-encoding ": "chunked" },
      { ...headers, "content-length": "4, 40" },
    ]
  ) {
    const request = site.bytes("/v1/stop", {
      body: "",
      headers: { "content-length": null, ...fields },
    });
    const answer = await site.raw(`${request}0\r\n\r\n${inner}`);
    assertEquals(answer.status, 400, JSON.stringify(fields));
  }
  // A body that would end the request to the supervisor early.
  const body = `{"names":["job\r\n\r\n${inner}"]}`;
  const answer = await site.ask("/v1/stop", { body, headers });
  assertEquals(answer.status, 400);
  assertEquals(await runs(at), 1);
});

test("Attack: line breaks in the path, the query and header fields", async () => {
  await using at = await sleeping();
  const ask = await at.site.signedIn();
  for (
    const target of [
      "/v1/processes/%0d%0aPOST%20/v1/restart%20HTTP/1.1%0d%0a%0d%0a",
      "/v1/logs?name=%0d%0aset-cookie:%20a=b",
      "/v1/events?after=1%0d%0ax:%20y",
      "/%0d%0aset-cookie:%20a=b",
    ]
  ) {
    const { status, headers } = await ask(target);
    assert(status === 404 || status === 400, `${target} ${status}`);
    assert(!headers.has("set-cookie") && !headers.has("x"));
  }
  for (
    const request of [
      "/v1/processes\nx: y",
      "/v1/processes\r\nevil: 1\r\n\r\nGET /x",
      "/v1/pro cesses",
      "/v1/proc\0esses",
      "/v1/ä",
    ]
  ) {
    const { status } = await ask(request);
    assert(status >= 400 && status < 500, JSON.stringify(request));
  }
  assertEquals(await runs(at), 1);
});

test("Attack: a request that arrives slowly keeps nobody away", async () => {
  await using at = await board();
  const half: Deno.Conn[] = [];
  for (let count = 0; count < 200; count++) {
    const open = await at.site.connect();
    await write(open, `GET / HTTP/1.1\r\nhost: ${at.site.host}\r\n`);
    half.push(open);
  }
  assertEquals((await at.site.ask("/")).status, 200);
  // Those that have waited longest are closed.
  const [first] = half;
  assert(first !== undefined);
  assertEquals(await readAll(first), "");
  for (const each of half) each.close();
});

test("Attack: 1,000 streams", async () => {
  await using at = await sleeping();
  const { site, stage } = at;
  const headers = { authorization: `Bearer ${await site.key()}` };
  const request = site.bytes("/v1/events?follow=true", { headers });
  const streams: Deno.Conn[] = [];
  const statuses = { "200": 0, "503": 0 };
  for (let count = 0; count < 1_000; count++) {
    const { conn, head } = await site.open(request);
    const ok = head.startsWith("HTTP/1.1 200");
    statuses[ok ? "200" : "503"]++;
    if (ok) streams.push(conn);
    else conn.close();
  }
  assertEquals(statuses, { "200": 64, "503": 936 });
  // The tool still gets answers, and the streams still get events.
  await stage.client.restart({ names: ["job"] });
  for (const each of streams) await readUntil(each, '"run":2');
  for (const each of streams) each.close();
  // Nothing of them is left.
  while ((await exchangeStatus(at)) === 503);
  const again = await Promise.all(
    Array.from({ length: 60 }, () => site.open(request)),
  );
  for (const { conn, head } of again) {
    assertMatch(head, /^HTTP\/1.1 200 /);
    conn.close();
  }
});

/** Asks for the page; the server may not have noticed that others have left. */
async function exchangeStatus({ site }: Board): Promise<number> {
  return (await site.ask("/")).status;
}

test("Attack: no answer lets a browser do more", async () => {
  await using at = await sleeping();
  const { site } = at;
  const ask = await site.signedIn();
  const { host } = site;
  const evil = { origin: "http://evil.example" };
  const preflight = {
    ...evil,
    "access-control-request-method": "POST",
    "access-control-request-headers": "authorization",
    "access-control-request-private-network": "true",
  };
  const answers = [
    await ask("/"),
    await ask("/page.js"),
    await ask("/page.css"),
    await ask("/icon.svg"),
    await ask("/presence"),
    await ask("/v1/processes"),
    await ask("/v1/logs"),
    await ask("/v1/restart", RESTART),
    await ask("/v1/nothing"),
    await ask("/nothing"),
    await ask("/v1/processes", { headers: evil }),
    await ask("/v1/restart", { method: "OPTIONS", headers: preflight }),
    await ask("/", { method: "OPTIONS", headers: preflight }),
    await site.exchange(site.token()),
    await site.exchange("wrong"),
    await site.ask("/v1/processes"),
    await site.ask("/", { headers: { host: "evil.example" } }),
    await site.raw("nonsense\r\n\r\n"),
    await site.raw(`GET / HTTP/1.1\r\nhost: ${host}\r\nx\r\n\r\n`),
    await site.raw(`GET /${"x".repeat(20_000)} HTTP/1.1\r\n\r\n`),
  ];
  for (const { status, headers } of answers) {
    for (const name of headers.keys()) {
      assert(!name.startsWith("access-control-"), name);
      assert(name !== "set-cookie" && name !== "server", name);
    }
    const policy = headers.get("content-security-policy") ?? "";
    assertMatch(policy, /^default-src 'self';/, String(status));
    assert(!policy.includes("unsafe"));
    assertMatch(policy, /frame-ancestors 'none'/);
    assertEquals(headers.get("x-content-type-options"), "nosniff");
    assertEquals(headers.get("cache-control"), "no-store");
    assertEquals(headers.get("referrer-policy"), "no-referrer");
    assertEquals(headers.get("cross-origin-resource-policy"), "same-origin");
  }
});

test("Attack: names with markup and control characters through the relay", async () => {
  await using at = await board();
  const ask = await at.site.signedIn();
  const names = [
    "<script>alert(1)</script>",
    "a/b",
    "../..",
    "%2e%2e",
    "a b?c#d&e=f",
    'quote"and\\',
    "ünïcode ☃ 🐧",
    "\x1b[31mred",
  ];
  for (const name of names) at.pm.command("sleep", ["500"], { name });
  for (const name of names) {
    const encoded = encodeURIComponent(name);
    const answer = await ask(`/v1/processes/${encoded}`);
    assertEquals(answer.status, 200, name);
    assertEquals(answer.headers.get("content-type"), "application/json");
    assertEquals(JSON.parse(answer.body).name, name);
    const body = JSON.stringify({ names: [name] });
    assertEquals((await ask("/v1/stop", { body })).status, 200, name);
  }
  assertEquals((await ask("/v1/logs?name=%3Cscript%3E")).status, 404);
});
