import { assert, assertEquals } from "@std/assert";
import type { LogItem, LogQuery } from "../control/client.ts";
import { chain, logLine, pressAll, topState } from "../tools/top_testing.ts";
import { LogFeed, logTaskOf } from "./top_log_feed.ts";
import { MOST_ITEMS, NO_LINES } from "./top_log.ts";
import type { TopState } from "./top_state.ts";
import { TopStore } from "./top_store.ts";

/** A log of the process `p0`, and what was asked for. */
class FakeLog {
  readonly asked: LogQuery[] = [];
  readonly lines = Array.from({ length: 3_000 }, (_, i) => logLine(i + 1));
  #wake = Promise.withResolvers<void>();

  /** Adds lines that arrive. */
  add(count: number): void {
    const next = this.lines.length + 1;
    for (let i = 0; i < count; i++) this.lines.push(logLine(next + i));
    this.#wake.resolve();
  }

  async *logs(
    query: LogQuery,
    signal?: AbortSignal,
  ): AsyncGenerator<LogItem, void> {
    this.asked.push(query);
    const { lines, until = Infinity, after, grep = "" } = query;
    let first = after?.["p0"] ?? 0;
    const found = this.lines.filter(({ seq, time, text }) =>
      seq > first && time < until && new RegExp(grep).test(text)
    );
    yield* lines === undefined ? found : found.slice(-lines);
    first = this.lines.length;
    while (query.follow) {
      signal?.throwIfAborted();
      yield* this.lines.slice(first);
      first = this.lines.length;
      this.#wake = Promise.withResolvers();
      const end = () => this.#wake.resolve();
      signal?.addEventListener("abort", end);
      await this.#wake.promise;
      signal?.removeEventListener("abort", end);
    }
  }
}

/** A feed that does what its state asks for, until the end. */
class Desk implements AsyncDisposable {
  readonly log = new FakeLog();
  readonly store = new TopStore(topState(chain(2), { log: NO_LINES }));
  readonly #over = new AbortController();
  readonly #work: Promise<void>;

  constructor() {
    const feed = new LogFeed(this.log, this.store);
    this.#work = this.store.whenever(
      logTaskOf,
      (task, signal) =>
        feed.read(task, signal).catch((error) => {
          if (!signal.aborted) throw error;
        }),
      this.#over.signal,
    );
  }

  /** Presses keys. */
  press(keys: string): void {
    this.store.change((state) => pressAll(state, keys).state);
  }

  /** Waits until a check holds; fails if it does not soon. */
  async until(passes: (state: TopState) => boolean): Promise<TopState["log"]> {
    const late = AbortSignal.timeout(20_000);
    await this.store.until(passes, late);
    assert(
      passes(this.store.state),
      JSON.stringify(logTaskOf(this.store.state)),
    );
    return this.store.state.log;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#over.abort();
    await this.#work;
  }
}

/** The numbers of the first and the last line of a window. */
function range({ items }: TopState["log"]): (number | undefined)[] {
  return [items[0], items.at(-1)].map((item) =>
    item?.kind === "line" ? item.seq : undefined
  );
}

Deno.test("LogFeed shows the newest lines, follows them, and stays bounded", async () => {
  await using desk = new Desk();
  const log = await desk.until(({ log }) => log.items.length > 0);
  assertEquals([range(log), log.atStart], [[2_501, 3_000], false]);
  for (let i = 0; i < 3; i++) {
    desk.log.add(3_000);
    const last = desk.log.lines.length;
    const now = await desk.until(({ log }) => range(log)[1] === last);
    assert(now.items.length <= MOST_ITEMS);
  }
});

Deno.test("LogFeed stops following when the log is scrolled or not shown", async () => {
  await using desk = new Desk();
  await desk.until(({ log }) => log.items.length > 0);
  desk.press("<tab><up>");
  desk.log.add(10);
  desk.press("<down><down>");
  const log = await desk.until(({ log }) => log.follows);
  assertEquals(range(log)[1], 3_010);
  desk.press("d");
  assertEquals(logTaskOf(desk.store.state), undefined);
  desk.press("l");
  desk.press("<escape>j");
  assertEquals(logTaskOf(desk.store.state)?.name, "p1");
});

Deno.test("LogFeed reads older lines, the oldest, and what is found", async () => {
  await using desk = new Desk();
  await desk.until(({ log }) => log.items.length > 0);
  desk.press(`<tab>${"<page up>".repeat(60)}`);
  const older = await desk.until(({ log }) => log.items.length > 500);
  assertEquals(range(older), [2_002, 3_000]);
  desk.press("/line 77<enter>");
  const found = await desk.until(({ log }) => log.found === 779);
  assertEquals(found.follows, false);
  desk.press("n");
  assertEquals(
    (await desk.until(({ log }) => log.found === 778)).want,
    undefined,
  );
  desk.press("<escape>/nowhere<enter>");
  await desk.until(({ log }) => log.note === "no earlier line matches");
  desk.press("<first>");
  const oldest = await desk.until(({ log }) => log.atStart);
  assertEquals(range(oldest), [1, 500]);
  desk.press("<last>");
  await desk.until(({ log }) => log.follows && range(log)[1] === 3_000);
});

Deno.test("LogFeed lets the supervisor filter the lines", async () => {
  await using desk = new Desk();
  await desk.until(({ log }) => log.items.length > 0);
  desk.press("fline 300<enter>");
  await desk.until(({ log }) => range(log)[0] === 300);
  assertEquals(desk.store.state.log.items.length, 2);
  assertEquals(desk.log.asked.at(-1)?.grep, "[lL][iI][nN][eE] 300");
});
