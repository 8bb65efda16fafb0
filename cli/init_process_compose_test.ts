import { assertEquals } from "@std/assert";
import { found } from "../tools/init_testing.ts";
import { permitted } from "../tools/testing.ts";
import type { WrittenProcess } from "./define_config.ts";

const ignore = !permitted("read", "write");

/** Processes that have exactly these keys, without a gap. */
const WHOLE: readonly (readonly [text: string, entry: WrittenProcess])[] = [
  ["command: a b", { shell: "a b" }],
  ["command: a $$B", { shell: "a $B" }],
  ["command: 'source x && a'", { command: ["bash", "-c", "source x && a"] }],
  ["entrypoint: [a, b]", { command: ["a", "b"] }],
  ["command: 'a {{.X}}', vars: { X: 1 }", { shell: "a 1" }],
  [
    "command: 'a 80{{.PC_REPLICA_NUM}}', replicas: 2",
    { shell: "a 80$[replica - 1]", replicas: 2 },
  ],
  ["command: a $$PC_REPLICA_NUM, replicas: 2", {
    shell: "a $PC_REPLICA_NUM",
    env: { PC_REPLICA_NUM: "$[replica - 1]" },
    replicas: 2,
  }],
  ["command: a, disabled: true", { shell: "a", autoStart: false }],
  ["command: a, is_foreground: true", { shell: "a", autoStart: false }],
  [
    "command: a, availability: { restart: on_failure, backoff_seconds: 2, max_restarts: 3 }",
    {
      shell: "a",
      restart: {
        policy: "on-failure",
        backoff: { constant: 2_000 },
        limit: { restarts: 3 },
      },
    },
  ],
  ["command: a, availability: { restart: exit_on_failure }", {
    shell: "a",
    critical: true,
  }],
  [
    "command: a, shutdown: { signal: 2, timeout_seconds: 3, parent_only: yes }",
    {
      shell: "a",
      stop: { signal: "SIGINT", gracePeriodMs: 3_000, to: "leader" },
    },
  ],
  ["command: a, shutdown: { command: b c }", {
    shell: "a",
    stop: { command: ["sh", "-c", "b c"] },
  }],
  ["command: a, schedule: { cron: 0 3 * * *, timezone: UTC }", {
    type: "task",
    shell: "a",
    schedule: { cron: "0 3 * * *", timeZone: "UTC" },
  }],
  ["command: a, schedule: { interval: 30s }", {
    type: "task",
    shell: "a",
    schedule: "*/30 * * * * *",
  }],
  ["command: a, schedule: { interval: 2h }", {
    type: "task",
    shell: "a",
    schedule: "0 */2 * * *",
  }],
  ["command: a, is_tty: true", { shell: "a", tty: true }],
  [
    "command: a, working_dir: w, watch: { paths: [{ path: src, include: ['*.go', 'x/*.y'], exclude: [z] }, { path: /etc/a }], debounce: 500ms, cascade: true }",
    {
      shell: "a",
      cwd: "w",
      watch: {
        paths: ["w/src/**/*.go", "w/src/x/*.y", "/etc/a"],
        ignore: ["z"],
        debounceMs: 500,
        cascade: true,
      },
    },
  ],
  ["command: a, ready_log_line: is up", {
    shell: "a",
    ready: { line: "is up" },
  }],
  [
    "command: a, working_dir: b, environment: [C=d], readiness_probe: { exec: { command: e $$C }, period_seconds: 2, initial_delay_seconds: 1 }",
    {
      shell: "a",
      cwd: "b",
      env: { C: "d" },
      ready: {
        exec: { command: ["sh", "-c", "e $C"], cwd: "b", env: { C: "d" } },
        intervalMs: 2_000,
        timeoutMs: 1_000,
        withinMs: 7_000,
      },
    },
  ],
  [
    "command: a, liveness_probe: { http_get: { port: 80, path: x, status_code: 204, headers: { A: b } }, timeout_seconds: 5, failure_threshold: 4 }",
    {
      shell: "a",
      live: {
        http: {
          url: "http://127.0.0.1:80/x",
          status: 204,
          headers: { A: "b" },
        },
        intervalMs: 10_000,
        timeoutMs: 5_000,
        failures: 4,
      },
    },
  ],
  [
    "command: a, log_location: a.log, log_configuration: { rotation: { max_size_mb: 1, max_backups: 2 } }",
    {
      shell: "a",
      output: { file: { path: "a.log", maxBytes: 1_048_576, maxFiles: 2 } },
    },
  ],
];

Deno.test("init takes over what a process of process-compose says", {
  ignore,
}, async () => {
  for (const [text, entry] of WHOLE) {
    const { config, gaps } = await found(
      "process-compose.yaml",
      `processes:\n  a: { ${text} }\n`,
    );
    assertEquals([config.processes?.a, gaps], [entry, []], text);
  }
});

Deno.test("init reads what belongs to a file of process-compose", {
  ignore,
}, async () => {
  const { config, comments, variables, gaps } = await found(
    "process-compose.yaml",
    `name: shop
environment: [A=1, B=2]
shell: { shell_command: zsh }
processes:
  base: { command: a, environment: [C=3], description: "The base" }
  web: { extends: base, command: b, environment: [D=4], depends_on: { base: { condition: process_log_ready } } }
`,
    {
      ".env": "E=5\n",
      "process-compose.override.yaml":
        "processes: { web: { environment: [F=6] } }\n",
    },
  );
  assertEquals([gaps, variables], [[], true]);
  assertEquals(comments, { base: "The base", web: "The base" });
  assertEquals(config, {
    name: "shop",
    defaults: {
      restart: { policy: "never" },
      envFiles: [{ path: ".env", required: false }],
      env: { A: "1", B: "2" },
    },
    processes: {
      base: { command: ["zsh", "-c", "a"], env: { C: "3" } },
      web: {
        command: ["zsh", "-c", "b"],
        env: { C: "3", D: "4", F: "6" },
        dependsOn: { base: "ready" },
      },
    },
  });
  const literal = await found(
    "process-compose.yaml",
    `disable_env_expansion: true
processes: { a: { command: "a $$B" } }
`,
  );
  assertEquals([literal.config.processes, literal.variables], [
    { a: { shell: "a $$B" } },
    false,
  ]);
  assertEquals(literal.config.defaults?.envFiles, undefined);
});
