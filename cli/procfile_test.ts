import { assertEquals, assertStringIncludes } from "@std/assert";
import { Processman } from "../mod.ts";
import { up } from "../plan/mod.ts";
import { ConfigFolder } from "../tools/config_testing.ts";
import { permitted } from "../tools/testing.ts";
import { checkMachine } from "./config_machine.ts";
import { ConfigFaults } from "./config_fault.ts";
import { load } from "./config_load.ts";
import { buildPlan } from "./resolved.ts";

const ignore = !permitted("read", "write", "env", "run", "sys");

/**
 * The shapes of the lines in public Procfiles: the names of their processes,
 * and what their commands ask of a shell. `serve` stands for what serves, and
 * `job` for what ends. The files were looked up in the repositories that are
 * named; nothing of their text is here but names of processes and variables.
 */
const PUBLIC: Readonly<
  Record<string, readonly [name: string, shape: string][]>
> = {
  "mastodon/mastodon Procfile.dev": [
    ["web", "PORT=3000 serve -C config"],
    ["sidekiq", "PORT=3000 serve"],
    ["stream", "PORT=4000 serve start"],
    ["webpack", "./bin/serve --host 127.0.0.1"],
  ],
  "forem/forem Procfile.dev": [
    ["web", "bin/serve s -p 3000 -b 0.0.0.0"],
    ["sidekiq", "serve"],
    ["js", "serve build --watch"],
  ],
  "chatwoot/chatwoot Procfile.dev": [
    ["backend", "bin/serve -p 3000 "],
    ["# comment", ""],
    ["worker", "serve -C config"],
    ["vite", "bin/serve dev"],
  ],
  "discourse/discourse Procfile": [
    ["web", "serve -p $PORT"],
    ["worker", "serve -e $RAILS_ENV -c $SIDEKIQ_WORKERS"],
  ],
  "etcd-io/etcd Procfile": [
    ["# comment", ""],
    [
      "etcd1",
      "bin/serve --name a --urls http://127.0.0.1:2379 --set 'a=http://b:1,b=http://b:2'",
    ],
    ["etcd2", "bin/serve --name b --urls http://127.0.0.1:2380"],
    ["etcd3", "bin/serve --name c --urls http://127.0.0.1:2381"],
    ["#proxy", "bin/serve --endpoints=127.0.0.1:2379,127.0.0.1:2380"],
  ],
  "prometheus/alertmanager Procfile": [
    ["a1", "./bin/serve -path=$TMPDIR/a1 -listen=:9093 -address=00:00:01"],
    ["a2", "./bin/serve -path=$TMPDIR/a2 -listen=:9094 -address=00:00:02"],
    ["wh", "./bin/serve"],
  ],
  "argoproj/argo-cd Procfile": [
    [
      "api-server",
      "[ \"$BIN_MODE\" = 'true' ] && COMMAND=./bin/job || COMMAND='serve run' && sh -c \"LOGS=1 TLS=${TLS:-/tmp/x/tls} $COMMAND --redis localhost:${REDIS_PORT:-6379} --names=${NAMES:-''}\"",
    ],
    [
      "dex",
      'sh -c "X=1 serve -o `pwd`/dex.yaml $(echo "image: x:1" | cut -d\':\' -f3)"',
    ],
    [
      "redis",
      "sh -c \"if [ \\\"$LOCAL\\\" = 'true' ]; then job --save ''; else serve --port ${REDIS_PORT:-6379}; fi\"",
    ],
    ["ui", "sh -c 'cd bin && ${YARN:-./serve} start'"],
    ["cmp-server", "[ \"$E2E\" = 'true' ] && exit 0 || serve"],
  ],
  "huginn/huginn Procfile": [
    ["# web", "serve"],
    ["schedule", "serve runner bin/schedule.rb"],
    ["twitter", "serve runner bin/twitter_stream.rb"],
    ["dj", "serve script/delayed_job run"],
  ],
  "PostHog/posthog Procfile": [
    ["release", "REDIS_URL='redis://' job migrate"],
    ["web", "serve app --log-file -"],
    ["worker", "./bin/serve"],
    ["celeryworker", "./bin/serve --with-beat"],
  ],
  "theforeman/foreman Procfile": [
    [
      "rails",
      '[ -n "$RAILS_STARTUP" ] && $RAILS_STARTUP || bin/serve -b 0.0.0.0',
    ],
    ["webpack", "./bin/serve --config config/webpack --host=0.0.0.0"],
  ],
  "antiwork/gumroad Procfile.dev": [
    ["web", "./bin/serve -p ${DEV_LANE_PORT:-3000}"],
    ["vite", "job setup && job run build:widget && bin/serve dev"],
    [
      "anycable_rpc",
      'SECRET="local" HOST="localhost:${RPC_PORT:-50051}" serve',
    ],
    ["anycable_ws", 'ADAPTER="http,redisx" DEBUG=true bin/serve'],
  ],
  "opf/openproject Procfile": [
    [
      "web",
      'serve --host ${HOST:="127.0.0.1"} --port ${PORT:="8080"} --env ${RAILS_ENV:="development"}',
    ],
    ["worker", "serve jobs:work"],
    ["backup", "./bin/serve"],
  ],
};

/** Returns the text of a Procfile. */
function textOf(lines: readonly [name: string, shape: string][]): string {
  return lines.map(([name, shape]) =>
    name.startsWith("#") ? `${name}: ${shape}\n` : `${name}: ${shape}\n`
  ).join("\n");
}

Deno.test("Twelve public Procfiles pass the check, and come up", {
  ignore,
}, async (t) => {
  assertEquals(Object.keys(PUBLIC).length, 12);
  await using folder = new ConfigFolder({});
  for (const name of ["serve", "job"]) {
    const rest = name === "serve" ? "exec sleep 500" : "exit 0";
    folder.write(`bin/${name}`, `#!/bin/sh\necho "${name} $*"\n${rest}\n`);
    await Deno.chmod(`${folder.real}/bin/${name}`, 0o755);
  }
  folder.write(".env", `PATH="${folder.real}/bin:${Deno.env.get("PATH")}"`);
  for (const [title, lines] of Object.entries(PUBLIC)) {
    const names = lines.map(([name]) => name).filter((name) =>
      !name.startsWith("#")
    );
    await t.step(title, async () => {
      folder.write("Procfile", textOf(lines));
      const { config, built, node } = await load({
        files: ["Procfile"],
        profiles: [],
        cwd: folder.real,
        env: (name) => Deno.env.get(name),
      });
      assertEquals(Object.keys(config.processes), names);
      const faults = new ConfigFaults();
      const env = (name: string) => Deno.env.get(name);
      await checkMachine(config, built, node, env, faults);
      faults.throwAny();
      await comesUp(buildPlan(config));
    });
  }
});

/** Runs a plan, and checks that each process does what it should. */
async function comesUp({ plan }: ReturnType<typeof buildPlan>): Promise<void> {
  await using pm = new Processman({ logger: null, signals: [] });
  await using app = await up(pm, plan, { withinMs: 20_000 });
  for (const process of app) {
    for await (const { text } of process.lines()) {
      if (/^serve|^job migrate/.test(text)) break;
    }
    const expected = process.name === "release" ? "ended" : "running";
    assertEquals(
      process.state.kind === "running" ? "running" : "ended",
      expected,
    );
  }
}

Deno.test("A Procfile gives each process a PORT, as foreman does", {
  ignore,
}, async () => {
  await using folder = new ConfigFolder({
    Procfile: "web: serve\nworker: work\nrelease: migrate\n",
    ".env": "A=pa$$word\n",
  });
  const { processes } = await folder.load();
  const ports = Object.values(processes).map(({ env }) => Object(env).PORT);
  assertEquals(ports, [
    "$[4999 + replica]",
    "$[5099 + replica]",
    "$[5199 + replica]",
  ]);
  assertEquals(processes.web, {
    command: ["sh", "-c", "serve"],
    cwd: folder.real,
    env: { A: "pa$$word", PORT: "$[4999 + replica]" },
  });
  assertEquals([processes.release?.type, processes.release?.autoStart], [
    "task",
    false,
  ]);
  folder.write(".env", "PORT=3000");
  folder.write("over.yaml", "processes: { web: { replicas: 2 } }");
  const config = await folder.load(["Procfile", "over.yaml"]);
  const units = buildPlan(config).plan.entries.get("web")?.units ?? [];
  assertEquals(units.map(({ options }) => options.env?.PORT), ["3000", "3001"]);
});

Deno.test(
  "A line that is no process is a fault with its place",
  { ignore },
  async () => {
    await using folder = new ConfigFolder({
      Procfile: "web: serve\n  what is this\nweb: again\nw b: x\nempty:\n",
    });
    const line =
      "a line must be NAME: COMMAND, or a comment that begins with #";
    assertEquals(await folder.faults(), [
      `Procfile:2:3: ${line}`,
      'Procfile:3:1: "web" is already in line 1',
      `Procfile:4:1: ${line}`,
      `Procfile:5:1: ${line}`,
    ]);
    folder.write("Procfile", "# nothing\n");
    assertStringIncludes(
      (await folder.faults())[0] ?? "",
      "the file has no processes",
    );
  },
);
