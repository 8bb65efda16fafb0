import {
  assert,
  assertEquals,
  assertMatch,
  assertStringIncludes,
} from "@std/assert";
import { findProgram } from "../tools/servers.ts";
import { permitted } from "../tools/testing.ts";
import { Tool } from "../tools/tool.ts";

const ignore = !permitted("read", "write", "net", "env", "run", "sys");

const CONFIG = `name: shop
signals: [SIGTERM]
processes:
  db:
    command: [postgres, -D, data]
    ready: { tcp: { port: 5432 } }
    stop: { signal: SIGINT, gracePeriodMs: 20000 }
    export: { image: "postgres:17" }
  api:
    command: [deno, run, -N, api.ts]
    env: { PRICE: "5$$", DEBUG: null }
    dependsOn: { db: ready }
    critical: true
  debug: { command: [sleep, "600"], profiles: [dev] }
`;

/** Makes a tool with the configuration. */
async function shop(): Promise<Tool> {
  const tool = new Tool();
  await tool.write("processman.yaml", CONFIG);
  return tool;
}

Deno.test("export prints a file, and says on stderr what it does not map", {
  ignore,
}, async () => {
  await using tool = await shop();
  const { stdout, stderr, status } = await tool.run(
    "processman export compose --image api=shop/api:1 --image shop/all:1",
  );
  assertEquals(status, 0);
  const head = "# Exported from processman.yaml by `processman export compose`";
  assertEquals(stdout.split("\n")[0], head);
  assertMatch(stdout, /image: postgres:17$/m);
  assertMatch(stdout, /image: shop\/api:1$/m);
  assertMatch(stdout, /image: shop\/all:1$/m);
  assertMatch(stdout, /PRICE: "5\$\$"$/m);
  assert(!stderr.includes("clearEnv"));
  assertMatch(stdout, /^# signals: it is about the supervisor/m);
  assertMatch(stdout, /- dev$|\[ ?dev ?\]/m);
  assertMatch(stderr, /^signals: it is about the supervisor/m);
  assertMatch(stderr, /^api: env\.DEBUG: the process gets no variables of/m);
  assertMatch(stderr, /^api: critical: /m);
  const notes = stderr.trimEnd().split("\n");
  assertMatch(
    notes.at(-1) ?? "",
    new RegExp(`^${notes.length - 1} options are not mapped, or only in part`),
  );
});

Deno.test("export names all processes that have no image", {
  ignore,
}, async () => {
  await using tool = await shop();
  const { stdout, stderr, status } = await tool.run(
    "processman export kubernetes --profile dev",
  );
  assertEquals([stdout, status], ["", 2]);
  assertEquals(
    stderr,
    "processman: api, debug: no image is known. Set export.image of each " +
      "process, or add --image api=IMAGE --image debug=IMAGE; --image IMAGE " +
      "stands for all of them\n",
  );
});

Deno.test("export leaves out entries of other profiles, and says so", {
  ignore,
}, async () => {
  await using tool = await shop();
  const { stdout, stderr } = await tool.run("processman export systemd");
  assert(!stdout.includes("shop-debug.service"));
  assertMatch(stderr, /^debug: profiles: it is left out.*\(dev\)/m);
  const all = await tool.run("processman export systemd --profile dev");
  assertMatch(all.stdout, /^# shop-debug\.service$/m);
  assert(!all.stderr.includes("left out"));
});

Deno.test("export -o writes files, and overwrites only its own", {
  ignore,
}, async () => {
  await using tool = await shop();
  const command = "processman export systemd -o units";
  const { stdout, stderr, status } = await tool.run(command);
  assertEquals([stdout, status], ["", 0]);
  const paths = ["shop.target", "shop-db.service", "shop-api.service"]
    .map((name) => `units/${name}`);
  for (const path of paths) {
    const text = await Deno.readTextFile(`${tool.folder}/${path}`);
    assertMatch(text, /^# Exported from processman\.yaml/);
    assertMatch(stderr, new RegExp(`^Wrote ${path}$`, "m"));
  }
  assertEquals((await tool.run(command)).status, 0);
  await tool.write("units/shop-db.service", "[Service]\nExecStart=mine\n");
  assertEquals(await tool.run(command), {
    stdout: "",
    stderr: "processman: units/shop-db.service: not written by an export; " +
      "--force overwrites\n",
    status: 1,
  });
  assertEquals((await tool.run(`${command} --force`)).status, 0);
});

Deno.test("export refuses what it does not understand, with status 2", {
  ignore,
}, async () => {
  await using tool = await shop();
  const cases: [string, string][] = [
    [
      "sytemd",
      'there is no engine "sytemd"; did you mean "systemd"?',
    ],
    ["compose --self", "--self is only for systemd"],
    ["kubernetes --user", "--user is only for systemd"],
    ["systemd --image x", "--image is only for compose and kubernetes"],
    ["systemd --workdir /x", "--workdir is only for compose and kubernetes"],
    [
      "compose --image x --workdir app",
      'Option "workdir" must be an absolute path: current value is "app"',
    ],
    [
      "systemd -- --web",
      "arguments after -- are those of `up`, and need --self",
    ],
    [
      "systemd --self -- -d",
      "systemd needs `up` in the foreground: it takes no -d and no --wait",
    ],
    [
      "systemd --self -- --metric 9464",
      'there is no option --metric; did you mean "--metrics"?\n' +
      'Run "processman up --help" for its options.',
    ],
    [
      "compose --image ap=x",
      '--image ap=x: there is no process "ap"; did you mean "api"?',
    ],
  ];
  for (const [line, message] of cases) {
    assertEquals(await tool.run(`processman export ${line}`), {
      stdout: "",
      stderr: `processman: ${message}\n`,
      status: 2,
    }, line);
  }
});

Deno.test("export says what an engine cannot express, without a stack", {
  ignore,
}, async () => {
  await using tool = new Tool();
  const entry = { command: ["sleep", "600"], user: "a:b" };
  await tool.write(
    "processman.json",
    JSON.stringify({ processes: { api: entry } }),
  );
  assertEquals(await tool.run("processman export systemd"), {
    stdout: "",
    stderr: 'processman: systemd accepts no user with the name "a:b"\n',
    status: 2,
  });
});

Deno.test("all that export says on stderr stands in the files too", {
  ignore,
}, async () => {
  await using tool = new Tool();
  const web = { command: ["web"], env: { "A\nB": null }, critical: true };
  const dev = { command: ["dev"], profiles: ["d"] };
  await tool.write(
    "processman.json",
    JSON.stringify({
      logs: { maxAge: "1d" },
      orphans: "leave",
      startLimit: 2,
      processes: { web, dev },
    }),
  );
  for (const engine of ["systemd", "kubernetes --image x"]) {
    const { stdout, stderr } = await tool.run(
      `processman export ${engine} -o ${engine.slice(0, 3)} && cat */*`,
    );
    const notes = stderr.trimEnd().split("\n")
      .filter((line) => !line.startsWith("Wrote ")).slice(0, -1);
    const comments = commentsOf(stdout);
    for (const note of notes) {
      assertStringIncludes(comments, note.replace(/^web: (?=critical)/, ""));
    }
    for (const about of ["logs", "orphans", "web: env.A\ufffdB", "dev"]) {
      assertMatch(stderr, new RegExp(`^${about}: `, "m"), engine);
    }
  }
});

/** Returns the words of the comments in a text, on one line. */
function commentsOf(text: string): string {
  return text.split("\n").map((line) => line.trim())
    .filter((line) => line.startsWith("#"))
    .map((line) => line.slice(1).trim()).join(" ");
}

Deno.test("export -o writes all files or none", { ignore }, async () => {
  await using tool = await shop();
  const command = "processman export systemd -o units";
  await tool.write("units/shop-api.service/x", "");
  assertEquals(await tool.run(`${command} --force`), {
    stdout: "",
    stderr: "processman: units/shop-api.service is a folder\n",
    status: 1,
  });
  assertEquals((await tool.run("ls units")).stdout, "shop-api.service\n");
  await tool.write("file", "");
  const { stderr, status } = await tool.run(
    "processman export systemd -o file/units",
  );
  assertEquals(status, 1);
  assertMatch(stderr, /^processman: file\/units cannot be written: Not a dir/);
});

Deno.test("export follows a link to a file that an export has written", {
  ignore,
}, async () => {
  await using tool = await shop();
  const command = "processman export compose --image x -o";
  await tool.run(
    `${command} far && mkdir here && cd here && ` +
      "ln -s ../far/compose.yaml . && echo '# Exported from ' >compose.yaml",
  );
  assertEquals((await tool.run(`${command} here`)).status, 0);
  assertMatch(
    await Deno.readTextFile(`${tool.folder}/far/compose.yaml`),
    /x$/m,
  );
  assertEquals(
    (await tool.run("ls here far")).stdout,
    "far:\ncompose.yaml\n\nhere:\ncompose.yaml\n",
  );
});

Deno.test("export ignores the image of an entry that it leaves out", {
  ignore,
}, async () => {
  await using tool = await shop();
  const { stderr, status } = await tool.run(
    "processman export kubernetes --image debug=x --image shop:1",
  );
  assertEquals(status, 0);
  assertMatch(stderr, /^debug: profiles: it is left out/m);
});

Deno.test("export systemd --self writes the unit that runs up", {
  ignore,
}, async () => {
  await using tool = await shop();
  const { stdout, stderr, status } = await tool.run(
    "processman export systemd --self --profile dev -o . -- --metrics 9464",
    { env: { USER: "root", SUDO_USER: null } },
  );
  assertEquals([stdout, stderr, status], ["", "Wrote shop.service\n", 0]);
  const unit = await Deno.readTextFile(`${tool.folder}/shop.service`);
  const file = `${tool.folder}/processman.yaml`;
  const which = `-f ${file} --profile dev`;
  assertMatch(
    unit,
    new RegExp(`^ExecStart=/.* up ${which} --metrics 9464$`, "m"),
  );
  assertMatch(unit, new RegExp(`^ExecReload=/.* reload ${which}$`, "m"));
  assertMatch(unit, /^User=root$/m);
  // 20 s of db after 10 s of api, and 10 s for the tool itself.
  assertMatch(unit, /^TimeoutStopSec=40s$/m);
  if (findProgram("systemd-analyze") === undefined) return;
  const verify = await tool.run("systemd-analyze verify ./shop.service");
  assertEquals(verify, { stdout: "", stderr: "", status: 0 });
});
