import { assert, assertEquals, assertLess } from "@std/assert";
import { DRAIN_MS, PIPE_BYTES, Pump, type Sink, type Use } from "./pump.ts";
import { STREAM_ERRORS } from "./tools/foreign_values.ts";
import { microtasks, Pipe, TestClock } from "./tools/output_testing.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** A sink that counts bytes, and is full when the test says so. */
class TestSink implements Sink {
  isFull = false;
  closed = false;
  bytes = 0;
  /** The sizes of the buffers that were asked for. */
  readonly sizes: number[] = [];

  constructor(readonly use: Use = "drained") {}

  full(): boolean {
    return this.isFull;
  }

  buffer(size: number): Bytes {
    this.sizes.push(size);
    return new Uint8Array(size);
  }

  deliver({ length }: Bytes): Use {
    this.bytes += length;
    return this.use;
  }

  close(): void {
    this.closed = true;
  }
}

/** A pump, and everything around it. */
function start(use?: Use): {
  pipe: Pipe;
  sink: TestSink;
  clock: TestClock;
  pump: Pump;
} {
  const pipe = new Pipe();
  const sink = new TestSink(use);
  const clock = new TestClock();
  return { pipe, sink, clock, pump: new Pump(sink, pipe.stream, clock) };
}

Deno.test("Pump delivers all bytes, and closes the sink at the end", async () => {
  const { pipe, sink, clock, pump } = start();
  pipe.write("ab");
  pipe.write("cde");
  await microtasks();
  assertEquals([sink.bytes, sink.closed, pump.ended], [5, false, false]);
  pipe.end();
  await pump.done;
  assertEquals([sink.bytes, sink.closed, pump.ended], [5, true, true]);
  await pump.drain();
  assertEquals(clock.delays, 0);
});

Deno.test("Pump delivers what came before a read that fails, and says why", async () => {
  const { pipe, sink, pump } = start();
  pipe.write("last words");
  await microtasks();
  const cause = new Error("broken");
  pipe.fail(cause);
  assertEquals(await pump.done, { cause });
  assertEquals([sink.bytes, sink.closed, pump.ended], [10, true, true]);
});

Deno.test("Pump tells a failure from an end, whatever the stream fails with", async () => {
  for (const make of STREAM_ERRORS) {
    const { pipe, pump } = start();
    const cause = make();
    pipe.fail(cause);
    const failure = await pump.done;
    assert(failure !== undefined && Object.is(failure.cause, cause));
  }
  const { pipe, pump } = start();
  pipe.end();
  assertEquals(await pump.done, undefined);
});

Deno.test("Pump takes a cancel of its own for no failure", async () => {
  const clock = new TestClock();
  // A stream whose reads fail when it is cancelled.
  const pipe = new Pipe();
  const cancelled = new Error("cancelled");
  const reader = pipe.stream.getReader({ mode: "byob" });
  const { promise, reject } = Promise.withResolvers<never>();
  reader.read = () => promise;
  reader.cancel = () => {
    reject(cancelled);
    return Promise.reject(cancelled);
  };
  pipe.stream.getReader = (() => reader) as typeof pipe.stream.getReader;
  const pump = new Pump(new TestSink(), pipe.stream, clock);
  pump.drain();
  await clock.tick(DRAIN_MS);
  await clock.tick(2);
  assertEquals(await pump.done, undefined);
});

Deno.test("Pump leaves the pipe if its sink fails, so that the child is not blocked", async () => {
  const pipe = new Pipe();
  const cause = new Error("no memory");
  const sink = new TestSink();
  sink.deliver = () => {
    throw cause;
  };
  const pump = new Pump(sink, pipe.stream, new TestClock());
  pipe.write("bytes");
  assertEquals(await pump.done, { cause });
  assert(pipe.cancelled && sink.closed);
});

Deno.test("Pump reads more at once when the output is busy", async () => {
  const cases: [Use, number][] = [
    ["drained", 16_384],
    ["streamed", 32_768],
    ["split", 65_536],
  ];
  for (const [use, most] of cases) {
    const { pipe, sink, pump } = start(use);
    assertEquals(sink.sizes, [1_024]);
    pipe.write(new Uint8Array(1_000_000));
    await microtasks();
    assertEquals(sink.sizes.slice(1, 3), [4_096, 16_384]);
    assertEquals(Math.max(...sink.sizes), most);
    for (let i = 0; i < 10; i++) {
      pipe.write("x");
      await microtasks();
    }
    assertEquals(sink.sizes.at(-1), 1_024);
    pipe.end();
    await pump.done;
  }
});

Deno.test("Pump waits for a sink that is full", async () => {
  const { pipe, sink, pump } = start();
  pipe.write("ab");
  sink.isFull = true;
  await microtasks();
  assertEquals(sink.bytes, 2); // it was reading already
  pipe.write("cd");
  pump.wake();
  await microtasks();
  assertEquals(sink.bytes, 2);
  sink.isFull = false;
  pump.wake();
  await microtasks();
  assertEquals(sink.bytes, 4);
  pipe.end();
  await pump.done;
});

Deno.test("Pump.drain() ignores that the sink is full, for the bytes of a pipe", async () => {
  const { pipe, sink, clock, pump } = start();
  pipe.write("ab");
  sink.isFull = true;
  pipe.write(new Uint8Array(2 * PIPE_BYTES));
  await microtasks();
  assertLess(sink.bytes, 2_000);
  pump.drain();
  await microtasks();
  assert(sink.bytes >= PIPE_BYTES && sink.bytes < PIPE_BYTES + 20_000);
  pipe.end();
  await clock.tick(DRAIN_MS);
  await clock.tick(2);
  await pump.done;
});

Deno.test("Pump.drain() leaves a pipe that something else holds open", async () => {
  const { pipe, sink, clock, pump } = start();
  const asked = Promise.withResolvers<void>();
  let held = false;
  pipe.write("from the child");
  pump.drain(() => {
    held = true;
    return asked.promise;
  });
  await microtasks();
  await clock.tick(DRAIN_MS);
  assert(!held);
  await clock.tick(2); // in which nothing arrives
  assert(held && !pipe.cancelled);
  asked.resolve();
  await pump.done;
  assert(pipe.cancelled && sink.closed);
  assertEquals([sink.bytes, clock.delays], [14, 0]);
});

Deno.test("Pump.drain() looks for a quiet output once the time is up", async () => {
  const { pipe, clock, pump } = start();
  pump.drain();
  pipe.write(new Uint8Array(2 * PIPE_BYTES));
  await microtasks();
  await clock.tick(DRAIN_MS);
  assert(!pipe.cancelled);
  await clock.tick(2);
  await pump.done;
  assert(pipe.cancelled);
});

Deno.test("Pump.drain() ends with the output", async () => {
  const { pipe, clock, pump } = start();
  const done = pump.drain(() => {
    throw new Error("nothing holds it open");
  });
  await clock.tick(DRAIN_MS - 1);
  assertEquals(clock.delays, 1);
  pipe.end();
  await done;
  await microtasks();
  assertEquals([clock.delays, pipe.cancelled], [0, false]);
});

Deno.test("Pump.drain() goes on while bytes arrive, but not for ever", async () => {
  for (const [length, tickMs, times] of [[16_384, 2, 65], [1, 10, 26]]) {
    const { pipe, sink, clock, pump } = start();
    pump.drain();
    await clock.tick(DRAIN_MS);
    let writes = 0;
    while (!pipe.cancelled) {
      pipe.write(new Uint8Array(length ?? 0));
      await microtasks();
      await clock.tick(tickMs ?? 0);
      writes++;
    }
    await pump.done;
    assertEquals(writes, times);
    assertEquals(sink.bytes, writes * (length ?? 0));
  }
});
