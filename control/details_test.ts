import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { constant, describeCommand, exponential, Processman } from "../mod.ts";
import { plan, up } from "../plan/mod.ts";
import { exec, http } from "../probe/mod.ts";
import { quiet, refusal, request, stage } from "../tools/control_testing.ts";
import { eventOf, permitted } from "../tools/testing.ts";
import { processDetails } from "./details.ts";

const ignore = !permitted("run", "read", "write", "net", "env", "sys");

function test(name: string, fn: () => Promise<void>): void {
  Deno.test({ name, ignore, fn });
}

const SECRET = "swordfish";

/** Details of a command that has not been started. */
function detailsOf(options: Parameters<typeof describeCommand>[2]) {
  const command = describeCommand("job", [], options);
  return processDetails({ name: "job", command, answers: {}, stopped: null });
}

Deno.test("processDetails() tells all options with their defaults", () => {
  assertEquals(detailsOf({ cwd: "/srv" }), {
    name: "job",
    cwd: "/srv",
    user: null,
    environment: [],
    options: {
      restart: {
        limit: null,
        policy: "on-failure",
        backoff: { uniform: 5_000 },
        resetAfterMs: 60_000,
        successCodes: [],
        stopCodes: [],
        leftovers: { signal: "SIGTERM", gracePeriodMs: 1_000 },
      },
      stop: { signal: "SIGTERM", gracePeriodMs: 10_000, to: "group" },
      output: { file: null, bufferBytes: 65_536, maxLineLength: 1_048_576 },
      ready: null,
      live: null,
      critical: false,
      tty: false,
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
      clearEnv: false,
      group: true,
      windowsRawArguments: false,
    },
    ready: null,
    live: null,
    stopped: null,
  });
});

Deno.test("processDetails() tells hooks, and puts in words what JSON cannot express", () => {
  const failing = Object.assign(() => 5, {
    toJSON() {
      throw new Error("no");
    },
  });
  const { options, user } = detailsOf({
    uid: 1_000,
    prepare: () => {},
    before: ["migrate"],
    after: { command: ["tidy"], timeoutMs: 5_000 },
    restart: { backoff: () => 5, successCodes: [143] },
    output: { file: { path: new URL("file:///log"), maxBytes: Infinity } },
  });
  assertEquals(user, "1000");
  assertEquals(options["prepare"], "(function)");
  assertEquals(options["uid"], 1_000);
  const before = { command: ["migrate"], timeoutMs: 30_000 };
  assertEquals(options["before"], before);
  assertEquals(options["after"], { command: ["tidy"], timeoutMs: 5_000 });
  const text = JSON.stringify(options);
  assertStringIncludes(text, '"backoff":"(function)"');
  assertStringIncludes(text, '"path":"file:///log"');
  assertStringIncludes(text, '"maxBytes":"Infinity"');
  const { restart } = detailsOf({ restart: { backoff: failing } }).options;
  assertEquals(restart, "(unknown)");
});

Deno.test("processDetails() tells what a probe asks, and its numbers", () => {
  const { ready, live, options } = detailsOf({
    ready: {
      probe: http("http://localhost:8000/", {
        headers: { Authorization: SECRET },
      }),
      recheckMs: 5_000,
      withinMs: Infinity,
    },
    live: { probe: () => true, failures: 5 },
  });
  assertEquals(ready, {
    name: "http http://localhost:8000/",
    intervalMs: 200,
    timeoutMs: 1_000,
    withinMs: null,
    failures: null,
    last: null,
  });
  assertEquals(live, {
    name: "a function",
    intervalMs: 10_000,
    timeoutMs: 1_000,
    withinMs: null,
    failures: 5,
    last: null,
  });
  assertEquals(options["ready"], {
    intervalMs: 200,
    timeoutMs: 1_000,
    withinMs: "Infinity",
    recheckMs: 5_000,
  });
});

test("The details of a process tell answers and stops, and follow changes", async () => {
  await using pm = quiet();
  await using at = await stage(pm);
  let yes = false;
  const job = pm.command("sleep", ["500"], {
    name: "job",
    restart: { backoff: exponential({ jitter: "none" }) },
    ready: {
      probe: () => {
        if (!yes) throw new Error("no route");
        return true;
      },
      intervalMs: 5,
    },
  });
  const answered = async (ok: boolean) => {
    while (true) {
      const { ready } = await at.client.details("job");
      if (ready?.last?.ok === ok) return ready.last;
    }
  };
  const no = await answered(false);
  assertEquals(no.reason, "no route");
  yes = true;
  await job.ready;
  const last = await answered(true);
  assert(last.time >= no.time);
  assertEquals(last.reason, null);
  job.update({ stop: { gracePeriodMs: 5_123 } });
  const events = pm.events();
  await at.client.stop({ names: ["job"] });
  await eventOf(events, "stop");
  const { options, stopped, ready } = await at.client.details("job");
  assertStringIncludes(JSON.stringify(options["stop"]), "5123");
  assertStringIncludes(JSON.stringify(options["restart"]), "exponential");
  assertEquals(ready?.last, null);
  assertEquals(stopped?.signals, ["SIGTERM"]);
  assertEquals([stopped?.forced, stopped?.survivors], [false, []]);
  assert(stopped && stopped.time > 1e12 && stopped.durationMs >= 0);
});

test("The details of an entry that has not been started tell its options", async () => {
  const defaults = { stop: { gracePeriodMs: 77 }, env: { LANG: SECRET } };
  await using pm = new Processman({ defaults, logger: null, signals: [] });
  await using app = await up(
    pm,
    plan({
      db: { command: ["sleep", "500"] },
      api: {
        command: ["sleep", "500"],
        cwd: "/",
        env: { PORT: SECRET },
        stop: { signal: "SIGINT" },
      },
    }),
    { names: ["db"] },
  );
  await using at = await stage(app);
  const { options, environment, cwd } = await at.client.details("api");
  assertEquals(options["stop"], {
    signal: "SIGINT",
    gracePeriodMs: 77,
    to: "group",
  });
  assertEquals([cwd, environment], ["/", ["LANG", "PORT"]]);
  await app.start("api");
  assertEquals((await at.client.details("api")).options, options);
  const error = await refusal(at.client.details("apo"));
  assertEquals([error.status, error.code], [404, "not-found"]);
});

test("No answer contains a value of a variable, wherever it is set", async () => {
  await using pm = quiet();
  const env = { PASSWORD: SECRET };
  const sleep = ["sleep", "500"] as const;
  await using app = await up(
    pm,
    plan({
      plain: { command: sleep, env },
      prepared: { command: sleep, prepare: () => ({ env }) },
      each: {
        command: sleep,
        replicas: 2,
        each: ({ replica }) => ({
          env: { TOKEN: `${SECRET}-${replica}`, PORT: `${8000 + replica}` },
        }),
      },
      probed: {
        command: sleep,
        ready: exec("true", [], { env }),
        live: http("http://127.0.0.1:9/", { headers: { Key: SECRET } }),
      },
      crashing: {
        command: ["sh", "-c", "exit 1"],
        env,
        restart: { backoff: constant(60_000) },
      },
      idle: { command: sleep, env },
    }),
    { names: ["plain", "prepared", "each", "probed"] },
  );
  const crashed = eventOf(pm.events(), "restart");
  app.start("crashing").catch(() => {});
  await crashed;
  await using at = await stage(app);
  const answers = new Map<string, string>();
  for (const { name } of await at.client.processes({ usage: true })) {
    for (const path of ["", "/details", "/why"]) {
      const target = `/v1/processes/${name}${path}`;
      const { status, body } = await request(at.socket, "GET", target);
      assertEquals([target, status], [target, 200]);
      answers.set(target, body);
    }
  }
  for (const target of ["/v1/processes", "/v1/events", "/metrics"]) {
    answers.set(target, (await request(at.socket, "GET", target)).body);
  }
  for (const [target, body] of answers) {
    assert(!body.includes(SECRET), `${target}: ${body}`);
  }
  const names = async (name: string) =>
    (await at.client.details(name)).environment;
  assertEquals(await names("plain"), ["PASSWORD"]);
  assertEquals(await names("prepared"), []);
  assertEquals(await names("each.2"), ["PORT", "TOKEN"]);
  assertEquals(await names("crashing"), ["PASSWORD"]);
  assertEquals(await names("idle"), ["PASSWORD"]);
});
