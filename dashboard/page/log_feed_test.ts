import { assert, assertEquals } from "@std/assert";
import { MemoryShelf } from "../../control/log_memory.ts";
import { readShelf } from "../../control/log_read.ts";
import { LogFeed } from "./log_feed.ts";
import {
  GoneError,
  type LogItem,
  type LogQuery,
  RefusedError,
  type Source,
} from "./source.ts";

/** A log in memory, which is asked as the supervisor is. */
class Logs {
  readonly shelf: MemoryShelf = new MemoryShelf(100_000);
  readonly queries: LogQuery[] = [];
  /** What is thrown instead of an answer. */
  fault: Error | undefined;
  time = 1_000_000;
  live = true;
  open = 0;

  /** Writes lines of a process, one each millisecond. */
  write(process: string, count: number, text = "line"): void {
    const lines = Array.from({ length: count }, (_, i) => ({
      text: `${text} ${i}`,
      source: "stdout" as const,
      run: 1,
      time: this.time++,
      truncated: false,
    }));
    this.shelf.append(process, lines as never, 0);
  }

  async *logs(
    query: LogQuery,
    signal: AbortSignal,
  ): AsyncGenerator<readonly LogItem[]> {
    this.queries.push(query);
    if (this.fault) throw this.fault;
    this.open++;
    try {
      for await (const item of readShelf(() => this.shelf, query, signal)) {
        yield [item];
      }
      if (this.fault) throw this.fault;
    } finally {
      this.open--;
    }
  }

  get source(): Source {
    return {
      live: this.live,
      now: () => this.time,
      logs: (query: LogQuery, signal: AbortSignal) => this.logs(query, signal),
    } as unknown as Source;
  }
}

/** Waits until a feed is as wanted. */
async function until(feed: LogFeed, wanted: () => boolean): Promise<void> {
  if (wanted()) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  const end = feed.subscribe(() => wanted() && resolve());
  await promise;
  end();
}

function seqs(feed: LogFeed): number[] {
  return feed.window.items.flatMap((item) =>
    item.kind === "line" ? item.seq : []
  );
}

function isLive(feed: LogFeed): () => boolean {
  return () => feed.state.kind === "live";
}

/** Returns the numbers from one to another. */
function range(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, i) => from + i);
}

/** A feed, closed at the end of the test. */
function feedOf(logs: Logs, windowLines = 20_000): LogFeed & Disposable {
  const feed = new LogFeed(logs.source, { retryMs: 5, windowLines });
  return Object.assign(feed, { [Symbol.dispose]: () => feed.close() });
}

Deno.test("LogFeed shows the newest lines, and those that arrive", async () => {
  const logs = new Logs();
  logs.write("a", 3_000);
  using feed = feedOf(logs);
  const over = feed.open({});
  await until(feed, isLive(feed));
  assertEquals(seqs(feed), range(1_001, 3_000));
  logs.write("a", 1);
  logs.write("b", 1);
  await until(feed, () => feed.window.items.length === 2_002);
  assertEquals(seqs(feed).slice(-2), [3_001, 1]);
  feed.close();
  await over;
  assertEquals(logs.open, 0);
});

Deno.test("LogFeed says that there is nothing, and waits for it", async () => {
  const logs = new Logs();
  using feed = feedOf(logs);
  const over = feed.open({ grep: "x" });
  await until(feed, isLive(feed));
  assertEquals(feed.window.items.length, 0);
  logs.write("a", 1, "y");
  logs.write("a", 1, "x");
  await until(feed, () => feed.window.items.length === 1);
  assertEquals(seqs(feed), [2]);
  feed.close();
  await over;
});

Deno.test("LogFeed loses nothing while it is paused", async () => {
  const logs = new Logs();
  logs.write("a", 10);
  using feed = feedOf(logs);
  const first = feed.open({});
  await until(feed, isLive(feed));
  feed.pause();
  await first;
  assertEquals(logs.open, 0);
  logs.write("a", 10);
  assertEquals(seqs(feed), range(1, 10));
  const second = feed.goLive();
  await until(feed, () => feed.window.items.length === 20);
  assertEquals(seqs(feed), range(1, 20));
  feed.close();
  await second;
});

Deno.test("LogFeed loads older and newer lines while it is paused", async () => {
  const logs = new Logs();
  logs.write("a", 5_000);
  using feed = feedOf(logs, 3_500);
  const over = feed.open({});
  await until(feed, isLive(feed));
  feed.pause();
  await over;
  await feed.loadOlder();
  // The first line that is held is asked for again.
  assertEquals(seqs(feed), range(2_002, 5_000));
  assertEquals(feed.origin, -999);
  await feed.loadOlder();
  assertEquals(seqs(feed), range(1_003, 4_502));
  assertEquals(feed.window.atEnd, false);
  await feed.loadOlder();
  await feed.loadOlder();
  assertEquals(seqs(feed), range(1, 3_500));
  assertEquals(feed.window.atStart, true);
  await feed.loadNewer();
  assertEquals(seqs(feed), range(1_001, 4_500));
  await feed.loadNewer();
  assertEquals(seqs(feed), range(1_501, 5_000));
  assertEquals(feed.window.atEnd, true);
  assertEquals(logs.open, 0);
});

Deno.test("LogFeed goes live at the newest lines after it was elsewhere", async () => {
  const logs = new Logs();
  logs.write("a", 9_000);
  using feed = feedOf(logs);
  await feed.open({}, { process: "a", seq: 100, time: 1_000_099 });
  assertEquals(feed.state, { kind: "paused" });
  assertEquals(feed.window.rowOf("a", 100), 99);
  assertEquals(feed.window.atEnd, false);
  const over = feed.goLive();
  await until(feed, isLive(feed));
  assertEquals(seqs(feed), range(7_001, 9_000));
  feed.close();
  await over;
});

Deno.test("LogFeed has no stream while the page is hidden", async () => {
  const logs = new Logs();
  logs.write("a", 5);
  using feed = feedOf(logs);
  const first = feed.open({});
  await until(feed, isLive(feed));
  await feed.setHidden(true);
  await first;
  assertEquals(logs.open, 0);
  logs.write("a", 5);
  logs.write("b", 5);
  const second = feed.setHidden(false);
  await until(feed, () => feed.window.items.length === 15);
  assertEquals(seqs(feed), [...range(1, 10), ...range(1, 5)]);
  assertEquals(logs.queries.at(-1)?.after, { a: 5 });
  feed.close();
  await second;
});

Deno.test("LogFeed skips to the newest lines when it is far behind", async () => {
  const logs = new Logs();
  logs.write("a", 5);
  using feed = feedOf(logs);
  const first = feed.open({});
  await until(feed, isLive(feed));
  await feed.setHidden(true);
  await first;
  logs.write("a", 30_000);
  const second = feed.setHidden(false);
  await until(feed, () => seqs(feed).at(-1) === 30_005);
  assertEquals(seqs(feed), range(28_006, 30_005));
  feed.close();
  await second;
});

Deno.test("LogFeed goes on when the supervisor is back", async () => {
  const logs = new Logs();
  logs.write("a", 5);
  using feed = feedOf(logs);
  const over = feed.open({});
  await until(feed, isLive(feed));
  logs.fault = new GoneError("There is no supervisor");
  const { shelf } = logs;
  shelf.end();
  await until(feed, () => feed.state.kind === "lost");
  assertEquals(feed.window.items.length, 5);
  const again = new Logs();
  again.time = 1_000_000;
  again.write("a", 5);
  again.time = logs.time + 10;
  again.write("a", 3);
  Object.assign(logs, { shelf: again.shelf, fault: undefined });
  await until(feed, () => feed.window.items.length === 8);
  assertEquals(seqs(feed), range(1, 8));
  assertEquals(feed.state, { kind: "live" });
  feed.close();
  await over;
});

Deno.test("LogFeed says why a query is refused, and does not ask again", async () => {
  const logs = new Logs();
  logs.write("a", 5);
  using feed = feedOf(logs);
  await feed.open({ until: logs.time });
  assertEquals(feed.window.items.length, 5);
  logs.queries.length = 0;
  logs.fault = new RefusedError('"grep" is malformed');
  await feed.open({ grep: "(" });
  assertEquals(feed.window.items.length, 0);
  assertEquals(feed.state, {
    kind: "refused",
    message: '"grep" is malformed',
  });
  assertEquals(logs.queries.length, 1);
});

Deno.test("LogFeed is complete for a report and for a time in the past", async () => {
  const logs = new Logs();
  logs.write("a", 5);
  using past = feedOf(logs);
  await past.open({ until: logs.time - 1 });
  assertEquals(past.state, { kind: "complete" });
  assertEquals(seqs(past), [1, 2, 3, 4]);
  logs.live = false;
  using report = feedOf(logs);
  await report.open({});
  assertEquals(report.state, { kind: "complete" });
  assert(logs.queries.every(({ follow }) => !follow));
});

Deno.test("LogFeed keeps the time range of the query when it goes on", async () => {
  const logs = new Logs();
  logs.write("a", 10);
  using feed = feedOf(logs);
  const since = logs.time - 2;
  const over = feed.open({ since });
  await until(feed, isLive(feed));
  logs.write("b", 1);
  await until(feed, () => feed.window.items.length === 3);
  assertEquals(logs.queries.at(-1)?.since, since);
  feed.close();
  await over;
});
