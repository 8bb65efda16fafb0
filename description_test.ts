import { assertEquals, assertNotStrictEquals, assertThrows } from "@std/assert";
import { constant, describeCommand, Processman } from "./mod.ts";
import { FakeKernel } from "./testing/mod.ts";

const SECRET = "swordfish";

Deno.test("describeCommand() fills in the defaults, and names variables without their values", () => {
  const description = describeCommand("nginx", ["-g", "daemon off;"], {
    name: "web",
    cwd: "/srv",
    env: { PORT: SECRET, HOST: SECRET },
    restart: { backoff: constant(5), limit: { restarts: 3 } },
    stop: { signal: "SIGQUIT" },
    ready: () => true,
    live: { probe: () => true, failures: 1 },
    output: { file: { path: "/var/log/web.log" } },
  }, { env: { LANG: SECRET }, stop: { gracePeriodMs: 7 }, stdin: "inherit" });
  const { ready, live, restart, ...rest } = description;
  assertEquals(rest, {
    program: "nginx",
    args: ["-g", "daemon off;"],
    cwd: "/srv",
    environment: ["HOST", "LANG", "PORT"],
    clearEnv: false,
    windowsRawArguments: false,
    tty: false,
    stdin: "inherit",
    stdout: "piped",
    stderr: "piped",
    group: true,
    critical: false,
    stop: { signal: "SIGQUIT", gracePeriodMs: 7, to: "group" },
    output: {
      bufferBytes: 65_536,
      maxLineLength: 1_048_576,
      file: {
        path: "/var/log/web.log",
        maxBytes: 10_485_760,
        maxFiles: 5,
        json: false,
      },
    },
  });
  assertEquals(JSON.parse(JSON.stringify(restart)), {
    policy: "on-failure",
    backoff: { constant: 5 },
    resetAfterMs: 60_000,
    limit: { restarts: 3 },
    successCodes: [],
    stopCodes: [],
    leftovers: { signal: "SIGTERM", gracePeriodMs: 1_000 },
  });
  assertEquals(JSON.parse(JSON.stringify({ ready, live })), {
    ready: { intervalMs: 200, timeoutMs: 1_000, withinMs: 60_000 },
    live: { intervalMs: 10_000, timeoutMs: 1_000, failures: 1 },
  });
  assertEquals(Deno.inspect(description, { depth: 9 }).includes(SECRET), false);
});

Deno.test("describeCommand() gives the working directory of this program by default", () => {
  assertEquals(describeCommand("nginx").cwd, Deno.cwd());
  assertEquals(
    describeCommand("nginx", [], { cwd: "web" }).cwd,
    [
      Deno.cwd(),
      "web",
    ].join("/"),
  );
});

Deno.test("describeCommand() refuses what command() refuses", () => {
  assertThrows(() => describeCommand(""), TypeError, '"program"');
  assertThrows(
    () => describeCommand("nginx", [], { stop: { gracePeriodMs: -1 } }),
    RangeError,
    '"stop.gracePeriodMs"',
  );
});

/** A manager with one process, whose probes answer as a test says. */
function fake() {
  const kernel = new FakeKernel({ programs: { server: () => {} } });
  const pm = new Processman({ kernel, logger: null });
  const says = { ready: false, live: true };
  const job = pm.command("server", [], {
    env: { PASSWORD: SECRET },
    restart: { backoff: constant(1_000) },
    ready: {
      probe: () => {
        if (!says.ready) throw new Error("no route");
        return true;
      },
      intervalMs: 100,
    },
    live: { probe: () => says.live, intervalMs: 500, failures: 2 },
  });
  const from = kernel.clock.time();
  return {
    kernel,
    pm,
    job,
    says,
    /** The last answers, with times since the beginning. */
    answers: () => {
      const { ready, live } = job.describe().answers;
      return [ready, live].map((answer) =>
        answer && [answer.time - from, answer.ok, answer.reason]
      );
    },
  };
}

Deno.test("Process.describe() tells the last answers of the probes of the present run", async () => {
  const { kernel, pm, says, answers } = fake();
  assertEquals(answers(), [undefined, undefined]);
  await kernel.clock.settle();
  assertEquals(answers(), [[0, false, "no route"], undefined]);
  await kernel.clock.advance(100);
  assertEquals(answers(), [[100, false, "no route"], undefined]);
  says.ready = true;
  await kernel.clock.advance(100);
  assertEquals(answers(), [[200, true, undefined], undefined]);
  await kernel.clock.advance(500);
  assertEquals(answers(), [[200, true, undefined], [700, true, undefined]]);
  says.live = false;
  await kernel.clock.advance(500);
  assertEquals(answers()[1], [1_200, false, "the probe returned false"]);
  // The second failure ends the run; the next one begins without answers.
  await kernel.clock.advance(500);
  assertEquals(answers(), [undefined, undefined]);
  says.ready = false;
  await kernel.clock.advance(1_000);
  assertEquals(answers(), [[2_700, false, "no route"], undefined]);
  await kernel.clock.until(pm.shutdown());
});

Deno.test("Process.describe() tells what a probe said before the deadline cut its call short", async () => {
  const kernel = new FakeKernel({
    programs: { server: (child) => child.on("SIGTERM") },
  });
  const pm = new Processman({ kernel, logger: null });
  let calls = 0;
  const job = pm.command("server", [], {
    ready: {
      probe: () => {
        if (calls++ === 0) throw new Error("no route");
        return new Promise<boolean>(() => {});
      },
      intervalMs: 100,
      timeoutMs: 1_000,
      withinMs: 500,
    },
  });
  await kernel.clock.advance(600);
  assertEquals(calls, 2);
  assertEquals(job.state.kind, "stopping");
  assertEquals(job.describe().answers.ready?.reason, "no route");
  await kernel.clock.until(pm.killAll());
  await kernel.clock.until(pm.shutdown());
});

Deno.test("Process.describe() forgets the answers of a probe that is replaced, and no other", async () => {
  const { kernel, pm, job, says, answers } = fake();
  says.ready = true;
  await kernel.clock.advance(500);
  assertEquals(answers(), [[0, true, undefined], [500, true, undefined]]);
  job.update({ live: () => true });
  assertEquals(answers(), [[0, true, undefined], undefined]);
  job.update({ ready: null });
  assertEquals(answers(), [undefined, undefined]);
  assertEquals(job.describe().ready, undefined);
  await kernel.clock.until(pm.shutdown());
});

Deno.test("Process.describe() follows updates, and contains no value of a variable", async () => {
  const { kernel, pm, job } = fake();
  job.update({ stop: { gracePeriodMs: 5 }, critical: true });
  const description = job.describe();
  assertEquals(description.stop?.gracePeriodMs, 5);
  assertEquals(description.critical, true);
  assertEquals(description.environment, ["PASSWORD"]);
  assertEquals(Deno.inspect(description, { depth: 9 }).includes(SECRET), false);
  await kernel.clock.until(pm.shutdown());
});

Deno.test("Processman.defaults are a copy of the defaults", async () => {
  const defaults = { stop: { gracePeriodMs: 5 } };
  await using pm = new Processman({ defaults, logger: null, signals: [] });
  assertEquals(pm.defaults, defaults);
  assertNotStrictEquals(pm.defaults, pm.defaults);
});
