import { assertEquals, assertMatch } from "@std/assert";
import { permitted } from "../tools/testing.ts";
import { Tool } from "../tools/tool.ts";

const ignore = !permitted("read", "write", "net", "env", "run", "sys");

/** A server that refuses the first request, and takes the others. */
function hookServer() {
  const requests: { path: string; key: string | null; news: unknown }[] = [];
  const server = Deno.serve({ port: 0, onListen() {} }, async (request) => {
    const { pathname: path } = new URL(request.url);
    const key = request.headers.get("x-key");
    requests.push({ path, key, news: await request.json() });
    return new Response(null, { status: requests.length === 1 ? 503 : 204 });
  });
  return { server, requests, port: server.addr.port };
}

const CONFIG = `defaults:
  onFailed: { url: "http://localhost:\${PORT}/\${KEY}", headers: { x-key: "\${KEY}" } }
processes:
  job: { type: task, shell: "echo no disk >&2; exit 3", restart: { policy: never } }
  other: { type: task, shell: exit 4, restart: { policy: never }, onFailed: [sh, -c, cat > told.json; exit 5] }
`;

Deno.test(
  "A supervisor that ends tells first of what has failed, and no secret is in its log",
  {
    ignore,
  },
  async () => {
    const { server, requests, port } = hookServer();
    await using _server = server;
    await using tool = new Tool();
    await tool.write("processman.yaml", CONFIG);
    const env = { PORT: String(port), KEY: "swordfish99" };
    const { stdout, stderr, status } = await tool.run("processman up", { env });
    assertEquals(status, 1);
    assertEquals(requests.map(({ path, key }) => [path, key]), [
      ["/swordfish99", "swordfish99"],
      ["/swordfish99", "swordfish99"],
    ]);
    const { name, state, reason, stderr: last } = Object(requests[1]?.news);
    assertEquals([name, state, last], ["job", "failed", ["no disk"]]);
    assertEquals(reason, "exited with code 3, and is not restarted");
    const told = await Deno.readTextFile(`${tool.folder}/told.json`);
    assertEquals(JSON.parse(told).name, "other");
    assertMatch(
      stderr,
      /The command "sh -c .*" of other\.onFailed exited with code 5/,
    );
    assertEquals(`${stdout}${stderr}`.includes("swordfish99"), false);
  },
);
