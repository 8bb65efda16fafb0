import { assertEquals, assertMatch } from "@std/assert";
import type { ProcessDetails, ProcessView } from "../control/client.ts";
import { type Fake, fakeCommand, view } from "../tools/fake_supervisor.ts";
import { hasScreens, openScreen } from "../tools/screen.ts";
import { permitted } from "../tools/testing.ts";
import { Tool } from "../tools/tool.ts";

const ignore = !permitted("read", "write", "net", "env");

/** Starts a fake supervisor of the folder's Procfile. */
async function supervise(tool: Tool, fake: Partial<Fake>) {
  const config = await tool.write("Procfile", "api: true\n");
  return await expose(tool, { config, ...fake });
}

async function expose(tool: Tool, fake: Partial<Fake>) {
  const all: Fake = {
    supervisor: { name: "shop" },
    processes: [],
    ...fake,
  };
  const file = `${all.supervisor.name}.json`;
  await tool.write(file, JSON.stringify(all));
  const running = tool.start(fakeCommand(file));
  await running.stdout.line("ready");
  return running;
}

const SECOND = 1_000;

/** Details of a process, with everything that can be told. */
function details(name: string): ProcessDetails {
  const now = Date.now();
  return {
    name,
    cwd: "/srv/worker",
    user: "www-data",
    environment: ["PASSWORD", "PORT"],
    options: {
      restart: {
        policy: "on-failure",
        backoff: { uniform: 5_000 },
        limit: { restarts: 5, withinMs: 60_000 },
      },
      stop: { signal: "SIGTERM", gracePeriodMs: 10_000, to: "group" },
    },
    ready: {
      name: "http http://localhost:8000/",
      intervalMs: 200,
      timeoutMs: 1_000,
      withinMs: 60_000,
      failures: null,
      last: { time: now - 3_400, ok: false, reason: "status 503" },
    },
    live: {
      name: "a function",
      intervalMs: 10_000,
      timeoutMs: 1_000,
      withinMs: null,
      failures: 3,
      last: null,
    },
    stopped: {
      time: now - 4 * 60 * SECOND - 500,
      durationMs: 10_012,
      signals: ["SIGTERM", "SIGKILL"],
      forced: true,
      survivors: [77],
    },
  };
}

/** Processes in all states. */
function fleet() {
  const now = Date.now();
  const end = {
    run: 3,
    time: now - 4 * 60 * SECOND - 500,
    code: 1,
    signal: null,
    crashed: true,
    requested: false,
    reason: "crashed with code 1",
    stderr: ["oh\x1b[31m no\x1b[0m", "the end\x07"],
  };
  const rest = { ready: null, pid: null, since: null, usage: null };
  return [
    view("api.1", { labels: ["web"] }),
    view("api.2", { labels: ["web"], ready: false, pid: 1_002 }),
    view("worker", {
      ...rest,
      state: "backoff",
      until: now + 150 * SECOND,
      run: 3,
      restarts: 2,
      restartsLeft: 3,
      last: end,
      why: "worker is in backoff, attempt 3",
      dependencies: [
        {
          name: "db",
          when: "ready",
          restart: "always",
          required: true,
          awaited: true,
        },
        {
          name: "cache",
          when: "started",
          restart: "never",
          required: false,
          awaited: false,
        },
      ],
    }),
    view("mail", {
      ...rest,
      state: "waiting",
      run: 0,
      why: "mail waits for db to be ready: db is in backoff",
    }),
    view("migrate", { ...rest, state: "completed", type: "task" }),
    view("cron", {
      ...rest,
      state: "failed",
      last: end,
      why: "cron failed: crashed 5 times",
    }),
  ];
}

Deno.test({
  name: "ps prints a table of the processes, and nothing on stderr",
  ignore,
  async fn() {
    await using tool = new Tool();
    await using _ = await supervise(tool, { processes: fleet() });
    const { stdout, stderr, status } = await tool.run("processman ps");
    assertEquals(
      stdout,
      `\
NAME     STATE                     READY   PID  UPTIME  RESTARTS  LAST                              CPU    MEMORY
api.1    running                   yes    1000   5 min         0                                  0.4 %  38.1 MiB
api.2    running                   no     1002   5 min         0                                  0.4 %  38.1 MiB
worker   restarting in 2 min                                   2  crashed with code 1, 4 min ago
mail     waits for db to be ready                              0
migrate  completed                                             0
cron     failed                                                0  crashed with code 1, 4 min ago
`,
    );
    assertEquals(stderr, "");
    assertEquals(status, 0);
  },
});

Deno.test({
  name: "ps takes names, entries, patterns and profiles, and knows no others",
  ignore,
  async fn() {
    await using tool = new Tool();
    await using _ = await supervise(tool, { processes: fleet() });
    const names = async (args: string) => {
      const { stdout, status } = await tool.run(`processman ps --json ${args}`);
      assertEquals(status, 0);
      return JSON.parse(stdout).map(({ name }: { name: string }) => name);
    };
    assertEquals(await names("cron api"), ["api.1", "api.2", "cron"]);
    assertEquals(
      await names("'*i*' -- api.2"),
      ["api.1", "api.2", "mail", "migrate"],
    );
    assertEquals(await names("@web"), ["api.1", "api.2"]);
    const { stdout, stderr, status } = await tool.run(
      "for name in apo 'x*' @wep; do processman ps $name; done",
    );
    assertEquals(stdout, "");
    assertEquals(
      stderr,
      `processman: there is no process "apo"; did you mean "api"?
processman: no process matches "x*"
processman: no process has the profile "wep"; did you mean "@web"?
`,
    );
    assertEquals(status, 1);
  },
});

Deno.test({
  name: "ps --check fails if a process is not as it should be, and says which",
  ignore,
  async fn() {
    await using tool = new Tool();
    await using _ = await supervise(tool, { processes: fleet() });
    const { stdout, stderr, status } = await tool.run(
      "processman ps --check api.1 migrate >ok; echo $?; " +
        "processman ps --check --json >all",
    );
    assertEquals(stdout, "0\n");
    assertEquals(
      stderr,
      `processman: api.2 has been running for 5 min
processman: worker is in backoff, attempt 3
processman: mail waits for db to be ready: db is in backoff
processman: cron failed: crashed 5 times
`,
    );
    assertEquals(status, 1);
    const all = await Deno.readTextFile(`${tool.folder}/all`);
    assertEquals(JSON.parse(all).length, 6);
  },
});

Deno.test({
  name: "ps fits into a terminal, in colors unless NO_COLOR is set",
  ignore: ignore || !await hasScreens(),
  async fn() {
    await using tool = new Tool();
    await using _ = await supervise(tool, { processes: fleet() });
    const options = { cwd: tool.folder, env: tool.env, columns: 72, rows: 12 };
    await using screen = await openScreen(options);
    await screen.type("clear; processman ps; echo end");
    await screen.press("Enter");
    const text = await screen.until(/^end$/m);
    assertEquals(
      text.trimEnd(),
      `\
NAME     STATE               READY   PID  UPTIME  RESTARTS  LAST
api.1    running             yes    1000   5 min         0
api.2    running             no     1002   5 min         0
worker   restarting in 2 m…                              2  crashed wit…
mail     waits for db to b…                              0
migrate  completed                                       0
cron     failed                                          0  crashed wit…
end
$`,
    );
    await screen.type(
      "clear; script -qec 'NO_COLOR= processman ps api' out | grep -c '\\[32m'",
    );
    await screen.press("Enter");
    await screen.until(/^1$/m);
  },
});

Deno.test({
  name: "ps --watch draws changes on a terminal, and leaves it as it was",
  ignore: ignore || !await hasScreens(),
  async fn() {
    await using tool = new Tool();
    await using fake = await supervise(tool, { processes: [view("api")] });
    const options = { cwd: tool.folder, env: tool.env, columns: 90, rows: 8 };
    await using screen = await openScreen(options);
    await screen.type("processman ps --watch; echo status $?");
    await screen.press("Enter");
    await screen.until(/^NAME.*\napi +running +yes .*MiB\n+$/);
    await screen.resize(60, 8);
    await screen.until(/^NAME.*LAST +MEMORY\napi +running +yes/);
    await screen.press("C-c");
    await screen.until(
      /^\$ processman ps --watch.*\n(NAME|api).*\n(.*\n)*status 130\n\$/,
    );
    await screen.type("clear; processman ps -w; echo status $?");
    await screen.press("Enter");
    await screen.until(/^NAME/);
    fake.signal("SIGTERM");
    await screen.until(/no supervisor runs for .*\n(.*\n)*status 3/);
  },
});

Deno.test({
  name: "ps --watch prints into a pipe, and a reader may go away quietly",
  ignore,
  async fn() {
    await using tool = new Tool();
    await using _ = await supervise(tool, { processes: [view("api")] });
    await using watching = tool.start("processman ps --watch --json");
    const line = await watching.stdout.line(/./);
    assertEquals(JSON.parse(line)[0].name, "api");
    watching.signal("SIGTERM");
    assertEquals((await watching.ended).status, 143);
    const { stdout, stderr } = await tool.run(
      "{ processman ps; echo $? >status; } | true; cat status",
    );
    assertEquals(stderr, "");
    assertEquals(stdout, "141\n");
  },
});

Deno.test({
  name: "status shows processes with their last ends, and the supervisor",
  ignore,
  async fn() {
    await using tool = new Tool();
    const started = new Date(2026, 2, 1, 12, 0, 5).getTime();
    await using fake = await supervise(tool, {
      supervisor: { name: "shop", startedAt: started, logs: "/var/log/shop" },
      processes: fleet(),
      details: [details("worker")],
    });
    const { stdout, stderr, status } = await tool.run(
      "processman status; echo $?; processman status cron api.1; echo $?; " +
        "processman status worker mail",
    );
    const [line = ""] = /Process .*/.exec(stdout) ?? [];
    const pid = line.match(/\d+/)?.[0];
    assertEquals(
      stdout.replace(/(05|no), \d+ \w+ ago/g, "$1, AGO"),
      `\
shop
  Process    ${pid}, processman 0.0.0
  Started    2026-03-01 12:00:05, AGO
  Config     ${tool.folder}/Procfile
  Folder     ${tool.folder}
  Logs       /var/log/shop
  Processes  2 running, 1 backoff, 1 waiting, 1 completed, 1 failed
0
api.1
  State      running, ready
  Why        has been running for 5 min
  Process    1000, for 5 min
  Uses       0.4 % of a processor, 38.1 MiB
  Runs       1, 0 restarts after crashes
  Command    deno run api.1.ts
  Profiles   web

cron
  State      failed
  Why        failed: crashed 5 times
  Runs       1, 0 restarts after crashes
  Last end   run 3 crashed with code 1, 4 min ago
  Stderr     oh no
             the end�
  Command    deno run cron.ts
1
worker
  State      restarting in 2 min
  Why        is in backoff, attempt 3
  Runs       3, 2 restarts after crashes, 3 more allowed
  Last end   run 3 crashed with code 1, 4 min ago
  Stderr     oh no
             the end�
  Last stop  by SIGTERM, SIGKILL in 10 s, 4 min ago; still alive: 77
  Needs      db ready (awaited, restarts with it), cache started (optional)
  Ready      http http://localhost:8000/: no, AGO: status 503
  Live       a function, every 10 s, 3 failures end the run: not asked in this run
  Restarts   on-failure, within 5 s, at most 5 in 60 s
  Stop       SIGTERM, SIGKILL after 10 s
  Command    deno run worker.ts
  Folder     /srv/worker
  User       www-data
  Variables  PASSWORD, PORT

mail
  State      waits for db to be ready
  Why        waits for db to be ready: db is in backoff
  Runs       0, 0 restarts after crashes
  Command    deno run mail.ts
`,
    );
    assertEquals(stderr, "");
    assertEquals(status, 0);
    assertEquals(fake.stderr.text, "");
  },
});

Deno.test({
  name: "status --json adds the details to each process",
  ignore,
  async fn() {
    await using tool = new Tool();
    const worker = details("worker");
    await using _ = await supervise(tool, {
      processes: fleet(),
      details: [worker],
    });
    const { stdout, stderr, status } = await tool.run(
      "processman status --json worker mail",
    );
    assertEquals([stderr, status], ["", 0]);
    const views: (ProcessView & { details: unknown })[] = JSON.parse(stdout);
    assertEquals(
      views.map(({ name, state, details }) => [name, state, details]),
      [["worker", "backoff", worker], ["mail", "waiting", null]],
    );
  },
});

Deno.test({
  name: "why says one sentence for each process",
  ignore,
  async fn() {
    await using tool = new Tool();
    await using _ = await supervise(tool, { processes: fleet() });
    const { stdout, stderr, status } = await tool.run(
      "processman why mail cron; processman why --json mail; " +
        "processman why mial",
    );
    const [mail, cron, ...json] = stdout.split("\n");
    assertEquals(mail, "mail waits for db to be ready: db is in backoff");
    assertEquals(cron, "cron failed: crashed 5 times");
    assertEquals(JSON.parse(json.join("\n")), [
      { name: "mail", sentence: mail },
    ]);
    assertEquals(
      stderr,
      'processman: there is no process "mial"; did you mean "mail"?\n',
    );
    assertEquals(status, 1);
  },
});

Deno.test({
  name: "events prints lines, for the processes and kinds that are asked for",
  ignore,
  async fn() {
    await using tool = new Tool();
    const now = Date.now();
    const event = (id: number, name: string, kind: string, ago: number) => ({
      id,
      kind,
      time: now - ago,
      name,
      text: `${name} ${kind}`,
      details: {},
    });
    const events = [
      event(1, "api.1", "start", 7_200_000),
      event(2, "api.3", "exit", 60_000),
      event(3, "mail", "exit", 30_000),
      event(4, "api.1", "ready", 1_000),
    ];
    await using fake = await supervise(tool, { processes: fleet(), events });
    const { stdout } = await tool.run(
      "processman events; processman events --since 1h api --kind=exit; " +
        "processman events @web --json",
    );
    const lines = stdout.trimEnd().split("\n");
    assertMatch(
      lines[0] ?? "",
      /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d {2}api.1 start$/,
    );
    assertEquals(lines.slice(0, 5).map((line) => line.slice(21)), [
      "api.1 start",
      "api.3 exit",
      "mail exit",
      "api.1 ready",
      "api.3 exit",
    ]);
    assertEquals(lines.slice(5).map((line) => JSON.parse(line).id), [1, 2, 4]);
    await using following = tool.start("processman events -f mail");
    await following.stdout.line(/mail exit$/);
    following.signal("SIGINT");
    assertEquals((await following.ended).status, 130);
    await using last = tool.start("processman events -f mail");
    await last.stdout.line(/mail exit$/);
    fake.signal("SIGTERM");
    assertEquals((await last.ended).status, 0);
  },
});

Deno.test({
  name: "start, stop, restart, kill, signal and scale are requests",
  ignore,
  async fn() {
    await using tool = new Tool();
    await using fake = await supervise(tool, { processes: fleet() });
    const { stdout, stderr, status } = await tool.run(`
      processman start cron
      processman stop --timeout 5s api 'm*'
      processman restart --roll @web
      processman kill worker worker
      processman signal hup --to group api.1
      processman signal 15 api.1
      processman scale api=3 --timeout=1m worker=2`);
    assertEquals(stdout, "");
    assertEquals(
      stderr.split("\n"),
      `cron: started
api: stopped
mail: stopped
migrate: stopped
api: restarted
worker: killed
api.1: got SIGHUP
api.1: got SIGTERM
api: scaled to 3
worker: scaled to 2
`.split("\n"),
    );
    assertEquals(status, 0);
    assertEquals(
      fake.stdout.text.split("\n").slice(1),
      `/v1/start {"names":["cron"]}
/v1/stop {"names":["api","mail","migrate"],"withinMs":5000}
/v1/restart {"names":["api"],"roll":true}
/v1/kill {"names":["worker"]}
/v1/signal {"names":["api.1"],"signal":"SIGHUP","to":"group"}
/v1/signal {"names":["api.1"],"signal":"SIGTERM","to":"leader"}
/v1/scale {"name":"api","replicas":3,"withinMs":60000}
/v1/scale {"name":"worker","replicas":2,"withinMs":60000}
`.split("\n"),
    );
  },
});

Deno.test({
  name: "A request that fails says why, with the status of its kind",
  ignore,
  async fn() {
    await using tool = new Tool();
    const error = (status: number, code: string) => ({
      status,
      code,
      message: `because of ${code}`,
    });
    await using _ = await supervise(tool, {
      processes: fleet(),
      errors: {
        "/v1/start": error(504, "not-ready"),
        "/v1/stop": error(404, "not-found"),
        "/v1/signal": error(400, "bad-request"),
        "/v1/shutdown": error(500, "failed"),
      },
    });
    const { stdout, stderr } = await tool.run(`
      processman start api; echo $?
      processman stop apo; echo $?
      processman signal NOPE api; echo $?
      processman scale api; echo $?
      processman stop 'x*'; echo $?
      processman down; echo $?`);
    assertEquals(stdout, "4\n1\n2\n2\n1\n1\n");
    assertEquals(
      stderr,
      `processman: because of not-ready
processman: because of not-found
processman: because of bad-request
processman: scale: expected an entry with a number, such as api=3, not "api"
processman: no process matches "x*"
processman: because of failed
`,
    );
  },
});

Deno.test({
  name: "down returns when the supervisor has ended",
  ignore,
  async fn() {
    await using tool = new Tool();
    await using fake = await supervise(tool, {});
    const { stdout, stderr, status } = await tool.run(
      "processman down --timeout 1s; echo $?; processman down",
    );
    assertEquals(stdout, "0\n");
    assertEquals(
      stderr,
      `shop: everything is stopped
processman: no supervisor runs for ${tool.folder}/Procfile: "processman up -d" starts one
`,
    );
    assertEquals(status, 3);
    assertEquals(
      (await fake.ended).stdout,
      'ready\n/v1/shutdown {"withinMs":1000}\n',
    );
  },
});

Deno.test({
  name: "ls lists supervisors with and without a configuration, and dead ones",
  ignore,
  async fn() {
    await using tool = new Tool();
    await using shop = await supervise(tool, { processes: fleet() });
    await using _ = await expose(tool, { supervisor: { name: "bot" } });
    const { stdout, status } = await tool.run("processman ls");
    assertMatch(
      stdout,
      new RegExp(
        "^NAME +STATE +PID +UPTIME +PROCESSES +CONFIG\n" +
          "bot +running +\\d+ +\\d+ s +none\n" +
          "shop +running +\\d+ +\\d+ s +2 running, 1 backoff, 1 waiting, " +
          `1 completed, 1 failed +${tool.folder}/Procfile\n$`,
      ),
    );
    assertEquals(status, 0);
    shop.signal("SIGKILL");
    await shop.ended;
    const after = await tool.run(
      "processman ls --json; processman ps >&2; echo $? >&2; " +
        "processman ps -S shop; processman ps -S bot >&2",
    );
    const [bot, died] = JSON.parse(after.stdout);
    assertEquals([bot.name, bot.state, bot.config], ["bot", "running", null]);
    assertEquals([died.name, died.state], ["shop", "died"]);
    assertMatch(
      after.stderr,
      new RegExp(
        `^processman: no supervisor runs for ${tool.folder}/Procfile: process ` +
          `${died.pid} died soon after [-\\d]+ [:\\d]+ without stopping its processes\n` +
          'Run "processman up -d" to start it again.\n3\n' +
          'processman: no supervisor runs for "shop": process .*\n.*\n' +
          "NAME .*\n$",
      ),
    );
  },
});

Deno.test({
  name: "Commands find the supervisor of the folder, or say what there is",
  ignore,
  async fn() {
    await using tool = new Tool();
    await using _ = await expose(tool, { supervisor: { name: "bot" } });
    await tool.write("a/b/Procfile", "web: true\n");
    await tool.write("a/b/c/d/file", "");
    const { stdout, stderr, status } = await tool.run(
      "cd a; processman ps; cd b/c; processman ps; echo $? >&2; " +
        "processman ps -f ../../x.yaml; echo $? >&2; " +
        "processman ps -S bto; echo $? >&2; processman -S bot ps",
    );
    const list = "These supervisors run:\n  -S bot\n";
    assertEquals(
      stderr.replaceAll(tool.folder, "DIR"),
      `processman: there is no configuration in DIR/a or above it: write a ` +
        `Procfile or a processman.yaml (as "processman init" does), or name ` +
        "a file with -f, or a " +
        `supervisor with -S\n${list}` +
        "processman: no supervisor runs for DIR/a/b/Procfile: " +
        `"processman up -d" starts one\n${list}3\n` +
        'processman: there is no file "../../x.yaml", which --file names\n2\n' +
        'processman: no supervisor runs for "bto": "processman ls" lists ' +
        `those that run\n${list}3\n`,
    );
    assertMatch(stdout, /^NAME .*\n$/);
    assertEquals(status, 0);
  },
});
