import {
  assertEquals,
  assertMatch,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import {
  abortEverywhere,
  Calls,
  descriptors,
  RawServer,
  says,
  turn,
} from "../tools/probe_testing.ts";
import { Folder, permitted, works } from "../tools/testing.ts";
import { http, type HttpOptions } from "./http.ts";

const ignore = !permitted("net", "read");

const HEAD = "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n";

/** Asks a server that answers with a text once. */
async function askOnce(
  answer: string,
  options?: HttpOptions,
): Promise<boolean | string> {
  await using server = new RawServer(async (connection) => {
    await says(answer)(connection);
    await connection.closeWrite();
  });
  const url = `http://127.0.0.1:${server.port}/`;
  const said = await new Calls().ask(http(url, options));
  return typeof said === "string" ? said.replace(url, "URL") : said;
}

Deno.test({
  name: "http() says yes for the statuses that are expected",
  ignore,
  async fn() {
    const cases: [number, HttpOptions["status"], boolean][] = [
      [200, undefined, true],
      [204, undefined, true],
      [301, undefined, true],
      [399, undefined, true],
      [400, undefined, false],
      [503, undefined, false],
      [503, 503, true],
      [200, 503, false],
      [401, [200, 401], true],
      [204, [200, 401], false],
    ];
    for (const [status, expected, yes] of cases) {
      const head = `HTTP/1.1 ${status} X\r\nLocation: /x\r\n\r\n`;
      const answer = await askOnce(head, { status: expected });
      assertEquals(answer, yes || `URL: status ${status}`);
    }
  },
});

Deno.test({
  name: "http() says what came instead of an answer",
  ignore,
  async fn() {
    assertMatch(`${await askOnce("")}`, /^URL: connection closed/);
    assertMatch(`${await askOnce("SSH-2.0-x\r\n")}`, /^URL: invalid HTTP/);
    assertMatch(`${await askOnce("HTTP/1.1 2")}`, /^URL: connection closed/);
    const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const { port } = listener.addr;
    listener.close();
    const refused = await new Calls().ask(http(`http://127.0.0.1:${port}`));
    const start = new RegExp(`^http://127\\.0\\.0\\.1:${port}/: .*refused`);
    assertMatch(`${refused}`, start);
  },
});

Deno.test({
  name: "http() sends its headers, and does not follow a redirect",
  ignore,
  async fn() {
    const seen: string[] = [];
    const server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen() {} },
      ({ url, headers }) => {
        seen.push(`${headers.get("host")} ${headers.get("x-key")}`);
        return Response.redirect(new URL("/other", url));
      },
    );
    const headers = { Host: "shop.example", "X-Key": "1" };
    const probe = http(`http://127.0.0.1:${server.addr.port}`, { headers });
    assertEquals(await new Calls().ask(probe), true);
    assertEquals(seen, ["shop.example 1"]);
    await server.shutdown();
  },
});

Deno.test({
  name: "http() does not wait for the body, and closes the connection",
  ignore,
  async fn() {
    await using server = new RawServer(says(HEAD));
    const probe = http(`http://127.0.0.1:${server.port}/`);
    assertEquals(await new Calls().ask(probe), true);
    assertEquals(await new Calls().ask(probe), true);
    assertEquals(server.count, 2);
  },
});

Deno.test({
  name: "http() leaves no connection, wherever it is aborted",
  ignore,
  async fn() {
    const before = descriptors();
    {
      await using server = new RawServer(
        says(HEAD),
        () => Promise.resolve(),
        says("HTTP/1.1 200 OK\r\nX: "),
        async (connection) => {
          await says(HEAD)(connection);
          while (await says("x")(connection)) await turn(1);
        },
        says("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"),
        (connection) => connection.closeWrite(),
      );
      const probe = http(`http://127.0.0.1:${server.port}/`);
      const { yes, no } = await abortEverywhere(probe, { limitMs: 20 });
      assertEquals(yes > 0 && no > 0, true);
    }
    assertEquals(descriptors(), before);
  },
});

Deno.test({
  name: "http() trusts the certificates that it is given",
  ignore: ignore || !permitted("run", "write") ||
    !await works("openssl", "version"),
  async fn() {
    await using folder = new Folder();
    const { cert, key } = await certificate(folder.path);
    const server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, cert, key, onListen() {} },
      () => new Response("ok"),
    );
    const url = `https://localhost:${server.addr.port}/`;
    const calls = new Calls();
    assertEquals(await calls.ask(http(url, { caCerts: [cert] })), true);
    assertStringIncludes(`${await calls.ask(http(url))}`, "certificate");
    await server.shutdown();
  },
});

/** Makes a certificate for this machine. */
async function certificate(folder: string) {
  const args =
    "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes " +
    "-keyout key -out cert -days 30 -subj /CN=localhost " +
    "-addext subjectAltName=DNS:localhost " +
    "-addext basicConstraints=critical,CA:FALSE";
  await new Deno.Command("openssl", { args: args.split(" "), cwd: folder })
    .output();
  const [cert, key] = await Promise.all(
    ["cert", "key"].map((name) => Deno.readTextFile(`${folder}/${name}`)),
  );
  return { cert: `${cert}`, key: `${key}` };
}

Deno.test("http() describes itself", () => {
  const probe = http(new URL("http://localhost:80/a b"), { status: [200] });
  assertEquals(probe.name, "http http://localhost/a%20b");
  const form = { http: { url: "http://localhost/a%20b", status: [200] } };
  assertEquals(JSON.stringify(probe), JSON.stringify(form));
});

Deno.test({
  name: "http() shows no password of its URL",
  ignore,
  async fn() {
    const probe = http("http://bob:hunter2@127.0.0.1:1/");
    assertEquals(probe.name, "http http://bob:***@127.0.0.1:1/");
    const reason = await new Calls().ask(probe);
    assertMatch(String(reason), /^http:\/\/bob:\*\*\*@127\.0\.0\.1:1\/: /);
    assertEquals(String(reason).includes("hunter2"), false);
  },
});

Deno.test({
  name: "http() sends the name and the password of its URL",
  ignore,
  async fn() {
    const sent: (string | null)[] = [];
    await using server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen() {} },
      ({ headers }) => {
        sent.push(headers.get("authorization"));
        return new Response();
      },
    );
    const host = `127.0.0.1:${server.addr.port}`;
    const own = { headers: { authorization: "Bearer token" } };
    const cases: [string, HttpOptions, string | null][] = [
      ["bob:hunter2@", {}, "Basic Ym9iOmh1bnRlcjI="],
      ["bob@", {}, "Basic Ym9iOg=="],
      [":hunter2@", {}, "Basic Omh1bnRlcjI="],
      ["%C3%BC:p%40%3A@", {}, "Basic w7w6cEA6"],
      ["a:%zz@", {}, "Basic YToleno="],
      ["bob:hunter2@", own, "Bearer token"],
      ["", own, "Bearer token"],
      ["", {}, null],
    ];
    for (const [user, options] of cases) {
      assertEquals(
        await new Calls().ask(http(`http://${user}${host}/`, options)),
        true,
      );
    }
    assertEquals(sent, cases.map(([, , expected]) => expected));
  },
});

Deno.test("http() keeps the options that it was given", () => {
  const options = { headers: { a: "1" }, status: [200] };
  const probe = http("http://localhost/", options);
  const before = JSON.stringify(probe);
  options.headers.a = "2";
  options.status.push(300);
  assertEquals(JSON.stringify(probe), before);
});

Deno.test("http() checks its options", () => {
  const cases: [unknown, unknown, string][] = [
    ["localhost:80", {}, 'Option "url" must be an http: or https: URL'],
    ["ftp://a", {}, 'Option "url" must be an http: or https: URL'],
    [undefined, {}, 'Option "url" must be an http: or https: URL'],
    ["http://a", { status: 42 }, 'Option "status" must be a whole number from'],
    ["http://a", { status: "200" }, 'Option "status" must be a number'],
    ["http://a", { status: [] }, 'Option "status" must be an array that is'],
    ["http://a", { status: [200, 1] }, 'Option "status[1]" must be a whole'],
    ["http://a", { headers: "x" }, 'Option "headers" must be an object of'],
    ["http://a", { headers: { x: 1 } }, 'Option "headers.x" must be a string'],
    [
      "http://a",
      { headers: { "a b": "" } },
      'Option "headers" must be an object of HTTP headers',
    ],
    ["http://a", { caCerts: "x" }, 'Option "caCerts" must be an array of'],
    ["http://a", { method: "x" }, 'Option "method" does not exist'],
  ];
  for (const [url, options, message] of cases) {
    const make = () => http(url as string, options as HttpOptions);
    assertThrows(make, Error, message);
  }
});
