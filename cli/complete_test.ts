import { assertEquals } from "@std/assert";
import { ConfigFolder } from "../tools/config_testing.ts";
import { quiet, stage } from "../tools/control_testing.ts";
import { permitted } from "../tools/testing.ts";
import { complete } from "./complete.ts";

const ignore = !permitted("read", "write", "net", "env", "run", "sys");

/** Returns what is printed at the end of a line. */
async function printed(line: string, cwd: string): Promise<string[]> {
  let text = "";
  const status = await complete(line.split(" "), {
    cwd,
    env: (name) => Deno.env.get(name),
    now: Date.now,
    out: (more) => Promise.resolve(void (text += more)),
    err: () => Promise.reject(new Error("nobody reads this")),
    terminal: false,
    color: false,
    size: () => undefined,
    signal: new AbortController().signal,
  });
  assertEquals(status, 0);
  return text.replace(/\n$/, "").split("\n");
}

Deno.test("complete() knows the processes of a supervisor", {
  ignore,
}, async () => {
  await using pm = quiet();
  await using _stage = await stage(pm);
  for (const name of ["one", "two words", "three\nlines"]) {
    pm.command("sleep", ["500"], { name });
  }
  assertEquals(await printed("-S test stop one ", "/"), [
    "words",
    "two words\trunning",
  ]);
  assertEquals(await printed("ps -S ", "/"), ["words", "test\t"]);
  assertEquals(await printed("stop -S other ", "/"), ["words"]);
});

Deno.test("complete() knows what a configuration says, if nothing runs", {
  ignore,
}, async () => {
  await using folder = new ConfigFolder({
    "a.yaml": `processes:
  api: { command: [api], profiles: [web, dev] }
  "db": { command: [db], profiles: [dev] }
`,
    "b.json": '{ "processes": { "one": {} } }',
    "Procfile": "# a comment\nweb: run --port 1:2\nworker : work\n",
    "c.yaml": "processes: [\n",
    "d.yaml": "1",
    "e.config.ts": "throw new Error()",
  });
  const cases: readonly [line: string, ...words: string[]][] = [
    ["up -f a.yaml ", "api", "db"],
    ["logs --file=a.yaml ", "api", "db", "@web", "@dev"],
    ["scale -f a.yaml ", "api=", "db="],
    ["up -f a.yaml --profile=", "--profile=web", "--profile=dev"],
    ["up -f b.json ", "one"],
    ["up ", "web", "worker"],
    ["up -f c.yaml "],
    ["up -f d.yaml "],
    ["up -f e.config.ts "],
    ["up -f none.yaml "],
  ];
  for (const [line, ...words] of cases) {
    assertEquals(
      await printed(line, folder.real),
      ["words", ...words.map((word) => `${word}\t`)],
      line,
    );
  }
});
