import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { InitFolder } from "../tools/init_testing.ts";
import { permitted } from "../tools/testing.ts";
import { Tool } from "../tools/tool.ts";

const ignore = !permitted("read", "write", "net", "env", "run", "sys");

const SHOP = `version: "0.5"
processes:
  db:
    description: Keeps the orders
    command: touch db.up && echo "db is up" && exec sleep 600
    readiness_probe:
      exec: { command: test -e db.up }
      period_seconds: 1
    namespace: back
  migrate:
    command: echo "migrated $$STEP"
    environment: [STEP=two]
    depends_on: { db: { condition: process_healthy } }
  web:
    command: echo "web on $$PORT"
    environment: ["PORT=\${WEB_PORT:-8000}"]
    depends_on: { migrate: { condition: process_completed_successfully } }
    availability: { exit_on_end: true }
`;

Deno.test(
  "init makes a configuration that runs at once",
  { ignore },
  async () => {
    await using tool = new Tool();
    await tool.write("process-compose.yaml", SHOP);
    const made = await tool.run("processman init");
    assertEquals(made, {
      stdout: "",
      stderr:
        `Wrote processman.yaml: 3 processes from process-compose.yaml (process-compose)
Not taken over, as the comments say:
  db: namespace: \`profiles: [NAME]\` names a group that starts with \`--profile NAME\`, and to which commands apply as @NAME
Next: "processman up"
`,
      status: 0,
    });
    const text = await Deno.readTextFile(`${tool.folder}/processman.yaml`);
    assertStringIncludes(
      text,
      `processes:
  # Keeps the orders
  # Not taken over:
  # - namespace: `,
    );
    const ran = await tool.run("processman up");
    const lines = ran.stdout.split("\n").filter((line) => line !== "").sort();
    assertEquals(lines, [
      "db      | db is up",
      "migrate | migrated two",
      "web     | web on 8000",
    ]);
  },
);

Deno.test("init without files of other tools writes one that runs", {
  ignore,
}, async () => {
  await using folder = new InitFolder({});
  const made = await folder.init();
  assertEquals([made.status, made.stdout], [0, ""]);
  assertMatch(made.stderr, /^Wrote processman.yaml, to begin with: /);
  const { processes } = await folder.load([], { env: { USER: "ann" } });
  assertEquals(Object.keys(processes), ["hello"]);
  assertEquals(processes.hello?.env, { NAME: "ann" });
  // What is commented out is right, too.
  const all = folder.text("processman.yaml").replace(
    /^ {2}# {1,3}(?=\w+:)/gm,
    (text) => " ".repeat(text.length - 2),
  );
  folder.write("all.yaml", all);
  const { processes: more } = await folder.load(["all.yaml"]);
  assertEquals(Object.keys(more), ["hello", "web", "migrate", "worker"]);
});

Deno.test("init overwrites nothing without --force", { ignore }, async () => {
  await using folder = new InitFolder({ "processman.yaml": "processes: {}\n" });
  const refused = await folder.init();
  assertEquals(refused, {
    status: 1,
    stdout: "",
    stderr:
      "processman.yaml is already there: --force overwrites it, --output writes another file, and --print writes none",
  });
  assertEquals(folder.text("processman.yaml"), "processes: {}\n");
  assertEquals((await folder.init(["-o", "processman.yaml"])).status, 1);
  assertEquals((await folder.init(["-o", "other.yaml"])).status, 0);
  assertEquals((await folder.init(["--print"])).stderr, "");
  assertEquals((await folder.init(["--force"])).status, 0);
  assertMatch(folder.text("processman.yaml"), /hello/);
  // Another configuration would be used instead of the one that is written.
  await using typed = new InitFolder({ "processman.config.ts": "" });
  const other = await typed.init();
  assertMatch(other.stderr, /^processman.config.ts is already there: /);
  assertEquals([...Deno.readDirSync(typed.real)].length, 1);
});

Deno.test("init writes nothing if the result would be wrong", {
  ignore,
}, async () => {
  await using folder = new InitFolder({
    "process-compose.yaml": `processes:
  a: { command: "true", depends_on: { a: { condition: process_started } } }
`,
  });
  assertEquals(await folder.init(), {
    status: 2,
    stdout: "",
    stderr: `nothing is written, because the configuration would not be right:
  Entries cannot depend on each other in a circle: a → a
    in: dependsOn: { a: started }`,
  });
  assertEquals([...Deno.readDirSync(folder.real)].length, 1);
  folder.write("process-compose.yaml", "processes: [\n");
  const broken = await folder.init();
  assertEquals(broken.status, 2);
  assertMatch(broken.stderr, /process-compose.yaml:\d+:\d+: this is not YAML/);
});

Deno.test("Only who can read a file can read what init makes of it", {
  ignore,
}, async () => {
  const text = "services: { a: { command: sleep 9, environment: [KEY=x] } }\n";
  await using folder = new InitFolder({ "compose.yaml": text });
  await Deno.chmod(`${folder.real}/compose.yaml`, 0o600);
  for (const args of [[], ["--force"]]) {
    assertEquals((await folder.init(args)).status, 0);
    const { mode } = await Deno.stat(`${folder.real}/processman.yaml`);
    assertEquals((mode ?? 0) & 0o777, 0o600, args.join());
  }
});

Deno.test("init names ports that several processes have", {
  ignore,
}, async () => {
  await using folder = new InitFolder({
    "compose.yaml": `services:
  api: { command: node api.js, environment: { PORT: 3000 } }
  web: { command: node web.js, environment: { PORT: "\${P:-3000}" } }
  many: { command: node many.js, environment: { PORT: 3001 }, scale: 2 }
`,
  });
  const { status, stderr } = await folder.init();
  assertStringIncludes(stderr, "port 3000: api and web have it");
  assertStringIncludes(stderr, "port 3001: all replicas of many have it");
  assertStringIncludes(
    folder.text("processman.yaml"),
    "\nsharedPorts: [3000, 3001]\n",
  );
  assertEquals(status, 0);
});

Deno.test("init lets nothing wait for what is never ready", {
  ignore,
}, async () => {
  await using folder = new InitFolder({
    "process-compose.yaml": `version: "0.5"
processes:
  db: { command: sleep 9 }
  web: { command: sleep 9, depends_on: { db: { condition: process_healthy } } }
`,
  });
  const { status, stderr } = await folder.init();
  assertStringIncludes(stderr, 'nothing says when "db" is ready');
  assertStringIncludes(
    folder.text("processman.yaml"),
    "dependsOn: { db: started }",
  );
  assertEquals(status, 0);
});

Deno.test("init for a file in another folder keeps its paths", {
  ignore,
}, async () => {
  await using folder = new InitFolder({
    "deploy/process-compose.yaml": `processes:
  a: { command: "true", log_location: a.log, env_file: a.env, working_dir: /tmp }
  b: { command: "true", working_dir: ./sub }
  c: { command: "true" }
`,
    "deploy/a.env": "A=1\n",
  });
  const { stderr, status } = await folder.init(["deploy/process-compose.yaml"]);
  assertEquals(
    [stderr.split("\n")[0], status],
    [
      "Wrote processman.yaml: 3 processes from deploy/process-compose.yaml (process-compose)",
      0,
    ],
  );
  const { processes } = await folder.load();
  const { a, b, c } = processes;
  assertEquals(
    [a?.cwd, b?.cwd, c?.cwd],
    ["/tmp", `${folder.real}/deploy/sub`, `${folder.real}/deploy`],
  );
  assertEquals(a?.env, { A: "1" });
  assertEquals(a?.output, { file: { path: `${folder.real}/deploy/a.log` } });
});

Deno.test("init names what it cannot read", { ignore }, async () => {
  await using folder = new InitFolder({ "some.txt": "hello\n" });
  const refused = async (...args: string[]) => {
    const { status, stderr } = await folder.init(args);
    return [status, stderr.replaceAll(`${folder.real}/`, "")];
  };
  assertEquals(await refused("none.yaml"), [
    2,
    "there is no file none.yaml, or it cannot be read",
  ]);
  const [status, text] = await refused("some.txt");
  assertEquals(status, 2);
  assertMatch(
    String(text),
    /^some.txt is no file of a tool that "processman init" knows: process-compose \(process-compose.yaml\)/,
  );
  assertEquals(await refused("-o", "processman.json"), [
    2,
    "--output must name a file that ends in .yaml, not processman.json",
  ]);
});

Deno.test("init says what is missing on this machine", { ignore }, async () => {
  await using folder = new InitFolder({
    "process-compose.yaml": `processes:
  a: { entrypoint: [no-such-program], working_dir: gone }
  b: { entrypoint: [no-such-program] }
`,
  });
  const { status, stderr } = await folder.init();
  assertEquals(status, 0);
  const [, ...lines] = stderr.replaceAll(folder.real, "").trim().split("\n");
  assertEquals(lines, [
    "Missing on this machine:",
    "  processman.yaml:9:10: processes.a.cwd: there is no folder /gone",
    '  processman.yaml:12:15: processes.b.command[0]: there is no program "no-such-program" in PATH',
    'Next: "processman up"',
  ]);
});

Deno.test("A file of another tool is no configuration, and says so", {
  ignore,
}, async () => {
  await using folder = new InitFolder({
    "ecosystem.config.js": "module.exports = { apps: [] };",
    "supervisord.conf": "[program:a]\ncommand=a\n",
    "package.json": "{}",
  });
  const told = async (name: string) =>
    (await folder.faults([name])).join().replace(/^\S+: /, "");
  assertEquals(
    await told("ecosystem.config.js"),
    'this is a file for pm2: "processman init ecosystem.config.js" makes a configuration of it',
  );
  assertMatch(
    await told("supervisord.conf"),
    /^this is a file for supervisord/,
  );
  assertMatch(await told("package.json"), /^this is a file for npm scripts/);
});

Deno.test("A file without a server is only read if it is named", {
  ignore,
}, async () => {
  await using folder = new InitFolder({
    "package.json": JSON.stringify({ scripts: { build: "tsc", test: "x" } }),
  });
  const { stderr } = await folder.init(["--print"]);
  assertEquals(stderr, "");
  const named = await folder.init(["package.json"]);
  assertEquals(named, {
    status: 2,
    stdout: "",
    stderr:
      "package.json has no script that is a server: name one of build, test with --script",
  });
  const { stdout } = await folder.init(["--print", "--script", "build"]);
  assertMatch(stdout, /command: \[npm, run, build\]/);
  const none = new InitFolder({ Procfile: "web: a\n" });
  await using _ = none;
  assertMatch(
    (await none.init(["--script", "a"])).stderr,
    /there is none here/,
  );
});
