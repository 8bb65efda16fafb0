import { assertEquals, assertMatch } from "@std/assert";
import { freePort } from "../tools/servers.ts";
import { permitted } from "../tools/testing.ts";
import { Tool } from "../tools/tool.ts";

const ignore = !permitted("read", "write", "net", "env", "run", "sys");

const CONFIG = `
name: shop
processes:
  api:
    command: [sh, -c, "echo serving; exec sleep 600"]
    env: { TOKEN: "s3cret" }
`;

/** Reads the metrics on a port; `undefined` if nothing listens there. */
async function scrape(port: number): Promise<string | undefined> {
  try {
    const answer = await fetch(`http://127.0.0.1:${port}/metrics`);
    return await answer.text();
  } catch {
    return undefined;
  }
}

const READY = /^processman_process_ready\{process="api",entry="api"\} 1$/m;

Deno.test({
  name: "up --metrics serves them on the port until it ends",
  ignore,
  async fn() {
    await using tool = new Tool();
    await tool.write("processman.yaml", CONFIG);
    const port = freePort();
    await using running = tool.start(`exec processman up --metrics ${port}`);
    await running.stdout.line(/serving/);
    const text = await scrape(port) ?? "";
    assertMatch(text, READY);
    assertEquals(text.includes("s3cret"), false);
    running.signal("SIGINT");
    assertEquals((await running.ended).status, 130);
    assertEquals(await scrape(port), undefined);
  },
});

Deno.test({
  name: "up -d --metrics serves them, and says if another up cannot",
  ignore,
  async fn() {
    await using tool = new Tool();
    await tool.write("processman.yaml", CONFIG);
    const [port, other] = [freePort(), freePort()];
    const up = `processman up -d --metrics ${port}`;
    assertEquals((await tool.run(up)).status, 0);
    assertMatch(await scrape(port) ?? "", READY);
    const again = await tool.run(up);
    assertEquals([again.status, again.stderr.includes("metrics")], [0, false]);
    const late = await tool.run(`processman up -d --metrics ${other}`);
    assertEquals(late.status, 0);
    assertEquals(
      late.stderr.split("\n")[1],
      `processman: it serves its metrics at http://127.0.0.1:${port}/metrics; ` +
        '--metrics takes effect after "processman down"',
    );
    assertEquals(await scrape(other), undefined);
  },
});

Deno.test({
  name: "up --metrics starts nothing if the port is taken, and says so",
  ignore,
  async fn() {
    await using tool = new Tool();
    await tool.write("processman.yaml", CONFIG);
    using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const { port } = taken.addr;
    const message = `Cannot serve metrics at 127.0.0.1:${port}: another ` +
      "program listens on this port\n";
    const attached = await tool.run(`processman up --metrics ${port}`);
    assertEquals(attached, {
      stdout: "",
      stderr: `processman: ${message}`,
      status: 1,
    });
    const detached = await tool.run(`processman up -d --metrics ${port}`);
    assertEquals([detached.stdout, detached.status], ["", 1]);
    assertMatch(
      detached.stderr,
      new RegExp(`^processman: the supervisor did not start: ${message}`),
    );
    const { stdout } = await tool.run("processman ls --json");
    assertEquals(JSON.parse(stdout), []);
  },
});
