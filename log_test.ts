import { assert, assertEquals, assertMatch } from "@std/assert";
import { BaseHandler } from "@std/log/base-handler";
import { getLogger } from "@std/log/get-logger";
import type { LoggerConfig, LogRecord } from "@std/log/logger";
import { setup } from "@std/log/setup";
import { mock } from "node:test";
import { Log, type Logger } from "./log.ts";
import type { Process } from "./mod.ts";
import { lineOf, runScript } from "./tools/testing.ts";

/** Keeps the records that it handles, and buffers them as for a file. */
class Keeper extends BaseHandler {
  readonly records: string[] = [];
  flushes = 0;

  override handle({ levelName, msg }: LogRecord): void {
    this.records.push(`${levelName} ${msg}`);
  }

  log(): void {}

  flush(): void {
    this.flushes++;
  }
}

/** Sets up loggers of `@std/log`, until what is returned is disposed of. */
function setUp(...names: string[]): Keeper & Disposable {
  const keeper = new Keeper("NOTSET");
  const logger: LoggerConfig = { level: "DEBUG", handlers: ["keeper"] };
  const loggers = Object.fromEntries(names.map((name) => [name, logger]));
  setup({ handlers: { keeper }, loggers });
  return Object.assign(keeper, { [Symbol.dispose]: () => setup({}) });
}

/** Takes what is written to stderr, in the way of `take`. */
function stderr(
  take: (bytes: Uint8Array) => number = ({ length }) => length,
): { text: () => string } & Disposable {
  const decoder = new TextDecoder();
  let text = "";
  const method = mock.method(Deno.stderr, "writeSync", (bytes: Uint8Array) => {
    const taken = take(bytes);
    text += decoder.decode(bytes.subarray(0, taken), { stream: true });
    return taken;
  });
  const restore = () => method.mock.restore();
  return { text: () => text, [Symbol.dispose]: restore };
}

/** A logger that does the same for all levels. */
function loggerOf(write: (message: string) => unknown): Logger {
  return { debug: write, info: write, warn: write, error: write };
}

/** The lines that a process has written to one of its outputs. */
function linesOf(process: Process, source: "stdout" | "stderr"): string[] {
  return process.tail(1_000).filter((line) => line.source === source)
    .map(({ text }) => text);
}

Deno.test("Log writes to stderr what is of level INFO or higher", () => {
  using written = stderr();
  const log = new Log(undefined);
  for (const level of ["debug", "info", "warn", "error"] as const) {
    log.write(level, `an ${level}`);
  }
  assertEquals(written.text(), "INFO an info\nWARN an warn\nERROR an error\n");
});

Deno.test("Log writes to the logger that the program has set up, at any time", () => {
  using written = stderr();
  const log = new Log(undefined);
  log.write("warn", "before");
  {
    using keeper = setUp("processman");
    log.write("debug", "to it");
    new Log(undefined).write("error", "from another manager");
    assertEquals(keeper.records, [
      "DEBUG to it",
      "ERROR from another manager",
    ]);
  }
  log.write("warn", "after");
  {
    using keeper = setUp("default", "web");
    log.write("warn", "other loggers");
    assertEquals(keeper.records, []);
  }
  assertEquals(
    written.text(),
    "WARN before\nWARN after\nWARN other loggers\n",
  );
});

Deno.test("Log takes a logger without handlers at its word", () => {
  using written = stderr();
  setup({ loggers: { processman: { level: "ERROR", handlers: [] } } });
  new Log(undefined).write("error", "to nobody");
  setup({});
  assertEquals(written.text(), "");
  const keeper = new Keeper("NOTSET");
  getLogger("processman").handlers.push(keeper);
  new Log(undefined).write("info", "to a handler that was added");
  setup({});
  assertEquals(keeper.records, ["INFO to a handler that was added"]);
  assertEquals(written.text(), "");
});

Deno.test("Log writes whole lines to stderr, however little it takes at once", () => {
  let calls = 0;
  using written = stderr((bytes) => {
    if (calls++ % 3 === 0) throw new Deno.errors.WouldBlock();
    return Math.min(bytes.length, 7);
  });
  const log = new Log(undefined);
  const lines = Array.from({ length: 5 }, (_, i) => `línea ${i} ✓`);
  for (const line of lines) log.write("info", line);
  assertEquals(written.text(), lines.map((line) => `INFO ${line}\n`).join(""));
});

Deno.test("Log ignores a stderr that fails", () => {
  for (
    const error of [new Deno.errors.BrokenPipe(), new Deno.errors.BadResource()]
  ) {
    using _ = stderr(() => {
      throw error;
    });
    new Log(undefined).write("error", "to nobody");
  }
});

Deno.test("Log ignores loggers that fail, in any way", async () => {
  const fail = () => {
    throw new Error("no log");
  };
  const loggers: Logger[] = [
    loggerOf(fail),
    loggerOf(() => Promise.reject(new Error("no log"))),
    loggerOf(() => ({
      then: (_: unknown, reject: (error: Error) => void) =>
        reject(new Error("no log")),
    })),
    loggerOf(() => ({ then: fail })),
    loggerOf(() => Object.assign(Promise.resolve(), { then: () => {} })),
    loggerOf(() => ({ then: (resolve: () => void) => resolve() })),
    loggerOf(() => ({
      get then() {
        return fail();
      },
    })),
    Object.defineProperty(loggerOf(() => {}), "warn", { get: fail }),
    Object.defineProperty(loggerOf(() => {}), "handlers", { get: fail }),
    Object.assign(loggerOf(() => {}), { handlers: "none" }),
    Object.assign(loggerOf(() => {}), { handlers: [null, 7, {}] }),
    Object.assign(loggerOf(() => {}), {
      handlers: [{ flush: fail }, { flush: () => Promise.reject() }],
    }),
  ];
  for (const logger of loggers) {
    const log = new Log(logger);
    log.write("warn", "a warning");
    await log.flush();
  }
  await new Log(null).flush();
});

Deno.test("Log.flush() waits for what loggers return, and flushes their handlers", async () => {
  const writes: PromiseWithResolvers<void>[] = [];
  const steps: string[] = [];
  const flushed = Promise.withResolvers<void>();
  const handlers = [null, {
    flush: () => {
      steps.push("flush");
      return flushed.promise;
    },
  }, new Keeper("NOTSET")] as const;
  const log = new Log({
    ...loggerOf(() => {
      const write = Promise.withResolvers<void>();
      writes.push(write);
      return write.promise;
    }),
    ...{ handlers },
  });
  log.write("info", "one");
  log.write("info", "two");
  const done = log.flush().then(() => steps.push("done"));
  writes[0]?.resolve();
  log.write("info", "three");
  writes[1]?.reject(new Error("no log"));
  await new Promise((resolve) => setImmediate(resolve));
  assertEquals(steps, []);
  writes[2]?.resolve();
  await new Promise((resolve) => setImmediate(resolve));
  assertEquals(steps, ["flush"]);
  flushed.resolve();
  await done;
  assertEquals(steps, ["flush", "done"]);
  assertEquals(handlers[2].flushes, 1);
});

Deno.test("Log.flush() flushes the logger that the program has set up", async () => {
  const log = new Log(undefined);
  using keeper = setUp("processman");
  log.write("info", "kept");
  await log.flush();
  assertEquals(keeper.flushes, 1);
});

Deno.test("Processman logs to stderr, without colors unless it is a terminal", async () => {
  await using program = runScript(`
    import { Processman } from "./mod.ts";
    await using pm = new Processman();
    await pm.command("false", [], { restart: { policy: "never" } }).finished;
    console.log("done");
  `);
  await program.finished;
  assertEquals(linesOf(program, "stdout"), ["done"]);
  const [line = "", ...more] = linesOf(program, "stderr");
  assertMatch(
    line,
    /^WARN Process "false" crashed with code 1 after \d+ ms, not restarted \(policy "never"\)$/,
  );
  assertEquals(more, []);
});

Deno.test("Log has colors on a terminal, unless NO_COLOR is set", async () => {
  const script = `
    import { Log } from "./log.ts";
    Deno.stderr.isTerminal = () => true;
    new Log(undefined).write("warn", "careful");
  `;
  const cases = [
    [":", "WARN careful"],
    ["unset NO_COLOR", "\x1b[33mWARN careful\x1b[39m"],
  ] as const;
  for (const [limits, line] of cases) {
    await using program = runScript(script, { limits });
    await program.finished;
    assertEquals(linesOf(program, "stderr"), [line]);
  }
});

Deno.test("Processman logs to a logger that is set up after it was made", async () => {
  await using program = runScript(`
    import { Processman } from "./mod.ts";
    import { ConsoleHandler } from "@std/log/console-handler";
    import { setup } from "@std/log/setup";
    await using pm = new Processman();
    setup({
      handlers: { console: new ConsoleHandler("DEBUG") },
      loggers: { processman: { level: "DEBUG", handlers: ["console"] } },
    });
    await pm.command("true").finished;
  `);
  await program.finished;
  assertEquals(linesOf(program, "stderr"), []);
  const [started = "", ended = ""] = linesOf(program, "stdout");
  assertMatch(started, /^DEBUG Started process "true" as pid \d+$/);
  assertMatch(ended, /^DEBUG Process "true" ended with code 0 after \d+ ms$/);
});

Deno.test("Log loses nothing in a pipe that is full for a while", async () => {
  const count = 3_000;
  await using program = runScript(`
    import { Log } from "./log.ts";
    const log = new Log(undefined);
    for (let i = 0; i < ${count}; i++) log.write("warn", i + "x".repeat(200));
    console.log("done");
  `);
  const text = await new Response(program.stderr).text();
  const lines = text.trimEnd().split("\n");
  assertEquals(lines.length, count);
  const expected = (i: number) => `WARN ${i}${"x".repeat(200)}`;
  assert(lines.every((line, i) => line === expected(i)));
  assertEquals(linesOf(program, "stdout"), ["done"]);
});

Deno.test("Processman goes on when nobody reads its log any more", async () => {
  await using program = runScript(
    `
    import { Processman } from "./mod.ts";
    // The reader has ended when it is awaited, so the pipe is broken.
    const { stdout } = await new Deno.Command("sh", {
      args: ["-c", \`
        { "$0" run --quiet --no-prompt --allow-run --ext=ts - 2>&1 >&3 |
          :; } 3>&1 <<END
          import { Processman } from "./mod.ts";
          await using pm = new Processman();
          for (let i = 0; i < 3; i++) {
            const restart = { policy: "never" };
            await pm.command("false", [], { restart }).finished;
          }
          console.log("still here");
END\`, Deno.execPath()],
    }).output();
    console.log(new TextDecoder().decode(stdout).trim());
  `,
    { permission: "-A" },
  );
  assertEquals(await lineOf(program, /./), "still here");
});
