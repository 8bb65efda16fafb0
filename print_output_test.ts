import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import { mock } from "node:test";
import { constant, printOutput, Processman } from "./mod.ts";
import { eventOf, runScript } from "./tools/testing.ts";

const silent = { logger: null };

/** Records what would be printed. */
class Printed implements Disposable {
  /** All writes; those to stderr start with an E. */
  readonly writes: string[] = [];
  readonly #mocks;

  /** `take` returns how many bytes of a write are taken, or throws. */
  constructor(take: (bytes: Uint8Array) => number = ({ length }) => length) {
    const decoder = new TextDecoder();
    this.#mocks = (["stdout", "stderr"] as const).map((name) =>
      mock.method(Deno[name], "write", (bytes: Uint8Array) => {
        const taken = take(bytes);
        const text = decoder.decode(bytes.subarray(0, taken));
        this.writes.push((name === "stderr" ? "E " : "") + text);
        return Promise.resolve(taken);
      })
    );
  }

  /** Everything that was written to stdout and stderr. */
  get text(): string {
    return this.writes.join("");
  }

  [Symbol.dispose](): void {
    for (const { mock } of this.#mocks) mock.restore();
  }
}

Deno.test("printOutput() prints both outputs of a process", async () => {
  using printed = new Printed();
  await using pm = new Processman(silent);
  const job = pm.command("sh", ["-c", "read _; echo a; echo; echo b"], {
    name: "job",
    stdin: "piped",
  });
  const other = pm.command("sh", ["-c", "echo c >&2"]);
  const all = Promise.all([job, other].map((each) => printOutput(each)));
  await other.finished;
  await new Response("go\n").body?.pipeTo(job.stdin);
  await all;
  assertEquals(printed.text, "E sh | c\njob | a\njob | \njob | b\n");
});

Deno.test("printOutput() prints all processes of a manager, including later ones", async () => {
  using printed = new Printed();
  const pm = new Processman(silent);
  const old = pm.command("echo", ["0"]);
  const all = printOutput(pm);
  await old.finished;
  await pm.command("echo", ["1"], { name: "longer" }).finished;
  await pm.command("echo", ["2"], { name: "short" }).finished;
  await old.start();
  await old.finished;
  await pm.command("sh", ["-c", "echo 3; exit 1"], {
    restart: { backoff: constant(0), limit: { restarts: 1, withinMs: 60_000 } },
  }).finished;
  await pm.shutdown();
  await all;
  assertEquals(printed.text.split("\n"), [
    "echo | 0",
    "longer | 1",
    "short  | 2",
    "echo   | 0",
    "sh     | 3",
    "sh     | 3",
    "",
  ]);
});

Deno.test("printOutput() prints a process once that has not run yet", async () => {
  using printed = new Printed();
  const pm = new Processman(silent);
  const failing = Promise.withResolvers<void>();
  let calls = 0;
  const prepare = () => ++calls === 1 ? failing.promise : undefined;
  const job = pm.command("echo", ["once"], {
    prepare,
    restart: { backoff: constant(0) },
  });
  const first = printOutput(pm);
  failing.reject(new Error("not yet"));
  await job.finished;
  await pm.shutdown();
  await first;
  assertEquals(calls, 2);
  assertEquals(printed.text, "echo | once\n");
});

Deno.test("printOutput() prints a process once that its gate holds back", async () => {
  using printed = new Printed();
  const pm = new Processman(silent);
  const events = pm.events();
  const opened = Promise.withResolvers<void>();
  const job = pm.command("echo", ["once"], {
    gate: async ({ wait }) => {
      wait("a moment");
      await opened.promise;
    },
  });
  await eventOf(events, "waiting");
  const all = printOutput(pm);
  opened.resolve();
  await job.finished;
  await pm.shutdown();
  await all;
  assertEquals(printed.text, "echo | once\n");
});

Deno.test("printOutput() shows the time and colors if asked to", async () => {
  using printed = new Printed();
  const pm = new Processman(silent);
  const all = printOutput(pm, { time: true, color: true });
  await pm.command("sh", ["-c", "echo a"]).finished;
  await pm.command("sh", ["-c", "echo b >&2"], { name: "job" }).finished;
  await pm.command("sh", ["-c", "echo c"]).finished;
  await pm.shutdown();
  await all;
  const time = String.raw`\d\d:\d\d:\d\d`;
  // deno-lint-ignore no-control-regex
  const lines = printed.text.replaceAll(/\x1b\[/g, "<").split("\n");
  assertMatch(lines[0] ?? "", new RegExp(`^<0;36m${time} sh \\|<0m a$`));
  assertMatch(lines[1] ?? "", new RegExp(`^E <0;33m${time} job \\|<0m b$`));
  assertMatch(lines[2] ?? "", new RegExp(`^<0;36m${time} sh  \\|<0m c$`));
});

Deno.test("printOutput() has colors on a terminal, unless NO_COLOR is set", async () => {
  for (const noColor of [false, true]) {
    using printed = new Printed();
    const mocks = [
      mock.method(Deno.stdout, "isTerminal", () => true),
      mock.method(Deno.stderr, "isTerminal", () => false),
      mock.getter(Deno, "noColor", () => noColor),
    ];
    try {
      await using pm = new Processman(silent);
      await printOutput(pm.command("sh", ["-c", "echo a"]));
      await printOutput(pm.command("sh", ["-c", "echo b >&2"]));
    } finally {
      for (const { mock } of mocks) mock.restore();
    }
    const [stdout = "", stderr] = printed.writes;
    assertEquals(stdout.startsWith("\x1b[0;36m"), !noColor);
    assertEquals(stderr, "E sh | b\n");
  }
});

Deno.test("printOutput() writes whole lines, and goes on after short writes", async () => {
  const text = Array.from({ length: 5_000 }, (_, i) => `seq | ${i + 1}\n`);
  {
    using printed = new Printed();
    await using pm = new Processman(silent);
    await printOutput(pm.command("seq", ["5000"]));
    assert(printed.writes.every((write) => write.endsWith("\n")));
    assert(printed.writes.every(({ length }) => length <= 4_096));
    assertEquals(printed.text, text.join(""));
  }
  {
    using printed = new Printed(({ length }) => Math.min(length, 999));
    await using pm = new Processman(silent);
    await printOutput(pm.command("seq", ["5000"]));
    assertEquals(printed.text, text.join(""));
  }
});

Deno.test("printOutput() splits a line that is too long for a pipe", async () => {
  using printed = new Printed();
  await using pm = new Processman(silent);
  await printOutput(pm.command("printf", ["%9000d\n%s", "1", "2"]));
  assertEquals(
    printed.writes.map(({ length }) => length),
    [4_096, 4_096, 9_000 + 10 - 8_192, 11],
  );
});

Deno.test("printOutput() mixes no lines of several processes", async () => {
  using printed = new Printed(({ length }) => Math.min(length, 3_000));
  const pm = new Processman(silent);
  const all = printOutput(pm);
  const script = "for i in $(seq 20); do printf '%09000d\\n' $0; done";
  for (const name of ["1", "2", "3"]) {
    pm.command("sh", ["-c", script, name], { name });
  }
  await pm.finished;
  await pm.shutdown();
  await all;
  const lines = printed.text.split("\n").slice(0, -1);
  assertEquals(lines.length, 60);
  for (const line of lines) assertMatch(line, /^(\d) \| 0{8999}\1$/);
});

Deno.test("printOutput() stops writing when nothing reads", async () => {
  let calls = 0;
  using printed = new Printed(() => {
    calls++;
    throw new Deno.errors.BrokenPipe("os error 32");
  });
  await using pm = new Processman(silent);
  await printOutput(pm.command("sh", ["-c", "seq 100000"]));
  assertEquals(calls, 1);
  assertEquals(printed.writes, []);
});

Deno.test("printOutput() waits while the terminal takes no more", async () => {
  let calls = 0;
  using printed = new Printed(({ length }) => {
    if (++calls % 3 > 0) throw new Deno.errors.WouldBlock("os error 11");
    return length;
  });
  await using pm = new Processman(silent);
  await printOutput(pm.command("seq", ["3"]));
  assertEquals(printed.writes, ["seq | 1\n", "seq | 2\n", "seq | 3\n"]);
});

Deno.test("printOutput() makes a process wait for the terminal", async () => {
  const room = Promise.withResolvers<void>();
  const write = mock.method(Deno.stdout, "write", async (bytes: Uint8Array) => {
    await room.promise;
    return bytes.length;
  });
  try {
    await using pm = new Processman(silent);
    const lines = ["sh", ["-c", "yes | head -c 1500000"]] as const;
    const job = pm.command(...lines);
    const printed = printOutput(job);
    // A process that need not wait ends earlier, though it started later.
    await pm.command(...lines).finished;
    assertEquals(job.state.kind, "running");
    room.resolve();
    await printed;
    assert(write.mock.callCount() > 300);
  } finally {
    write.mock.restore();
  }
});

Deno.test("printOutput() leaves stdout as it is", async () => {
  await using script = runScript(`
    import { printOutput, Processman } from "${
    import.meta.resolve("./mod.ts")
  }";
    let printed;
    {
      await using pm = new Processman();
      printed = printOutput(pm);
      console.log("before");
      await pm.command("echo", ["hello"]).finished;
    }
    await printed;
    console.log("after");
    await Deno.stdout.write(new TextEncoder().encode("at last\\n"));
  `);
  await script.finished;
  const lines = script.tail().map(({ source, text }) => `${source} ${text}`);
  assertEquals(lines, [
    "stdout before",
    "stdout echo | hello",
    "stdout after",
    "stdout at last",
  ]);
});

Deno.test("printOutput() lets processes go on when nothing reads", async () => {
  await using script = runScript(`
    import { printOutput, Processman } from "${
    import.meta.resolve("./mod.ts")
  }";
    await using pm = new Processman();
    const reader = pm.command("sh", ["-c", \`
      "$0" run --quiet --no-prompt --ext=ts --allow-run - <<'END' | head -n 2
        import { printOutput, Processman } from "${
    import.meta.resolve("./mod.ts")
  }";
        await using pm = new Processman();
        printOutput(pm);
        const job = pm.command("seq", ["300000"]);
        const { code } = await job.finished;
        console.error("all", code, job.droppedBytes.stdout);
END
    \`, Deno.execPath()]);
    for await (const { text } of reader.lines()) console.log(text);
  `);
  await script.finished;
  const lines = script.tail().map(({ text }) => text);
  assertEquals(lines.sort(), ["all 0 0", "seq | 1", "seq | 2"]);
});

Deno.test("printOutput() rejects wrong options", async () => {
  await using pm = new Processman(silent);
  assertThrows(
    () => printOutput(pm, { time: 1 } as object),
    TypeError,
    'Option "time" must be true or false: current value is 1',
  );
  assertThrows(
    () => printOutput(pm, { colour: true } as object),
    TypeError,
    'Option "colour" does not exist: the options are time, color',
  );
});
