import { assertEquals, assertRejects } from "@std/assert";
import { foundBy, gapLines } from "../tools/init_testing.ts";
import { CliError } from "./call.ts";
import type { Found } from "./init_origin.ts";
import { CONCURRENTLY_KEYS, RUN_ALL_KEYS, stepsOf } from "./init_runners.ts";
import { readDeno, readPackage } from "./init_scripts.ts";

/** Reads a `package.json`; more files are those beside it. */
function read(
  scripts: Readonly<Record<string, string>>,
  files: Readonly<Record<string, string>> = {},
  named?: readonly string[],
): Promise<Found> {
  const name = "package.json";
  const text = JSON.stringify({
    scripts,
    workspaces: ["packages/*", "!packages/old"],
  });
  return foundBy(readPackage, name, { ...files, [name]: text }, named);
}

/** Returns what each process runs. */
function programs({ config }: Found): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(config.processes ?? {}).map(([name, entry]) => [
      name,
      entry.shell ?? entry.command?.join(" "),
    ]),
  );
}

Deno.test("init takes the scripts that are servers, and tells the others", async () => {
  const cases: [string, string[]][] = [
    ["dev start build test", ["dev"]],
    ["start build watch", ["start"]],
    ["serve build", ["serve"]],
    ["start:dev start lint", ["start:dev"]],
    ["dev:api dev:web start", ["dev:api", "dev:web"]],
    ["dev dev:generate-types", ["dev"]],
    ["start worker build:worker create-video-job", ["start", "worker"]],
    ["start start:worker queue", ["start", "start:worker", "queue"]],
  ];
  for (const [names, taken] of cases) {
    const all = names.split(" ");
    const found = await read(
      Object.fromEntries(all.map((name) => [name, "x"])),
    );
    assertEquals(
      Object.values(programs(found)),
      taken.map((name) => `npm run ${name}`),
    );
    const rest = all.filter((name) => !taken.includes(name));
    assertEquals(
      gapLines(found).map((line) =>
        line.split(":").slice(0, -1).join(":").split(": ")[0]
      ),
      rest.length === 0 ? [] : [`${rest.join(", ")} in package.json`],
    );
  }
});

Deno.test("--script names the scripts that become processes", async () => {
  const scripts = { dev: "a", build: "b", "db:up": "c" };
  const found = await read(scripts, {}, ["db:up", "build"]);
  assertEquals(programs(found), {
    "db-up": "npm run db:up",
    build: "npm run build",
  });
  await assertRejects(
    () => read(scripts, {}, ["biuld"]),
    CliError,
    'package.json has no script "biuld": it has dev, build, db:up',
  );
  await assertRejects(
    () => read({ build: "b" }),
    CliError,
    "has no script that is a server: name one of build with --script",
  );
});

Deno.test("The lock file names the package manager", async () => {
  const of = async (files: Record<string, string>) =>
    programs(await read({ dev: "x" }, files)).dev;
  assertEquals(await of({ "pnpm-lock.yaml": "" }), "pnpm run dev");
  assertEquals(await of({ "yarn.lock": "" }), "yarn run dev");
  assertEquals(await of({ "bun.lockb": "" }), "bun run dev");
  const text = `{ "packageManager": "pnpm@9", "scripts": { "dev": "x" } }`;
  const written = await foundBy(readPackage, "package.json", {
    "package.json": text,
    "yarn.lock": "",
  });
  assertEquals(programs(written), { dev: "pnpm run dev" });
});

Deno.test("A line of concurrently becomes its commands", async () => {
  const found = await read({
    dev:
      `cross-env NODE_ENV=development npx concurrently -kn api,ui -c red,blue --restart-tries 3 --restart-after 500 --kill-signal SIGINT "npm:dev:a*" "vite --port 3000" "npm run css"`,
    "dev:api": "tsx watch api.ts",
    css: "tailwindcss -w",
  });
  const common = {
    env: { NODE_ENV: "development" },
    restart: { backoff: { constant: 500 }, limit: { restarts: 3 } },
    stop: { signal: "SIGINT" },
  };
  assertEquals(found.config.defaults, common as typeof found.config.defaults);
  assertEquals(found.config.processes, {
    api: { command: ["npm", "run", "dev:api"], critical: true },
    ui: {
      shell: "vite --port 3000",
      critical: true,
      env: { PATH: "node_modules/.bin:${PATH}" },
    },
    css: { command: ["npm", "run", "css"], critical: true },
  });
  assertEquals(gapLines(found), [
    "concurrently --prefix-colors: processman shows the output in its own way",
  ]);
});

Deno.test("Lines of npm-run-all become tasks and services", async () => {
  const found = await read({
    dev: "npm-run-all clean gen:* --parallel watch:**",
    clean: "a",
    "gen:types": "b",
    "gen:a:b": "c",
    "watch:ts": "d",
    "watch:css:min": "e",
  });
  const never = { policy: "never" };
  assertEquals(found.config.processes as unknown, {
    clean: { command: ["npm", "run", "clean"], type: "task" },
    "gen-types": {
      command: ["npm", "run", "gen:types"],
      type: "task",
      dependsOn: { clean: "completed" },
    },
    "watch-ts": {
      command: ["npm", "run", "watch:ts"],
      restart: never,
      dependsOn: { "gen-types": "completed" },
    },
    "watch-css-min": {
      command: ["npm", "run", "watch:css:min"],
      restart: never,
      dependsOn: { "gen-types": "completed" },
    },
  });
  const nested = await read({
    dev: "run-p dev:*",
    "dev:api": "run-p -r api:build api:run",
    "dev:web": "vite",
    "api:build": "tsc -w",
    "api:run": "node --watch dist",
  });
  assertEquals(programs(nested), {
    "api-build": "npm run api:build",
    "api-run": "npm run api:run",
    web: "npm run dev:web",
  });
});

Deno.test("Scripts that stay one process are started as they are", async () => {
  for (
    const line of [
      "npm run build && node .",
      "concurrently",
      "npm run serve",
      "npm run dev",
      'echo "',
      "node a.js | pino-pretty",
    ]
  ) {
    const found = await read({ dev: line, serve: "vite" });
    assertEquals(programs(found), { dev: "npm run dev" }, line);
  }
  assertEquals(
    programs(await read({ dev: "tsc -w & node --watch a.js & wait" })),
    {
      tsc: "tsc -w",
      a: "node --watch a.js",
    },
  );
});

Deno.test("A script of all workspaces becomes those of each", async () => {
  const files = {
    "packages/api/package.json": `{ "scripts": { "dev": "x" } }`,
    "packages/web/package.json": `{ "scripts": { "start": "x", "dev": "x" } }`,
    "packages/lib/package.json": `{ "scripts": { "build": "x" } }`,
    "packages/old/package.json": `{ "scripts": { "dev": "x" } }`,
    "yarn.lock": "",
  };
  for (
    const line of [
      "turbo run dev --parallel",
      "npx turbo dev",
      "lerna run dev --parallel",
      "nx run-many -t dev",
      "pnpm -r --parallel dev",
      "yarn workspaces foreach -Api run dev",
    ]
  ) {
    const { config } = await read({ dev: line }, files);
    assertEquals(config, {
      defaults: { restart: { policy: "never" } },
      processes: {
        api: { command: ["yarn", "run", "dev"], cwd: "packages/api" },
        web: { command: ["yarn", "run", "dev"], cwd: "packages/web" },
      },
    }, line);
  }
  const own = await read({ build: "x" }, files);
  assertEquals(Object.keys(programs(own)), ["api", "web"]);
  const root = await read({ dev: "vite" }, files);
  assertEquals(Object.keys(programs(root)), ["dev"]);
  assertEquals(
    gapLines(root)[0]?.startsWith("packages/api, packages/web in package.json"),
    true,
  );
});

Deno.test("Tasks of deno.json are read with their dependencies", async () => {
  const found = await foundBy(readDeno, "deno.json", {
    "deno.json": JSON.stringify({
      tasks: {
        dev: { description: "all", dependencies: ["dev:api", "dev:ui"] },
        "dev:api": "deno run -A --watch api.ts",
        "dev:ui": { command: "deno run ui.ts & deno task css" },
        css: "tailwindcss -w",
        fmt: "deno fmt",
      },
    }),
  });
  assertEquals(programs(found), {
    api: "deno task dev:api",
    ui: "deno run ui.ts",
    css: "deno task css",
  });
  assertEquals(gapLines(found), [
    "fmt in deno.json: only servers are started: `processman init --script NAME` takes what you name",
  ]);
});

Deno.test("init takes each option of concurrently, or tells it", () => {
  const start = "concurrently -n a,b --restart-tries 2";
  const base = `${start} "x 1" "y 2"`;
  const before = JSON.stringify(stepsOf(base, [])?.steps);
  for (const key of Object.keys(CONCURRENTLY_KEYS)) {
    const value = key === "--name-separator"
      ? "/"
      : key === "--names"
      ? "c"
      : "5";
    const after = stepsOf(
      `${start} ${key}=${value} "x 1" "y 2"`,
      [],
    );
    const told = JSON.stringify(after?.gaps).includes(`concurrently ${key}`);
    assertEquals(told || JSON.stringify(after?.steps) !== before, true, key);
  }
  for (const [key, fate] of Object.entries(RUN_ALL_KEYS)) {
    if ("moot" in fate) continue;
    const plain = JSON.stringify(stepsOf("npm-run-all a b", ["a", "b"])?.steps);
    const after = stepsOf(`npm-run-all ${key}=1 a b`, ["a", "b"]);
    const told = JSON.stringify(after?.gaps).includes(`npm-run-all ${key}`);
    const same = JSON.stringify(after?.steps) === plain;
    assertEquals(told || !same || key === "--sequential", true, key);
  }
  assertEquals(stepsOf("concurrently --fancy a b", [])?.gaps, [{
    key: "concurrently --fancy",
    why: "`processman init` does not know this option",
  }]);
});
