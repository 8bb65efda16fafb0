import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import {
  parseAnswer,
  quiet,
  type RawAnswer,
  readAll,
  request,
  stage,
  write,
} from "../tools/control_testing.ts";
import { RuntimeFolder } from "../tools/place_testing.ts";
import { freePort } from "../tools/servers.ts";
import { permitted, runScript } from "../tools/testing.ts";
import {
  expose,
  type Exposed,
  type ExposeOptions,
  listPlaces,
  placeOfName,
} from "./mod.ts";

const ignore = !permitted("run", "read", "write", "net", "env", "sys");

function test(name: string, fn: () => Promise<void>): void {
  Deno.test({ name, ignore, fn });
}

/** Sends a request to the port of the metrics. */
async function ask(
  { metrics }: Pick<Exposed, "metrics">,
  { line = "GET /metrics", host = "localhost", more = "" } = {},
): Promise<RawAnswer> {
  const { hostname, port } = new URL(metrics ?? "");
  using connection = await Deno.connect({
    hostname: hostname.replace(/^\[(.*)\]$/, "$1"),
    port: Number(port),
  });
  await write(connection, `${line} HTTP/1.1\r\nHost: ${host}\r\n${more}\r\n`);
  return parseAnswer(await readAll(connection));
}

test("The option metrics serves what the socket serves at /metrics", async () => {
  await using pm = quiet();
  await using at = await stage(pm, { metrics: { port: 0 } });
  pm.command("sleep", ["500"], { name: "job" });
  const { metrics } = at.exposed;
  assertStringIncludes(metrics ?? "", "http://127.0.0.1:");
  assertEquals((await at.client.supervisor()).metrics, metrics);
  const { status, headers, body } = await ask(at.exposed);
  assertEquals(status, 200);
  assertEquals(
    headers.get("content-type"),
    "text/plain; version=0.0.4; charset=utf-8",
  );
  assertStringIncludes(
    body,
    'processman_process_ready{process="job",entry="job"} 1\n',
  );
  const other = await request(at.socket, "GET", "/metrics");
  const withoutValues = (text: string) => text.replace(/ \S+$/gm, "");
  assertEquals(withoutValues(other.body), withoutValues(body));
});

test("The port of the metrics serves nothing else", async () => {
  await using pm = quiet();
  await using at = await stage(pm, { metrics: { port: 0 } });
  const cases = [
    ["GET /metrics?x=1", 400],
    ["GET /", 404],
    ["GET /metrics/", 404],
    ["GET /v1/processes", 404],
    ["GET /openapi.json", 404],
    ["POST /v1/shutdown", 404],
    ["POST /metrics", 405],
    ["HEAD /metrics", 405],
  ] as const;
  for (const [line, expected] of cases) {
    const { status, headers } = await ask(at.exposed, {
      line,
      more: line.startsWith("POST") ? "Content-Length: 2\r\n\r\n{}" : "",
    });
    assertEquals(status, expected, line);
    assertEquals(headers.get("allow"), expected === 405 ? "GET" : undefined);
  }
  assertEquals(pm.closing.aborted, false);
});

test("The port of the metrics refuses other hosts if it is local", async () => {
  await using pm = quiet();
  await using at = await stage(pm, { metrics: { port: 0 } });
  const cases = [
    ["localhost:9464", 200],
    ["LOCALHOST", 200],
    ["127.0.0.1:9464", 200],
    ["[::1]:9464", 200],
    ["evil.example", 403],
    ["evil.example:9464", 403],
    ["127.0.0.1.evil.example", 403],
    ["localhost.evil.example", 403],
  ] as const;
  for (const [host, expected] of cases) {
    assertEquals((await ask(at.exposed, { host })).status, expected, host);
  }
  const line = "GET http://evil.example/metrics";
  assertEquals((await ask(at.exposed, { line })).status, 403);
});

test("The port of the metrics can be open to others", async () => {
  await using pm = quiet();
  const metrics = { port: 0, hostname: "0.0.0.0" };
  await using at = await stage(pm, { metrics });
  assertStringIncludes(at.exposed.metrics ?? "", "http://0.0.0.0:");
  assertEquals((await ask(at.exposed, { host: "shop.example" })).status, 200);
});

Deno.test({
  name: "The port of the metrics can be one of IPv6",
  ignore: ignore || !hasAddress("::1"),
  async fn() {
    await using pm = quiet();
    const metrics = { port: 0, hostname: "::1" };
    await using at = await stage(pm, { metrics });
    assertStringIncludes(at.exposed.metrics ?? "", "http://[::1]:");
    assertEquals((await ask(at.exposed)).status, 200);
    assertEquals((await ask(at.exposed, { host: "a.example" })).status, 403);
  },
});

/** Whether this machine has an address. */
function hasAddress(hostname: string): boolean {
  try {
    Deno.listen({ hostname, port: 0 }).close();
    return true;
  } catch {
    return false;
  }
}

test("The port of the metrics is closed with the socket", async () => {
  await using pm = quiet();
  await using _folder = new RuntimeFolder();
  const exposed = await expose(pm, { name: "shop", metrics: { port: 0 } });
  await exposed[Symbol.asyncDispose]();
  await assertRejects(() => ask(exposed), Deno.errors.ConnectionRefused);
});

test("expose() says that the port of the metrics is taken, and leaves nothing", async () => {
  await using pm = quiet();
  await using _folder = new RuntimeFolder();
  using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = taken.addr;
  await assertRejects(
    () => expose(pm, { name: "shop", metrics: { port } }),
    Deno.errors.AddrInUse,
    `Cannot serve metrics at 127.0.0.1:${port}: another program listens on`,
  );
  await assertRejects(
    () =>
      expose(pm, { name: "shop", metrics: { port, hostname: "192.0.2.1" } }),
    Error,
    `Cannot serve metrics at 192.0.2.1:${port}: `,
  );
  assertEquals(await Array.fromAsync(listPlaces()), []);
  await using exposed = await expose(pm, { name: "shop" });
  assertEquals(exposed.metrics, null);
});

test("expose() checks the option metrics", async () => {
  await using pm = quiet();
  await using _folder = new RuntimeFolder();
  const cases = [
    [9464, TypeError, 'Option "metrics" must be an object'],
    [{}, TypeError, 'Option "metrics.port" must be a number'],
    [{ port: "9464" }, TypeError, 'Option "metrics.port" must be a number'],
    [{ port: 65_536 }, RangeError, 'Option "metrics.port" must be a whole'],
    [{ port: 1.5 }, RangeError, "current value is 1.5"],
    [{ port: 1, hostname: "" }, TypeError, 'Option "metrics.hostname" must'],
    [{ port: 1, host: "a" }, TypeError, 'Option "metrics.host" does not exist'],
  ] as const;
  for (const [metrics, kind, message] of cases) {
    const options = { name: "shop", metrics } as unknown as ExposeOptions;
    await assertRejects(() => expose(pm, options), kind, message);
  }
});

/** Exposes a manager in a program with the permissions that are documented. */
async function exposeIn(runtime: RuntimeFolder, port: number, net: string) {
  const { socket } = await placeOfName("script");
  const place = `${runtime.path}/processman`;
  return runScript(
    `import { Processman } from "${import.meta.resolve("../mod.ts")}";
    import { expose } from "${import.meta.resolve("./mod.ts")}";
    await using pm = new Processman({ logger: null });
    await using exposed = await expose(pm, {
      name: "script",
      metrics: { port: ${port} },
    });
    console.log((await fetch(exposed.metrics)).status);`,
    {
      permission: "--allow-run",
      flags: [
        "--allow-env=XDG_RUNTIME_DIR",
        "--allow-sys=uid",
        `--allow-read=${place}`,
        `--allow-write=${place}`,
        `--allow-net=unix:${socket}${net}`,
      ],
    },
  );
}

test("The option metrics needs the permission that it names", async () => {
  await using runtime = new RuntimeFolder();
  const port = freePort();
  const cases = [
    [`,127.0.0.1:${port}`, 0, "200"],
    ["", 1, `again with --allow-net=127.0.0.1:${port}`],
  ] as const;
  for (const [net, code, expected] of cases) {
    await using script = await exposeIn(runtime, port, net);
    assertEquals((await script.finished).code, code);
    const text = script.tail(Infinity).map(({ text }) => text).join("\n");
    assertStringIncludes(text, expected);
  }
});
