import { assertEquals } from "@std/assert";
import { found } from "../tools/init_testing.ts";
import { permitted } from "../tools/testing.ts";
import type { WrittenProcess } from "./define_config.ts";
import { Addresses, portOf } from "./init_compose_addresses.ts";
import { readDockerfile } from "./init_dockerfile.ts";
import { durationOf } from "./init_values.ts";
import { lineOf, wordsOf } from "./init_shell.ts";

const ignore = !permitted("read", "write");

/** Reads one service; returns its process, and what is not taken over. */
async function service(
  text: string,
  files: Readonly<Record<string, string>> = {},
): Promise<[WrittenProcess | undefined, string[]]> {
  const { config, stubs, gaps } = await found(
    "compose.yaml",
    `services:\n  a: { ${text} }\n`,
    files,
  );
  const names = gaps.map(({ key }) => key);
  return [config.processes?.a ?? stubs?.a, names];
}

/** Services that become a process with exactly these keys, without a gap. */
const WHOLE: readonly (readonly [text: string, entry: WrittenProcess])[] = [
  ["command: node a.js 'b c'", { command: ["node", "a.js", "b c"] }],
  ["command: [echo, $$HOME]", { command: ["echo", "$HOME"] }],
  ['command: sh -c "a && b"', { shell: "a && b" }],
  ['command: [/bin/bash, -c, "a && b"]', { shell: "a && b" }],
  ['command: [bash, -c, "[[ a ]]"]', { command: ["bash", "-c", "[[ a ]]"] }],
  ["command: 'a -p ${P:-1}'", { shell: 'exec a -p "${P:-1}"' }],
  ["command: [a, 'x y $P']", { shell: 'exec a "x y $P"' }],
  ["entrypoint: [a, b], command: c d", { command: ["a", "b", "c", "d"] }],
  ["command: a, environment: [A=1, B]", { command: ["a"], env: { A: "1" } }],
  [
    "command: a, environment: { A: 1.10, B: true, C: '${D:-e}', E: }",
    { command: ["a"], env: { A: "1.10", B: "true", C: "${D:-e}" } },
  ],
  ["command: a, restart: 'no'", { command: ["a"] }],
  [
    "command: a, restart: unless-stopped",
    { command: ["a"], restart: { policy: "always" } },
  ],
  [
    "command: a, restart: 'on-failure:3'",
    {
      command: ["a"],
      restart: { policy: "on-failure", limit: { restarts: 3 } },
    },
  ],
  [
    "command: a, deploy: { replicas: 2, restart_policy: { condition: on-failure, delay: 5s } }",
    {
      command: ["a"],
      replicas: 2,
      restart: { policy: "on-failure", backoff: { constant: 5_000 } },
    },
  ],
  [
    "command: a, stop_signal: QUIT, stop_grace_period: 1m30s",
    { command: ["a"], stop: { signal: "SIGQUIT", gracePeriodMs: 90_000 } },
  ],
  [
    "command: a, stop_signal: SIGINT, pre_stop: [{ command: [b, 'c d'] }]",
    {
      command: ["a"],
      stop: {
        signal: "SIGINT",
        command: ["sh", "-c", `b 'c d'; kill -s INT "$PROCESSMAN_PID"`],
      },
    },
  ],
  ["command: a, tty: true, stdin_open: true", { command: ["a"], tty: true }],
  [
    "command: a, develop: { watch: [{ path: ./src, action: sync+restart, target: /app, ignore: [x/] }, { path: html, action: sync, target: /www }] }",
    { command: ["a"], watch: { paths: ["./src"], ignore: ["x"] } },
  ],
  ["command: a, profiles: [b]", { command: ["a"], profiles: ["b"] }],
  ["command: a, ports: ['8000:8000', '127.0.0.1:1:1/tcp', 9000]", {
    command: ["a"],
  }],
  [
    "command: a, healthcheck: { test: [CMD, curl, -f, http://localhost/x], interval: 5s }",
    {
      command: ["a"],
      ready: {
        http: "http://localhost/x",
        intervalMs: 1_000,
        timeoutMs: 30_000,
        withinMs: 15_000,
        recheckMs: 5_000,
      },
    },
  ],
  [
    "command: a, healthcheck: { test: wget -qO- localhost:80/x || exit 1, start_period: 1m, retries: 2, start_interval: 100ms, timeout: 1s }",
    {
      command: ["a"],
      ready: {
        http: "http://localhost:80/x",
        intervalMs: 100,
        timeoutMs: 1_000,
        withinMs: 120_000,
      },
    },
  ],
  [
    "command: a, environment: [U=me], healthcheck: { test: pg_isready -U $$U, interval: 500ms }",
    {
      command: ["a"],
      env: { U: "me" },
      ready: {
        exec: { command: ["sh", "-c", "pg_isready -U $U"], env: { U: "me" } },
        intervalMs: 500,
        timeoutMs: 30_000,
        withinMs: 1_500,
        recheckMs: 500,
      },
    },
  ],
  ["command: a, healthcheck: { test: [NONE] }", { command: ["a"] }],
  ["command: a, healthcheck: { disable: true }", { command: ["a"] }],
];

Deno.test("init takes over what a service of Compose says", {
  ignore,
}, async () => {
  for (const [text, entry] of WHOLE) {
    assertEquals(await service(text), [entry, []], text);
  }
});

Deno.test("init reads the program of a service from its Dockerfile", {
  ignore,
}, async () => {
  const files = {
    "web/Dockerfile": 'FROM node\nWORKDIR /app\nCMD ["node", "web.js"]\n',
  };
  assertEquals(await service("build: ./web", files), [
    { command: ["node", "web.js"], cwd: "web" },
    ["build"],
  ]);
  // A volume says which folder it is.
  const mounted = "build: ./web, volumes: ['./src:/app'], working_dir: /app/x";
  assertEquals(await service(mounted, files), [
    { command: ["node", "web.js"], cwd: "src/x" },
    ["build"],
  ]);
  assertEquals(await service("build: ./api, working_dir: /app"), [
    { command: ["PROGRAM"], cwd: "./api" },
    ["working_dir", "build"],
  ]);
});

Deno.test("readDockerfile() follows stages", () => {
  const text = `# syntax=docker/dockerfile:1
FROM node AS base
WORKDIR /app
ENV A=b
FROM base AS dev
CMD npm run dev
FROM --platform=x base
COPY a b
USER node
ENTRYPOINT ["node"]
CMD ["a.js", \\
  "b"]
`;
  assertEquals(readDockerfile(text), {
    entrypoint: ["node"],
    command: ["a.js", "b"],
    workdir: "/app",
    others: ["ENV", "USER"],
  });
  const { entrypoint, command } = readDockerfile(text, "dev");
  assertEquals([entrypoint, command], [[], ["npm", "run", "dev"]]);
  const { command: shell } = readDockerfile("FROM a\nCMD a && b $C\n");
  assertEquals(shell, ["sh", "-c", "a && b $C"]);
});

Deno.test("init writes a service without a program as a comment", {
  ignore,
}, async () => {
  const { config, stubs, gaps } = await found(
    "compose.yaml",
    `services:
  db: { image: "postgres:17", restart: always }
  proxy: { image: traefik, command: [--api] }
  web: { command: a, depends_on: { db: { condition: service_healthy }, proxy: { condition: service_started, required: false } } }
`,
  );
  assertEquals(config.processes, {
    web: {
      command: ["a"],
      dependsOn: {
        db: { when: "ready", required: false },
        proxy: { when: "started", required: false },
      },
    },
  });
  assertEquals(stubs, {
    db: {
      command: ["postgres", "-D", "data"],
      restart: { policy: "always" },
      export: { image: "postgres:17" },
    },
    proxy: {
      command: ["PROGRAM", "--api"],
      export: { image: "traefik" },
    },
  });
  assertEquals(gaps.map(({ process, key }) => `${process} ${key}`), [
    "db image",
    "proxy image",
  ]);
});

Deno.test("init reads the files that belong to a Compose file", {
  ignore,
}, async () => {
  const { config, gaps } = await found(
    "compose.yaml",
    `name: shop
include: [sub/other.yaml]
x-common: &common { restart: always }
services:
  base: { command: a, environment: [A=1, B=2] }
  web:
    <<: *common
    extends: base
    environment: { B: 3 }
    depends_on: [job]
  job: { extends: { file: more.yaml, service: task } }
`,
    {
      "compose.override.yaml":
        "services: { web: { command: b, environment: [C=4] } }\n",
      "more.yaml": "services: { task: { command: t } }\n",
      "sub/other.yaml":
        "services: { other: { command: o, env_file: o.env } }\n",
      "sub/o.env": "",
    },
  );
  assertEquals(gaps, []);
  assertEquals(config, {
    name: "shop",
    defaults: {
      restart: {
        policy: "never",
        backoff: {
          exponential: { initialMs: 100, maxMs: 60_000, jitter: "none" },
        },
        resetAfterMs: 10_000,
      },
    },
    processes: {
      base: { command: ["a"], env: { A: "1", B: "2" } },
      web: {
        command: ["b"],
        env: { A: "1", B: "3", C: "4" },
        dependsOn: { job: "started" },
        restart: { policy: "always" },
      },
      job: { command: ["t"] },
      other: { command: ["o"], cwd: "sub", envFiles: ["sub/o.env"] },
    },
  });
});

Deno.test("init knows what !reset and !override remove", async () => {
  const { config, gaps } = await found(
    "compose.yaml",
    `services:
  api: { command: a, environment: { A: 1, B: 2 }, stop_signal: SIGINT }
  job: { extends: api, environment: !override { C: 3 }, stop_signal: !reset }
`,
    {
      "compose.override.yaml":
        "services: { api: { environment: { B: !reset null, D: 4 } } }",
    },
  );
  assertEquals([config.processes, gaps], [{
    api: {
      command: ["a"],
      env: { A: "1", D: "4" },
      stop: { signal: "SIGINT" },
    },
    job: { command: ["a"], env: { C: "3" } },
  }, []]);
});

Deno.test("init makes a task of a service whose end another one waits for", {
  ignore,
}, async () => {
  const { config } = await found(
    "compose.yaml",
    `services:
  job: { command: a, restart: always }
  web:
    command: b
    depends_on: { job: { condition: service_completed_successfully, restart: true } }
`,
  );
  assertEquals(config.processes, {
    job: { type: "task", command: ["a"], restart: { policy: "on-failure" } },
    web: {
      command: ["b"],
      dependsOn: { job: { when: "completed", restart: "explicit" } },
    },
  });
});

Deno.test("init passes on the variables of .env that a service uses", {
  ignore,
}, async () => {
  const text =
    "command: 'a $PORT $HOME', environment: [KEY, OTHER, X=1], env_file: [x.env]";
  const files = { ".env": "PORT=1\nexport KEY=2\n", "x.env": "A=$B\n" };
  assertEquals(await service(text, files), [
    {
      shell: 'exec a "$PORT" "$HOME"',
      env: { KEY: "${KEY}", X: "1", PORT: "${PORT}" },
      envFiles: ["x.env"],
    },
    ["env_file.path"],
  ]);
  assertEquals(await service("command: a, env_file: gone.env"), [
    { command: ["a"], envFiles: [{ path: "gone.env", required: false }] },
    ["env_file.path"],
  ]);
});

Deno.test("Addresses.local() replaces the names of services by localhost", () => {
  const addresses = new Addresses({
    db: null,
    redis: null,
    "my-api": { container_name: "api" },
    web: null,
  });
  for (
    const [name, value, expected] of [
      [
        "URL",
        "postgres://me:pw@db:5432/x",
        "postgres://me:pw@localhost:5432/x",
      ],
      ["URL", "postgres://me:${PW}@db/x", "postgres://me:${PW}@localhost/x"],
      ["URL", "redis://redis:6379/0", "redis://localhost:6379/0"],
      ["URL", "http://my-api:80/db/web", "http://localhost:80/db/web"],
      ["URL", "http://api", "http://localhost"],
      ["SERVERS", "db:1,redis:2,other:3", "localhost:1,localhost:2,other:3"],
      ["ADDR", "db:$PORT", "localhost:$PORT"],
      ["DB_HOST", "db", "localhost"],
      ["MODE", "web", "web"],
      ["URL", "https://web.example.com/", "https://web.example.com/"],
      ["PATHS", "/srv/web:/srv/db", "/srv/web:/srv/db"],
      ["TEXT", "the db is down", "the db is down"],
    ] as const
  ) {
    assertEquals(addresses.local(name, value), expected, value);
  }
});

Deno.test("portOf() reads all forms of a port", () => {
  const cases: Readonly<Record<string, ReturnType<typeof portOf>>> = {
    "80": { target: 80, published: undefined },
    "8080:80": { target: 80, published: 8080 },
    "127.0.0.1:8080:80/tcp": { target: 80, published: 8080 },
    "[::1]:8080:80": { target: 80, published: 8080 },
    "127.0.0.1::80": undefined,
    "${PORT:-8080}:80": { target: 80, published: 8080 },
    "8000-8010:8000-8010": undefined,
  };
  for (const [text, port] of Object.entries(cases)) {
    assertEquals(portOf(text), port, text);
  }
  assertEquals(portOf({ target: 80, published: "8080" }), {
    target: 80,
    published: 8080,
  });
});

Deno.test("wordsOf() and lineOf() split and join command lines", () => {
  assertEquals(wordsOf(`a 'b c' "d \\"e\\"" f\\ g ""  h'i'`), [
    "a",
    "b c",
    'd "e"',
    "f g",
    "",
    "hi",
  ]);
  assertEquals(
    lineOf(["a", "b c", "it's", "$X", "$$X", 'say "$X"']),
    [
      "a",
      "'b c'",
      `'it'\\''s'`,
      '"$X"',
      "'$X'",
      '"say \\"$X\\""',
    ].join(" "),
  );
  assertEquals(durationOf("1m30s"), 90_000);
  assertEquals(durationOf("1.5s"), 1_500);
  assertEquals(durationOf("5"), undefined);
});
