import {
  assert,
  assertEquals,
  assertMatch,
  assertNotEquals,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { openLink } from "../tools/dashboard_client.ts";
import { permitted } from "../tools/testing.ts";
import { type Ended, Tool } from "../tools/tool.ts";
import { placeOf } from "../tools/tool_client.ts";

const ignore = !permitted("read", "write", "net", "env", "run", "sys");

const SHOP = `
name: shop
processes:
  db: { command: [sleep, "600"] }
`;

async function project(): Promise<Tool> {
  const tool = new Tool();
  await tool.write("processman.yaml", SHOP);
  return tool;
}

/** Returns the link in what a command wrote. */
function linkIn(text: string): string {
  const [link = ""] = text.match(/http:\S+#token=\S+/) ?? [];
  assertNotEquals(link, "", text);
  return link;
}

/** Returns the process IDs of the web processes of a tool. */
async function webProcesses(tool: Tool): Promise<string[]> {
  return (await tool.alive()).filter((line) => line.includes("--serve-web"));
}

/** What a command wrote to stderr, without the path of the configuration. */
function saidBy({ stderr }: Ended, tool: Tool): string {
  return stderr.replaceAll(tool.folder, "…");
}

Deno.test({
  name: "web serves the dashboard of the supervisor until Ctrl-C",
  ignore,
  async fn() {
    for (
      const [signal, status] of [["SIGINT", 130], ["SIGTERM", 143]] as const
    ) {
      await using tool = await project();
      await tool.run("processman up -d");
      await using web = tool.start("exec processman web");
      const line = await web.stdout.line(/./);
      assertMatch(
        line,
        /^Dashboard of shop: http:\/\/127\.0\.0\.1:\d+\/#token=[\w-]{43}$/,
      );
      await web.stderr.line(/^processman: the link opens once; .*Ctrl-C/);
      const page = await openLink(linkIn(line));
      const { status: answered, body } = await page.get("/v1/supervisor");
      assertEquals([answered, Object(body).name], [200, "shop"]);
      assert(!page.readOnly);
      assertEquals(await page.post("/v1/stop", { names: ["db"] }), 200);
      web.signal(signal);
      const ended = await web.ended;
      assertEquals(ended.status, status);
      assertEquals(ended.stdout, `${line}\n`);
      const left = [...Deno.readDirSync(placeOf(tool))].map((e) => e.name);
      assertEquals(left.filter((name) => name.startsWith("web")), ["web.lock"]);
    }
  },
});

Deno.test({
  name: "web waits for a supervisor, and outlives it",
  ignore,
  async fn() {
    await using tool = await project();
    await using web = tool.start("exec processman web");
    const page = await openLink(linkIn(await web.stdout.line(/./)));
    await web.stderr.line(/no supervisor runs for .*processman\.yaml/);
    const state = async () => {
      const { status } = await page.get("/v1/supervisor");
      const { body } = await page.get("/presence");
      return [status, Object(body).kind];
    };
    assertEquals(await state(), [502, "none"]);
    for (let time = 0; time < 2; time++) {
      assertEquals((await tool.run("processman up -d")).status, 0);
      assertEquals(await state(), [200, "running"]);
      assertEquals((await tool.run("processman down")).status, 0);
      assertEquals(await state(), [502, "none"]);
    }
  },
});

Deno.test({
  name: "A second web gets a new link of the one that runs",
  ignore,
  async fn() {
    await using tool = await project();
    await using web = tool.start("exec processman web");
    const first = linkIn(await web.stdout.line(/./));
    const second = await tool.run("processman web");
    assertEquals(second.status, 0);
    assertStringIncludes(second.stderr, '"processman web --stop" ends');
    const link = linkIn(second.stdout);
    assertEquals(new URL(link).origin, new URL(first).origin);
    for (const each of [link, first]) {
      await openLink(each);
      await assertRejects(() => openLink(each), Error, "has been used");
    }
    for (const option of ["--read-only", "--port 1", "--host localhost"]) {
      const refused = await tool.run(`processman web ${option}`);
      assertEquals([refused.stdout, refused.status], ["", 1], option);
      assertStringIncludes(refused.stderr, "is served already, with other");
    }
    const stopped = await tool.run("processman web --stop");
    assertEquals(
      [stopped.status, saidBy(stopped, tool)],
      [0, "…/processman.yaml: the dashboard is stopped\n"],
    );
    assertEquals((await web.ended).status, 0);
  },
});

Deno.test({
  name: "web -d serves in the background until web --stop",
  ignore,
  async fn() {
    await using tool = await project();
    // Both begin at the same time; the harness fails if the web process holds
    // their outputs open.
    const calls = await Promise.all([
      tool.run("processman web -d --read-only"),
      tool.run("processman web -d --read-only"),
    ]);
    const links = calls.map(({ stdout }) => linkIn(stdout));
    assertEquals(calls.map(({ status }) => status), [0, 0]);
    assertEquals((await webProcesses(tool)).length, 1);
    for (const link of links) {
      const page = await openLink(link);
      assert(page.readOnly);
      assertEquals(await page.post("/v1/stop", { names: ["db"] }), 403);
    }
    assertEquals((await tool.run("processman web --stop")).status, 0);
    assertEquals(await webProcesses(tool), []);
    const none = await tool.run("processman web --stop");
    assertEquals(
      [none.status, saidBy(none, tool)],
      [3, "processman: no dashboard is served for …/processman.yaml\n"],
    );
  },
});

Deno.test({
  name: "web takes port 0 for any, and an empty token for none",
  ignore,
  async fn() {
    await using tool = await project();
    const env = { PROCESSMAN_WEB_TOKEN: "" };
    for (let time = 0; time < 2; time++) {
      const { stdout, stderr } = await tool.run("processman web -d --port 0", {
        env,
      });
      assertStringIncludes(stderr, "the link opens once");
      await openLink(linkIn(stdout));
    }
    assertEquals((await tool.run("processman web --stop")).status, 0);
  },
});

Deno.test({
  name: "web serves anew after its process was killed, or hangs",
  ignore,
  async fn() {
    await using tool = await project();
    await tool.run("processman web -d");
    const [first = ""] = await webProcesses(tool);
    Deno.kill(parseInt(first), "SIGKILL");
    const again = await tool.run("processman web -d");
    assertEquals(again.status, 0);
    await openLink(linkIn(again.stdout));
    const [second = ""] = await webProcesses(tool);
    const pid = parseInt(second);
    assertNotEquals(pid, parseInt(first));
    Deno.kill(pid, "SIGSTOP");
    const hung = await tool.run("processman web");
    assertEquals(
      [hung.stdout, hung.status, hung.stderr],
      [
        "",
        1,
        `processman: the web process ${pid} gives no answer: end it with ` +
        `kill -9 ${pid}\n`,
      ],
    );
    Deno.kill(pid, "SIGCONT");
    assertEquals((await tool.run("processman web --stop")).status, 0);
  },
});

Deno.test({
  name: "up --web prints the link, and the dashboard outlives the supervisor",
  ignore,
  async fn() {
    await using tool = await project();
    await using up = tool.start("exec processman up --web");
    const line = await up.stderr.line(/^Dashboard: /);
    const page = await openLink(linkIn(line));
    assertEquals((await page.get("/v1/supervisor")).status, 200);
    const joined = await tool.run("processman up --web");
    assertEquals(joined.status, 0);
    assertMatch(joined.stderr, /^Dashboard: http\S+$/m);
    up.signal("SIGINT");
    assertEquals((await up.ended).status, 130);
    assertEquals((await page.get("/v1/supervisor")).status, 502);
    const detached = await tool.run("processman up -d --web");
    assertEquals([detached.stdout, detached.status], ["", 0]);
    // The key of the page is still valid.
    assertEquals((await page.get("/v1/supervisor")).status, 200);
    await openLink(linkIn(detached.stderr));
    assertEquals((await webProcesses(tool)).length, 1);
    await tool.run("processman down; processman web --stop");
    assertEquals(await webProcesses(tool), []);
  },
});

Deno.test({
  name: "The token of a link is in no file of the tool and in no process list",
  ignore,
  async fn() {
    await using tool = await project();
    await tool.write(
      "bin/xdg-open",
      '#!/bin/sh\necho "$#" > seen\nps axeww >> seen\ncat "$1" > opened\n',
    );
    await tool.write("bin/open", '#!/bin/sh\nexec xdg-open "$@"\n');
    await Deno.chmod(`${tool.folder}/bin/xdg-open`, 0o755);
    await Deno.chmod(`${tool.folder}/bin/open`, 0o755);
    const { stdout } = await tool.run(
      'PATH="$PWD/bin:$PATH" processman web -d --open; ps axeww > after',
    );
    const token = new URL(linkIn(stdout)).hash.slice("#token=".length);
    const read = (name: string) => Deno.readTextFile(`${tool.folder}/${name}`);
    // Only what it opens leads there, and only the user can read that.
    assertStringIncludes(await read("opened"), `0; url=${linkIn(stdout)}"`);
    const seen = await read("seen");
    assertMatch(seen, /^1\n/);
    assert(!seen.includes(token));
    assert(!(await read("after")).includes(token));
    const { mode } = await Deno.stat(`${placeOf(tool)}/web.html`);
    assertEquals((mode ?? 0) & 0o777, 0o600);
    await openLink(linkIn(stdout));
    await tool.run("processman web --stop");
    for (const folder of [tool.state, tool.runtime]) {
      const found = await tool.run(`grep -rl -e '${token}' '${folder}'`);
      assertEquals(found.stdout, "");
    }
    const log = await tool.run(`cat '${tool.state}'/processman/*/web.log`);
    assertEquals([log.stdout, log.status], ["", 0]);
  },
});

Deno.test({
  name: "A token of the user is in no file, no message and no process list",
  ignore,
  async fn() {
    await using tool = await project();
    const token = "a-token-of-the-user-0123";
    await tool.write("token", `${token}\n`);
    const { stdout, stderr, status } = await tool.run(
      "processman web -d --host 0.0.0.0 --allow-host devbox --token-file token " +
        "&& ps axeww > seen",
    );
    assertEquals(status, 0, stderr);
    assertMatch(stdout, /^Dashboard of project: http:\/\/devbox:\d+\/#token=/);
    assertStringIncludes(stderr, "the link has your token;");
    assert(!stderr.includes(token));
    const link = linkIn(stdout).replace("devbox", "127.0.0.1");
    // It works any number of times.
    for (let time = 0; time < 2; time++) await openLink(link);
    const seen = await Deno.readTextFile(`${tool.folder}/seen`);
    assertStringIncludes(seen, "--serve-web");
    assert(!seen.includes(token));
    for (const folder of [tool.state, tool.runtime]) {
      const found = await tool.run(`grep -rl -e '${token}' '${folder}'`);
      assertEquals(found.stdout, "");
    }
  },
});

Deno.test({
  name: "web --open without a browser says so, and serves",
  ignore,
  async fn() {
    await using tool = await project();
    await tool.write(
      "bin/xdg-open",
      "#!/bin/sh\necho no display >&2; exit 3\n",
    );
    await Deno.chmod(`${tool.folder}/bin/xdg-open`, 0o755);
    await Deno.copyFile(
      `${tool.folder}/bin/xdg-open`,
      `${tool.folder}/bin/open`,
    );
    const { stdout, stderr, status } = await tool.run(
      'PATH="$PWD/bin:$PATH" processman web -d --open',
    );
    assertEquals(status, 0);
    await openLink(linkIn(stdout));
    assertMatch(stderr, /no browser can be opened: \S*open failed: no display/);
  },
});

Deno.test({
  name: "web refuses what it cannot or should not do",
  ignore,
  async fn() {
    await using tool = await project();
    await tool.write("short", "0123456789abcde\n");
    using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const { port } = taken.addr;
    const calls: [call: string, status: number, message: RegExp][] = [
      ["--host 0.0.0.0", 2, /needs a token: write one to a file/],
      ["--host 0.0.0.0 --token-file short", 2, /token in short must be 16/],
      ["--token-file none", 2, /file of the token cannot be read/],
      ["--port 65536", 2, /at most 65535/],
      [
        `--port ${port}`,
        1,
        /Cannot serve the dashboard at 127\.0\.0\.1:\d+.*\n.*another --port/,
      ],
      [
        `-d --port ${port}`,
        1,
        /Cannot serve the dashboard at 127\.0\.0\.1:\d+.*\n.*another --port/,
      ],
      ["name", 2, /takes no/],
    ];
    for (const [call, expected, message] of calls) {
      const { stdout, stderr, status } = await tool.run(
        `processman web ${call}`,
        { env: { PROCESSMAN_WEB_TOKEN: null } },
      );
      assertEquals([stdout, status], ["", expected], call);
      assertMatch(stderr, message, call);
    }
    await Deno.remove(`${tool.folder}/processman.yaml`);
    const { status, stderr } = await tool.run("processman web");
    assertEquals(status, 3);
    assertMatch(stderr, /no configuration/i);
  },
});
