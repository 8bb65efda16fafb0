/**
 * Tests of whole programs that serve a dashboard: what they need, what they
 * cost, and what they give away.
 *
 * @module
 */

import {
  assert,
  assertEquals,
  assertMatch,
  assertStringIncludes,
} from "@std/assert";
import { ControlClient, placeOfName } from "../control/mod.ts";
import { readAll, write } from "../tools/control_testing.ts";
import { readUntil, Site } from "../tools/dashboard_testing.ts";
import { RuntimeFolder } from "../tools/place_testing.ts";
import { type Folder, permitted, runScript } from "../tools/testing.ts";
import { assertIdle } from "../tools/idle_cost.ts";

const ignore = !permitted("run", "read", "write", "net", "env", "sys");
const full = Deno.args.includes("--full");

function test(name: string, fn: () => Promise<void>): void {
  Deno.test({ name, ignore, fn });
}

/** A program that serves a dashboard, and then does something. */
function program(
  then: string,
  { flags = ["-A"], options = "{}" }: {
    flags?: readonly string[];
    options?: string;
  } = {},
) {
  const module = (path: string) =>
    JSON.stringify(new URL(path, import.meta.url));
  return runScript(
    `
    import { Processman } from ${module("../mod.ts")};
    import { expose } from ${module("../control/mod.ts")};
    import { serveDashboard } from ${module("./mod.ts")};
    const pm = new Processman();
    const exposed = await expose(pm, { name: "script" });
    const dashboard = serveDashboard(exposed, ${options});
    console.log("at", exposed.socket, dashboard.link());
    ${then}
  `,
    { permission: "--quiet", flags },
  );
}

/** Starts a process that runs until it is stopped. */
const JOB = 'pm.command("sleep", ["500"], { name: "job" });';

/** What a program has printed. */
interface Told {
  readonly socket: string;
  readonly token: string;
  readonly site: Site;
}

/** Waits for the link of a program, and returns what it leads to. */
async function toldBy(script: ReturnType<typeof program>): Promise<Told> {
  for await (const { text } of script.lines()) {
    const [, socket = "", url, token = ""] =
      text.match(/^at (.*) (http.*)#token=(.*)$/) ?? [];
    if (url === undefined) throw new Error(text);
    return { socket, token, site: new Site({ url }) };
  }
  throw new Error("it ended");
}

/** The permissions that the documentation names, one by one. */
async function leastPermissions(runtime: Folder): Promise<string[]> {
  const { socket } = await placeOfName("script");
  return [
    "--allow-run",
    "--allow-env=XDG_RUNTIME_DIR",
    "--allow-sys=uid",
    `--allow-read=${runtime.path}/processman`,
    `--allow-write=${runtime.path}/processman`,
    `--allow-net=unix:${socket},127.0.0.1:0`,
  ];
}

test("serveDashboard works with the permissions that it names, and asks for none", async () => {
  await using runtime = new RuntimeFolder();
  await using script = program(
    `pm.command("sleep", ["500"], { name: "job" });
    await pm.finished;`,
    { flags: await leastPermissions(runtime) },
  );
  const { site, token, socket } = await toldBy(script);
  const { body } = await site.exchange(token);
  const headers = { authorization: `Bearer ${JSON.parse(body).key}` };
  const answer = await site.ask("/v1/processes?usage=true", { headers });
  const [view] = JSON.parse(answer.body);
  assertEquals([view.name, view.usage.processes], ["job", 1]);
  await new ControlClient(socket).shutdown();
  assertEquals((await script.finished).code, 0);
});

test("serveDashboard names the permission that is missing", async () => {
  await using runtime = new RuntimeFolder();
  const least = await leastPermissions(runtime);
  const cases: readonly [string, string, string][] = [
    ["{}", "127.0.0.1:0", "127.0.0.1:0"],
    ["{ port: 8123 }", "127.0.0.1:0", "127.0.0.1:8123"],
    ['{ hostname: "::1" }', "127.0.0.1:0", "[::1]:0"],
  ];
  for (const [options, , missing] of cases) {
    const flags = least.map((flag) => flag.replace(/,127\.0\.0\.1:0$/, ""));
    await using script = program("", { flags, options });
    assertEquals((await script.finished).code, 1);
    const text = script.tail(Infinity).map(({ text }) => text).join("\n");
    assertStringIncludes(
      text,
      `NotCapable: Requires net access to "${missing}", run again with ` +
        `--allow-net=${missing}`,
    );
  }
  await using script = program(
    `serveDashboard({ socket: "/elsewhere/socket" }, {});`,
    { flags: least },
  );
  assertEquals((await script.finished).code, 1);
  const text = script.tail(Infinity).map(({ text }) => text).join("\n");
  assertStringIncludes(
    text,
    'NotCapable: Requires access to the socket "/else',
  );
});

test("A dashboard keeps no program alive, not even with a page that follows", async () => {
  await using _folder = new RuntimeFolder();
  await using script = program(`${JOB} await pm.finished;`);
  const { site, token, socket } = await toldBy(script);
  const { body } = await site.exchange(token);
  const headers = { authorization: `Bearer ${JSON.parse(body).key}` };
  const { conn } = await site.open(
    site.bytes("/v1/events?follow=true", { headers }),
  );
  const rest = readAll(conn);
  await new ControlClient(socket).stop({ names: ["job"] });
  assertEquals((await script.finished).code, 0);
  await rest;
  conn.close();
});

test("Dashboard.ref keeps the program alive, until unref or the end", async () => {
  await using _folder = new RuntimeFolder();
  for (const end of [".unref", "[Symbol.asyncDispose]"]) {
    await using script = program(
      `${JOB} dashboard.ref(); await pm.finished;
      await exposed[Symbol.asyncDispose]();
      Deno.addSignalListener("SIGUSR1", () => dashboard${end}());
      console.log("done");`,
    );
    const { site, socket } = await toldBy(script);
    await new ControlClient(socket).stop({ names: ["job"] });
    for await (const { text } of script.lines()) if (text === "done") break;
    // Nothing else keeps the program alive.
    assertEquals((await site.ask("/")).status, 200);
    script.signal("SIGUSR1");
    assertEquals((await script.finished).code, 0);
  }
});

test("Tokens and keys are in no log, and in no process list", async () => {
  await using _folder = new RuntimeFolder();
  await using script = program(
    `pm.command("sh", ["-c", "env; tr '\\\\0' '\\\\n' < /proc/$PPID/cmdline; exec sleep 500"], { name: "job" });
    await pm.finished;`,
  );
  const { site, token, socket } = await toldBy(script);
  const { body } = await site.exchange(token);
  const { key } = JSON.parse(body);
  const headers = { authorization: `Bearer ${key}` };
  for (const target of ["/v1/processes", "/v1/nothing", `/?token=${token}`]) {
    await site.ask(target, { headers });
  }
  await site.exchange(token);
  const list = await new Deno.Command("ps", { args: ["axeww", "-o", "args"] })
    .output();
  const texts = [
    new TextDecoder().decode(list.stdout),
    (await site.ask("/v1/logs", { headers })).body,
    (await site.ask("/v1/events", { headers })).body,
    (await site.ask("/v1/supervisor", { headers })).body,
  ];
  await new ControlClient(socket).shutdown();
  await script.finished;
  // Beside the link, the program has printed nothing about it.
  const [link, ...others] = script.tail(Infinity).map(({ text }) => text);
  assertMatch(link ?? "", /#token=/);
  for (const text of [...texts, ...others]) {
    assert(!text.includes(token) && !text.includes(key), text.slice(0, 200));
  }
});

test("Slow requests are closed in time", async () => {
  await using _folder = new RuntimeFolder();
  await using script = program("dashboard.ref();");
  const { site } = await toldBy(script);
  const open = await site.connect();
  await write(open, "GET / HTTP/1.1\r\nhost: ");
  const begun = Date.now();
  const dripping = (async () => {
    while (true) {
      await write(open, "x");
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
  })().catch(() => {});
  const text = await readUntil(open, "\r\n\r\n");
  assertMatch(text, /^HTTP\/1\.1 400 /);
  assert(Date.now() - begun < 15_000);
  open.close();
  await dripping;
});

/** Where the system counts the processor time of threads exactly. */
const counted = Deno.build.os === "linux" ? test : () => {};

counted("A dashboard that nobody looks at costs nothing", async () => {
  await using _folder = new RuntimeFolder();
  await using script = program(
    `for (let i = 0; i < 20; i++) pm.command("sleep", ["500"]);
    await pm.finished;`,
  );
  const { site, token, socket } = await toldBy(script);
  const { body } = await site.exchange(token);
  const headers = { authorization: `Bearer ${JSON.parse(body).key}` };
  // Somebody looks, and leaves.
  await site.ask("/v1/processes?usage=true", { headers });
  const { conn } = await site.open(
    site.bytes("/v1/logs?follow=true", { headers }),
  );
  conn.close();
  const client = new ControlClient(socket);
  const { pid } = await client.supervisor();
  await assertIdle(pid, full ? 60 : 2);
  await client.shutdown();
});
