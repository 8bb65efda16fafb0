/**
 * The option `stop.command`.
 *
 * @module
 */

import { assert, assertEquals, assertThrows } from "@std/assert";
import { type Process, Processman, type StopOptions } from "./mod.ts";
import { type ChildScript, type FakeChild, FakeKernel } from "./testing/mod.ts";
import { alive, eventOf, lineOf, permitted } from "./tools/testing.ts";

/** A server with a stop command, on a fake system. */
class Shop implements AsyncDisposable {
  readonly kernel: FakeKernel;
  readonly pm: Processman;
  readonly web: Process;
  readonly log: string[] = [];

  /** Starts the server; `quit` is the stop command. */
  constructor(
    quit: (shop: Shop, self: FakeChild) => ReturnType<ChildScript>,
    stop: StopOptions = {},
    server: ChildScript = () => {},
  ) {
    const programs = { server, quit: (self: FakeChild) => quit(this, self) };
    this.kernel = new FakeKernel({ programs });
    const write = (message: string) => void this.log.push(message);
    const quiet = () => {};
    const logger = { debug: quiet, info: quiet, warn: write, error: write };
    this.pm = new Processman({ kernel: this.kernel, logger });
    this.web = this.pm.command("server", [], {
      name: "web",
      env: { MODE: "test" },
      stop: { command: ["quit", "now"], gracePeriodMs: 5_000, ...stop },
      restart: { policy: "never" },
    });
  }

  /** The child of the server. */
  get server(): FakeChild {
    const [first] = this.kernel.started;
    assert(first);
    return first;
  }

  /** Stops the server, and returns what was done, in short. */
  async stop(options?: StopOptions): Promise<string[]> {
    const { steps } = await this.kernel.clock.until(this.web.stop(options));
    return steps.map(({ signal, command, durationMs }) => {
      const what = signal ?? command?.failure ?? "command";
      return `${what}: ${durationMs} ms`;
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.kernel.assertNothingLeft();
    await this.pm.shutdown();
    assertEquals(this.kernel.clock.pending, 0);
  }
}

Deno.test("stop() runs the stop command instead of sending the signal", async () => {
  await using shop = new Shop(({ server }) => (server.exit(0), 0));
  const { kernel, web, server, log } = shop;
  const { steps, forced } = await kernel.clock.until(web.stop());
  assertEquals([forced, server.received, log], [false, [], []]);
  const command = ["quit", "now"];
  const status = { success: true, code: 0, signal: null };
  const end = { command, status, failure: undefined, durationMs: 0 };
  assertEquals(steps, [{ signal: undefined, command: end, durationMs: 0 }]);
  const { args, env } = kernel.started[1] ?? {};
  assertEquals(args, ["now"]);
  assertEquals(env, {
    MODE: "test",
    PROCESSMAN_NAME: "web",
    PROCESSMAN_RUN: "1",
    PROCESSMAN_PID: String(server.pid),
  });
});

Deno.test("A stop command that succeeds leaves the process its grace period", async () => {
  await using shop = new Shop(() => 0);
  assertEquals(await shop.stop(), ["command: 5000 ms", "SIGKILL: 0 ms"]);
  assertEquals(shop.server.received, ["SIGKILL"]);
  assertEquals(shop.log, [
    'Killed process "web": it did not end within 5000 ms of the stop command',
  ]);
});

Deno.test("A stop command that fails is followed by the signal at once", async () => {
  const quit = async ({ kernel }: Shop, self: FakeChild) => {
    await kernel.clock.delay(1_000);
    self.writeError("no socket\n");
    return 3;
  };
  await using shop = new Shop(quit, { signal: "SIGINT" });
  assertEquals(await shop.stop(), [
    "exited with code 3: no socket: 1000 ms",
    "SIGINT: 0 ms",
  ]);
  assertEquals(shop.log, [
    'The stop command of process "web" exited with code 3: no socket, so the stop signal is sent',
  ]);
  const [line] = shop.web.tail();
  assertEquals([line?.source, line?.text], ["stderr", "[stop] no socket"]);
});

Deno.test("A stop command that cannot start is followed by the signal at once", async () => {
  await using shop = new Shop(() => 0, { command: ["missing"] });
  const [command, signal] = await shop.stop();
  assert(command?.startsWith("could not be started: Failed to spawn"));
  assertEquals(signal, "SIGTERM: 0 ms");
});

Deno.test("A stop command that hangs ends with the grace period, with all that it started", async () => {
  await using shop = new Shop((_, self) => void self.fork("helper"));
  assertEquals(await shop.stop(), [
    "was killed, because the grace period was over: 5000 ms",
    "SIGKILL: 0 ms",
  ]);
});

Deno.test("A stop ends when its command has ended, too", async () => {
  const quit = async ({ server, kernel }: Shop) => {
    server.exit(0);
    await kernel.clock.delay(2_000);
    return 0;
  };
  await using shop = new Shop(quit);
  const { clock } = shop.kernel;
  assertEquals(await shop.stop(), ["command: 2000 ms"]);
  assertEquals(clock.now(), 2_000);
});

Deno.test("A stop with a signal of its own sends it, beside the command and instead of it", async () => {
  {
    await using shop = new Shop(() => 0);
    assertEquals(await shop.stop({ signal: "SIGINT" }), ["SIGINT: 0 ms"]);
    assertEquals(shop.kernel.started.length, 1);
  }
  await using shop = new Shop((_, self) => self.on("SIGTERM"));
  const { clock } = shop.kernel;
  const first = shop.web.stop();
  await clock.advance(1_000);
  assertEquals(shop.kernel.alive.length, 2);
  const steps = await shop.stop({ signal: "SIGINT" });
  assertEquals(steps.at(-1), "SIGINT: 4000 ms");
  assertEquals((await first).steps.length, 2);
});

Deno.test("Neither kill() nor a grace period of 0 runs the stop command", async () => {
  for (const options of [undefined, { gracePeriodMs: 0 }]) {
    await using shop = new Shop(() => 0);
    const { web, kernel } = shop;
    await kernel.clock.until(options ? web.stop(options) : web.kill());
    assertEquals(shop.server.received, ["SIGKILL"]);
    assertEquals(kernel.started.length, 1);
  }
});

Deno.test("kill() ends a stop command that runs", async () => {
  await using shop = new Shop(() => {});
  const stopped = shop.web.stop();
  await shop.kernel.clock.advance(100);
  await shop.kernel.clock.until(shop.web.kill());
  assertEquals((await stopped).forced, true);
  assertEquals(shop.kernel.clock.now(), 100);
});

Deno.test("Several stops run the command once", async () => {
  await using shop = new Shop(async ({ server, kernel }) => {
    await kernel.clock.delay(100);
    server.exit(0);
    return 0;
  });
  const { web, kernel } = shop;
  const all = Promise.all([web.stop(), web.stop(), shop.pm.stopAll()]);
  await kernel.clock.until(all);
  assertEquals(kernel.started.length, 2);
});

Deno.test("What a crash left behind is ended without the stop command", async () => {
  await using shop = new Shop(() => 0, {}, (server) => {
    server.fork("worker");
    return 1;
  });
  await shop.kernel.clock.until(shop.web.finished);
  assertEquals(shop.kernel.started.length, 1);
});

Deno.test("What is left when the child has ended gets the signal", async () => {
  const server: ChildScript = (child) => void child.fork("worker");
  await using shop = new Shop(({ server }) => (server.exit(0), 0), {}, server);
  await shop.kernel.clock.settle();
  const [, worker] = shop.kernel.alive;
  assertEquals(await shop.stop(), ["command: 0 ms", "SIGTERM: 0 ms"]);
  assertEquals(worker?.received, ["SIGTERM"]);
});

Deno.test("restart() runs the stop command, and update() changes it", async () => {
  await using shop = new Shop(({ kernel }) => {
    kernel.alive[0]?.receive("SIGKILL");
    return 0;
  }, { command: ["quit", "once"] });
  const { web, kernel, log } = shop;
  await kernel.clock.until(web.restart());
  web.update({ stop: { command: ["quit", "twice"] } });
  await kernel.clock.until(web.stop());
  assertEquals(kernel.started.map(({ args }) => args[0]), [
    undefined,
    "once",
    undefined,
    "twice",
  ]);
  assertEquals(log, []);
});

Deno.test("A stop command must be a program with arguments", () => {
  const pm = new Processman({ kernel: new FakeKernel(), logger: null });
  for (
    const [command, message] of [
      [[], 'Option "stop.command" must be a program and its arguments'],
      [[""], 'Option "stop.command[0]" must be a string that is not empty'],
      ["quit", 'Option "stop.command" must be an array'],
    ] as const
  ) {
    const stop = { command } as StopOptions;
    assertThrows(() => pm.command("a", [], { stop }), TypeError, message);
  }
});

Deno.test({
  name:
    "A stop command has the folder and the variables of its run, and leaves nothing",
  ignore: !permitted("run"),
  async fn() {
    await using pm = new Processman({ logger: null });
    const events = pm.events();
    const script = "trap 'echo bye; exit' USR1; echo ready; " +
      "while :; do sleep 0.01; done";
    const quit = "sleep 500 & echo $! $MODE $PWD; kill -USR1 $PROCESSMAN_PID";
    const web = pm.command("sh", ["-c", script], {
      cwd: "/tmp",
      prepare: ({ run }) => ({ env: { MODE: `run ${run}` }, cwd: "/" }),
      stop: { command: ["sh", "-c", quit] },
    });
    await lineOf(web, "ready");
    const { steps, forced, survivors } = await web.stop();
    assertEquals([steps.length, forced, survivors], [1, false, []]);
    const { report } = await eventOf(events, "stop");
    assertEquals(report.status.code, 0);
    const told = web.tail(Infinity).find(({ source }) => source === "stderr");
    const [, pid, rest] = /^\[stop\] (\d+) (.*)$/.exec(told?.text ?? "") ?? [];
    assertEquals(rest, "run 1 /");
    assert(!await alive(Number(pid)));
  },
});
