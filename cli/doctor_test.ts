import { assertEquals, assertMatch } from "@std/assert";
import { permitted } from "../tools/testing.ts";
import { Tool } from "../tools/tool.ts";

const ignore = !permitted("read", "write", "net", "env", "run", "sys");

Deno.test("doctor finds out what is missing for a configuration", {
  ignore,
}, async () => {
  await using tool = new Tool();
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  await tool.write(
    "processman.yaml",
    `processes:
  web: { command: [sleep, 500], env: { PORT: "${port}" } }
  gone: { command: [no-such-program] }
`,
  );
  const idsOf = (stdout: string): string[] =>
    JSON.parse(stdout).findings.map(({ id }: { id: string }) => id)
      // Whether these appear depends on the machine of the test.
      .filter((id: string) => !["disk", "linger"].includes(id));
  const poor = await tool.run(
    `${Deno.execPath()} run --quiet --no-prompt --allow-env --allow-read ` +
      `${new URL("mod.ts", import.meta.url).pathname} doctor`,
  );
  assertMatch(poor.stdout, /^fault: .* lacks permissions .*: run, write, net/);

  const first = await tool.run("processman doctor --json");
  assertEquals([first.stderr, first.status], ["", 1]);
  assertEquals(idsOf(first.stdout), ["configuration", "port"]);
  assertMatch(
    first.stdout,
    /processman\.yaml:3:21: processes\.gone\.command\[0\]: there is no program/,
  );

  await tool.write(
    "processman.yaml",
    "processes: { a: { command: [sleep, 500] } }",
  );
  await tool.run(
    "processman up -d && kill -9 $(processman ls --json | " +
      `sed -n 's/.*"pid": \\([0-9]*\\).*/\\1/p')`,
  );
  const { stdout } = await tool.run(
    "ulimit -n 70; processman doctor --json",
  );
  assertEquals(idsOf(stdout), ["died", "open-files"]);
});
