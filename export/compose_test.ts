import { assert, assertEquals, assertThrows } from "@std/assert";
import { parse } from "yaml";
import { interpolate, readFile, readServices } from "../tools/compose_file.ts";
import {
  NASTY,
  randomPlan,
  VARIATIONS,
  variedPlan,
} from "../tools/random_plan.ts";
import { exponential } from "../mod.ts";
import { type Plan, plan, type PlanEntry } from "../plan/mod.ts";
import { exec, http, line, tcp } from "../probe/mod.ts";
import { seededRandom } from "../testing/mod.ts";
import { permitted } from "../tools/testing.ts";
import { toCompose } from "./compose.ts";
import type { ComposeOptions } from "./compose_options.ts";
import { COMPOSE_FATES } from "./compose_fates.ts";
import type { Exported } from "./exported.ts";
import type { OptionPath } from "./option_paths.ts";
import { subjectsOf } from "./subject.ts";

const PLANS = Deno.args.includes("--full") ? 10_000 : 100;

/** Exports a plan; each entry has an image. */
function exported(
  from: Plan,
  options: Partial<ComposeOptions> = {},
): Exported & { text: string } {
  const images = Object.fromEntries(
    [...from.entries.keys()].map((name) => [name, "busybox:1"]),
  );
  const made = toCompose(from, {
    name: "shop",
    root: "/srv/shop",
    images,
    ...options,
  });
  return { ...made, text: made.files[0]?.text ?? "" };
}

/** Exports the entry `api`, beside others, and returns its service. */
function service(
  api: Record<string, unknown>,
  others: Record<string, PlanEntry> = {},
  options: Partial<ComposeOptions> = {},
) {
  const entries = { ...others, api: { command: ["serve"], ...api } };
  const { text, notes } = exported(
    plan(entries as unknown as Record<string, PlanEntry>),
    options,
  );
  const services = new Map(
    readServices(text).map(({ name, keys }) => [name, keys]),
  );
  const said = notes.map(({ entry, option }) => `${entry}: ${option}`);
  return { keys: services.get("api") ?? {}, services, said, notes, text };
}

/** A server that is ready when a program says so. */
const DB: PlanEntry = {
  command: ["postgres"],
  ready: exec("pg_isready", ["-q"]),
};

// What each rule of the chapter "Interpolation" means for a value.
const INTERPOLATION: readonly (readonly [string, string])[] = [
  ["a double dollar sign is one", "$$5"],
  ["a name after a dollar sign is a variable", "$HOME"],
  ["a name can begin with an underscore", "$_x"],
  ["a name in braces is a variable", "${HOME}"],
  ["a variable can have a default", "${HOME:-a}${HOME-b}"],
  ["a variable can be required", "${HOME:?a}${HOME?b}"],
  ["a variable can have an alternative", "${HOME:+a}${HOME+b}"],
  ["variables can be nested", "${HOME:-${PATH:-c}}"],
  ["other dollar signs stay", "$ $5 $( $) $"],
];

for (const [rule, text] of INTERPOLATION) {
  Deno.test(`toCompose() escapes values: ${rule}`, () => {
    const { text: file } = service({ command: ["echo", text] });
    assert(file.includes("$$"), file);
    assertEquals(readServices(file)[0]?.words, ["echo", text]);
  });
}

Deno.test("interpolate() finds what is not escaped", () => {
  assertEquals(interpolate("a$$b $${HOME}"), "a$b ${HOME}");
  for (const text of ["$HOME", "${HOME}", "$_", "a$", "$1", "$$$HOME"]) {
    assertThrows(() => interpolate(text), Error, text);
  }
});

Deno.test("toCompose() hands over arguments and values unchanged", () => {
  const env = Object.fromEntries(NASTY.map((text, i) => [`V${i}`, text]));
  const { text } = service({ command: ["echo", ...NASTY], env });
  const [read] = readServices(text);
  assertEquals(read?.words, ["echo", ...NASTY]);
  assertEquals(read?.environment, env);
});

Deno.test({
  name: "toCompose() writes what all versions of YAML read alike",
  ignore: !permitted("env"), // The parser reads variables.
}, () => {
  const env = Object.fromEntries(NASTY.map((text, i) => [`V${i}`, text]));
  const { text } = service({ command: ["echo", ...NASTY], env });
  for (const version of ["1.1", "1.2"] as const) {
    const file = parse(text, { version });
    assertEquals(Object.values(file.services.api.environment).map(String), [
      ...NASTY.map((text) => text.replaceAll("$", "$$$$")),
    ]);
  }
  assertEquals(text.match(/[\p{Cc}\u2028\u2029\ufeff]/gu), text.match(/\n/g));
});

Deno.test("toCompose() keeps what a user wrote inside of comments", () => {
  const { services } = service({
    env: { "A\n  b:": "localhost:5432", "B\u2028c\u0085d": "127.0.0.1" },
    cwd: "/x\nservices: {}\r\n",
  }, { db: { command: ["postgres"], ready: tcp({ port: 5432 }) } });
  assertEquals([...services.keys()], ["db", "api"]);
});

Deno.test("toCompose() maps each option, or names it", () => {
  for (const option of Object.keys(VARIATIONS) as OptionPath[]) {
    const [a, b] = ([0, 1] as const).map((which) => {
      const { text, notes } = exported(variedPlan(option, which));
      return { text, notes };
    });
    const fate = COMPOSE_FATES[option];
    if ("to" in fate) {
      assert(JSON.stringify(a) !== JSON.stringify(b), option);
      continue;
    }
    for (const each of [a, b]) {
      const note = each?.notes.find((note) => note.option === option);
      assertEquals(note?.message, fate.none, option);
      assert(unwrapped(each?.text).includes(`${option}: ${fate.none}`), option);
    }
  }
});

/** Returns a text whose comments have one line. */
function unwrapped(text: string = ""): string {
  return text.replaceAll(/\n *# {3,}/g, " ");
}

Deno.test(`toCompose() maps ${PLANS} random plans`, () => {
  for (let seed = 1; seed <= PLANS; seed++) {
    const made = randomPlan(seededRandom(seed));
    const { text, notes } = exported(made);
    const units = [...made.entries.values()].flatMap(({ units }) => units);
    const found = readServices(text).flatMap((service) =>
      Array.from({ length: service.count }, () => service)
    );
    assertEquals(
      found.map(({ words, environment }) => ({ words, environment })),
      units.map(({ program, args, options }) => ({
        words: [program, ...args],
        environment: { ...options.env },
      })),
      `seed ${seed}`,
    );
    for (const { name, set } of subjectsOf(made, { name: "shop", root: "/" })) {
      for (const option of set) {
        const known = "to" in COMPOSE_FATES[option] ||
          notes.some((note) => note.entry === name && note.option === option);
        assert(known, `seed ${seed}: ${name}: ${option}`);
      }
    }
    const lines = unwrapped(text);
    for (const { option, message } of notes) {
      const shown = `${option}: ${message}`.replaceAll(/[\p{Cc}\s]+/gu, " ");
      assert(lines.includes(shown.trim()), `seed ${seed}: ${shown}`);
    }
    const twice = new Set(notes.map((note) => JSON.stringify(note)));
    assertEquals(twice.size, notes.length, `seed ${seed}`);
  }
});

Deno.test("toCompose() maps the program without the entrypoint of the image", () => {
  const { keys } = service({ command: ["serve", "--port", "80"] });
  assertEquals(keys.entrypoint, ["serve"]);
  assertEquals(keys.command, ["--port", "80"]);
  assertEquals(service({}).keys.command, undefined);
});

Deno.test("toCompose() says which programs are of this machine", () => {
  for (
    const [program, said] of [
      ["/bin/sh", []],
      ["/usr/local/bin/deno", []],
      ["serve", []],
      ["./serve", []],
      ["/home/me/.deno/bin/deno", ["api: command"]],
    ] as const
  ) assertEquals(service({ command: [program] }).said, [...said], program);
});

Deno.test("toCompose() finds folders of the project in the image", () => {
  const options = { workdir: "/app" };
  const { keys, said } = service(
    { command: ["/srv/shop/bin/serve"], cwd: "api" },
    {},
    options,
  );
  assertEquals(keys.working_dir, "/app/api");
  assertEquals(keys.entrypoint, ["/app/bin/serve"]);
  assertEquals(said, []);
  assertEquals(service({}, {}, options).keys.working_dir, "/app");
  assertEquals(service({}).keys.working_dir, undefined);
  assertEquals(service({ cwd: "/elsewhere" }).said, ["api: cwd"]);
  assertEquals(service({ command: ["serve", "/srv/shop/a"] }).said, [
    "api: command",
  ]);
});

Deno.test("toCompose() maps users and groups", () => {
  for (
    const [api, user, said] of [
      [{ user: "root" }, "root", []],
      [{ user: 1_000 }, "1000", []],
      [{ user: "shop" }, "shop", ["api: user"]],
      [{ uid: 1_000, gid: 50 }, "1000:50", []],
      [{ uid: 1_000 }, "1000", []],
      [{ gid: 50 }, undefined, ["api: gid"]],
    ] as const
  ) {
    const made = service(api);
    assertEquals([made.keys.user, made.said], [user, said]);
  }
});

Deno.test("toCompose() maps restart policies", () => {
  const limit = { restarts: 3 };
  for (
    const [restart, mapped, said] of [
      [{}, "on-failure", []],
      [{ policy: "never" }, "no", []],
      [{ policy: "always" }, "unless-stopped", []],
      [{ limit }, "on-failure:3", ["api: restart.limit.restarts"]],
      [{ limit: { restarts: 0 } }, "no", []],
      [
        { limit: { restarts: 3, withinMs: 600_000 } },
        "on-failure",
        ["api: restart.limit.withinMs"],
      ],
      [
        { policy: "always", limit: { restarts: 3, withinMs: 600_000 } },
        "unless-stopped",
        ["api: restart.limit.restarts"],
      ],
      [{ backoff: exponential() }, "on-failure", ["api: restart.backoff"]],
    ] as const
  ) {
    const made = service({ restart });
    assertEquals([made.keys.restart, made.said], [mapped, said]);
  }
});

Deno.test("toCompose() maps how a process is stopped", () => {
  const { keys, said } = service({
    stop: { signal: "SIGQUIT", gracePeriodMs: 1_500, to: "group" },
  });
  assertEquals(keys.stop_signal, "SIGQUIT");
  assertEquals(keys.stop_grace_period, "2s");
  assertEquals(said, ["api: stop.gracePeriodMs", "api: stop.to"]);
  const usual = service({ stop: { to: "leader" } });
  assertEquals(usual.keys.stop_signal, undefined);
  assertEquals(usual.keys.stop_grace_period, undefined);
  assertEquals(usual.said, []);
  const none = service({ stop: { gracePeriodMs: 0 } });
  assertEquals(none.keys.stop_grace_period, "0s");
  const asked = service({ stop: { command: ["shop", "quit it"] } });
  const script = "PROCESSMAN_PID=1 shop 'quit it' && " +
    "while kill -0 1 2>/dev/null; do sleep 1; done";
  assertEquals(asked.keys.pre_stop, [{ command: ["sh", "-c", script] }]);
  assertEquals(asked.said, ["api: stop.command"]);
});

Deno.test("toCompose() maps ready to a health check", () => {
  const { services, said } = service(
    { dependsOn: { db: "ready" } },
    { db: DB },
  );
  assertEquals(services.get("db")?.healthcheck, {
    test: ["CMD", "pg_isready", "-q"],
    interval: "30s",
    timeout: "1s",
    retries: 3,
    start_period: "1m",
    start_interval: "1s",
  });
  assertEquals(services.get("api")?.depends_on, {
    db: { condition: "service_healthy" },
  });
  assertEquals(said, []);
});

Deno.test("toCompose() maps the options of ready", () => {
  const { keys, said } = service({
    ready: {
      probe: exec("ask", ["$HOME"]),
      intervalMs: 250,
      timeoutMs: 2_500,
      withinMs: Infinity,
      recheckMs: 5_000,
    },
  });
  assertEquals(keys.healthcheck, {
    test: ["CMD", "ask", "$HOME"],
    interval: "5s",
    timeout: "2500ms",
    retries: 1,
    start_period: "8760h",
    start_interval: "250ms",
  });
  assertEquals(said, ["api: ready.withinMs", "api: ready.recheckMs"]);
});

Deno.test("toCompose() maps live to a health check of its own", () => {
  const live = { probe: exec("ask"), intervalMs: 4_000, failures: 5 };
  const { keys, said } = service({ live });
  assertEquals(keys.healthcheck, {
    test: ["CMD", "ask"],
    interval: "4s",
    timeout: "1s",
    retries: 5,
  });
  assertEquals(said, ["api: live.probe"]);
});

Deno.test("toCompose() has one health check for ready and live", () => {
  const live = { probe: exec("ask"), intervalMs: 4_000, failures: 5 };
  const same = service({ ready: exec("ask"), live });
  assertEquals(same.keys.healthcheck, {
    test: ["CMD", "ask"],
    interval: "4s",
    timeout: "1s",
    retries: 5,
    start_period: "1m",
    start_interval: "1s",
  });
  assertEquals(same.said, ["api: live.probe"]);
  const other = service({ ready: exec("other"), live });
  assertEquals(Object(other.keys.healthcheck).test, ["CMD", "other"]);
  assertEquals(Object(other.keys.healthcheck).interval, "30s");
  assertEquals(other.said, ["api: live.probe"]);
});

Deno.test("toCompose() falls back to the start if no program can ask", () => {
  for (const probe of [line("ready"), () => true]) {
    const { services, said } = service(
      { dependsOn: { db: "ready" } },
      { db: { ...DB, ready: probe } },
    );
    assertEquals(services.get("db")?.healthcheck, undefined);
    assertEquals(services.get("api")?.depends_on, {
      db: { condition: "service_started" },
    });
    assertEquals(said, ["db: ready.probe", "api: dependsOn.when"]);
  }
});

Deno.test("toCompose() says which programs a health check needs", () => {
  for (
    const [ready, needs] of [
      [http("http://localhost:8000/"), "curl"],
      [tcp({ port: 8_000 }), "sh and nc or bash"],
      [exec("/opt/ask"), "/opt/ask"],
    ] as const
  ) {
    assertEquals(service({ ready }).notes, [{
      entry: "api",
      option: "ready.probe",
      message: `the image must have ${needs}`,
    }]);
  }
  assertEquals(service({ ready: exec("/bin/true") }).notes, []);
});

Deno.test("toCompose() maps dependencies", () => {
  const { keys, said } = service({
    dependsOn: {
      db: { when: "started", restart: "explicit" },
      queue: { when: "started", restart: "always", required: false },
      job: "completed",
    },
  }, {
    db: DB,
    queue: { command: ["queue"] },
    job: { type: "task", command: ["job"] },
  });
  assertEquals(keys.depends_on, {
    db: { condition: "service_started", restart: true },
    queue: { condition: "service_started", restart: true, required: false },
    job: { condition: "service_completed_successfully" },
  });
  assertEquals(said, ["job: type", "api: dependsOn.restart"]);
});

Deno.test("toCompose() maps replicas that are alike to one service", () => {
  const { keys, said } = service({ replicas: 3 });
  assertEquals(keys.deploy, { replicas: 3 });
  assertEquals(said, []);
  assertEquals(service({ replicas: 1 }).keys.deploy, undefined);
});

Deno.test("toCompose() maps replicas that differ to a service each", () => {
  const api: PlanEntry = {
    command: ["serve"],
    replicas: 2,
    each: ({ replica }) => ({ env: { PORT: `${8_000 + replica}` } }),
  };
  const { text } = exported(plan<Record<string, PlanEntry>>({
    api,
    "api-1": { command: ["true"] },
    proxy: { command: ["proxy"], dependsOn: { api: "started" } },
  }));
  const services = readServices(text);
  assertEquals(
    services.map(({ name, keys }) => [name, keys.ports]),
    [
      ["api-1-2", ["127.0.0.1:8001:8001"]],
      ["api-2", ["127.0.0.1:8002:8002"]],
      ["api-1", undefined],
      ["proxy", undefined],
    ],
  );
  assertEquals(Object.keys(Object(services[3]?.keys.depends_on)), [
    "api-1-2",
    "api-2",
  ]);
});

Deno.test("toCompose() publishes a port that one container has", () => {
  const env = { PORT: "8000" };
  const one = service({ env, ready: tcp({ port: 8_000 }) });
  assertEquals(one.keys.ports, ["127.0.0.1:8000:8000"]);
  const { text, notes } = exported(plan(
    { api: { command: ["serve"], env, replicas: 2 } },
    { sharedPorts: [8_000] },
  ));
  const keys = readServices(text)[0]?.keys;
  assertEquals([keys?.ports, keys?.expose], [undefined, ["8000"]]);
  assertEquals(notes.map(({ option }) => option), ["sharedPorts", "replicas"]);
});

Deno.test("toCompose() says which addresses lead elsewhere in a container", () => {
  const { notes } = service({
    env: {
      HOST: "127.0.0.1",
      DATABASE_URL: "postgres://localhost:5432/shop",
      OTHER_URL: "http://localhost:9999/",
    },
  }, { db: { command: ["postgres"], env: { PORT: "5432" } } });
  assertEquals(notes.map(({ option, message }) => [option, message]), [
    [
      "env.DATABASE_URL",
      "localhost:5432 is db: in Compose, its address is db:5432",
    ],
    [
      "env.HOST",
      "127.0.0.1 is the container itself: a server that listens there cannot be reached, and other services have their names as addresses",
    ],
  ]);
});

Deno.test("toCompose() names variables that may be secret", () => {
  const { notes, keys } = service({
    env: { API_TOKEN: "x", DB: "pg://a:b@db/", TOKEN: "", KEYBOARD: "de" },
  });
  assertEquals(notes.length, 1);
  assert(notes[0]?.message.startsWith("API_TOKEN, DB may be secret"));
  assertEquals(Object(keys.environment).API_TOKEN, "x");
});

Deno.test("toCompose() maps where the output goes", () => {
  const file = { path: "/var/log/api" };
  for (
    const [api, logging] of [
      [{}, undefined],
      [{ stdout: "null" }, undefined],
      [{ stdout: "null", stderr: "null" }, { driver: "none" }],
      [{ output: { file } }, rotated("10m", "6")],
      [
        { output: { file: { ...file, maxBytes: 1_500, maxFiles: 0 } } },
        rotated("2k", "1"),
      ],
      [{ output: { file: { ...file, maxBytes: Infinity } } }, undefined],
    ] as const
  ) assertEquals(service(api).keys.logging, logging, JSON.stringify(api));
});

function rotated(size: string, files: string) {
  const options = { "max-size": size, "max-file": files };
  return { driver: "json-file", options };
}

Deno.test("toCompose() opens stdin if the process reads it", () => {
  assertEquals(service({ stdin: "inherit" }).keys.stdin_open, true);
  assertEquals(service({ stdin: "piped" }).keys.stdin_open, true);
  assertEquals(service({}).keys.stdin_open, undefined);
});

Deno.test("toCompose() gives entries that start by hand a profile", () => {
  const made = service(
    { dependsOn: { db: "ready" } },
    { db: DB, tool: { command: ["tool"], dependsOn: { db: "ready" } } },
    { manual: ["tool"] },
  );
  const profiles = (name: string) => made.services.get(name)?.profiles;
  assertEquals(profiles("tool"), ["manual"]);
  assertEquals(profiles("db"), undefined);
  assertEquals(made.notes, [{
    entry: "tool",
    option: "autoStart",
    message: "`docker compose up tool` starts it",
  }]);
});

Deno.test("toCompose() adds profiles to what entries with profiles require", () => {
  const made = service(
    { dependsOn: { db: "ready" } },
    {
      db: DB,
      cache: { command: ["cache"] },
      tool: {
        command: ["tool"],
        dependsOn: {
          db: "ready",
          cache: { when: "started", required: false },
        },
      },
    },
    { profiles: { api: ["web"], tool: ["x"], db: ["web"], cache: ["web"] } },
  );
  const profiles = (name: string) => made.services.get(name)?.profiles;
  assertEquals(profiles("api"), ["web"]);
  assertEquals(profiles("tool"), ["profile-x"]);
  assertEquals(
    new Set(profiles("db") as string[]),
    new Set(["web", "profile-x"]),
  );
  assertEquals(profiles("cache"), ["web"]);
  assertEquals(made.said, ["tool: profiles"]);
});

Deno.test("toCompose() names projects as Compose accepts them", () => {
  const { text, notes } = exported(plan({ api: { command: ["true"] } }), {
    name: "My Shop!",
  });
  assertEquals(readFile(text).name, "my-shop");
  assertEquals(notes.map(({ option }) => option), ["name"]);
});

Deno.test("toCompose() checks its options", () => {
  const made = plan({ api: { command: ["true"] } });
  assertThrows(
    () => exported(made, { images: {} }),
    TypeError,
    'Option "images" must have an image for each entry: "api" has none',
  );
  assertThrows(
    () => exported(made, { profiles: { apy: ["a"] } }),
    TypeError,
    'Option "profiles" must be names of entries (api): current value is "apy"',
  );
});
