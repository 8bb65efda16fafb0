/**
 * The end of this program by a signal: everything is stopped and delivered
 * first, whatever the program does meanwhile.
 *
 * @module
 */

import {
  assert,
  assertEquals,
  assertMatch,
  assertStringIncludes,
} from "@std/assert";
import { Processman } from "./mod.ts";
import type { Process } from "./process.ts";
import { hasTerminals, openTerminal } from "./tools/terminal.ts";
import {
  alive,
  lineOf,
  outputOf,
  runScript,
  scriptDeno,
  stepsSideBySide,
} from "./tools/testing.ts";

/** Keeps the program alive, as a server of its own does. */
const SERVER = "setInterval(() => {}, 60_000);";

/** A shell that says when it is ready, and takes its time to end. */
const POLITE =
  `"trap 'sleep 0.2; echo bye; exit' TERM; echo ready; while :; do sleep 0.02; done"`;

const BEGIN = `
  import { Processman, ProcessmanClosedError } from "@isbm/processman";
  const logged = (message) => console.log("log:", message);
  const logger = { debug() {}, info: logged, warn: logged, error: logged };
  async function ready(process) {
    for await (const { text } of process.lines()) if (text === "ready") return;
  }
`;

/** A program with one process and a server of its own, and what it does. */
function withPolite(options: string, does: string): string {
  return `${BEGIN}
    const pm = new Processman({ logger, ${options} });
    const polite = pm.command("sh", ["-c", ${POLITE}], { name: "polite" });
    ${SERVER}
    ${does}
  `;
}

/** Waits until the process is ready, and says so. */
const RUNNING = 'await ready(polite); console.log("running");';

/** The lines that a program has printed. */
function printed(program: Process): string[] {
  return program.tail(10_000).map(({ text }) => text);
}

for (
  const [signal, code] of [
    ["SIGTERM", 143],
    ["SIGINT", 130],
    ["SIGHUP", 129],
  ] as const
) {
  Deno.test(`Processman delivers all and ends the program by ${signal}`, async () => {
    await using parent = runScript(`${BEGIN}
      const pm = new Processman({ logger });
      const events = pm.events();
      const polite = pm.command("sh", ["-c", ${POLITE}], { name: "polite" });
      const tell = async () => {
        for await (const { kind } of events) {
          await new Promise((resolve) => setTimeout(resolve, 20));
          console.log("event:", kind);
        }
        console.log("no more events");
      };
      const read = async () => {
        for await (const { text } of polite.lines()) {
          await new Promise((resolve) => setTimeout(resolve, 20));
          console.log("line:", text);
        }
        console.log("no more lines");
      };
      tell();
      read();
      await ready(polite);
      console.log("running");
      ${SERVER}
    `);
    await lineOf(parent, "running");
    parent.signal(signal);
    assertEquals(await parent.finished, { success: false, code, signal });
    const lines = printed(parent).filter((line) => line !== "line: Terminated");
    assertEquals(
      lines.toSorted(),
      [
        "event: exit",
        "event: signal",
        "event: start",
        "event: stop",
        "line: bye",
        "line: ready",
        `log: Received ${signal}: stopping "polite"`,
        "no more events",
        "no more lines",
        "running",
      ],
    );
  });
}

Deno.test("Processman starts nothing more when the program ends by a signal", async () => {
  await using parent = runScript(`${BEGIN}
    const pm = new Processman({ logger });
    const other = new Processman({ logger });
    const first = pm.command("sh", ["-c", ${POLITE}], { name: "first" });
    await ready(first);
    console.log("running");
    await first.finished;
    for (const manager of [pm, other, new Processman({ logger })]) {
      try {
        manager.command("echo", ["oh"]);
      } catch (error) {
        console.log(error instanceof ProcessmanClosedError, error.message);
      }
    }
    await first.start().catch((error) => console.log(error.message));
    // A start-up sequence goes on, and nothing catches the error.
    pm.command("sleep", ["500"], { name: "second" });
  `);
  await lineOf(parent, "running");
  parent.signal("SIGINT");
  assertEquals((await parent.finished).signal, "SIGINT");
  const why = "a signal is ending this program";
  assertEquals(
    printed(parent).slice(1).filter((line) => line !== "Terminated"),
    [
      'log: Received SIGINT: stopping "first"',
      ...Array(3).fill(`true Cannot start process "echo": ${why}`),
      `Cannot start process "first": ${why}`,
    ],
  );
});

Deno.test("Processman reports no error of a wait for readiness that a signal ends", async () => {
  await using parent = runScript(`${BEGIN}
    const pm = new Processman({ logger });
    pm.closing.addEventListener("abort", () => console.log("closing"));
    const first = pm.command("sh", ["-c", ${POLITE}], {
      name: "first",
      ready: () => false,
    });
    await ready(first);
    console.log("running");
    await first.ready;
  `);
  await lineOf(parent, "running");
  parent.signal("SIGINT");
  assertEquals((await parent.finished).signal, "SIGINT");
  assertEquals(
    printed(parent).slice(1).filter((line) => line !== "Terminated"),
    ["closing", 'log: Received SIGINT: stopping "first"'],
  );
});

Deno.test("Processman reports errors while the program ends by a signal", async () => {
  await using parent = runScript(`${BEGIN}
    const pm = new Processman({ logger });
    const first = pm.command("sh", ["-c", ${POLITE}], { name: "first" });
    const last = pm.command("sh", ["-c", ${POLITE}], { name: "last" });
    await ready(first);
    await ready(last);
    Deno.addSignalListener("SIGTERM", () => {
      setTimeout(() => { throw new Error("thrown") });
      Promise.reject(new Error("rejected"));
      Promise.reject(undefined);
    });
    const read = async () => {
      for await (const { text } of last.lines()) console.log(text);
    };
    read();
    console.log("running");
    await first.finished;
    throw new Error("at the top level");
  `);
  await lineOf(parent, "running");
  parent.signal("SIGTERM");
  const { code } = await parent.finished;
  const text = printed(parent).join("\n");
  assertEquals(code, 143, text);
  const uncaught = "log: Uncaught error while this program ends: ";
  for (const what of ["thrown", "rejected", "at the top level"]) {
    assertStringIncludes(text, `${uncaught}Error: ${what}`);
  }
  assertStringIncludes(text, `${uncaught}undefined`);
  assertStringIncludes(text, "\nbye");
});

Deno.test("Processman calls onSignal() first, while the processes run", async () => {
  await using parent = runScript(withPolite(
    `async onSignal(signal) {
      console.log("drained by", signal, polite.state.kind);
      await new Promise((resolve) => setTimeout(resolve, 100));
      try {
        pm.command("true");
      } catch (error) {
        console.log(error instanceof ProcessmanClosedError);
      }
      console.log("after", polite.state.kind);
    }`,
    RUNNING,
  ));
  await lineOf(parent, "running");
  parent.signal("SIGTERM");
  assertEquals((await parent.finished).code, 143);
  assertEquals(printed(parent), [
    "running",
    "log: Received SIGTERM: calling onSignal()",
    "drained by SIGTERM running",
    "true",
    "after running",
  ]);
});

Deno.test("Processman survives whatever onSignal() does", async (t) => {
  const functions = {
    "throws nothing": "() => { throw undefined }",
    "throws a frozen object": "() => { throw Object.freeze({}) }",
    "throws what cannot be shown":
      "() => { throw { toString() { throw 1 }, get message() { throw 2 } } }",
    "throws a proxy": `() => {
      throw new Proxy({}, new Proxy({}, { get() { throw new Error("trap") } }));
    }`,
    "rejects": "() => Promise.reject(new Error('rejected'))",
    "returns a thenable that throws": "() => ({ then() { throw 3 } })",
    "returns an object whose then throws": "() => ({ get then() { throw 4 } })",
    "returns nothing": "() => {}",
  };
  await stepsSideBySide(t, functions, async (source, name) => {
    await using parent = runScript(withPolite(
      `onSignal: ${source}`,
      "for await (const { text } of polite.lines()) console.log(text);",
    ));
    await lineOf(parent, "ready");
    parent.signal("SIGTERM");
    assertEquals((await parent.finished).code, 143);
    const lines = printed(parent);
    assert(lines.includes("bye"), lines.join("\n"));
    assertEquals(
      lines.some((line) => line.startsWith("log: onSignal() failed")),
      name !== "returns nothing",
      lines.join("\n"),
    );
  });
});

Deno.test("Processman.exitDeadlineMs bounds what keeps the program from ending", async () => {
  const cases = {
    "onSignal()": {
      options: "onSignal: () => new Promise(() => {})",
      left: "onSignal()",
    },
    "a reader of lines": {
      reads: "await polite.lines()[Symbol.asyncIterator]().next();",
      left: 'a reader of lines of process "polite"',
    },
    "a reader of events": {
      reads: "await pm.events().next();",
      left: "a reader of events",
    },
    "a reader of stdout": {
      reads: "await polite.stdout.getReader().read();",
      left: 'a reader of stdout of process "polite"',
    },
    "a reader that waits": {
      reads: "for await (const _ of pm.events()) await new Promise(() => {});",
      left: "a reader of events",
    },
    "a logger": {
      options:
        "logger: { ...logger, info: (text) => (logged(text), new Promise(() => {})) }",
      left: "the log",
    },
  };
  await Promise.all(
    Object.entries(cases).map(async ([name, each]) => {
      const { options = "", reads = "", left } = {
        options: undefined,
        reads: undefined,
        ...each,
      };
      await using parent = runScript(withPolite(
        `exitDeadlineMs: 1_500, ${options}`,
        `const read = async () => { ${reads} };
        read();
        ${RUNNING}`,
      ));
      await lineOf(parent, "running");
      parent.signal("SIGTERM");
      assertEquals((await parent.finished).code, 143, name);
      const begin =
        "log: Ending by SIGTERM after 1500 ms, without waiting for ";
      const told = printed(parent).find((line) => line.startsWith(begin));
      assertStringIncludes(told ?? "", left, name);
    }),
  );
});

Deno.test("Processman.exitDeadlineMs leaves the log time to say what was cut", async (t) => {
  const loggers = {
    "a logger that returns promises": `
      const slow = (text) => new Promise((resolve) =>
        setTimeout(() => resolve(console.log("late:", text)), 50)
      );
      const logger = { debug() {}, info: slow, warn: slow, error: slow };`,
    "a handler that buffers": `
      const kept = [];
      const keep = (text) => kept.push(text);
      const flush = () => {
        for (const text of kept.splice(0)) console.log("late:", text);
      };
      const logger = {
        handlers: [{ flush }], debug() {}, info: keep, warn: keep, error: keep,
      };`,
  };
  await stepsSideBySide(t, loggers, async (logger) => {
    await using parent = runScript(`
        import { Processman } from "@isbm/processman";
        ${logger}
        const pm = new Processman({
          logger,
          exitDeadlineMs: 500,
          onSignal: () => new Promise(() => {}),
        });
        pm.command("sleep", ["500"]);
        console.log("running");
        ${SERVER}
      `);
    await lineOf(parent, "running");
    parent.signal("SIGTERM");
    assertEquals((await parent.finished).code, 143);
    // On a busy machine, the process has not ended by then either.
    assertMatch(
      printed(parent).join("\n"),
      /late: Ending by SIGTERM after 500 ms, without waiting for .*onSignal\(\)/,
    );
  });
});

Deno.test("Processman waits for all that reads an output through other streams", async (t) => {
  const begin = `
    const slowly = () => new WritableStream({
      async write(text) {
        await new Promise((resolve) => setTimeout(resolve, 1));
        last = text;
      },
      async close() {
        await new Promise((resolve) => setTimeout(resolve, 200));
        console.log("closed after", last);
      },
    }, { highWaterMark: 1_000 });
    const splitting = () => new TransformStream({
      transform(text, controller) {
        for (const line of text.trim().split("\\n")) controller.enqueue(line);
      },
    });
    let last;
    const text = polite.stdout.pipeThrough(new TextDecoderStream());`;
  const cases = {
    "a pipe": "text.pipeTo(slowly());",
    "a pipe of lines": "text.pipeThrough(splitting()).pipeTo(slowly());",
    "a branch": `
      const [fast, slow] = text.pipeThrough(splitting()).tee();
      fast.pipeTo(new WritableStream());
      slow.pipeTo(slowly());`,
  };
  await stepsSideBySide(t, cases, async (reads) => {
    await using parent = runScript(`${BEGIN}
        const pm = new Processman({ logger });
        const polite = pm.command("sh", [
          "-c",
          "trap 'seq 200; exit' TERM; echo ready; while :; do sleep 0.02; done",
        ]);
        ${begin}
        ${reads}
        await ready(polite);
        console.log("running");
        ${SERVER}
      `);
    await lineOf(parent, "running");
    parent.signal("SIGTERM");
    assertEquals((await parent.finished).code, 143);
    assertStringIncludes(printed(parent).join("\n"), "closed after");
    assertStringIncludes(printed(parent).join("\n"), "200");
  });
});

Deno.test("Processman ends the program although its stderr takes no more", async () => {
  await using parent = runScript(
    `
    import { Processman } from "@isbm/processman";
    const pm = new Processman({ exitDeadlineMs: 500 });
    const filling = pm.command("sh", [
      "-c",
      "head -c 65536 /dev/zero >&2; echo full; exec sleep 500",
    ], { stderr: "inherit" });
    for await (const { text } of filling.lines()) console.log(text);
    ${SERVER}
  `,
    // A pipe that the program could read from, but does not.
    { limits: "f=$(mktemp -u); mkfifo $f; exec 4<>$f 2>$f; rm $f" },
  );
  await lineOf(parent, "full");
  const { status } = await parent.stop({ to: "leader", gracePeriodMs: 5_000 });
  assertEquals(status.code, 143);
});

Deno.test("Processman ends a program that deno run --watch has started", async (t) => {
  const program = `${BEGIN}
    const pm = new Processman({ logger });
    const { pid } = pm.command("sleep", ["500"], { name: "sleep" });
    console.log("running", pid);
  `.replace("@isbm/processman", import.meta.resolve("./mod.ts"));
  const config = new URL("deno.json", import.meta.url).pathname;
  const flags = ["--quiet", "--no-prompt", "--no-check", "--allow-run"];
  const signals = {
    SIGTERM: ["SIGTERM", 143],
    SIGHUP: ["SIGHUP", 129],
  } as const;
  await stepsSideBySide(t, signals, async ([signal, code]) => {
    await using folder = await temporaryFolder();
    const file = `${folder.path}/main.ts`;
    await outputOf("sh", "-c", 'printf %s "$1" >"$0"', file, program);
    await using pm = new Processman({ logger: null, signals: [] });
    const parent = pm.command(scriptDeno, [
      "run",
      "--watch",
      ...flags,
      `--config=${config}`,
      file,
    ], { restart: { policy: "never" } });
    const pid = Number((await lineOf(parent, /running/)).split(" ")[1]);
    const stop = { signal, to: "leader", gracePeriodMs: 8_000 } as const;
    assertEquals((await parent.stop(stop)).status.code, code);
    assert(!await alive(pid));
  });
});

Deno.test("Processman does not wait for readers that have been collected", async () => {
  await using parent = runScript(
    `${BEGIN}
    const pm = new Processman({ logger, exitDeadlineMs: 2_000 });
    const polite = pm.command("sh", ["-c", ${POLITE}], { name: "polite" });
    const abandon = async () => {
      const short = pm.command("sh", ["-c", "echo oh; exit 1"], {
        restart: { policy: "never" },
      });
      await short.lines().batches().next();
      await short.stdout.getReader().read();
      await short.finished;
    };
    await abandon();
    await ready(polite);
    for (let i = 0; i < 3; i++) {
      gc();
      await new Promise((resolve) => setTimeout(resolve));
    }
    console.log("running");
    ${SERVER}`,
    { flags: ["--v8-flags=--expose-gc"] },
  );
  await lineOf(parent, "running");
  parent.signal("SIGTERM");
  assertEquals((await parent.finished).code, 143);
  const lines = printed(parent).map((line) => line.replace(/ after .*$/, ""));
  assertEquals(lines.filter((line) => line !== "running"), [
    'log: Process "sh" crashed with code 1',
    'log: Received SIGTERM: stopping "polite"',
  ]);
});

Deno.test("Processman.exitDeadlineMs leaves a process time to end", async () => {
  await using parent = runScript(`${BEGIN}
    const pm = new Processman({
      logger,
      exitDeadlineMs: 2_500,
      onSignal: () => new Promise(() => {}),
    });
    const polite = pm.command("sh", ["-c", ${POLITE}], { name: "polite" });
    const stubborn = pm.command("sh", [
      "-c",
      "trap '' TERM; echo ready; while :; do sleep 0.1; done",
    ], { name: "stubborn" });
    const tell = async () => {
      for await (const { kind, name, report } of pm.events()) {
        if (kind === "stop") console.log(name, report.forced);
      }
    };
    tell();
    await ready(polite);
    await ready(stubborn);
    console.log("running", stubborn.pid);
    ${SERVER}
  `);
  const pid = Number((await lineOf(parent, /running/)).split(" ")[1]);
  parent.signal("SIGTERM");
  assertEquals((await parent.finished).code, 143);
  const lines = printed(parent);
  assert(lines.includes("polite false"), lines.join("\n"));
  assert(lines.includes("stubborn true"), lines.join("\n"));
  assert(!await alive(pid));
});

Deno.test("Processman ends the program although the program listens to the signal", async () => {
  await using parent = runScript(withPolite(
    "",
    `let calls = 0;
    Deno.addSignalListener("SIGTERM", () => console.log("heard", ++calls));
    ${RUNNING}`,
  ));
  await lineOf(parent, "running");
  parent.signal("SIGTERM");
  assertEquals((await parent.finished).code, 143);
  assertEquals(printed(parent), [
    "running",
    'log: Received SIGTERM: stopping "polite"',
    "heard 1",
  ]);
});

/** Makes a temporary folder. */
async function temporaryFolder(): Promise<{ path: string } & AsyncDisposable> {
  const path = await outputOf("mktemp", "-d");
  return {
    path,
    async [Symbol.asyncDispose]() {
      await outputOf("rm", "-r", path);
    },
  };
}

/** Copies the package to a folder, so that a program can load it twice. */
async function copyPackage(folder: string): Promise<string> {
  const { pathname } = new URL(".", import.meta.url);
  await outputOf("sh", "-c", 'cp "$0"/*.ts "$1"', pathname, folder);
  return `file://${folder}/mod.ts`;
}

/** Starts two managers, each with one process, and says when both run. */
function twoManagers(first: string, second: string, other: string): string {
  return `${BEGIN}
    const { Processman: Other } = await import(${JSON.stringify(other)});
    console.log(Other === Processman);
    const managers = [
      new Processman({ logger, ${first} }),
      new Other({ logger, ${second} }),
    ];
    const names = ["first", "second"];
    const all = managers.map((pm, i) => pm.command("sh", ["-c", ${POLITE}], {
      name: names[i],
    }));
    all.forEach(async ({ name }, i) => {
      for await (const event of managers[i].events()) {
        if (event.kind === "signal") console.log("got", name);
        if (event.kind === "stop") console.log("stopped", name);
      }
      console.log("over", name);
    });
    await Promise.all(all.map(ready));
    console.log("running", ...all.map(({ pid }) => pid));
    ${SERVER}
  `;
}

Deno.test("Managers of one program, of any version, end it together", async (t) => {
  const cases = {
    "both end it": ["", ""],
    "the first ends it": ["", 'onSignal: "stop"'],
    "the second ends it": ['onSignal: "stop"', ""],
    "the second listens to no signal": ["", "signals: []"],
    "the first listens to another signal": ['signals: ["SIGUSR1"]', ""],
    "one has a function": ["onSignal: () => {}", 'onSignal: "stop"'],
  };
  await using folder = await temporaryFolder();
  const module = await copyPackage(folder.path);
  await stepsSideBySide(t, cases, async ([first = "", second = ""]) => {
    await using parent = runScript(twoManagers(first, second, module), {
      flags: ["--allow-read"],
    });
    const pids = (await lineOf(parent, /running/)).split(" ").slice(1);
    parent.signal("SIGTERM");
    assertEquals((await parent.finished).code, 143);
    const lines = printed(parent);
    assertEquals(lines[0], "false");
    assertEquals(
      lines.filter((line) => /^(got|stopped|over)/.test(line)).toSorted(),
      ["got first", "got second", "over first", "over second"].concat(
        ["stopped first", "stopped second"],
      ),
    );
    for (const pid of pids) assert(!await alive(Number(pid)));
  });
});

Deno.test("Managers of one program that go on leave it alive", async () => {
  await using folder = await temporaryFolder();
  const module = await copyPackage(folder.path);
  const stop = 'onSignal: "stop"';
  await using parent = runScript(
    `${twoManagers(stop, stop, module)}
    await Promise.all(managers.map((pm) => pm.finished));
    await new Promise((resolve) => setTimeout(resolve, 100));
    console.log(managers[0].command("true").name);
    Deno.exit(7);`,
    { flags: ["--allow-read"] },
  );
  await lineOf(parent, /running/);
  parent.signal("SIGTERM");
  assertEquals((await parent.finished).code, 7);
  assert(printed(parent).includes("true"));
});

Deno.test("Processman ends the program at once at a second signal", async (t) => {
  const cases: Record<string, [options: string, does: string, other?: string]> =
    {
      "during a stop": ["", ""],
      "during onSignal()": ["onSignal: () => new Promise(() => {})", ""],
      "with two managers": ["", ""],
      "with one that goes on": ['onSignal: "stop"', ""],
      "while the program listens, too": [
        "",
        'Deno.addSignalListener("SIGTERM", () => {});',
      ],
      "while a reader is slow": [
        "",
        "for await (const _ of managers[0].events()) await new Promise(() => {});",
      ],
      "that the first manager does not listen to": [
        'signals: ["SIGTERM"]',
        "",
        'signals: ["SIGINT"]',
      ],
      "that the first manager does not listen to, nor end by": [
        'signals: ["SIGTERM"]',
        "",
        'signals: ["SIGINT"], onSignal: "stop"',
      ],
    };
  await using folder = await temporaryFolder();
  const module = await copyPackage(folder.path);
  await stepsSideBySide(t, cases, async ([options, does, other]) => {
    await using parent = runScript(
      `${
        twoManagers(
          `exitDeadlineMs: 3_600_000, ${options}`,
          other ?? "",
          module,
        )
          .replaceAll("sleep 0.2; echo bye; exit", ":")
      }
        const now = performance.now.bind(performance);
        Deno.addSignalListener("SIGUSR1", () => {
          performance.now = () => now() + 1_000;
          console.log("a second later");
        });
        console.log("listening");
        ${does}`,
      { flags: ["--allow-read"] },
    );
    const pids = (await lineOf(parent, /running/)).split(" ").slice(1);
    await lineOf(parent, "listening");
    parent.signal("SIGTERM");
    await lineOf(parent, /Received SIGTERM/);
    parent.signal("SIGUSR1");
    await lineOf(parent, "a second later");
    parent.signal(other === undefined ? "SIGTERM" : "SIGINT");
    const { code } = await parent.finished;
    assertEquals(code, other === undefined ? 143 : 130);
    for (const pid of pids) while (await alive(Number(pid)));
  });
});

Deno.test("A critical process gives the program its exit code", async (t) => {
  const never = 'critical: true, restart: { policy: "never" }';
  const start = (script: string, options = never) =>
    `pm.command("sh", ["-c", ${JSON.stringify(script)}], { ${options} });`;
  const limit = "limit: { restarts: 1, withinMs: 60_000 }, backoff: () => 0";
  const cases: Record<string, [does: string, code: number]> = {
    "a code": [start("exit 3"), 3],
    "success": [start("exit 0"), 0],
    "a signal": [start("kill -INT $$; sleep 5"), 130],
    "a signal without a name": [start("kill -35 $$; sleep 5"), 128],
    "a limit": [start("exit 4", `critical: true, restart: { ${limit} }`), 4],
    "a limit of successful runs": [
      start(
        "exit 0",
        `critical: true, restart: { policy: "always", ${limit} }`,
      ),
      1,
    ],
    "a run that hung, and ended with success when it was told to": [
      start(
        "trap 'exit 0' TERM; while :; do sleep 0.01; done",
        `${never}, live: { probe: () => false, intervalMs: 50, failures: 1 }`,
      ),
      1,
    ],
    "a program that vanishes": [
      `pm.command("no-such-program", [], { ${never}, prepare: () => {} });`,
      127,
    ],
    "the first of two": [
      start("exit 5") +
      start("trap 'exit 6' TERM; while :; do sleep 0.01; done"),
      5,
    ],
    "the first of two managers": [
      start("exit 5") + "await pm.finished;" +
      start("exit 6").replace("pm.", "new Processman({ logger: null })."),
      5,
    ],
    "the first of two managers, with success": [
      start("exit 0") + "await pm.finished;" +
      start("exit 6").replace("pm.", "new Processman({ logger: null })."),
      0,
    ],
    "an exit code of the program": ["Deno.exitCode = 7;" + start("exit 3"), 7],
    "one that was asked to end": [
      `await ${start("exec sleep 500").replace(";", ".stop();")}`,
      0,
    ],
    "an uncritical one": [start("exit 3", 'restart: { policy: "never" }'), 0],
    "a signal to the program": [
      start("trap 'sleep 0.2; exit' TERM; while :; do sleep 0.01; done", "") +
      start("exit 3") +
      "const events = pm.events();" +
      'while ((await events.next()).value.kind !== "exit");' +
      'Deno.kill(Deno.pid, "SIGTERM"); await events.return();',
      143,
    ],
  };
  await stepsSideBySide(t, cases, async ([does, code]) => {
    await using parent = runScript(`${BEGIN}
        const pm = new Processman({ logger: null });
        ${does}
      `);
    assertEquals(
      (await parent.finished).code,
      code,
      printed(parent).join("\n"),
    );
  });
});

Deno.test({
  name: "Ctrl-C ends a program in a terminal, whatever runs it",
  ignore: !hasTerminals(),
  async fn(t) {
    const program = withPolite(
      "",
      "for await (const { text } of polite.lines()) console.log(text);",
    );
    const config = new URL("deno.json", import.meta.url).pathname;
    const run =
      `run --quiet --no-prompt --allow-run --config=${config} main.ts`;
    const tasks = JSON.stringify({ tasks: { dev: `deno ${run}` } });
    const ways = {
      "deno run": `"$DENO" ${run}`,
      "deno task": `"$DENO" task --quiet dev`,
      "npx": `npx -y deno@2 ${run}`,
      "npx and deno task": "npx -y deno@2 task --quiet dev",
      "a shell": `sh -c '"$DENO" ${run}; echo goes on'`,
    };
    await stepsSideBySide(t, ways, async (way) => {
      await using folder = await temporaryFolder();
      await using terminal = openTerminal(
        program,
        `cd ${folder.path}; printf %s "$PROGRAM" >main.ts; ` +
          `echo '${tasks}' >deno.json; ${way}`,
      );
      const { process } = terminal;
      await lineOf(process, /ready/);
      await terminal.type("\x03");
      const { code } = await process.finished;
      const lines = printed(process).map((line) => line.trim());
      assertEquals(code, 130, lines.join("\n"));
      assert(lines.includes("bye"), lines.join("\n"));
      assert(!lines.includes("goes on"), lines.join("\n"));
    });
  },
});
