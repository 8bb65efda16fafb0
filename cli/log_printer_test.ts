import { assert, assertEquals, assertRejects } from "@std/assert";
import type { LogItem } from "../control/client.ts";
import type { Io } from "./call.ts";
import { LogPrinter } from "./log_printer.ts";

/** Records what is printed; `out()` takes as long as `taken`. */
function io({ terminal = false, taken = () => Promise.resolve() } = {}) {
  const [out, err]: [string[], string[]] = [[], []];
  const fake: Io = {
    cwd: "/",
    env: () => undefined,
    now: () => 0,
    async out(text) {
      out.push(text);
      await taken();
    },
    err(text) {
      err.push(text);
      return Promise.resolve();
    },
    terminal,
    color: terminal,
    size: () => undefined,
    signal: new AbortController().signal,
  };
  return { io: fake, out, err };
}

function line(process: string, text: string, time = 0): LogItem {
  const rest = { seq: 1, time, source: "stdout", run: 1 } as const;
  return { kind: "line", process, text, truncated: false, ...rest };
}

const TEXT = { json: false, prefix: true };

Deno.test("LogPrinter prints names before lines, as wide as the longest", async () => {
  const printed = io();
  const printer = new LogPrinter(printed.io, TEXT);
  printer.reserve(["worker"]);
  await printer.print(line("api", "\x1b[31mred\x1b[2J"));
  await printer.print({ kind: "missed", process: "api", count: 1 });
  await printer.print(line("worker", ""));
  await printer.flush();
  assertEquals(printed.out, ["api    | \x1b[31mred\x1b[2J\n", "worker | \n"]);
  assertEquals(printed.err, [
    "processman: 1 line of api missed: the log no longer had it\n",
  ]);
});

Deno.test("LogPrinter prints colors on a terminal, and nothing that moves its cursor", async () => {
  const printed = io({ terminal: true });
  const printer = new LogPrinter(printed.io, TEXT);
  await printer.print(line("b", "\x1b[31mred\x1b[2J"));
  await printer.print(line("a", "plain"));
  await printer.flush();
  assertEquals(
    printed.out.join(""),
    "\x1b[0;36mb |\x1b[0m \x1b[31mred\x1b[0m\n\x1b[0;33ma |\x1b[0m plain\n",
  );
});

Deno.test("LogPrinter prints the local time before everything else", async () => {
  for (const [prefix, rest] of [[true, "api | up"], [false, "up"]] as const) {
    const printed = io();
    const format = { json: false, prefix, timestamps: true };
    const printer = new LogPrinter(printed.io, format);
    const time = new Date(2026, 2, 1, 12, 0, 5).getTime();
    await printer.print(line("api", "up", time));
    await printer.flush();
    assertEquals(printed.out, [`2026-03-01 12:00:05 ${rest}\n`]);
  }
});

Deno.test("LogPrinter prints JSON, and then says on stdout what was missed", async () => {
  const printed = io();
  const printer = new LogPrinter(printed.io, { json: true, prefix: true });
  const items: LogItem[] = [
    { kind: "missed", process: "api", count: 3 },
    line("api", 'a "b"'),
  ];
  for (const item of items) await printer.print(item);
  await printer.flush();
  const texts = printed.out.join("").trim().split("\n");
  assertEquals(texts.map((text) => JSON.parse(text)), items);
  assertEquals(printed.err, []);
});

Deno.test("LogPrinter writes many lines at once, but does not gather them without end", async () => {
  const writes: PromiseWithResolvers<void>[] = [];
  const printed = io({
    taken: () => {
      const write = Promise.withResolvers<void>();
      writes.push(write);
      return write.promise;
    },
  });
  const printer = new LogPrinter(printed.io, { json: false, prefix: false });
  let count = 0;
  const fill = async () => {
    while (count < 1_000) {
      await printer.print(line("a", "x".repeat(999)));
      count++;
    }
  };
  const filled = fill();
  await new Promise((resolve) => setTimeout(resolve));
  assertEquals(printed.out.length, 1);
  assert(count > 60 && count < 70, `${count}`);
  while (count < 1_000) {
    writes.shift()?.resolve();
    await new Promise((resolve) => setTimeout(resolve));
  }
  for (const write of writes) write.resolve();
  await filled;
  assertEquals(
    printed.out.slice(0, -1).every(({ length }) => length > 0),
    true,
  );
  assert(printed.out.length < 40, `${printed.out.length}`);
});

Deno.test("LogPrinter ends with the error of a write", async () => {
  const printed = io({ taken: () => Promise.reject(new Error("broken")) });
  const printer = new LogPrinter(printed.io, TEXT);
  await printer.print(line("a", "b"));
  await assertRejects(() => printer.flush(), Error, "broken");
  await assertRejects(() => printer.print(line("a", "c")), Error, "broken");
});
