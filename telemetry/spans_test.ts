import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { diag, DiagLogLevel, trace } from "@opentelemetry/api";
import { constant, type GateContext, SpawnError } from "../mod.ts";
import type { FakeChild } from "../testing/mod.ts";
import { telemetryTest, tree } from "../tools/telemetry_testing.ts";
import { instrument } from "./mod.ts";

const CRASH = { "processman.stderr": "no disk" };

/** Does something within an active span. */
function within<Result>(name: string, act: () => Result): Result {
  return trace.getTracer("test").startActiveSpan(name, (span) => {
    try {
      return act();
    } finally {
      span.end();
    }
  });
}

/** Writes an error, and crashes. */
function crash(child: FakeChild): number {
  child.writeError("no disk\n");
  return 3;
}

telemetryTest("A crash loop is one trace", {
  "/bin/job": crash,
}, async ({ sdk, kernel, pm }) => {
  const job = within("deploy", () =>
    pm.command("/bin/job", ["--token=x"], {
      name: "job",
      restart: { backoff: constant(500), limit: { restarts: 1 } },
    }));
  await kernel.clock.until(job.finished);
  const spans = sdk.spans();
  assertEquals(tree(spans), [
    "deploy",
    "deploy > supervise job",
    "supervise job > run job",
    "supervise job > backoff job",
    "supervise job > run job",
  ]);
  assertEquals(new Set(spans.map(({ traceId }) => traceId)).size, 1);
  const [, life, first, wait, second] = spans;
  assert(life && first && wait && second);
  assertEquals(life.attributes, {
    "processman.process": "job",
    "process.executable.name": "job",
    "processman.outcome": "failed",
    "processman.runs": 2,
    "error.type": "RestartLimitError",
  });
  assertStringIncludes(life.error ?? "", 'Cannot restart process "job"');
  assertEquals(first.error, "exit code 3");
  assertEquals(first.attributes, {
    "processman.process": "job",
    "processman.run": 1,
    "process.executable.name": "job",
    "process.pid": 1_001,
    "process.exit.code": 3,
    "processman.exit.reason": "crash",
    "processman.requested": false,
    "processman.decision": "restart",
    "processman.decision.reason": "crash",
    "processman.attempt": 1,
    "processman.delay_ms": 500,
    "processman.restarts_left": 0,
    "error.type": "crash",
  });
  assertEquals(first.events, [["processman.stderr", first.end, CRASH]]);
  assertEquals(second.attributes["processman.decision.reason"], "limit");
  assertEquals(wait.attributes["processman.delay_ms"], 500);
  assertEquals(wait.end - first.end, 500);
  assertEquals([life.start, life.end], [first.start, second.end]);
});

telemetryTest("A gate and its reasons are spans, in the context of the start", {
  job: () => 0,
}, async ({ sdk, kernel, pm }) => {
  const { clock } = kernel;
  const gate = async ({ wait }: GateContext) => {
    wait("the database");
    await clock.delay(100);
    wait("the cache");
    await clock.delay(10);
  };
  const job = within("deploy", () => pm.command("job", [], { gate }));
  await clock.until(job.finished);
  const spans = sdk.spans();
  assertEquals(tree(spans), [
    "deploy",
    "deploy > supervise job",
    "supervise job > wait job",
    "supervise job > wait job",
    "supervise job > run job",
  ]);
  const [, life, ...waits] = spans;
  assertEquals(
    waits.map(({ start, end }) =>
      [start, end].map((at) => at - (life?.start ?? 0))
    ),
    [[0, 100], [100, 110], [110, 110]],
  );
  assertEquals(
    waits.map(({ attributes }) => attributes["processman.wait.reason"]),
    ["the database", "the cache", undefined],
  );
  assertEquals(life?.attributes["processman.outcome"], "exited");
  assertEquals(life?.error, undefined);
});

telemetryTest("A stop while a process waits ends its spans", {
  job: () => 0,
}, async ({ sdk, kernel, pm }) => {
  const gate = ({ wait }: GateContext) => {
    wait("the database");
    return new Promise<void>(() => {});
  };
  const job = pm.command("job", [], { gate });
  await kernel.clock.settle();
  await kernel.clock.until(job.stop());
  await kernel.clock.settle();
  assertEquals(tree(sdk.spans()), [
    "supervise job",
    "supervise job > wait job",
  ]);
  assertEquals(sdk.spans()[0]?.attributes["processman.runs"], 0);
});

telemetryTest("A first start that fails is a life with an error", {
  broken: new Error("no memory"),
  job: () => 0,
}, async ({ sdk, kernel, pm }) => {
  const named = { name: "job" };
  assertThrows(() => pm.command("broken", [], named), SpawnError);
  // The same name is another life, even in the same turn.
  await kernel.clock.until(pm.command("job", [], named).finished);
  const spans = sdk.spans();
  assertEquals(spans.map(({ name, parent, error }) => [name, parent, error]), [
    ["supervise job", "", 'Cannot start process "job": no memory'],
    ["run job", "supervise job", 'Cannot start process "job": no memory'],
    ["supervise job", "", undefined],
    ["run job", "supervise job", undefined],
  ]);
  assertEquals(new Set(spans.map(({ traceId }) => traceId)).size, 2);
  assertEquals(spans[1]?.attributes["error.type"], "SpawnError");
});

telemetryTest("Later starts that fail are runs of one life", {
  broken: new Error("no memory"),
}, async ({ sdk, kernel, pm }) => {
  let open = 0;
  const gate = () => {
    if (++open > 2) throw new Error("no gate");
  };
  const job = pm.command("broken", [], {
    gate,
    restart: { backoff: constant(10), limit: { restarts: 2 } },
  });
  await kernel.clock.until(job.finished);
  const runs = sdk.spans().filter(({ name }) => name === "run broken");
  assertEquals(runs.map(({ parent, error }) => [parent, error]), [
    ["supervise broken", 'Cannot start process "broken": no memory'],
    ["supervise broken", 'Cannot start process "broken": no memory'],
    [
      "supervise broken",
      'Cannot restart process "broken": 2 restarts in a row: gate() failed: no gate',
    ],
  ]);
});

telemetryTest("A stop is in the span of the life, with its signals", {
  stubborn: (child) => child.on("SIGTERM"),
}, async ({ sdk, kernel, pm }) => {
  const job = pm.command("stubborn", [], { stop: { gracePeriodMs: 400 } });
  await kernel.clock.advance(1_000);
  await kernel.clock.until(job.stop());
  await kernel.clock.settle();
  const [life, run] = sdk.spans();
  assert(life && run);
  assertEquals(
    life.events.map(([name, at, attributes]) => [
      name,
      at - life.start,
      ...Object.values(attributes),
    ]),
    [["processman.stop", 1_000, "SIGTERM"], [
      "processman.stop",
      1_400,
      "SIGKILL",
    ]],
  );
  assertEquals(life.attributes["processman.outcome"], "stopped");
  const { attributes, error, end, start } = run;
  assertEquals([error, end - start], [undefined, 1_400]);
  assertEquals(attributes["processman.exit.reason"], "requested");
  assertEquals(attributes["processman.signal"], "SIGKILL");
});

telemetryTest("Each call of a probe is below its run", {
  server: () => {},
}, async ({ sdk, kernel, pm }) => {
  const answers = [false, new Error("refused"), true, false];
  const probe = async function port() {
    within("request", () => {});
    await kernel.clock.delay(5);
    const answer = answers.shift() ?? true;
    if (answer instanceof Error) throw answer;
    return answer;
  };
  const server = pm.command("server", [], {
    ready: { probe, intervalMs: 100, recheckMs: 100 },
  });
  await kernel.clock.advance(500);
  await kernel.clock.until(server.stop());
  await kernel.clock.settle();
  const spans = sdk.spans();
  const probes = spans.filter(({ name }) => name === "probe server");
  assert(probes.length >= 4);
  assertEquals(
    probes.slice(0, 4).map(({ parent, error, start, end, attributes }) => [
      parent,
      error,
      end - start,
      attributes["processman.probe.answer"],
      attributes["processman.probe.reason"],
    ]),
    [
      ["run server", undefined, 5, false, undefined],
      ["run server", undefined, 5, false, "refused"],
      ["run server", undefined, 5, true, undefined],
      ["run server", undefined, 5, false, undefined],
    ],
  );
  assertEquals(probes[0]?.attributes, {
    "processman.process": "server",
    "processman.run": 1,
    "processman.probe.option": "ready",
    "processman.probe.name": "port",
    "processman.probe.answer": false,
  });
  assertEquals(
    spans.filter(({ name, parent }) =>
      name === "request" && parent === "probe server"
    ).length,
    probes.length,
  );
  const run = spans.find(({ name }) => name === "run server");
  assertEquals(run?.events.map(([name]) => name).slice(0, 2), [
    "processman.ready",
    "processman.unready",
  ]);
});

telemetryTest("A run that hangs is an error with the answer of its probe", {
  server: () => {},
}, async ({ sdk, kernel, pm }) => {
  const live = {
    probe: () => Promise.reject(new Error("hung")),
    intervalMs: 100,
    failures: 2,
  };
  const restart = { policy: "never" } as const;
  await kernel.clock.until(
    pm.command("server", [], { live, restart }).finished,
  );
  const spans = sdk.spans();
  const run = spans.find(({ name }) => name === "run server");
  assertEquals(run?.error, "unhealthy: hung");
  assertEquals(run?.attributes["error.type"], "unhealthy");
  assertEquals(
    run?.events.map(([name, , attributes]) => [name, attributes]),
    [["processman.unhealthy", {
      "processman.probe.reason": "hung",
      "processman.probe.failures": 2,
    }]],
  );
  const probes = spans.filter(({ name }) => name === "probe server");
  assertEquals(probes.map(({ error }) => error), ["hung", "hung"]);
});

telemetryTest("A call of a probe that never ends, ends with its run", {
  server: () => {},
}, async ({ sdk, kernel, pm }) => {
  const ready = () => new Promise<boolean>(() => {});
  const server = pm.command("server", [], { ready });
  await kernel.clock.advance(100);
  await kernel.clock.until(server.stop());
  await kernel.clock.settle();
  const [, run, probe] = sdk.spans();
  assertEquals([probe?.name, probe?.end], ["probe server", run?.end]);
  assertEquals(probe?.attributes["processman.probe.answer"], undefined);
});

telemetryTest("What a run leaves behind is a span below the run", {
  job(child) {
    child.fork("helper");
    return 1;
  },
  daemon(child, clock) {
    child.fork("helper");
    return clock.delay(5).then(() => 0);
  },
}, async ({ sdk, kernel, pm }) => {
  const restart = { policy: "never" } as const;
  await kernel.clock.until(pm.command("job", [], { restart }).finished);
  // A run that ended with success is swept after the end of its life, and even
  // in the next one.
  const daemon = pm.command("daemon");
  await kernel.clock.until(daemon.finished);
  kernel.program("daemon", () => {});
  await kernel.clock.until(daemon.start());
  await kernel.clock.advance(5_000);
  const spans = sdk.spans().filter(({ name }) => name.startsWith("clean up"));
  assertEquals(tree(spans), [
    "run job > clean up job",
    "run daemon > clean up daemon",
  ]);
  const [first] = sdk.spans().filter(({ name }) => name === "run daemon");
  assertEquals(spans[1]?.traceId, first?.traceId);
  for (const { attributes, events } of spans) {
    assertEquals(attributes["processman.survivors"], 0);
    assertEquals(events.map(([name]) => name), ["processman.stop"]);
  }
});

telemetryTest("A process that is started again in a callback has two lives", {
  job: () => 0,
}, async ({ sdk, kernel, pm }) => {
  const job = pm.command("job");
  let again: Promise<void> | undefined;
  pm.instrument({
    onEvent({ kind }) {
      if (kind === "exit") again ??= job.start();
    },
  });
  await kernel.clock.until(job.finished);
  await again;
  await kernel.clock.until(job.finished);
  assertEquals(tree(sdk.spans()), [
    "supervise job",
    "supervise job > run job",
    "supervise job",
    "supervise job > run job",
  ]);
  const ids = sdk.spans().map(({ traceId }) => traceId);
  assertEquals([ids[0] === ids[1], ids[1] === ids[2]], [true, false]);
});

telemetryTest("A restart by request is another run of the same life", {
  job: () => {},
}, async ({ sdk, kernel, pm }) => {
  const job = pm.command("job");
  await kernel.clock.until(job.restart());
  await kernel.clock.until(job.stop());
  await kernel.clock.settle();
  assertEquals(tree(sdk.spans()), [
    "supervise job",
    "supervise job > run job",
    "supervise job > run job",
  ]);
});

telemetryTest("A gate that fails after a requested restart is an error", {
  job: () => {},
}, async ({ sdk, kernel, pm }) => {
  let calls = 0;
  const gate = () => {
    if (++calls === 2) throw new Error("no gate");
  };
  const restart = { backoff: constant(10) };
  const job = pm.command("job", [], { gate, restart });
  await kernel.clock.settle();
  await assertRejects(() => kernel.clock.until(job.restart()), SpawnError);
  await kernel.clock.advance(10);
  await kernel.clock.until(job.stop());
  await kernel.clock.settle();
  const runs = sdk.spans().filter(({ name }) => name === "run job");
  assertEquals(runs.map(({ error }) => error), [
    undefined,
    'Cannot start process "job": gate() failed: no gate',
    undefined,
  ]);
});

telemetryTest("The end of a life that was not seen begins no other", {
  job: () => 0,
}, async ({ sdk, kernel, pm, telemetry }) => {
  telemetry[Symbol.dispose]();
  let late: Disposable | undefined;
  pm.instrument({
    onEvent({ kind }) {
      if (kind === "exit") late ??= instrument(pm);
    },
  });
  await kernel.clock.until(pm.command("job").finished);
  late?.[Symbol.dispose]();
  assertEquals(sdk.spans(), []);
});

telemetryTest("The last lines of a crash are cut", {
  job(child) {
    for (let i = 0; i < 20; i++) child.writeError(`${i} ${"x".repeat(900)}\n`);
    return 1;
  },
}, async ({ sdk, kernel, pm }) => {
  const restart = { policy: "never" } as const;
  await kernel.clock.until(pm.command("job", [], { restart }).finished);
  const [, run] = sdk.spans();
  const [[, , { "processman.stderr": text = "" } = {}] = []] =
    (run?.events ?? []) as [string, number, Record<string, string>][];
  assertEquals(text.length, 4_000);
  assert(text.endsWith("x"));
});

telemetryTest("No span ends before its start if the time is set back", {
  async job(_, clock) {
    await clock.delay(1_000);
    return 1;
  },
}, async ({ sdk, kernel, pm }) => {
  const complaints: string[] = [];
  const note = (text: string) => void complaints.push(text);
  diag.setLogger(
    { error: note, warn: note, info: note, debug: note, verbose: note },
    DiagLogLevel.WARN,
  );
  const time = kernel.time.bind(kernel);
  const restart = { backoff: constant(1_000), limit: { restarts: 1 } };
  const job = pm.command("job", [], { ready: () => false, restart });
  await kernel.clock.advance(500);
  kernel.time = () => time() - 60_000;
  await kernel.clock.advance(1_000);
  kernel.time = () => time() - 120_000;
  await kernel.clock.until(job.finished);
  await kernel.clock.settle();
  diag.disable();
  const names = new Set(sdk.spans().map(({ name }) => name));
  assertEquals(names.size, 4);
  // The SDK complains about such a span.
  assertEquals(complaints, []);
});
