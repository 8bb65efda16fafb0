import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { Client } from "@modelcontextprotocol/sdk/client";
// @ts-types="@modelcontextprotocol/sdk/client/stdio"
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { permitted } from "../tools/testing.ts";
import { Tool } from "../tools/tool.ts";
import { TOOLS } from "./mcp_tools.ts";

const ignore = !permitted("read", "write", "net", "env", "run", "sys");

/** A client of a server that it has started. */
class Agent implements AsyncDisposable {
  readonly client = new Client({ name: "test", version: "1" });
  readonly #transport: StdioClientTransport;

  private constructor(tool: Tool, args: readonly string[]) {
    this.#transport = new StdioClientTransport({
      command: "sh",
      args: ["-c", 'exec processman mcp "$@"', "sh", ...args],
      cwd: tool.folder,
      env: { ...Deno.env.toObject(), ...tool.env },
      stderr: "inherit",
    });
  }

  static async of(tool: Tool, ...args: string[]): Promise<Agent> {
    const agent = new Agent(tool, args);
    await agent.client.connect(agent.#transport);
    return agent;
  }

  /** Calls a tool; returns its answer. */
  async ask(name: string, input: Record<string, unknown> = {}) {
    const result = await this.client.callTool({ name, arguments: input });
    // deno-lint-ignore no-explicit-any
    return result.structuredContent as any;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // `close()` of the SDK would leave a timer behind.
    const { promise, resolve } = Promise.withResolvers<void>();
    this.client.onclose = resolve;
    if (this.#transport.pid !== null) Deno.kill(this.#transport.pid, "SIGTERM");
    await promise;
  }
}

Deno.test("A client of the SDK lists and calls every tool", {
  ignore,
}, async () => {
  await using tool = new Tool();
  await tool.write(
    "processman.yaml",
    `processes:
  web: { shell: "echo hello $WEB_TOKEN; exec sleep 500", env: { WEB_TOKEN: s3cret-value } }
  other: { command: [sleep, 500], autoStart: false }
  victim: { command: [sleep, 500], replicas: 1 }
`,
  );
  await using reader = await Agent.of(tool);
  await using actor = await Agent.of(tool, "--allow-actions");
  const namesOf = async ({ client }: Agent) =>
    (await client.listTools()).tools.map(({ name }) => name);
  const reading = TOOLS.filter(({ acts }) => !acts);
  assertEquals(await namesOf(reader), reading.map(({ name }) => name));
  assertEquals(await namesOf(actor), TOOLS.map(({ name }) => name));

  // No supervisor runs yet.
  const { error } = await reader.ask("list");
  assertEquals(error.code, "no-supervisor");
  assertEquals((await tool.run("processman up -d")).status, 0);

  const inputs: Record<string, Record<string, unknown>> = {
    list: {},
    supervisors: {},
    status: { names: ["web"] },
    why: { names: ["*"] },
    logs: { names: ["web"] },
    events: { kinds: ["start"] },
    start: { names: ["other"] },
    stop: { names: ["other"] },
    restart: { names: ["web"] },
    signal: { names: ["web"], signal: "CONT" },
    scale: { name: "victim", replicas: 2 },
    reload: {},
    kill: { names: ["v*"] },
  };
  // deno-lint-ignore no-explicit-any
  const answers: Record<string, any> = {};
  for (const { name, acts } of TOOLS) {
    const input = inputs[name];
    assert(input !== undefined, `no call of ${name}`);
    if (acts) {
      await assertRejects(
        () => reader.client.callTool({ name, arguments: input }),
        Error,
        `There is no tool "${name}"`,
      );
    }
    const agent = acts ? actor : reader;
    answers[name] = await agent.ask(name, input);
    assertEquals(answers[name].error, undefined, name);
  }
  const states = (name: string): string[] =>
    answers[name].processes.map(
      (each: { name: string; state: string }) => `${each.name} ${each.state}`,
    );
  assertEquals(states("list"), [
    "web running",
    "other idle",
    "victim.1 running",
  ]);
  assertEquals(answers.supervisors.supervisors[0].name, "project");
  assertEquals(answers.status.processes[0].details.environment, ["WEB_TOKEN"]);
  assertEquals(answers.why.processes.length, 3);
  // The value of a variable that looks like a secret is not told.
  assertEquals(
    answers.logs.lines.map(({ text }: { text: string }) => text),
    ["hello [redacted WEB_TOKEN]"],
  );
  assertMatch(
    answers.events.events[0].text,
    /^web started with PID \d+, run 1$/,
  );
  assertEquals(states("start"), ["other running"]);
  assertEquals(states("stop"), ["other stopped"]);
  assertEquals(states("restart"), ["web running"]);
  assertEquals(states("scale"), ["victim.1 stopped", "victim.2 running"]);
  assertEquals(answers.reload.changes, ["~ victim.replicas: 2 → 1"]);
  assertEquals(states("kill"), ["victim.1 stopped"]);

  // The lines stay when the supervisor has ended.
  assertEquals((await tool.run("processman down")).status, 0);
  const { running, lines } = await reader.ask("logs", { names: ["web"] });
  assertEquals([running, lines.length > 0], [false, true]);
});

Deno.test("mcp ends with stdin and by SIGTERM, after what was asked", {
  ignore,
}, async () => {
  await using tool = new Tool();
  const call = (method: string, id?: number, params?: object) =>
    `${JSON.stringify({ jsonrpc: "2.0", id, method, params })}\n`;
  const hello = call("initialize", 1, {
    protocolVersion: "2025-06-18",
    capabilities: {},
    clientInfo: { name: "test", version: "1" },
  }) + call("notifications/initialized");
  const ask = call("tools/call", 2, { name: "supervisors" });
  const { stdout, stderr, status } = await tool.run("processman mcp", {
    stdin: `no JSON\n${hello}${ask}`,
  });
  assertEquals(status, 0);
  assertMatch(stderr, /^processman: .*is not valid JSON\n$/);
  const answers = stdout.trimEnd().split("\n").map((each) => JSON.parse(each));
  assertEquals(answers.map(({ id }) => id).sort(), [1, 2]);

  await using running = tool.start("exec processman mcp");
  await running.type(hello);
  await running.stdout.line(/"id":1/);
  running.signal("SIGTERM");
  assertEquals((await running.ended).status, 143);
});
