import {
  assertArrayIncludes,
  assertEquals,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { ConfigFolder } from "../tools/config_testing.ts";
import { permitted } from "../tools/testing.ts";
import { CliError } from "./call.ts";
import { buildPlan } from "./resolved.ts";

const ignore = !permitted("read", "write", "env", "run", "sys");

/** Defines a test in a folder with some files. */
function test(
  name: string,
  files: Readonly<Record<string, string>>,
  fn: (folder: ConfigFolder) => Promise<void>,
): void {
  Deno.test(name, { ignore }, async () => {
    await using folder = new ConfigFolder(files);
    await fn(folder);
  });
}

test("A configuration is found in a folder above", {
  "processman.yaml": "processes: { api: { command: [api] } }",
  "a/b/readme": "",
}, async (folder) => {
  const from = (cwd: string) => ({
    files: [],
    profiles: [],
    cwd,
    env: () => undefined,
  });
  const { loadConfig } = await import("./resolved.ts");
  const found = await loadConfig(from(`${folder.real}/a/b`));
  assertEquals(found.files, [`${folder.real}/processman.yaml`]);
  assertEquals(found.cwd, folder.real);
  assertEquals(found.processes.api?.cwd, folder.real);
});

test(
  "Without a configuration, a message says what to write",
  {},
  async (folder) => {
    await assertRejects(
      () => folder.load(),
      CliError,
      "there is no configuration",
    );
    await assertRejects(() => folder.load(["no.yaml"]), CliError, "no.yaml");
  },
);

test("Later files override earlier ones", {
  "base.yaml": `name: shop
processes:
  db: { command: [db, one], env: { A: a, B: b }, ready: { tcp: 5432, intervalMs: 50 } }
  api:
    shell: api --fast
    stop: { signal: SIGINT, gracePeriodMs: 100 }
    restart: { backoff: { uniform: 5 }, successCodes: [1, 2] }
    critical: true
  old: { command: [old] }
`,
  "sub/over.json": JSON.stringify({
    processes: {
      db: {
        env: { B: null, C: "c" },
        ready: { http: "http://localhost/" },
        cwd: ".",
      },
      api: {
        command: ["api"],
        stop: { gracePeriodMs: 5 },
        restart: { backoff: { constant: 1 }, successCodes: [3] },
        critical: null,
      },
      old: null,
      more: { command: ["more"] },
    },
  }),
}, async (folder) => {
  const { name, files, processes } = await folder.load([
    "base.yaml",
    "sub/over.json",
  ]);
  assertEquals(name, "shop");
  assertEquals(
    files,
    ["base.yaml", "sub/over.json"].map((file) => `${folder.real}/${file}`),
  );
  assertEquals(processes, {
    db: {
      command: ["db", "one"],
      cwd: `${folder.real}/sub`,
      env: { A: "a", B: null, C: "c" },
      ready: { intervalMs: 50, http: "http://localhost/" },
    },
    api: {
      command: ["api"],
      cwd: `${folder.real}/sub`,
      stop: { signal: "SIGINT", gracePeriodMs: 5 },
      restart: { backoff: { constant: 1 }, successCodes: [3] },
    },
    more: { command: ["more"], cwd: `${folder.real}/sub` },
  });
});

test("Included files bring their processes, with paths of their own", {
  "processman.yaml": `include: [db/db.yaml, "\${WHICH:-web}.yaml"]
defaults: { env: { FROM: main, ALL: "1" } }
processes: { api: { command: [api], dependsOn: { db: started } } }
`,
  "db/db.yaml": `include: more.yaml
defaults: { stop: { gracePeriodMs: 5 }, env: { FROM: db } }
processes: { db: { command: [db], cwd: data, output: { file: { path: db.log } } } }
`,
  "db/more.yaml": "processes: { cache: { command: [cache] } }",
  "web.yaml": "processes: { web: { command: [web] } }",
}, async (folder) => {
  const { processes, files } = await folder.load();
  assertEquals(files.length, 4);
  assertEquals(Object.keys(processes).sort(), ["api", "cache", "db", "web"]);
  assertEquals(processes.db, {
    command: ["db"],
    cwd: `${folder.real}/db/data`,
    env: { FROM: "db", ALL: "1" },
    stop: { gracePeriodMs: 5 },
    output: { file: { path: `${folder.real}/db/db.log` } },
  });
});

test("Includes that meet or go in a circle are refused", {
  "processman.yaml":
    "include: [a.yaml, no.yaml]\nprocesses: { api: { command: [api] } }",
  "a.yaml": "include: b.yaml\nname: a\nprocesses: { api: { command: [x] } }",
  "b.yaml": "include: processman.yaml\nprocesses: { b: { command: [b] } }",
}, async (folder) => {
  const found = (await folder.faults()).join("\n");
  assertStringIncludes(
    found,
    "b.yaml:1:10: files cannot include each other in a circle: ",
  );
  assertStringIncludes(
    found,
    'a.yaml:2:1: "name" cannot be in a file that is included (processman.yaml:1)',
  );
  assertStringIncludes(
    found,
    'a.yaml:3:14: "api" is already in processman.yaml:2',
  );
  assertStringIncludes(found, "processman.yaml:1:19: there is no file no.yaml");
});

test("Profiles choose processes", {
  "processman.yaml": `processes:
  api: { command: [api] }
  debug: { command: [debug], profiles: [dev, debug], autoStart: false }
`,
}, async (folder) => {
  assertEquals(Object.keys((await folder.load()).processes), ["api"]);
  for (const profile of ["debug", "*"]) {
    const config = await folder.load([], { profiles: [profile] });
    const built = buildPlan(config);
    assertEquals([...built.plan.entries.keys()], ["api", "debug"]);
    assertEquals(built.autoStart, ["api"]);
    assertEquals(built.labels("debug"), ["dev", "debug"]);
    assertEquals(built.labels("api"), []);
  }
  folder.write(
    "processman.yaml",
    `processes:
  api: { command: [api], dependsOn: { debug: started } }
  debug: { command: [debug], profiles: [dev, debug] }
`,
  );
  assertEquals(await folder.faults(), [
    'processman.yaml:2:39: processes.api.dependsOn.debug: "debug" is only in the profiles dev, debug, of which none is active',
  ]);
});

test("Variables come from the environment, files and the configuration", {
  "processman.yaml": `defaults: { env: { A: defaults, B: defaults } }
processes:
  api:
    command: [api, "$A", 1.10, true]
    envFiles: [one.env, { path: no.env, required: false }]
    env: { C: "\${FROM_ENV} \${FROM_DOTENV} \${BOTH}", D: 1.10, E: "5$$", F: "$[3 + replica]" }
    replicas: \${COUNT}
    critical: "\${CRITICAL:-false}"
`,
  ".env": "FROM_DOTENV=dotenv\nBOTH=dotenv\nCOUNT=2",
  "one.env": "B=file\nC=file\nX=$[1] $A",
}, async (folder) => {
  const config = await folder.load([], {
    env: { FROM_ENV: "env", BOTH: "env" },
  });
  assertEquals(config.processes.api, {
    command: ["api", "$A", "1.10", "true"],
    cwd: folder.real,
    env: {
      A: "defaults",
      B: "defaults",
      X: "$$[1] $A",
      C: "env dotenv env",
      D: "1.10",
      E: "5$",
      F: "$[3 + replica]",
    },
    replicas: 2,
    critical: false,
  });
  const units = buildPlan(config).plan.entries.get("api")?.units ?? [];
  assertEquals(units.map(({ options }) => [options.env?.F, options.env?.X]), [
    ["4", "$[1] $A"],
    ["5", "$[1] $A"],
  ]);
});

test(
  "A dollar in the arguments of a program is a dollar (process-compose#120)",
  {
    "processman.yaml": `processes:
  a: { command: [awk, "{ print $1, $NF, \${x}, $[a] }"] }
  b: { shell: "echo $HOME \${A:-b} $$ $[" }
  c: { command: [c], ready: { line: "/costs 5$/" }, live: { exec: [test, "$X"] } }
  d: { command: [serve, "--port=$[8000 + replica]"], replicas: 2 }
`,
  },
  async (folder) => {
    const { plan } = buildPlan(await folder.load());
    const args = [...plan.entries.values()].map(({ units }) =>
      units.map((unit) => unit.args.at(-1))
    );
    assertEquals(
      args,
      [
        ["{ print $1, $NF, ${x}, $[a] }"],
        ["echo $HOME ${A:-b} $$ $["],
        [],
        ["--port=8001", "--port=8002"],
      ].map((list) => list.length === 0 ? [undefined] : list),
    );
    const [c] = plan.entries.get("c")?.units ?? [];
    assertEquals(
      JSON.parse(JSON.stringify([c?.options.ready, c?.options.live])),
      [
        { line: { pattern: "/costs 5$/" } },
        { exec: { program: "test", args: ["$X"] } },
      ],
    );
  },
);

test("A dollar in what another tool calls a command is no mistake", {
  "processman.yaml": `processes:
  a: { run: "n=$((n+1)); echo $1" }
  b: { env: { A: "$1" }, shell: ls }
`,
}, async (folder) => {
  assertEquals(await folder.faults(), [
    'processman.yaml:2:8: processes.a.run does not exist: did you mean "shell"?',
    "processman.yaml:3:18: a dollar must be followed by a name, by {NAME}, " +
    "or by another dollar if it is meant as a dollar: write $$",
  ]);
});

test("A variable that is null is not in the environment of the process", {
  "processman.yaml":
    "processes: { a: { command: [a], env: { HOME: null, A: x } } }",
}, async (folder) => {
  const { plan } = buildPlan(
    await folder.load(),
    () => ({ HOME: "/root", PATH: "/bin" }),
  );
  const { env, clearEnv } = plan.entries.get("a")?.units[0]?.options ?? {};
  assertEquals([clearEnv, env], [true, { PATH: "/bin", A: "x" }]);
});

test("deno gets no more than what is allowed", {
  "processman.yaml": `processes:
  api:
    deno:
      script: api.ts
      args: [--port, 8000]
      allow: { net: ["localhost:$[8000 + replica]", "[::1]:80"], env: true, read: [], ffi: false }
    replicas: 2
`,
}, async (folder) => {
  const { plan } = buildPlan(await folder.load());
  const units = plan.entries.get("api")?.units ?? [];
  assertEquals(units.map(({ program, args }) => [program, ...args].join(" ")), [
    "deno run --no-prompt --allow-net=localhost:8001,[::1]:80 --allow-env api.ts --port 8000",
    "deno run --no-prompt --allow-net=localhost:8002,[::1]:80 --allow-env api.ts --port 8000",
  ]);
});

test("What the plan refuses is found with its line and column", {
  "processman.yaml": `processes:
  a: { command: [a], dependsOn: { b: started } }
  b: { command: [b], dependsOn: { a: started } }
  c: { command: [c], dependsOn: { dd: started, e: ready } }
  d: { command: [d], env: { PORT: 80 }, replicas: 2 }
  e:
    command: [e]
    restart: { limit: { restarts: 100, withinMs: 5 }, backoff: { constant: 9 } }
    user: root
    uid: 5
  f: { type: task, command: [f], replicas: 2 }
  g: { command: [g], ready: { http: "http://:::/" } }
`,
}, async (folder) => {
  const found = (await folder.faults()).map((line) =>
    line.replace(/^processman\.yaml:/, "")
  );
  const begins = [
    "2:35: Entries cannot depend on each other in a circle: a → b",
    '4:35: processes.c.dependsOn.dd: there is no process "dd"',
    "5:35: processes.d.2.env.PORT must have a port of its own",
    "8:16: processes.e.restart.limit can never be reached",
    "11:44: processes.f.replicas does not exist",
    "12:37: processes.g.ready.http.url must be an http: or https: URL",
  ];
  assertEquals(
    found.map((line, i) => line.slice(0, begins[i]?.length)),
    begins,
  );
});

test("What is missing is found where it should be", {
  "processman.yaml": `processes:
  a: {}
  b:
    stop: { signal: SIGINT }
  c: { command: [c], ready: { withinMs: 5 } }
  d: { command: [d], shell: d }
  e:
  f: { command: [], live: { http: {} } }
`,
}, async (folder) => {
  assertEquals(await folder.faults(), [
    "processman.yaml:2:3: processes.a must have one of command, shell or deno",
    "processman.yaml:3:3: processes.b must have one of command, shell or deno",
    "processman.yaml:5:22: processes.c.ready must have one of http, tcp, exec, line, file or all",
    "processman.yaml:6:22: processes.d.shell cannot be beside command: only one of command, shell or deno is possible",
    "processman.yaml:7:3: processes.e must be a map, not empty",
    "processman.yaml:8:8: processes.f.command must be a list that is not empty",
    'processman.yaml:8:29: "url" is missing in processes.f.live.http: a text',
  ]);
});

const NOT_YAML: readonly [text: string, ...faults: string[]][] = [
  ["", "1:1: the file has no processes"],
  ["# only a comment\n", "1:1: the file has no processes"],
  ["- a\n", "1:1: a configuration must be a map with the key processes"],
  ["text", "1:1: a configuration must be a map with the key processes"],
  ["name: x\n", '1:1: "processes" is missing: a map'],
  [
    "processes:\n\ta: { command: [a] }\n",
    "2:1: a line cannot begin with a tab; use spaces",
  ],
  [
    "processes:\n  a: { command: [a] }\n  a: { command: [b] }\n",
    '3:3: "a" is already in line 2',
  ],
  [
    "processes: &x { a: { command: [a] }, b: *y }\n",
    "1:41: there is no &y before *y",
  ],
  [
    "processes: { a: { command: [a], env: !!x { A: b } } }",
    "1:38: Unresolved tag: tag:yaml.org,2002:x; tags such as !name have no meaning here",
  ],
  [
    "processes: { a: { command: [a] } }\n---\nb: 1",
    "2:1: a file can have only one document; remove what follows ---",
  ],
  [
    "processes: { a: { command: [a], env: { A: ${X} } } }",
    '1:44: ${…} must be in quotes between { and }: "${…}"',
  ],
];

test(
  "What is no YAML is found with its line and column",
  {},
  async (folder) => {
    for (const [text, ...faults] of NOT_YAML) {
      folder.write("processman.yaml", text);
      const found = (await folder.faults()).map((line) =>
        line.replace("processman.yaml:", "")
      );
      assertEquals(found, faults, text);
    }
  },
);

const NOT_JSON: readonly [text: string, fault: string][] = [
  ["", "1:1: the file has no processes"],
  [
    "{\n  // comment\n}",
    "2:3: this is not JSON: a text in double quotes must be here",
  ],
  ['{ "a": 1, }', "1:11: this is not JSON: a comma too many before"],
  ['{ "a": 1 "b": 2 }', "1:10: this is not JSON: , or } is missing"],
  ['{ "a": 1, "a": 2 }', '1:11: "a" is already in line 1'],
  ['{ "a": tru }', '1:8: this is not JSON: a value is missing before "t"'],
  ['{ "a": 1', "1:9: this is not JSON: , or } is missing"],
  ["{} {}", "1:4: this is not JSON: nothing can follow here"],
];

test(
  "What is no JSON is found with its line and column",
  {},
  async (folder) => {
    for (const [text, fault] of NOT_JSON) {
      folder.write("processman.json", text);
      const found = await folder.faults();
      assertArrayIncludes(found, [`processman.json:${fault}`], text);
    }
  },
);

test("A byte order mark, CRLF, anchors and merge keys are fine", {
  "processman.yaml":
    "\uFEFFx-base: &base\r\n  stop: { signal: SIGINT }\r\n  env: &env { A: a }\r\nprocesses:\r\n  a:\r\n    <<: *base\r\n    command: [a]\r\n    env: { <<: *env, B: b }\r\n    comand: [b]\r\n",
}, async (folder) => {
  assertEquals(await folder.faults(), [
    'processman.yaml:9:5: processes.a.comand does not exist: did you mean "command"?',
  ]);
  const text = await Deno.readTextFile(`${folder.real}/processman.yaml`);
  folder.write("processman.yaml", text.replace(/ +comand.*\r\n/, ""));
  const { processes } = await folder.load();
  assertEquals(processes.a, {
    stop: { signal: "SIGINT" },
    command: ["a"],
    cwd: folder.real,
    env: { A: "a", B: "b" },
  });
});

test("Files that cannot be read say why", {
  "processman.yaml":
    "processes: { a: { command: [a], envFiles: [no.env, sub, bad.env] } }",
  "sub/x": "",
  "bad.env": "what",
}, async (folder) => {
  const found = await folder.faults();
  assertEquals(found[0], "processman.yaml:1:44: there is no file no.env");
  assertStringIncludes(
    found[1] ?? "",
    "processman.yaml:1:52: cannot read sub: ",
  );
  assertStringIncludes(
    found[2] ?? "",
    "bad.env:1:1: a line must be NAME=value",
  );
  await Deno.writeFile(
    `${folder.real}/processman.yaml`,
    new Uint8Array([0xff, 0xfe, 65]),
  );
  assertEquals(await folder.faults(), [
    "processman.yaml: the file is not UTF-8",
  ]);
});

test(
  "An alias that contains itself, or too many, are refused",
  {},
  async (folder) => {
    folder.write("processman.yaml", "processes: &a { b: *a }");
    assertEquals(await folder.faults(), [
      "processman.yaml:1:20: *a contains itself",
    ]);
    const lines = ["x-0: &v0 [1]"];
    for (let i = 1; i < 7; i++) {
      lines.push(`x-${i}: &v${i} [${`*v${i - 1}, `.repeat(9)}]`);
    }
    folder.write("processman.yaml", `${lines.join("\n")}\nprocesses: {}`);
    const [first = ""] = await folder.faults();
    assertStringIncludes(first, "the file has more than 100000 values");
  },
);
