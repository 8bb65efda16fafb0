import { assertEquals, assertMatch } from "@std/assert";
import { permitted } from "../tools/testing.ts";
import { Tool } from "../tools/tool.ts";

const ignore = !permitted("read", "write", "net", "env", "run", "sys");

const CONFIG = `processes:
  db: { command: [sleep, 500], restart: { limit: { restarts: 3 }, backoff: { constant: 1000 } } }
  api:
    shell: exec sleep 500
    env: { PRICE: "5$$", PORT: "$[8000 + replica]", PASSWORD: secret }
    replicas: 2
    dependsOn: { db: started }
  task: { type: task, command: ["true"], restart: { policy: never } }
`;

Deno.test("check tells what each process does in a crash loop", {
  ignore,
}, async () => {
  await using tool = new Tool();
  const path = await tool.write("processman.yaml", CONFIG);
  assertEquals(await tool.run("processman check"), {
    stdout: `${path}: no mistakes, 3 processes
It starts in this order
  1 ┬ db
    └ task, a task
  2 ─ api (2)       after db started
If a process crashes again and again, it
  db       gives up after 4 crashes, about 3.4 s after its start, with waits of 1 s
  api (2)  never gives up: about 1385 crashes in the first hour, with waits of 2.5 s
  task     is not restarted after a crash
`,
    stderr: "",
    status: 0,
  });
  const json = await tool.run("processman check --json");
  const { ok, files, faults, processes } = JSON.parse(json.stdout);
  assertEquals([ok, files, faults, json.status], [true, [path], [], 0]);
  assertEquals(processes.length, 3);
  assertEquals(processes[0].crashLoop, {
    ends: true,
    crashes: 4,
    afterMs: 3_400,
    waitsMs: [1_000, 1_000, 1_000],
    text:
      "gives up after 4 crashes, about 3.4 s after its start, with waits of 1 s",
  });
  const api = processes.find(({ name }: { name: string }) => name === "api");
  assertEquals([api.level, api.dependsOn], [2, [
    { name: "db", when: "started", restart: "never", required: true },
  ]]);
  assertMatch(processes[0].program, /^\/.*\/sleep$/);
});

Deno.test("check lists all mistakes on stderr, and ends with 2", {
  ignore,
}, async () => {
  await using tool = new Tool();
  const path = await tool.write(
    "sub/wrong.yaml",
    "processes:\n  a: { comand: [a] }\n  b: { command: [b], stop: { signal: SIGTREM } }\n",
  );
  const faults = [
    [2, 8, 'processes.a.comand does not exist: did you mean "command"?'],
    [
      3,
      38,
      'processes.b.stop.signal cannot be "SIGTREM": did you mean "SIGTERM"?',
    ],
  ].map(([line, column, message]) => ({ file: path, line, column, message }));
  const lines = faults.map(({ line, column, message }) =>
    `${path}:${line}:${column}: ${message}\n`
  );
  assertEquals(await tool.run("processman check -f sub/wrong.yaml"), {
    stdout: "",
    stderr: `${lines.join("")}2 mistakes\n`,
    status: 2,
  });
  const { stdout, stderr, status } = await tool.run(
    "processman check --json -f sub/wrong.yaml",
  );
  assertEquals([stderr, status], ["", 2]);
  assertEquals(JSON.parse(stdout), {
    ok: false,
    files: [path],
    faults,
    processes: [],
  });
});

Deno.test("check finds programs, folders and files that are missing", {
  ignore,
}, async () => {
  await using tool = new Tool();
  await tool.write("file", "");
  await tool.write("run.sh", "");
  const path = await tool.write(
    "processman.yaml",
    `processes:
  a: { command: [no-such-program] }
  b: { command: [./run.sh] }
  c: { command: ["true"], cwd: no }
  d: { command: ["true"], output: { file: { path: file/d.log } } }
  e: { command: ["true"], env: { PATH: /no } }
  f: { command: ["true"], output: { file: { path: logs/f.log, stderr: . } } }
  g: { command: ["true"], before: [no-such], after: { shell: ls }, stop: { command: [no-stop] } }
  h: { command: ["true"], onFailed: [no-mail], onUnhealthy: "http://localhost/" }
`,
  );
  const { stdout, stderr, status } = await tool.run("processman check");
  assertEquals([stdout, status], ["", 2]);
  assertEquals(
    stderr.replaceAll(`${path}:`, "").replaceAll(tool.folder, "~"),
    [
      '2:18: processes.a.command[0]: there is no program "no-such-program" in PATH',
      '3:18: processes.b.command[0]: there is no program "./run.sh" in ~',
      "4:32: processes.c.cwd: there is no folder ~/no",
      "5:51: processes.d.output.file.path: ~/file is not a folder",
      '6:18: processes.e.command[0]: there is no program "true" in PATH',
      "7:71: processes.f.output.file.stderr: ~ is a folder",
      '8:27: processes.g.before: there is no program "no-such" in PATH',
      '8:68: processes.g.stop: there is no program "no-stop" in PATH',
      '9:27: processes.h.onFailed: there is no program "no-mail" in PATH',
      "9 mistakes\n",
    ].join("\n"),
  );
});

Deno.test("config prints what means the same when it is read again", {
  ignore,
}, async () => {
  await using tool = new Tool();
  await tool.write("processman.yaml", CONFIG);
  const first = await tool.run("processman config");
  assertEquals([first.stderr, first.status], ["", 0]);
  assertMatch(
    first.stdout,
    /\n {6}PRICE: 5\$\$\n {6}PORT: \$\[8000 \+ replica\]\n/,
  );
  const again = await tool.run(
    "processman config > again.yaml && processman config -f again.yaml",
  );
  assertEquals(again, first);
  const json = await tool.run(
    "processman config --json > again.json && processman config -f again.json",
  );
  assertEquals(json, first);
  const hidden = await tool.run("processman config --no-env --json");
  assertEquals(JSON.parse(hidden.stdout).processes.api.env, {
    PRICE: "(hidden)",
    PORT: "(hidden)",
    PASSWORD: "(hidden)",
  });
});

Deno.test("check tells what does not start by itself", {
  ignore,
}, async () => {
  await using tool = new Tool();
  await tool.write(
    "processman.yaml",
    `processes:
  db: { command: [sleep, 1], autoStart: false }
  api: { command: [sleep, 2], dependsOn: { db: started } }
  tool: { command: [sleep, 3], autoStart: false }
  night: { type: task, command: [sleep, 4], schedule: "0 3 * * *" }
`,
  );
  const { stdout } = await tool.run("processman check");
  assertMatch(
    stdout,
    /1 ┬ db\n +├ tool, only on request\n +└ night, a task, on schedule\n +2 ─ api /,
  );
});

Deno.test("check is fast, however many processes there are", {
  ignore,
}, async () => {
  await using tool = new Tool();
  const names = Array.from({ length: 200 }, (_, i) => `p${i}: sleep 500\n`);
  await tool.write("Procfile", names.join(""));
  // One simulation of each of them would take more than 15 s.
  const { stdout, status } = await tool.run("processman check", {
    withinMs: 10_000,
  });
  assertMatch(stdout, /: no mistakes, 200 processes\n/);
  assertMatch(
    stdout,
    /crashes again and again, it\n {2}all 200 {2}never .*\n$/,
  );
  assertEquals(status, 0);
});
