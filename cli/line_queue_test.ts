import { assertEquals } from "@std/assert";
import type { Logger } from "../mod.ts";
import { VirtualClock } from "../testing/mod.ts";
import type { Message } from "./line_message.ts";
import {
  CLOSE_MS,
  type Connection,
  LineQueue,
  RETRY_MS,
  ROOM,
} from "./line_queue.ts";

/** A receiver that a test controls. */
class Receiver {
  readonly got: string[] = [];
  readonly warnings: string[] = [];
  readonly clock = new VirtualClock();
  /** Why it cannot be connected to. */
  refuses: Error | undefined;
  /** Whether it takes messages; otherwise, it blocks. */
  takes = true;
  connections = 0;
  open = 0;
  #break: (why: unknown) => void = () => {};
  #unblock: (error?: Error) => void = () => {};
  readonly queue: LineQueue;

  constructor() {
    const ignore = () => {};
    const warn = (text: string) => void this.warnings.push(text);
    const logger: Logger = {
      debug: ignore,
      info: ignore,
      warn,
      error: ignore,
    };
    this.queue = new LineQueue({
      what: "lines",
      clock: this.clock,
      logger,
      connect: () => this.#connect(),
    });
  }

  send(...texts: string[]): Promise<void> {
    for (const text of texts) this.queue.add(message(text));
    return this.clock.settle();
  }

  /** Ends the connection. */
  break(why: string): Promise<void> {
    this.#break(new Error(why));
    return this.clock.settle();
  }

  #connect(): Promise<Connection> {
    this.connections++;
    if (this.refuses) return Promise.reject(this.refuses);
    this.open++;
    const broken = Promise.withResolvers<unknown>();
    this.#break = broken.resolve;
    const destroy = () => this.#unblock(new Error("destroyed"));
    return Promise.resolve({
      broken: broken.promise,
      send: async (messages, sent) => {
        for (const { text } of messages) {
          if (!this.takes) {
            const blocked = Promise.withResolvers<void>();
            this.#unblock = (error) =>
              error ? blocked.reject(error) : blocked.resolve();
            await blocked.promise;
          }
          this.got.push(text);
          sent(1);
        }
      },
      destroy,
      close: () => {
        this.open--;
        return Promise.resolve();
      },
    });
  }
}

function message(text: string): Message {
  return { text, severity: 6, time: 0, pid: 1 };
}

Deno.test("LineQueue sends what it gets in order, by one connection, and ends with it", async () => {
  const to = new Receiver();
  assertEquals(to.connections, 0);
  await to.send("one", "two");
  await to.send("three");
  await to.queue.close();
  assertEquals(to.got, ["one", "two", "three"]);
  assertEquals([to.connections, to.open, to.warnings], [1, 0, []]);
  assertEquals(to.clock.pending, 0);
});

Deno.test("What a receiver refuses waits, and is sent when it is back", async () => {
  const to = new Receiver();
  to.refuses = new Error("no socket");
  await to.send("one");
  await to.clock.advance(3 * RETRY_MS);
  assertEquals(to.connections, 4);
  to.refuses = undefined;
  await to.clock.advance(RETRY_MS);
  assertEquals(to.got, ["one"]);
  assertEquals(to.warnings, [
    "Cannot send lines: what exceeds 1 MiB is dropped until that works again: no socket",
    "Sending lines again: no line was dropped",
  ]);
  await to.queue.close();
});

Deno.test("A receiver that goes away while nothing is sent loses nothing", async () => {
  const to = new Receiver();
  await to.send("one");
  await to.break("it has gone");
  await to.send("two");
  await to.clock.advance(RETRY_MS);
  assertEquals([to.got, to.connections, to.open], [["one", "two"], 2, 1]);
  await to.queue.close();
});

Deno.test("A receiver that blocks makes nobody wait: what exceeds the room is counted", async () => {
  const to = new Receiver();
  to.takes = false;
  const long = "x".repeat(ROOM / 4 - 64);
  await to.send(...Array.from({ length: 6 }, () => long));
  assertEquals(to.warnings, [
    "Cannot send lines: what exceeds 1 MiB is dropped until that works again: it takes them too slowly, or not at all",
  ]);
  to.takes = true;
  await to.break("it has gone");
  await to.clock.advance(RETRY_MS);
  assertEquals(to.got.length, 4);
  assertEquals(
    to.warnings.at(-1),
    "Sending lines again: 2 lines were dropped",
  );
  await to.queue.close();
});

Deno.test("The end waits a while for a receiver, and says what was dropped", async () => {
  const to = new Receiver();
  to.takes = false;
  await to.send("one", "two");
  const closed = to.queue.close();
  await to.clock.advance(CLOSE_MS);
  await closed;
  assertEquals(to.warnings, ["Cannot send lines: 2 lines were dropped"]);
  await to.clock.settle();
  assertEquals([to.open, to.clock.pending], [0, 0]);
});

Deno.test("The end tries once more to reach a receiver, and does not wait", async () => {
  const to = new Receiver();
  to.refuses = new Error("no socket");
  await to.send("one");
  await to.queue.close();
  assertEquals([to.connections, to.clock.now()], [2, 0]);
  assertEquals(to.warnings.at(-1), "Cannot send lines: 1 line was dropped");
});
