import { assert, assertEquals, assertRejects } from "@std/assert";
import { simulate } from "../mod.ts";
import { ConfigFolder } from "../tools/config_testing.ts";
import { foundBy, gapLines } from "../tools/init_testing.ts";
import { permitted } from "../tools/testing.ts";
import { backoffOf } from "./build.ts";
import { CliError } from "./call.ts";
import type { Found } from "./init_origin.ts";
import { readPm2 } from "./init_pm2.ts";
import { APP_ALIASES, APP_KEYS } from "./init_pm2_keys.ts";

const ignore = !permitted("read", "write", "run", "env", "net", "sys");

/** Reads an app; more files are those beside the ecosystem file. */
function read(
  app: Readonly<Record<string, unknown>> | readonly unknown[],
  files: Readonly<Record<string, string>> = {},
): Promise<Found> {
  const name = "ecosystem.json";
  const text = JSON.stringify({ apps: [app].flat() });
  return foundBy(readPm2, name, { ...files, [name]: text });
}

/** Returns the only process. */
async function one(
  app: Readonly<Record<string, unknown>>,
  files?: Readonly<Record<string, string>>,
) {
  const { config } = await read({ name: "api", ...app }, files);
  return Object.values(config.processes ?? {})[0] ?? {};
}

/** Values that say something; `true` for the others. */
const SAMPLES: Readonly<Record<string, unknown>> = {
  script: "other.js",
  exec_interpreter: "bun",
  node_args: "--inspect",
  args: "a b",
  name: "other",
  name_prefix: "my-",
  cwd: "sub",
  env: { A: "1" },
  "env_*": { B: "2" },
  port: 8000,
  increment_var: "PORT",
  instance_var: "N",
  instances: 3,
  exec_mode: "cluster",
  uid: "www",
  gid: 33,
  autostart: false,
  autorestart: false,
  stop_exit_codes: [3],
  restart_delay: 100,
  exp_backoff_restart_delay: 100,
  max_restarts: 5,
  min_uptime: "5s",
  kill_timeout: 3_000,
  treekill: false,
  out_file: "o.log",
  error_file: "e.log",
  log_file: "both.log",
  log_type: "json",
  cron_restart: "0 3 * * *",
  watch: ["src"],
  watch_delay: 500,
  ignore_watch: ["logs"],
  execute_command: true,
};

Deno.test("init takes each key of an app of pm2 over, or tells it", async () => {
  // What some keys say is only seen with two processes and a file.
  const base = {
    name: "api",
    script: "api.js",
    instances: 2,
    exec_mode: "fork",
    out_file: "api.log",
    watch: ["lib"],
  };
  for (const name of Object.keys(APP_KEYS)) {
    const key = name === "env_*" ? "env_production" : name;
    if (key === "execute_command") {
      Object.assign(base, { exec_mode: undefined });
    }
    const before = await read(base);
    const after = await read({ ...base, [key]: SAMPLES[name] ?? true });
    const told = "moot" in (APP_KEYS[name] ?? {}) ||
      gapLines(after).some((line) => line.includes(key));
    const taken =
      JSON.stringify(before.config) !== JSON.stringify(after.config);
    assert(told || taken, key);
  }
});

Deno.test("The other names of keys mean the same", async () => {
  for (const [alias, name] of Object.entries(APP_ALIASES)) {
    const value = SAMPLES[name] ?? "x";
    const base = name === "script" ? {} : { script: "api.js" };
    assertEquals(
      (await read({ ...base, name: "api", [alias]: value })).config,
      (await read({ ...base, name: "api", [name]: value })).config,
      alias,
    );
  }
  assertEquals(gapLines(await read({ script: "a.js", colour: "red" })), [
    "a: colour: pm2 does not have this key",
  ]);
});

Deno.test("What pm2 runs becomes a command", async () => {
  const files = { "bin/www": "#!/usr/bin/env node\n", tool: "\0binary" };
  const cases: [Record<string, unknown>, string[]][] = [
    [{ script: "server.js" }, ["node", "server.js"]],
    [{ script: "./server.mjs", node_args: "--a --b" }, [
      "node",
      "--a",
      "--b",
      "./server.mjs",
    ]],
    [{ script: "/shop/dist/main.js" }, ["node", "dist/main.js"]],
    [{ script: "/shop/app/main.js", cwd: "/shop/app" }, ["node", "main.js"]],
    [{ script: "app.py", args: ["-p", 8000] }, [
      "python3",
      "app.py",
      "-p",
      "8000",
    ]],
    [{ script: "run.sh" }, ["bash", "run.sh"]],
    [{ script: "bin/www" }, ["node", "bin/www"]],
    [{ script: "tool" }, ["./tool"]],
    [{ script: "npm", args: "run start -- 'a b'" }, [
      "npm",
      "run",
      "start",
      "--",
      "a b",
    ]],
    [{ script: "app", interpreter: "none" }, ["app"]],
    [{ script: "app.js", interpreter: "deno", node_args: ["run", "-A"] }, [
      "deno",
      "run",
      "-A",
      "app.js",
    ]],
    [{ script: "serve -s build -l 3000" }, [
      "serve",
      "-s",
      "build",
      "-l",
      "3000",
    ]],
    [{ script: "source env && npm start" }, [
      "bash",
      "-c",
      "source env && npm start",
    ]],
  ];
  for (const [app, command] of cases) {
    assertEquals((await one(app, files)).command, command);
  }
  const { shell } = await one({ script: "npm run build && npm start" });
  assertEquals(shell, "npm run build && npm start");
});

Deno.test("A process from pm2 is restarted and stopped as before", async () => {
  const { restart, stop } = await one({ script: "a.js" });
  assertEquals(stop, { signal: "SIGINT", gracePeriodMs: 1_600 });
  const { backoff, ...options } = restart ?? {};
  const exit = { durationMs: 10, code: 0 };
  const runs = simulate(
    { ...options, backoff: backoffOf({ ...backoff }) },
    Array.from({ length: 20 }, () => exit),
  );
  assertEquals(runs.length, 16);
  assertEquals(runs.at(-1)?.decision.kind, "fail");
});

Deno.test("cron_restart is a restart, or a task at certain times", async () => {
  const cron_restart = "0 3 * * *";
  const service = await one({ script: "a.js", cron_restart });
  assertEquals(service.restart?.schedule, cron_restart);
  const task = await read({ script: "a.js", cron_restart, autorestart: false });
  const { type, schedule, restart } = task.config.processes?.a ?? {};
  assertEquals([type, schedule, restart], [
    "task",
    cron_restart,
    { policy: "never" },
  ]);
  assertEquals(gapLines(task), [
    "a: cron_restart: pm2 also runs it at once: `processman start NAME`",
  ]);
});

Deno.test("watch is that of the tool, in the folder of the app", async () => {
  const watched = async (app: Record<string, unknown>) =>
    (await one({ script: "a.js", ...app })).watch;
  assertEquals(await watched({ watch: false }), undefined);
  assertEquals(await watched({ watch: true }), ["."]);
  assertEquals(await watched({ watch: true, cwd: "/shop/app" }), ["app"]);
  assertEquals(
    await watched({
      watch: ["src", "a.json"],
      ignore_watch: ["node_modules", "/[.]tmp$/"],
      watch_delay: 1_000,
    }),
    {
      paths: ["src", "a.json"],
      ignore: ["node_modules"],
      debounceMs: 1_000,
    },
  );
});

Deno.test("A limit that pm2 cannot reach is left out", async () => {
  const limitOf = async (app: Record<string, unknown>) =>
    (await one({ script: "a.js", ...app })).restart?.limit;
  assertEquals(await limitOf({ restart_delay: 1_100 }), undefined);
  assertEquals(await limitOf({ restart_delay: 1_000 }), {
    restarts: 15,
    withinMs: 16_000,
  });
  assertEquals(await limitOf({ max_restarts: 3, min_uptime: "1m" }), {
    restarts: 2,
    withinMs: 180_000,
  });
  assertEquals(await limitOf({ exp_backoff_restart_delay: 100 }), undefined);
});

Deno.test("Instances become replicas, and a cluster one process", async () => {
  const fork = await one({
    script: "a.sh",
    instances: 3,
    increment_var: "PORT",
    env: { PORT: 3000 },
    out_file: "logs/a.log",
    error_file: "~/a-err.log",
  });
  assertEquals(fork.replicas, 3);
  assertEquals(fork.env, {
    PORT: "$[2999 + replica]",
    NODE_APP_INSTANCE: "$[replica - 1]",
  });
  assertEquals(fork.output?.file, {
    path: "logs/a-$[replica - 1].log",
    stderr: "${HOME}/a-err-$[replica - 1].log",
    maxBytes: Infinity,
  });
  const max = await read({ script: "a.js", instances: "max" });
  assertEquals(max.config.processes?.a?.replicas, undefined);
  assert(gapLines(max)[0]?.startsWith("a: instances: max: processman shares"));
  assertEquals(gapLines(await read({ script: "a.js", instances: 1 })), []);
});

Deno.test("Variables keep their dollars, and the values of env_* stay", async () => {
  const { config, gaps } = await read({
    script: "a.js",
    env: { A: "$x ${y}", N: 1, O: { p: 1 }, Z: null },
    env_production: { PASSWORD: "secret" },
    filter_env: ["AWS_SECRET"],
  });
  assertEquals(config.processes?.a?.env, {
    AWS_SECRET: null,
    A: "$$x $${y}",
    N: 1,
    O: '{"p":1}',
  });
  const told = gapLines({ config, gaps }).join();
  assert(
    told.includes("env_production (PASSWORD)") && !told.includes("secret"),
  );
});

Deno.test("Ecosystem files are modules of both kinds, JSON or YAML", {
  ignore,
}, async () => {
  const app =
    `{ name: "api", script: __dirname + "/api.js", env: { N: os.cpus().length > 0 } }`;
  const files: Record<string, string> = {
    "ecosystem.config.js":
      `const os = require("os");\nconst { apps } = require("./apps");\nmodule.exports = { apps };\n`,
    "apps.js": `const os = require("node:os");\nexports.apps = [${app}];\n`,
    "esm/package.json": `{ "type": "module" }`,
    "esm/ecosystem.config.js":
      `import os from "node:os";\nconst __dirname = import.meta.dirname;\nexport default ${app};\n`,
    "esm/ecosystem.config.cjs":
      `const os = require("os");\nmodule.exports = [${app}];\n`,
    "esm/ecosystem.config.mjs":
      `import os from "node:os";\nconst __dirname = import.meta.dirname;\nexport const apps = [${app}];\n`,
    "json/ecosystem.json":
      `{ // comments\n  apps: [{ name: "api", script: "./api.js", env: { N: true }, }],\n}\n`,
    "yaml/ecosystem.yaml":
      `apps:\n  - name: api\n    script: ./api.js\n    env: { N: true }\n`,
  };
  await using folder = new ConfigFolder(files);
  const found = await Promise.all(
    Object.keys(files).filter((name) => /ecosystem/.test(name)).map((name) =>
      readPm2({ path: `${folder.real}/${name}`, text: files[name] ?? "" }, {
        read: () => undefined,
        list: () => [],
        env: () => undefined,
      })
    ),
  );
  assertEquals(found.length, 6);
  for (const { config, gaps } of found) {
    assertEquals(gaps, []);
    assertEquals(config.processes?.api?.env, { N: true });
    assertEquals(config.processes?.api?.command?.[0], "node");
  }
});

Deno.test(
  "An ecosystem file that is wrong says where",
  { ignore },
  async () => {
    const text = `module.exports = {\n  apps: [{ script: missing }],\n};\n`;
    await using folder = new ConfigFolder({ "ecosystem.config.js": text });
    const path = `${folder.real}/ecosystem.config.js`;
    const around = {
      read: () => undefined,
      list: () => [],
      env: () => undefined,
    };
    const { message } = await assertRejects(
      () => Promise.resolve(readPm2({ path, text }, around)),
      CliError,
    );
    assertEquals(
      message.split("\n")[0],
      `${path}:2:20: ReferenceError: missing is not defined`,
    );
    await assertRejects(
      () => foundBy(readPm2, "pm2.json", { "pm2.json": "{}" }),
      CliError,
      "there is no app",
    );
  },
);
