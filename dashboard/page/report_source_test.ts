import { assert, assertEquals, assertRejects } from "@std/assert";
import { MemoryShelf } from "../../control/log_memory.ts";
import { readShelf } from "../../control/log_read.ts";
import type { Line } from "../../mod.ts";
import { seededRandom } from "../../testing/mod.ts";
import type { ReportData } from "../report_data.ts";
import { ReportSource } from "./report_source.ts";
import {
  type EventView,
  type LogItem,
  type LogQuery,
  RefusedError,
} from "./source.ts";

const full = Deno.args.includes("--full");

const NEVER = new AbortController().signal;

/** Returns a source for a report that has some things in it. */
function source(some: Partial<ReportData>): ReportSource {
  return new ReportSource({
    version: "1.0.0",
    madeAt: 1_000,
    since: 0,
    supervisor: {
      name: "shop",
      pid: 1,
      version: "1.0.0",
      startedAt: 0,
      config: null,
      source: null,
      cwd: "/",
      logs: null,
      log: null,
      metrics: null,
      plan: false,
      canApply: false,
    },
    processes: [],
    details: {},
    events: [],
    logs: [],
    redacted: 0,
    cut: false,
    ...some,
  });
}

/** Makes lines from texts such as `a1 t5 r1 text`, `!` for stderr. */
function lines(...texts: string[]): LogItem[] {
  return texts.map((each) => {
    const [, process = "", seq, time, run, err, text = ""] =
      /^([a-z.]+)(\d+) t(\d+) r(\d+)(!?) (.*)$/.exec(each) ?? [];
    return {
      kind: "line",
      process,
      seq: Number(seq),
      time: Number(time),
      run: Number(run),
      source: err ? "stderr" : "stdout",
      text,
      truncated: false,
    };
  });
}

function started(name: string, time: number): EventView {
  return { id: time, kind: "start", time, name, text: "", details: {} };
}

async function read(from: ReportSource, query: LogQuery): Promise<LogItem[]> {
  return (await Array.fromAsync(from.logs(query, NEVER))).flat();
}

/** Returns the texts that a query gives, and `-count` for what was missed. */
async function texts(from: ReportSource, query: LogQuery): Promise<string> {
  const items = await read(from, query);
  return items.map((item) => item.kind === "line" ? item.text : -item.count)
    .join(" ");
}

Deno.test("A report answers queries for lines as a supervisor does", async () => {
  const report = source({
    logs: lines(
      "web5 t10 r3 web-5",
      "web6 t20 r3! Error: web-6",
      "web7 t30 r3! web-7",
      "api.a1 t11 r1 api.a-1",
      "web8 t40 r4 WARN web-8",
      "api.b1 t41 r1 b.c",
      "api.b2 t42 r1 bxc",
      "web9 t50 r4 web-9",
    ),
    events: [started("web", 35), started("api.a", 60), started("api.a", 70)],
  });
  const all = "web-5 api.a-1 Error: web-6 web-7 WARN web-8 b.c bxc web-9";
  const cases: readonly [LogQuery, string][] = [
    [{}, all],
    [{ names: [] }, all],
    [{ names: ["web"] }, "web-5 Error: web-6 web-7 WARN web-8 web-9"],
    [{ names: ["api.?"] }, "api.a-1 b.c bxc"],
    [{ names: ["*.b", "none"] }, "b.c bxc"],
    [{ names: ["none"] }, ""],
    [{ lines: 3 }, "b.c bxc web-9"],
    [{ lines: 0 }, ""],
    [{ since: 40 }, "WARN web-8 b.c bxc web-9"],
    [{ until: 20 }, "web-5 api.a-1"],
    [{ since: 20, until: 40 }, "Error: web-6 web-7"],
    [{ grep: "b.c" }, "b.c bxc"],
    [{ grep: "b\\.c" }, "b.c"],
    [{ grep: "-[59]$", lines: 1 }, "web-9"],
    [{ source: "stderr" }, "Error: web-6 web-7"],
    [{ level: "error" }, "Error: web-6 web-7"],
    [{ level: "warn", names: ["web"] }, "Error: web-6 web-7 WARN web-8 web-9"],
    [{ names: ["web"], run: 0 }, "WARN web-8 web-9"],
    [{ names: ["web"], run: -1 }, "web-5 Error: web-6 web-7"],
    [{ names: ["web"], run: -2 }, ""],
    [{ run: 3 }, "web-5 Error: web-6 web-7"],
    // Its two newest runs have written nothing.
    [{ names: ["api.a"], run: 0 }, ""],
    [{ names: ["api.a"], run: -2 }, "api.a-1"],
    [{ names: ["web"], after: { web: 7 } }, "WARN web-8 web-9"],
    [{ names: ["web"], after: { web: 9 } }, ""],
    [
      { names: ["web"], after: { web: 2 } },
      `-2 ${"web-5 Error: web-6 web-7 WARN web-8 web-9"}`,
    ],
    // A number that is too high is from another log.
    [{ names: ["web"], after: { web: 10 }, lines: 1 }, "web-9"],
    [{ after: { web: 8 }, lines: 1, since: 99 }, "web-9"],
    [{ follow: true, lines: 2 }, "bxc web-9"],
  ];
  for (const [query, expected] of cases) {
    assertEquals(await texts(report, query), expected, JSON.stringify(query));
  }
});

Deno.test("A report says where lines are missing, from their numbers", async () => {
  const report = source({
    logs: [
      ...lines("a3 t1 r1 three"),
      { kind: "missed", process: "a", count: 4 },
      ...lines("a8 t2 r1 eight"),
    ],
  });
  assertEquals(await texts(report, {}), "three -4 eight");
});

Deno.test("A report refuses a query as a supervisor does", async () => {
  const report = source({});
  for (
    const query of [{ grep: "(" }, { lines: -1 }, { follow: true, until: 5 }]
  ) {
    await assertRejects(() => read(report, query), RefusedError, "Option");
  }
});

Deno.test("A report gives lines in batches, and none after the signal", async () => {
  const logs = lines(
    ...Array.from({ length: 2_500 }, (_, i) => `a${i + 1} t${i} r1 ${i}`),
  );
  const report = source({ logs });
  const batches = await Array.fromAsync(report.logs({}, NEVER));
  assertEquals(batches.map(({ length }) => length), [1_000, 1_000, 500]);
  assertEquals(batches.flat(), logs);
  assertEquals(await Array.fromAsync(report.logs({}, AbortSignal.abort())), []);
});

Deno.test("A report gives what it holds, and changes nothing", async () => {
  const events = [started("a", 1), started("a", 2)];
  const report = source({ events, details: { a: null } });
  assertEquals(report.live, false);
  assertEquals(report.readOnly, true);
  assertEquals(report.now(), 1_000);
  assertEquals((await report.supervisor()).name, "shop");
  assertEquals(await report.processes(), []);
  assertEquals(await report.presence(), null);
  const none = { kind: "none" } as const;
  assertEquals(await source({ presence: none }).presence(), none);
  const follow = { after: 1, follow: true };
  assertEquals(await Array.fromAsync(report.events(follow, NEVER)), [
    events.slice(1),
  ]);
  assertEquals(
    await Array.fromAsync(report.events({ after: 2, follow: true }, NEVER)),
    [],
  );
  await assertRejects(() => report.details("a"), RefusedError);
  await assertRejects(() => report.details("toString"), RefusedError);
  await assertRejects(() => report.act(), RefusedError);
});

/** Draws lines and queries. */
class Draw {
  readonly #random: () => number;

  constructor(seed: number) {
    this.#random = seededRandom(seed);
  }

  /** Returns lines of one run; time sometimes goes back. */
  run(length: number, began: number): Line[] {
    let time = began;
    return Array.from({ length }, () => {
      time = Math.max(began, time + this.oneOf([0, 0, 1, 1, 2, 9, -3]));
      return {
        source: this.oneOf(["stdout", "stderr"]),
        text: `${this.oneOf(WORDS)} ${this.below(30)}`,
        time,
        run: 1,
        truncated: this.chance(0.05),
      };
    });
  }

  /** Returns a query with some of the options. */
  query(names: readonly string[], until: number): LogQuery {
    const time = () => this.below(until + 5) - 2;
    return {
      ...this.chance(0.5) &&
        { names: [this.oneOf(PATTERNS), this.oneOf(names)] },
      ...this.chance(0.5) && { lines: this.below(60) },
      ...this.chance(0.3) && { since: time() },
      ...this.chance(0.3) && { until: time() },
      ...this.chance(0.2) && { grep: this.oneOf(GREPS) },
      ...this.chance(0.3) && { source: this.oneOf(["stdout", "stderr"]) },
      ...this.chance(0.3) && { level: this.oneOf(LEVELS) },
      ...this.chance(0.3) && { run: this.below(9) - 4 },
      ...this.chance(0.3) &&
        { after: { [this.oneOf(names)]: this.below(400) } },
    };
  }

  below(end: number): number {
    return Math.floor(this.#random() * end);
  }

  chance(share: number): boolean {
    return this.#random() < share;
  }

  oneOf<T>(values: readonly [T, ...T[]] | readonly T[]): T {
    const value = values[this.below(values.length)];
    assert(value !== undefined);
    return value;
  }
}

const WORDS = ["ok", "INFO ok", "WARN low", "Error: bad", "debug: x", "at f"];
const PATTERNS = ["*", "api", "a*", "?eb", "no"];
const GREPS = ["o", "1\\d", "^at", "bad|low", "none"];
const LEVELS = ["debug", "info", "warn", "error"] as const;
const NAMES = ["api.1", "api.2", "web", "db"];

/** Draws a log in memory, and the report of everything in it. */
async function drawn(draw: Draw) {
  const shelf = new MemoryShelf(draw.oneOf([20, 300, 1_000]));
  const events: EventView[] = [];
  let end = 0;
  for (const name of NAMES) {
    let time = 0;
    for (let run = 1; run <= draw.below(5); run++) {
      const some = draw.run(draw.oneOf([0, 1, 30, 280]), time);
      events.push(started(name, time));
      time = Math.max(time, ...some.map((line) => line.time)) + 1;
      const base = await shelf.lastRun(name);
      shelf.began(name, base + 1);
      await shelf.append(name, some, base);
    }
    end = Math.max(end, time);
  }
  const logs = await Array.fromAsync(readShelf(() => shelf, {}, NEVER));
  return { shelf, report: source({ logs, events }), end };
}

Deno.test("A report and a log in memory agree about any query", async () => {
  for (let seed = 1; seed <= (full ? 400 : 10); seed++) {
    const draw = new Draw(seed);
    const { shelf, report, end } = await drawn(draw);
    for (let i = 0; i < 20; i++) {
      const query = draw.query(NAMES, end);
      const expected = await Array.fromAsync(
        readShelf(() => shelf, query, NEVER),
      );
      const what = `seed ${seed}: ${JSON.stringify(query)}`;
      assertEquals(await read(report, query), expected, what);
    }
  }
});
