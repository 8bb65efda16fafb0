import { assert, assertEquals, assertThrows } from "@std/assert";
import { constant, Processman, SpawnError } from "../mod.ts";
import { THROWN } from "../tools/foreign_values.ts";
import { FakeKernel } from "./mod.ts";

Deno.test("FakeKernel runs a child by its script, with arguments and environment", async () => {
  const kernel = new FakeKernel({
    programs: {
      job: (child) => {
        child.write(`${child.args} ${child.env.MODE}\n`);
        child.writeError("no config\n");
        return 3;
      },
    },
  });
  await using pm = new Processman({ kernel, logger: null });
  const job = pm.command("job", ["-v"], {
    env: { MODE: "fast" },
    restart: { policy: "never" },
  });
  assertEquals((await job.finished).code, 3);
  assertEquals(
    job.tail().map(({ source, text }) => [source, text]),
    [["stdout", "-v fast"], ["stderr", "no config"]],
  );
});

Deno.test("FakeKernel takes an error of a script for a crash", async () => {
  const kernel = new FakeKernel({
    programs: {
      job: () => {
        throw new Error("no database");
      },
    },
  });
  await using pm = new Processman({ kernel, logger: null });
  const job = pm.command("job", [], { restart: { policy: "never" } });
  assertEquals((await job.finished).code, 1);
  assertEquals(job.tail().map(({ text }) => text), ["Error: no database"]);
});

Deno.test("FakeKernel takes anything that a script throws for a crash", async () => {
  for (const [what, make] of Object.entries(THROWN)) {
    const kernel = new FakeKernel({
      programs: { job: () => Promise.reject(make()) },
    });
    await using pm = new Processman({ kernel, logger: null });
    const job = pm.command("job", [], { restart: { policy: "never" } });
    assertEquals((await job.finished).code, 1, what);
  }
});

Deno.test("FakeKernel has no program that it was not told of", async () => {
  const kernel = new FakeKernel({ programs: { broken: new Error("busy") } });
  await using pm = new Processman({ kernel, logger: null });
  const missing = assertThrows(() => pm.command("missing"), SpawnError);
  assert(missing.cause instanceof Deno.errors.NotFound);
  assertThrows(() => pm.command("broken"), SpawnError, "busy");
  kernel.program("missing", () => 0);
  assertEquals((await pm.command("missing").finished).code, 0);
});

Deno.test("FakeKernel waits for nothing real", async () => {
  const kernel = new FakeKernel({ programs: { job: () => 1 } });
  await using pm = new Processman({ kernel, logger: null });
  const job = pm.command("job", [], {
    restart: {
      backoff: constant(3_600_000),
      limit: { restarts: 100, withinMs: Number.MAX_VALUE },
    },
  });
  await kernel.clock.until(job.finished, Number.MAX_VALUE);
  assertEquals([job.state.kind, kernel.started.length], ["failed", 101]);
  assertEquals(kernel.now(), 100 * 3_600_000);
});

Deno.test("FakeKernel sends signals to a child, its group and its session", async () => {
  const kernel = new FakeKernel({
    programs: {
      server: (child) => {
        child.on("SIGTERM", () => child.exit(0));
        child.fork("worker").on("SIGTERM");
        child.fork("shell", { leads: "group" });
      },
    },
  });
  await using pm = new Processman({ kernel, logger: null });
  const server = pm.command("server", [], { stop: { gracePeriodMs: 100 } });
  await kernel.clock.settle();
  const [, worker, shell] = kernel.alive;
  const { status, forced, survivors } = await kernel.clock.until(server.stop());
  assertEquals([status.code, forced, survivors], [0, true, []]);
  assertEquals(worker?.received, ["SIGTERM", "SIGCONT", "SIGKILL"]);
  assertEquals(shell?.received, ["SIGTERM"]);
  kernel.assertNothingLeft();
});

Deno.test("FakeKernel tells of a process that has left the session", async () => {
  const kernel = new FakeKernel({
    programs: {
      server: (child, clock) => {
        child.fork("daemon", { leads: "session" });
        // While it is alive, it can be seen that the daemon descends from it.
        child.on("SIGTERM", () => clock.delay(20).then(() => child.exit(0)));
      },
    },
  });
  const pm = new Processman({ kernel, logger: null });
  const server = pm.command("server");
  await kernel.clock.settle();
  const { escaped } = await kernel.clock.until(server.stop());
  assertEquals(escaped.map(({ name }) => name), ["daemon"]);
  assertThrows(() => kernel.assertNothingLeft(), Error, "(daemon)");
  await pm.shutdown();
});

Deno.test("FakeChild reads what is written to its stdin", async () => {
  const kernel = new FakeKernel({ programs: { cat: () => {} } });
  await using pm = new Processman({ kernel, logger: null });
  const cat = pm.command("cat", [], { stdin: "piped" });
  const writer = cat.stdin.getWriter();
  await writer.write(new TextEncoder().encode("hello"));
  assertEquals(kernel.started[0]?.input, "hello");
});

Deno.test("FakeKernel draws the same numbers for the same seed", async () => {
  const waits = async (seed: number) => {
    const kernel = new FakeKernel({ programs: { job: () => 1 }, seed });
    await using pm = new Processman({ kernel, logger: null });
    const job = pm.command("job", [], {
      restart: { limit: { restarts: 5, withinMs: 60_000 } },
    });
    await kernel.clock.until(job.finished);
    return kernel.now();
  };
  assertEquals(await waits(1), await waits(1));
  assert(await waits(1) !== await waits(2));
});

Deno.test("FakeProcess.name is the file name of the program, of 15 bytes at most", async () => {
  const program = "/usr/local/bin/a-very-long-name";
  const kernel = new FakeKernel({ programs: { [program]: () => {} } });
  const pm = new Processman({ kernel, logger: null });
  pm.command(program);
  assertEquals(kernel.alive.map(({ name }) => name), ["a-very-long-nam"]);
  await pm.shutdown();
});

Deno.test("FakeChild.input lacks what was written after its end", async () => {
  const kernel = new FakeKernel({ programs: { reader: () => {} } });
  const pm = new Processman({ kernel, logger: null });
  const reader = pm.command("reader", [], {
    stdin: "piped",
    restart: { backoff: constant(0) },
  });
  await kernel.clock.settle();
  const writer = reader.stdin.getWriter();
  const encoder = new TextEncoder();
  await writer.write(encoder.encode("one"));
  kernel.started[0]?.exit(1);
  const written = writer.write(encoder.encode("two"));
  await kernel.clock.until(written);
  assertEquals(kernel.started.map(({ input }) => input), ["one", "two"]);
  await pm.shutdown();
});

Deno.test("FakeKernel refuses other objects in place of options", () => {
  const { clock } = new FakeKernel();
  for (const value of [[], new Map(), new AbortController()]) {
    const options = value as object;
    for (
      const call of [
        () => new FakeKernel(options),
        () => clock.delay(1, options),
      ]
    ) {
      assertThrows(
        call,
        TypeError,
        'Argument "options" must be a plain object',
      );
    }
  }
});

Deno.test("FakeKernel gives no child the process ID of this program", async () => {
  const descriptor = Object.getOwnPropertyDescriptor(Deno, "pid") ?? {};
  const value = 1_002;
  Object.defineProperty(Deno, "pid", { value, configurable: true });
  try {
    const kernel = new FakeKernel({ programs: { job: () => {} } });
    await using pm = new Processman({ kernel, logger: null });
    for (const name of ["a", "b", "c"]) pm.command("job", [], { name });
    assertEquals([...pm.processes().keys()], [1_001, 1_003, 1_004]);
    await pm.stopAll();
  } finally {
    Object.defineProperty(Deno, "pid", descriptor);
  }
});
