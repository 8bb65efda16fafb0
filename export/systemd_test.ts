import { assert, assertEquals, assertThrows } from "@std/assert";
import { constant, exponential, uniform } from "../mod.ts";
import { plan, type PlanEntry } from "../plan/mod.ts";
import { exec, file, http, line, tcp } from "../probe/mod.ts";
import { seededRandom } from "../testing/mod.ts";
import { randomPlan, VARIATIONS, variedPlan } from "../tools/random_plan.ts";
import {
  commandOf,
  readUnit,
  type Setting,
  valuesOf,
  wordsOf,
} from "../tools/unit_file.ts";
import { type SystemdOptions, toSystemd } from "./mod.ts";
import type { OptionPath } from "./option_paths.ts";
import { subjectsOf } from "./subject.ts";
import { SYSTEMD_FATES } from "./systemd_fates.ts";

const OPTIONS = { name: "shop", root: "/srv/shop" } as const;

/** Returns the settings of an entry, and what is said about it. */
function mapped(
  entry: Partial<PlanEntry>,
  options: Partial<SystemdOptions> = {},
) {
  const whole = plan<Record<string, PlanEntry>>({
    db: { command: ["db"], ready: tcp({ port: 5_432 }) },
    cache: { command: ["cache"], ready: line("ready") },
    init: { type: "task", command: ["init"] },
    api: { command: ["/bin/api"], ...entry } as PlanEntry,
  });
  const { files, notes } = toSystemd(whole, { ...OPTIONS, ...options });
  const text = files.find(({ name }) => /^shop-api(?:\.1)?\.service/.test(name))
    ?.text ?? "";
  const { Unit = [], Service = [] } = readUnit(text);
  return {
    text,
    files: files.map(({ name }) => name),
    lines: [...Unit, ...Service].map(([name, value]) => `${name}=${value}`),
    notes: notes.filter((note) => note.entry === "api"),
  };
}

/** What is said about an entry, as `option: message`. */
function said(
  entry: Partial<PlanEntry>,
  options: Partial<SystemdOptions> = {},
): string[] {
  return mapped(entry, options).notes.map(({ option, message }) =>
    `${option}: ${message}`
  );
}

Deno.test("toSystemd() writes a unit as a person would", () => {
  const { text } = mapped({
    env: { PORT: "8000" },
    dependsOn: { db: "ready" },
  });
  assertEquals(
    text,
    `# dependsOn.restart: systemd stops and restarts the unit together with db, also
#   after a crash of db

[Unit]
Description=api of shop
PartOf=shop.target
Requires=shop-db.service
After=network.target shop-db.service
StartLimitIntervalSec=0

[Service]
Type=exec
ExecStart=/bin/api
WorkingDirectory=/srv/shop
Environment=PORT=8000
Restart=on-failure
RestartSec=2500ms
SuccessExitStatus=143
RestartForceExitStatus=143 SIGTERM SIGHUP SIGINT SIGPIPE
TimeoutStopSec=10s
`,
  );
});

/** Entries, and the lines that they must lead to. */
const LINES: readonly [Partial<PlanEntry>, ...string[]][] = [
  [{ type: "task" }, "Type=oneshot", "RemainAfterExit=yes"],
  [{ command: ["api", "50%", "$x"] }, 'ExecStart=api 50%% "$$x"'],
  [{ command: ["bin/api"] }, "ExecStart=/srv/shop/bin/api"],
  [{ command: ["./api"], cwd: "a" }, "ExecStart=/srv/shop/a/api"],
  [{ command: ["/bin/../b/api"] }, "ExecStart=/b/api"],
  [
    { command: ["@api", "x"] },
    `ExecStart=/bin/sh -c "exec \\"$$0\\" \\"$$@\\"" @api x`,
  ],
  [
    { env: { "a.b": "1" } },
    "ExecStart=/usr/bin/env -- a.b=1 /bin/api",
  ],
  [
    { command: ["api"], env: { PATH: "/opt/bin:bin:/usr/bin" } },
    "ExecSearchPath=/opt/bin:/usr/bin",
    "Environment=PATH=/opt/bin:bin:/usr/bin",
  ],
  [{ cwd: "/a b%" }, "WorkingDirectory=/a b%%"],
  [{ user: "www-data" }, "User=www-data"],
  [{ uid: 1_000, gid: 100 }, "User=1000", "Group=100"],
  [{ stdout: "null" }, "StandardOutput=null", "StandardError=journal"],
  [{ stderr: "null" }, "StandardError=null"],
  [
    { output: { file: { path: "logs/api.log" } } },
    "StandardOutput=append:/srv/shop/logs/api.log",
  ],
  [
    { output: { file: { path: "/a", stderr: new URL("file:///b%20c") } } },
    "StandardOutput=append:/a",
    "StandardError=append:/b c",
  ],
  [
    { output: { file: { path: "/a" } }, stdout: "inherit" },
    "StandardError=append:/a",
  ],
  [
    { restart: { policy: "never", limit: { restarts: 4 } } },
    "StartLimitIntervalSec=0",
    "Restart=no",
  ],
  [
    { restart: { policy: "always", backoff: constant(250) } },
    "Restart=always",
    "RestartSec=250ms",
  ],
  // A limit of 0 in systemd would also count the starts that a person asks for.
  [
    { restart: { limit: { restarts: 0 } } },
    "StartLimitIntervalSec=0",
    "Restart=no",
  ],
  [{ restart: { backoff: uniform(8_000) } }, "RestartSec=4s"],
  [{ restart: { backoff: exponential() } }, "RestartSec=1s"],
  [
    { restart: { limit: { restarts: 4, withinMs: 60_000 } } },
    "StartLimitIntervalSec=60s",
    "StartLimitBurst=5",
  ],
  [
    { restart: { limit: { restarts: 1 }, resetAfterMs: 7_500 } },
    "StartLimitIntervalSec=20s",
    "StartLimitBurst=2",
  ],
  [
    { restart: { successCodes: [3, 130], stopCodes: [9, 143] } },
    "SuccessExitStatus=3 130 143",
    "RestartForceExitStatus=SIGHUP SIGPIPE",
    "RestartPreventExitStatus=9 143 SIGTERM",
  ],
  [{ stop: { signal: "SIGQUIT" } }, "KillSignal=SIGQUIT"],
  [{ stop: { signal: "SIGPOLL" } }, "KillSignal=SIGIO"],
  [{ stop: { gracePeriodMs: 2_500 } }, "TimeoutStopSec=2500ms"],
  [{ stop: { gracePeriodMs: 0 } }, "KillSignal=SIGKILL"],
  [{ stop: { to: "leader" } }, "KillMode=mixed"],
  [
    { stop: { command: ["shop", "quit", "$a 5%"] } },
    "ExecStop=/usr/bin/env -- PROCESSMAN_NAME=api PROCESSMAN_PID=${MAINPID} " +
    'shop quit "$$a 5%%"',
  ],
  [
    { before: ["shop", "migrate"], after: { command: ["a=b"] } },
    "ExecStartPre=/usr/bin/env -- PROCESSMAN_NAME=api shop migrate",
    "ExecStopPost=/usr/bin/env -- PROCESSMAN_NAME=api " +
    'PROCESSMAN_EXIT_CODE=${EXIT_STATUS} /bin/sh -c "exec \\"$$0\\" \\"$$@\\"" a=b',
  ],
  [{ group: false }, "KillMode=process"],
  [
    { dependsOn: { db: "ready", init: "completed" } },
    "Requires=shop-db.service shop-init.service",
    "After=network.target shop-db.service shop-init.service",
  ],
  [
    { dependsOn: { db: { when: "ready", required: false } } },
    "PartOf=shop.target",
    "Wants=shop-db.service",
    "After=network.target shop-db.service",
  ],
  [
    {
      dependsOn: { db: { when: "ready", required: false, restart: "always" } },
    },
    "PartOf=shop.target shop-db.service",
    "Wants=shop-db.service",
  ],
  [{ critical: true }, "OnFailure=shop.stop.service"],
  [
    {
      ready: {
        probe: exec("check", ["$x"]),
        intervalMs: 1_500,
        timeoutMs: 250,
        withinMs: 5_000,
      },
    },
    `ExecStartPost=/bin/sh -c "until timeout 0.25 check '$$x' >/dev/null 2>&1; do kill -0 $$MAINPID || exit 1; sleep 1.5; done"`,
    "TimeoutStartSec=5s",
  ],
  [
    { cwd: "a", ready: file("up") },
    'ExecStartPost=/bin/sh -c "cd /srv/shop; until timeout 1 test -e up >/dev/null 2>&1; do kill -0 $$MAINPID || exit 1; sleep 0.2; done"',
  ],
  [
    { ready: { probe: exec("x"), withinMs: Infinity } },
    "TimeoutStartSec=infinity",
  ],
];

Deno.test("toSystemd() maps options", () => {
  for (const [entry, ...wanted] of LINES) {
    const { lines } = mapped(entry);
    for (const line of wanted) {
      assert(lines.includes(line), `${line} is not in\n${lines.join("\n")}`);
    }
  }
});

/** Entries, and all that is said about each. */
const SAID: readonly [Partial<PlanEntry>, ...string[]][] = [
  [{}],
  [{ restart: { backoff: constant(5) }, stop: { gracePeriodMs: 5 } }],
  [
    { restart: { backoff: uniform(8_000) } },
    "restart.backoff: each delay is 4s, half of the longest one",
  ],
  [
    { restart: { backoff: exponential({ initialMs: 500, maxMs: 8_000 }) } },
    "restart.backoff: each delay is 1s; with systemd 254 or later, write RestartSec=500ms, RestartSteps=4 and RestartMaxDelaySec=8s",
  ],
  [
    { restart: { backoff: () => 5 } },
    "restart.backoff: systemd cannot call a function; each delay is 2500ms",
  ],
  [
    { restart: { limit: { restarts: 1 } } },
    "restart.limit.restarts: systemd counts all starts within 125s, not the crashes in a row",
  ],
  [
    { restart: { successCodes: [1_000] } },
    "restart.successCodes: 1000 is no exit code on Linux",
  ],
  [
    { env: { DB_PASSWORD: "x", TOKENS: "3", MONKEY: "1", PORT: "1" } },
    "env: all users can read DB_PASSWORD in the unit; a file for EnvironmentFile=, or LoadCredential=, keeps it secret",
  ],
  [
    { ready: http("http://localhost/") },
    "ready.probe: the unit needs curl to ask",
  ],
  [
    { ready: line("ready") },
    "ready.probe: a command cannot ask for a line of output; the unit counts as ready when it runs",
  ],
  [
    { dependsOn: { cache: { when: "ready", restart: "always" } } },
    "dependsOn.when: the unit only waits until cache runs",
  ],
  [
    { dependsOn: { db: { when: "started", restart: "always" } } },
    "dependsOn.when: the unit waits until db is ready",
  ],
  [{ dependsOn: { db: { when: "ready", required: false } } }],
  [{ dependsOn: { init: "completed" } }],
  [{ stdin: "piped" }, "stdin: the unit reads from /dev/null"],
  [
    { cwd: "/a\nb" },
    'cwd: no unit can contain the path "/a\\nb"; the program runs in /',
  ],
];

Deno.test("toSystemd() says what systemd does instead", () => {
  for (const [entry, ...wanted] of SAID) assertEquals(said(entry), wanted);
});

Deno.test("toSystemd() says in the unit what is not mapped", () => {
  const { text } = mapped({ prepare: () => {} });
  const comment =
    "# Not mapped: prepare: systemd cannot call a function; use ExecStartPre=\n";
  assertEquals(text.slice(0, text.indexOf("\n\n") + 1), comment);
});

Deno.test("toSystemd() writes units for the manager of a user", () => {
  const whole = plan({ api: { command: ["api"], user: "daemon" } });
  const { files, notes } = toSystemd(whole, { ...OPTIONS, scope: "user" });
  const [target = "", service = ""] = files.map(({ text }) => text);
  assert(target.includes("WantedBy=default.target"));
  assert(!service.includes("User="));
  assert(!service.includes("network.target"));
  assertEquals(notes.map(({ option }) => option), ["user"]);
});

Deno.test("toSystemd() starts only what starts by itself", () => {
  const whole = plan({
    db: { command: ["db"] },
    api: { command: ["api"], replicas: 2, dependsOn: { db: "started" } },
    admin: { command: ["admin"], dependsOn: { db: "started" } },
  });
  const { files } = toSystemd(whole, { ...OPTIONS, manual: ["admin"] });
  assertEquals(files.map(({ name }) => name), [
    "shop.target",
    "shop-db.service",
    "shop-api.1.service",
    "shop-api.2.service",
    "shop-admin.service",
  ]);
  const [target = "", db = ""] = files.map(({ text }) => text);
  const api = ["shop-api.1.service shop-api.2.service"];
  assertEquals(valuesOf(readUnit(target).Unit, "Wants"), [
    `shop-db.service ${api}`,
  ]);
  assertEquals(valuesOf(readUnit(db).Unit, "Wants"), api);
});

Deno.test("toSystemd() refuses what systemd would take for something else", () => {
  const whole = plan({ api: { command: ["api"], user: "a:b" } });
  assertThrows(
    () => toSystemd(whole, OPTIONS),
    TypeError,
    'systemd accepts no user with the name "a:b"',
  );
  const long = plan({ ["x".repeat(250)]: { command: ["api"] } });
  assertThrows(() => toSystemd(long, OPTIONS), TypeError, "255 characters");
  assertThrows(
    () => toSystemd(whole, { ...OPTIONS, scope: "global" as "user" }),
    TypeError,
    'Option "scope" must be "system" or "user": current value is "global"',
  );
});

Deno.test("SYSTEMD_FATES says of each option what becomes of it", () => {
  for (const option of Object.keys(VARIATIONS) as OptionPath[]) {
    const [a, b] = ([0, 1] as const).map((which) =>
      toSystemd(variedPlan(option, which), OPTIONS)
    );
    if ("to" in SYSTEMD_FATES[option]) {
      assert(JSON.stringify(a) !== JSON.stringify(b), `${option} is lost`);
      continue;
    }
    for (const exported of [a, b]) {
      const named = exported?.notes.some((note) => note.option === option);
      assert(named, `${option} is not named`);
    }
  }
});

const PLANS = Deno.args.includes("--full") ? 10_000 : 100;

Deno.test("toSystemd() drops nothing of random plans", () => {
  for (let seed = 1; seed <= PLANS; seed++) {
    const whole = randomPlan(seededRandom(seed));
    const { files, notes } = toSystemd(whole, OPTIONS);
    const texts = new Map(files.map(({ name, text }) => [name, text]));
    for (const { name, set, replicas } of subjectsOf(whole, OPTIONS)) {
      for (const option of set) {
        const named = notes.some((note) =>
          note.entry === name && note.option === option
        );
        assert(named || "to" in SYSTEMD_FATES[option], `${seed}: ${option}`);
      }
      for (const { unit, env } of replicas) {
        const text = texts.get(`shop-${unit.name}.service`) ?? "";
        for (const note of notes.filter(({ entry }) => entry === name)) {
          assert(
            text.includes(`${note.option}: `),
            `${seed}: ${note.option}`,
          );
        }
        const { Service = [] } = readUnit(text);
        const words = [unit.program, ...unit.args];
        assertEquals(commandIn(Service), [oddVariables(env), words].flat());
        assertEquals(variablesIn(Service), plainVariables(env), `${seed}`);
      }
    }
  }
});

function commandIn(service: readonly Setting[]): string[] {
  return valuesOf(service, "ExecStart").flatMap(commandOf);
}

function variablesIn(service: readonly Setting[]): string[] {
  return valuesOf(service, "Environment").flatMap(wordsOf);
}

function oddVariables(env: Readonly<Record<string, string>>): string[] {
  const odd = Object.entries(env).filter(([name]) => !/^\w+$/.test(name));
  const words = odd.map(([name, value]) => `${name}=${value}`);
  return words.length === 0 ? [] : ["/usr/bin/env", "--", ...words];
}

function plainVariables(env: Readonly<Record<string, string>>): string[] {
  return Object.entries(env).filter(([name]) => /^\w+$/.test(name))
    .map(([name, value]) => `${name}=${value}`);
}
