import { assertEquals, assertRejects } from "@std/assert";
import { type Probe, Processman } from "../mod.ts";
import { permitted } from "../tools/testing.ts";
import { all, exec, http, line, tcp } from "./mod.ts";

/** A server that listens a while after its start, and is ready even later. */
const SERVER = `
  await new Promise((resolve) => setTimeout(resolve, 200));
  let ready = false;
  const answer = () => new Response(null, { status: ready ? 200 : 503 });
  const listening = Promise.withResolvers();
  Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: ({ port }) => {
    console.error("port " + port);
    setTimeout(() => { ready = true; console.log("ready"); }, 200);
  } }, answer);
`;

const ignore = !permitted("net");

Deno.test({
  name: "A process is ready when its probes say so, whichever they are",
  ignore,
  async fn() {
    await using pm = new Processman({ logger: null, signals: [] });
    const args = ["eval", SERVER];
    const server = pm.command(Deno.execPath(), args, { ready: line("port") });
    await server.ready;
    const [, port = ""] = server.tail()
      .find(({ text }) => text.startsWith("port "))?.text.split(" ") ?? [];
    const probe = all(
      tcp({ port: Number(port) }),
      http(`http://127.0.0.1:${port}/`),
      line(/^up$/, { source: "stdout" }),
      exec("true"),
    );
    const client = pm.command("sh", ["-c", "echo up; exec sleep 500"], {
      ready: { probe, intervalMs: 20 },
    });
    await client.ready;
    assertEquals(server.tail(1)[0]?.text, "ready");
  },
});

Deno.test({
  name: "The error of a process that does not get ready names what was missing",
  ignore,
  async fn() {
    await using pm = new Processman({ logger: null, signals: [] });
    const cases: [Probe, string][] = [
      [exec("false"), "false: exit code 1"],
      [line("up"), 'no line contains "up"'],
    ];
    for (const [probe, why] of cases) {
      const job = pm.command("sleep", ["500"], {
        restart: { policy: "never" },
        ready: { probe, intervalMs: 1, withinMs: 1_000, timeoutMs: 900 },
      });
      await assertRejects(() => job.ready, Error, why);
    }
  },
});
