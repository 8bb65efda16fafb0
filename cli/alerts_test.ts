import { assert, assertEquals } from "@std/assert";
import { constant, type Logger, Processman } from "../mod.ts";
import { plan, type PlanEntry, up } from "../plan/mod.ts";
import { type ChildScript, FakeKernel } from "../testing/mod.ts";
import { alive, permitted } from "../tools/testing.ts";
import { notesOf } from "./export_notes.ts";
import { LOGS } from "./config_resolve.ts";
import { runAlertCommand } from "./alert_command.ts";
import { alertOf } from "./alert_order.ts";
import { type AlertMeans, Alerts, END_MS, MOST_WAITING } from "./alerts.ts";
import type { ResolvedConfig } from "./resolved.ts";
import { ScheduleBook } from "./schedule_book.ts";

/** What was told, and how. */
interface Told {
  readonly to: string;
  readonly news: Readonly<Record<string, unknown>>;
  readonly end: (failure?: string) => void;
}

/** A supervisor on a fake system, whose alerts a test answers. */
async function alerting(
  script: ChildScript,
  entry: Omit<PlanEntry, "command">,
  keys: Readonly<Record<string, unknown>>,
) {
  const kernel = new FakeKernel({ programs: { job: script } });
  const warnings: string[] = [];
  const ignore = () => {};
  const warn = (text: string) => void warnings.push(text);
  const logger: Logger = { debug: ignore, info: ignore, warn, error: warn };
  const pm = new Processman({ kernel, logger: null, signals: [] });
  const planned = plan({ web: { command: ["job"], ...entry } as PlanEntry });
  const app = await up(pm, planned, { names: [] });
  const told: Told[] = [];
  const tell = (to: string, body: string, signal: AbortSignal) => {
    const { promise, resolve } = Promise.withResolvers<string | undefined>();
    told.push({ to, news: JSON.parse(body), end: resolve });
    signal.addEventListener("abort", () => resolve("there was no time left"));
    return promise;
  };
  const means: AlertMeans = {
    send: ({ url }, body, { signal }) => tell(url, body, signal),
    run: ({ command, place, input }, signal) =>
      tell(
        `${command} ${place.cwd} ${place.env?.PROCESSMAN_NAME}`,
        input,
        signal,
      ),
    host: () => "here",
  };
  const { signal } = new AbortController();
  const env = () => undefined;
  const schedules = new ScheduleBook();
  const alerts = new Alerts(
    { pm, app, logger, note: ignore, schedules, env, signal },
    means,
  );
  alerts.configure(
    { name: "shop", processes: { web: keys } } as unknown as ResolvedConfig,
  );
  return { kernel, pm, app, alerts, told, warnings };
}

/** A restart policy that gives up after one restart. */
const ONCE = { backoff: constant(10), limit: { restarts: 1 } };

Deno.test("Alerts tell of a process that is given up, with its last lines", async () => {
  const script: ChildScript = (child) => {
    child.write("hello\n");
    child.writeError("no disk\n");
    return 1;
  };
  const { kernel, pm, app, alerts, told } = await alerting(
    script,
    { restart: ONCE },
    { onFailed: "https://hooks.example.com/T0" },
  );
  await kernel.clock.until(app.start("web").catch(() => {}));
  await kernel.clock.until(Promise.resolve(app.get("web")?.finished));
  await kernel.clock.settle();
  assertEquals(told.map(({ to }) => to), ["https://hooks.example.com/T0"]);
  const { time, ...news } = told[0]?.news ?? {};
  const reason = 'Cannot restart process "web": 1 restart in a row: no disk';
  assertEquals(news, {
    text: `web of shop on here has failed: ${reason}`,
    name: "web",
    state: "failed",
    reason,
    stderr: ["no disk", "no disk"],
    supervisor: "shop",
    host: "here",
  });
  assertEquals(time, new Date(kernel.time()).toISOString());
  told[0]?.end();
  await pm.shutdown();
  await kernel.clock.until(alerts[Symbol.asyncDispose]());
});

Deno.test("Alerts run a command in the place of the process, and log its failure", async () => {
  const { kernel, pm, app, alerts, told, warnings } = await alerting(
    () => 3,
    { cwd: "/srv", restart: { policy: "never" } },
    { onFailed: { shell: "mail me" }, onUnhealthy: ["true"] },
  );
  await kernel.clock.until(app.start("web").catch(() => {}));
  await kernel.clock.settle();
  assertEquals(told.map(({ to }) => to), ["sh,-c,mail me /srv web"]);
  assertEquals(
    told[0]?.news.reason,
    "exited with code 3, and is not restarted",
  );
  told[0]?.end("exited with code 1: no mail");
  await pm.shutdown();
  await kernel.clock.until(alerts[Symbol.asyncDispose]());
  assertEquals(warnings, [
    'The command "sh -c mail me" of web.onFailed exited with code 1: no mail',
  ]);
});

Deno.test("Alerts tell of a process that hangs, and not of stops and restarts", async () => {
  let healthy = true;
  const { kernel, pm, app, alerts, told } = await alerting(
    () => {},
    {
      live: {
        probe: () => {
          if (!healthy) throw new Error("no heartbeat");
          return true;
        },
        intervalMs: 100,
        failures: 2,
      },
      restart: { backoff: constant(10) },
    },
    { onFailed: "http://a/failed", onUnhealthy: "http://a/unhealthy" },
  );
  await kernel.clock.until(app.start("web"));
  await kernel.clock.until(app.restart("web"));
  await kernel.clock.advance(1_000);
  assertEquals(told, []);
  healthy = false;
  await kernel.clock.advance(250);
  healthy = true;
  assertEquals(told.map(({ to, news }) => [to, news.reason]), [
    ["http://a/unhealthy", "no heartbeat"],
  ]);
  told[0]?.end();
  await kernel.clock.until(app.stop("web"));
  await pm.shutdown();
  await kernel.clock.until(alerts[Symbol.asyncDispose]());
  assertEquals(told.length, 1);
});

Deno.test("Alerts wait for each other, and the oldest are dropped", async () => {
  const { kernel, pm, app, alerts, told, warnings } = await alerting(
    () => 1,
    { restart: { policy: "never" } },
    { onFailed: "http://a/" },
  );
  for (let i = 0; i < MOST_WAITING + 6; i++) {
    await kernel.clock.until(app.start("web").catch(() => {}));
    await kernel.clock.settle();
  }
  assertEquals(told.length, 4);
  assertEquals(warnings.length, 2);
  assert(warnings[0]?.startsWith(`Dropped an alert, because ${MOST_WAITING}`));
  for (let i = 0; i < told.length; i++) {
    told[i]?.end();
    await kernel.clock.settle();
  }
  assertEquals(told.length, MOST_WAITING + 4);
  await pm.shutdown();
  await kernel.clock.until(alerts[Symbol.asyncDispose]());
});

Deno.test("Alerts that are left at the end have a last moment", async () => {
  const { kernel, pm, app, alerts, told, warnings } = await alerting(
    () => 1,
    { restart: { policy: "never" } },
    { onFailed: "https://hooks.example.com/secret" },
  );
  await kernel.clock.until(app.start("web").catch(() => {}));
  await pm.shutdown();
  const before = kernel.clock.now();
  await kernel.clock.until(alerts[Symbol.asyncDispose]());
  assertEquals([told.length, kernel.clock.now() - before], [1, END_MS]);
  assertEquals(warnings, [
    "Cannot send the webhook of web.onFailed to https://hooks.example.com: there was no time left",
  ]);
  assertEquals(kernel.clock.pending, 0);
});

Deno.test("alertOf() reads all forms", () => {
  const command = (words: string[], timeoutMs = 30_000) => ({
    kind: "command" as const,
    command: words,
    timeoutMs,
  });
  const webhook = { kind: "webhook" as const, url: "http://a", headers: {} };
  const rows: [unknown, ReturnType<typeof alertOf>][] = [
    [undefined, undefined],
    [["mail", 5], command(["mail", "5"])],
    [{ shell: "mail" }, command(["sh", "-c", "mail"])],
    [{ command: ["mail"], timeoutMs: 5 }, command(["mail"], 5)],
    ["http://a", { ...webhook, timeoutMs: 10_000 }],
    [
      { url: "http://a", headers: { a: 1 }, timeoutMs: 5 },
      { ...webhook, headers: { a: "1" }, timeoutMs: 5 },
    ],
  ];
  for (const [onFailed, order] of rows) {
    assertEquals(alertOf({ onFailed }, "onFailed"), order);
  }
});

Deno.test("An export names the options that tell of failures, without their values", () => {
  const config: ResolvedConfig = {
    name: "shop",
    files: [],
    source: { files: [], profiles: [] },
    cwd: "/",
    options: {},
    logs: LOGS,
    processes: { web: { onFailed: "http://a/secret", onUnhealthy: ["true"] } },
  };
  for (const engine of ["systemd", "compose", "kubernetes"] as const) {
    const notes = notesOf(config, config, engine);
    assertEquals(notes.map(({ option }) => option), [
      "onFailed",
      "onUnhealthy",
    ]);
    assert(!JSON.stringify(notes).includes("secret"));
  }
});

Deno.test({
  name:
    "A command that hangs is killed at its deadline, with all that it started",
  ignore: !permitted("run", "read", "write"),
  async fn() {
    const file = await Deno.makeTempFile();
    const script =
      `trap '' TERM; sleep 500 & echo $$ $! > '${file}'; cat; wait`;
    const failure = await runAlertCommand({
      command: ["sh", "-c", script],
      place: {},
      input: "{}",
      timeoutMs: 500,
    }, new AbortController().signal);
    assertEquals(failure, "did not end within 500 ms");
    const pids = (await Deno.readTextFile(file)).trim().split(" ").map(Number);
    assertEquals(pids.length, 2);
    for (const pid of pids) assert(!await alive(pid));
    await Deno.remove(file);
  },
});
