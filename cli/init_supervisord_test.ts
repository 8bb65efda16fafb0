import {
  assert,
  assertEquals,
  assertNotEquals,
  assertStringIncludes,
} from "@std/assert";
import { simulate } from "../mod.ts";
import { foundBy, gapLines } from "../tools/init_testing.ts";
import { backoffOf } from "./build.ts";
import type { WrittenProcess } from "./define_config.ts";
import type { Found } from "./init_origin.ts";
import { readSupervisord } from "./init_supervisord.ts";
import {
  PROGRAM_KEYS,
  SECTIONS,
  SUPERVISORD_KEYS,
} from "./init_supervisord_keys.ts";

/** Reads a configuration; more files are those that it can include. */
function read(
  text: string,
  files: Readonly<Record<string, string>> = {},
): Promise<Found> {
  const name = "supervisord.conf";
  return foundBy(readSupervisord, name, { ...files, [name]: text });
}

/** Values that differ from the defaults; `true` for those without one. */
const SAMPLES: Readonly<Record<string, string>> = {
  command: "other",
  process_name: "me",
  numprocs: "2",
  numprocs_start: "7",
  priority: "5",
  autostart: "false",
  autorestart: "true",
  startsecs: "5",
  startretries: "9",
  exitcodes: "0,2",
  stopsignal: "QUIT",
  stopwaitsecs: "60",
  killasgroup: "false",
  user: "www",
  stdout_logfile: "other.log",
  stdout_logfile_maxbytes: "1MB",
  stdout_logfile_backups: "3",
  stderr_logfile: "err.log",
  stderr_logfile_maxbytes: "2MB",
  stderr_logfile_backups: "4",
  environment: 'A="1"',
  directory: "/srv",
  umask: "027",
  serverurl: "http://localhost:9001",
  identifier: "shop",
  childlogdir: "logs",
  logfile: "s.log",
  logfile_maxbytes: "1MB",
  logfile_backups: "2",
  loglevel: "debug",
  nodaemon: "true",
  pidfile: "s.pid",
  minfds: "4096",
  minprocs: "300",
};

Deno.test("init takes each key of [program:x] over, or tells it", async () => {
  for (const key of Object.keys(PROGRAM_KEYS)) {
    const base = [
      "[program:web]",
      "command=web",
      "process_name=%(program_name)s_%(process_num)s",
      "numprocs=3",
      // What one of these says is only seen beside the others.
      "stdout_logfile=web-%(process_num)s.log",
      "[program:other]",
      "command=other",
      "",
    ].join("\n");
    const line = `${key}=${SAMPLES[key] ?? "true"}\n`;
    const before = await read(base);
    const after = await read(base.replace("[program:other]", `${line}$&`));
    const told = after.gaps.filter(({ key: told }) => told === key);
    if (told.length === 0) assertNotEquals(after.config, before.config, key);
  }
});

Deno.test("init takes each key of [supervisord] over, or tells it", async () => {
  for (const key of Object.keys(SUPERVISORD_KEYS)) {
    const base = "[program:web]\ncommand=web\n[supervisord]\n";
    const before = await read(base);
    const after = await read(`${base}${key}=${SAMPLES[key] ?? "true"}\n`);
    const told = gapLines(after).join().includes(`[supervisord] ${key}`);
    assert(
      told !== (JSON.stringify(after.config) !== JSON.stringify(before.config)),
      key,
    );
  }
});

Deno.test("init tells the sections and keys that it does not take", async () => {
  const others = Object.entries(SECTIONS).filter(([, fate]) => "why" in fate)
    .map(([title]) => `[${title}]`);
  const found = await read(
    `[program:web]\ncommand=web\ncolor=red\n[fancy]\n${others.join("\n")}\n`,
  );
  const told = gapLines(found).join("\n");
  for (const title of [...others, "web: color", "[fancy]"]) {
    assertStringIncludes(told, title);
  }
  assertEquals(Object.keys(found.config.processes ?? {}), ["web"]);
});

Deno.test("A program from supervisord is restarted as before", async () => {
  const { config } = await read("[program:web]\ncommand=web\n");
  const { restart, stop } = config.processes?.web ?? {};
  assertEquals(stop, { to: "leader" });
  const { backoff, ...options } = restart ?? {};
  const runs = simulate(
    { ...options, backoff: backoffOf({ ...backoff }) },
    Array.from({ length: 5 }, () => ({ durationMs: 0 })),
  );
  assertEquals(runs.map(({ startMs }) => startMs), [0, 1_000, 3_000, 6_000]);
  assertEquals(runs.at(-1)?.decision.kind, "fail");
});

Deno.test("autorestart and exitcodes become a policy and codes", async () => {
  const of = async (lines: string) =>
    (await read(`[program:web]\ncommand=web\nstartsecs=0\n${lines}\n`))
      .config.processes?.web?.restart;
  const base = {
    resetAfterMs: 0,
    backoff: {
      exponential: { initialMs: 1_000, maxMs: 3_000, jitter: "none" },
    },
  } as const;
  assertEquals(await of("autorestart=unexpected"), base);
  assertEquals(await of("autorestart=true"), { policy: "always", ...base });
  assertEquals(await of("autorestart=FALSE"), { policy: "never" });
  assertEquals(await of("exitcodes=0,2,143"), {
    successCodes: [2, 143],
    ...base,
  });
  const odd = await read("[program:web]\ncommand=web\nexitcodes=2\n");
  assertStringIncludes(gapLines(odd).join(), "exitcodes: code 0 is always");
});

Deno.test("A log in syslog becomes output.syslog", async () => {
  const cases:
    readonly (readonly [string, WrittenProcess["output"], string[]])[] = [
      ["stdout_syslog=true\nredirect_stderr=true", { syslog: true }, []],
      ["stdout_logfile=syslog\nstderr_syslog=yes", { syslog: true }, []],
      ["stderr_syslog=true", { syslog: true }, ["stderr_syslog"]],
      ["stdout_syslog=false", undefined, []],
    ];
  for (const [text, output, keys] of cases) {
    const { config, gaps } = await read(`[program:x]\ncommand=a\n${text}\n`);
    assertEquals(config.processes?.x?.output, output, text);
    assertEquals(gaps.map(({ key }) => key), keys, text);
  }
});

Deno.test("Numbers of processes become expressions of the replica", async () => {
  const { config, gaps } = await read(`
[program:web]
command=web --port=80%(process_num)02d --of %(numprocs)d --name %(program_name)s
process_name=%(program_name)s_%(process_num)02d
numprocs=4
environment=ID="%(process_num)s",GROUP="%(group_name)s"
stdout_logfile=/var/log/%(program_name)s-%(process_num)02d.log
redirect_stderr=true
`);
  assertEquals(gaps, []);
  assertEquals(config.processes?.web, {
    command: ["web", "--port=$[7999 + replica]", "--of", "4", "--name", "web"],
    replicas: 4,
    env: { ID: "$[replica - 1]", GROUP: "web" },
    restart: config.processes?.web?.restart,
    stop: { to: "leader" },
    output: {
      file: {
        path: "/var/log/web-0$[replica - 1].log",
        maxBytes: 52_428_800,
        maxFiles: 10,
      },
    },
  });
});

Deno.test("What no expression can say becomes one process each", async () => {
  const { config, gaps } = await read(`
[program:web]
command=web w%(process_num)02d
process_name=web-%(process_num)02d
numprocs=2
numprocs_start=9
autorestart=maybe
`);
  assertEquals(
    Object.entries(config.processes ?? {}).map(([name, { command }]) => [
      name,
      command,
    ]),
    [["web-9", ["web", "w09"]], ["web-10", ["web", "w10"]]],
  );
  assertEquals(gaps.map(({ process }) => process), ["web-9", "web-9"]);
});

Deno.test("%(ENV_X)s is known, or a variable of the configuration", async () => {
  const { config } = await read(`
[supervisord]
environment=ROOT="/srv",COST="5$"
[program:web]
command=%(ENV_ROOT)s/web --user %(ENV_USER)s --cost '5$' 100%%
directory=%(ENV_HOME)s/web
environment=LEVEL="a,b",PATH="%(ENV_ROOT)s/bin:%(ENV_PATH)s",PRICE='%(ENV_COST)s'
[program:plain]
command=%(ENV_ROOT)s/plain "a b" c\\ d
umask=027
`);
  assertEquals(config.defaults?.env, { ROOT: "/srv", COST: "5$$" });
  const { web, plain } = config.processes ?? {};
  assertEquals(
    web?.shell,
    `exec /srv/web --user "\${USER}" --cost '5$' 100%`,
  );
  assertEquals(web?.cwd, "${HOME}/web");
  assertEquals(web?.env, {
    LEVEL: "a,b",
    PATH: "/srv/bin:${PATH}",
    PRICE: "${COST}",
  });
  const { config: host, gaps } = await read(
    "[program:web]\ncommand=web\nstdout_logfile=/var/log/%(host_node_name)s.log\n",
  );
  assertEquals(
    host.processes?.web?.output?.file?.path,
    "/var/log/${HOSTNAME}.log",
  );
  assertEquals(gapLines({ config: host, gaps }), [
    "web: stdout_logfile: %(host_node_name)s becomes the variable HOSTNAME, which must be set",
  ]);
  assertEquals(plain?.shell, "umask 027 && exec /srv/plain 'a b' 'c d'");
});

Deno.test("[include] reads the files that match, each with its %(here)s", async () => {
  const { config, gaps } = await read(
    `
[supervisord]
[include]
files = conf.d/*.conf none/*.ini
[program:main]
command=%(here)s/bin/main
`,
    {
      "conf.d/b.conf": "[program:b]\ncommand=%(here)s/b\n",
      "conf.d/a.conf": "[program:a]\ncommand=a\n",
      "conf.d/.hidden.conf": "[program:hidden]\ncommand=hidden\n",
      "conf.d/c.txt": "",
    },
  );
  assertEquals(
    Object.entries(config.processes ?? {}).map(([name, { command }]) => [
      name,
      command,
    ]),
    [["main", ["bin/main"]], ["a", ["a"]], ["b", ["/shop/conf.d/b"]]],
  );
  assertEquals(gapLines({ config, gaps }), [
    "[include] files: no file matches none/*.ini",
  ]);
});

Deno.test("Priorities become dependencies, of groups before programs", async () => {
  const { config } = await read(`
[program:last]
command=a
[program:db]
command=b
priority=1
[program:web]
command=c
[program:admin]
command=d
priority=10
[group:site]
programs=web, admin
priority=5
`);
  const on = Object.entries(config.processes ?? {})
    .map(([name, { dependsOn }]) => [name, Object.keys(dependsOn ?? {})]);
  assertEquals(Object.fromEntries(on), {
    last: ["web"],
    db: [],
    web: ["admin"],
    admin: ["db"],
  });
  assertEquals(config.processes?.admin?.dependsOn, {
    db: { when: "started", required: false },
  });
});

Deno.test("init reads lines as Python does, and tells what is none", async () => {
  const { config, gaps } = await read(`
; a comment
[program:web]
Command : web ; as Python
    --level info
environment=
    A="1",
    B=two words, # the end
    C='3'
nonsense
[program:bad]
command=sh -c "
startsecs=soon
`);
  assertEquals(config.processes?.web?.command, ["web", "--level", "info"]);
  assertEquals(config.processes?.web?.env, { A: "1", B: "two words", C: "3" });
  assertEquals(gapLines({ config, gaps }), [
    'supervisord.conf:10: "nonsense" is no line that supervisord understands',
    "bad: command: it is missing, or a quote is not closed: ` ;` and ` #` begin a comment",
    'bad: startsecs: "soon" is no whole number, so the default is used',
  ]);
});
