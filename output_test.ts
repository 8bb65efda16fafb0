import {
  assert,
  assertEquals,
  assertLessOrEqual,
  assertRejects,
  assertThrows,
} from "@std/assert";
import type { Clock, DelayOptions } from "./kernel.ts";
import type { Line } from "./lines.ts";
import { FLUSH_MS, Output } from "./output.ts";
import { DRAIN_MS, type Pump } from "./pump.ts";
import type { Source } from "./source.ts";
import { systemClock } from "./system.ts";
import { pieces, seeded } from "./tools/testing.ts";

type Bytes = Uint8Array<ArrayBuffer>;

const encoder = new TextEncoder();

/** The end of a pipe that a test writes into, instead of a child. */
class Pipe {
  readonly stream: ReadableStream<Bytes>;
  cancelled = false;
  #controller!: ReadableByteStreamController;

  constructor() {
    this.stream = new ReadableStream({
      type: "bytes",
      start: (controller) => void (this.#controller = controller),
      cancel: () => void (this.cancelled = true),
    });
  }

  /** How many bytes have been written and not been taken out. */
  get unread(): number {
    return -(this.#controller.desiredSize ?? 0);
  }

  write(data: Bytes | string): void {
    const bytes = typeof data === "string" ? encoder.encode(data) : data;
    this.#controller.enqueue(bytes.slice());
  }

  end(): void {
    this.#controller.close();
    this.#controller.byobRequest?.respond(0);
  }

  fail(): void {
    this.#controller.error(new Error("broken"));
  }
}

/** One run of a process, whose output the test writes. */
class TestRun {
  readonly stdout = new Pipe();
  readonly stderr = new Pipe();
  readonly drained: Promise<unknown>;
  readonly #pumps: readonly Pump[];

  constructor(output: Output, run = 1) {
    this.#pumps = [
      output.pump("stdout", this.stdout.stream, run),
      output.pump("stderr", this.stderr.stream, run),
    ];
    this.drained = Promise.all(this.#pumps.map(({ done }) => done));
  }

  /** The child has ended; others may still hold the pipes. */
  exit(): void {
    for (const pump of this.#pumps) pump.drain();
  }

  /** All have ended. */
  async end(): Promise<void> {
    this.stdout.end();
    this.stderr.end();
    this.exit();
    await this.drained;
  }
}

/** A clock that stands still until the test moves it. */
class TestClock implements Clock {
  #now = 0;
  readonly #waits = new Map<() => void, number>();

  now(): number {
    return this.#now;
  }

  time(): number {
    return this.#now;
  }

  delay(ms: number, { signal }: DelayOptions = {}): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    if (signal?.aborted) resolve();
    signal?.addEventListener("abort", () => resolve(), { once: true });
    this.#waits.set(resolve, this.#now + ms);
    return promise;
  }

  /** Moves the clock, and lets everything happen that is due. */
  async tick(ms: number): Promise<void> {
    this.#now += ms;
    for (const [resolve, at] of this.#waits) {
      if (at > this.#now) continue;
      this.#waits.delete(resolve);
      resolve();
    }
    await microtasks();
  }
}

/** Rules for tests to which they do not matter. */
const RULES = { bufferBytes: 65_536, maxLineLength: 1_000_000 };

/** The output of a process, and its first run. */
function start(rules: Partial<typeof RULES> = {}, clock: Clock = systemClock): {
  output: Output;
  run: TestRun;
} {
  const output = new Output({ ...RULES, ...rules }, clock);
  return { output, run: new TestRun(output) };
}

/** Lets everything happen that waits for promises alone. */
function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve));
}

/** Random bytes. */
function randomBytes(length: number, random = seeded(length)): Bytes {
  return Uint8Array.from({ length }, () => Math.floor(random() * 256));
}

/** Some chunks in one. */
function joined(chunks: readonly Uint8Array[]): Bytes {
  return Uint8Array.from(chunks.flatMap((chunk) => [...chunk]));
}

/** Reads a stream to its end. */
async function allOf(stream: ReadableStream<Bytes>): Promise<Bytes> {
  return joined(await Array.fromAsync(stream));
}

/** Reads up to a length of what is there, and cancels the stream. */
async function someOf(source: Source, length: number): Promise<Bytes> {
  const reader = source.stream.getReader({ mode: "byob" });
  const { value } = await reader.read(new Uint8Array(length));
  await reader.cancel();
  return value ?? new Uint8Array();
}

/** What lines say, with the run and an E for stderr before it. */
function told(lines: Iterable<Line>): string[] {
  return Array.from(
    lines,
    ({ source, run, text }) =>
      `${run}${source === "stderr" ? "E" : ""} ${text}`,
  );
}

Deno.test("Output drains what nobody reads, and counts what it drops", async () => {
  const { output, run } = start({ bufferBytes: 1_000 });
  const all = randomBytes(100_000);
  for (const part of pieces(all, seeded(1), 3_000)) {
    run.stdout.write(part);
    await turn();
    assertEquals(run.stdout.unread, 0);
  }
  assertEquals(output.stdout.droppedBytes, 99_000);
  assertEquals(output.stderr.droppedBytes, 0);
  await run.end();
  output.end();
  assertEquals(await allOf(output.stdout.stream), all.slice(-1_000));
  assertEquals(output.stdout.droppedBytes, 99_000);
});

Deno.test("Output keeps nothing when it shall not", async () => {
  const { output, run } = start({ bufferBytes: 0 });
  run.stdout.write("dropped");
  await turn();
  const read = allOf(output.stdout.stream);
  await turn();
  run.stdout.write("read");
  await run.end();
  output.end();
  assertEquals(await read, encoder.encode("read"));
  assertEquals(output.stdout.droppedBytes, 7);
});

Deno.test("Source.stream begins with what is kept and loses nothing more", async () => {
  const { output, run } = start({ bufferBytes: 5_000 });
  const all = randomBytes(60_000);
  run.stdout.write(all.slice(0, 20_000));
  await turn();
  const read = allOf(output.stdout.stream);
  for (const part of pieces(all.slice(20_000), seeded(2), 20_000)) {
    run.stdout.write(part);
  }
  await run.end();
  output.end();
  assertEquals(await read, all.slice(15_000));
  assertEquals(output.stdout.droppedBytes, 15_000);
});

Deno.test("Source.stream makes the child wait for its reader", async () => {
  const { output, run } = start({ bufferBytes: 100 });
  const all = randomBytes(200_000);
  const reader = output.stdout.stream.getReader();
  const chunks: Bytes[] = [];
  const first = reader.read();
  await turn();
  run.stdout.write(all);
  chunks.push((await first).value ?? new Uint8Array());

  for (let unread = run.stdout.unread; unread > 0; unread = run.stdout.unread) {
    await turn();
    await turn();
    assertEquals(run.stdout.unread, unread, "read although nobody asked");
    chunks.push((await reader.read()).value ?? new Uint8Array());
    await turn();
    assertLessOrEqual(unread - run.stdout.unread, 32_768);
  }
  assertEquals(Math.max(...chunks.map(({ length }) => length)), 32_768);
  await run.end();
  output.end();
  reader.releaseLock();
  chunks.push(await allOf(output.stdout.stream));
  assertEquals(joined(chunks), all);
  assertEquals(output.stdout.droppedBytes, 0);
});

Deno.test("Source.stream goes on where a cancelled one stopped", async () => {
  const { output, run } = start();
  run.stdout.write("abcdefghij");
  assertEquals(await someOf(output.stdout, 3), encoder.encode("abc"));
  run.stdout.write("klm");
  await turn();
  assertEquals(await someOf(output.stdout, 4), encoder.encode("defg"));
  await run.end();
  output.end();
  assertEquals(await someOf(output.stdout, 1), encoder.encode("h"));
  assertEquals(await allOf(output.stdout.stream), encoder.encode("ijklm"));
  assertEquals(output.stdout.droppedBytes, 0);
});

Deno.test("Source.stream is drained and counted again when it is cancelled", async () => {
  const { output, run } = start({ bufferBytes: 10 });
  const all = randomBytes(100_000);
  run.stdout.write(all);
  await turn();
  assertEquals(output.stdout.droppedBytes, 99_990);
  // More than what is kept waits for the reader when it is cancelled.
  const reader = output.stdout.stream.getReader({ mode: "byob" });
  assertEquals((await reader.read(new Uint8Array(4))).value?.length, 4);
  run.stdout.write(all);
  await turn();
  await reader.cancel();
  await turn();
  assertEquals(run.stdout.unread, 0);
  await run.end();
  output.end();
  assertEquals(await allOf(output.stdout.stream), all.slice(-10));
  assertEquals(output.stdout.droppedBytes, 200_000 - 14);
});

Deno.test("Source gives or counts each byte, however it is read", async () => {
  for (let seed = 0; seed < 60; seed++) {
    const random = seeded(seed);
    const bufferBytes = Math.floor(random() ** 3 * 20_000);
    const { output, run } = start({ bufferBytes });
    const source = output.stdout;
    const all = randomBytes(100_000, random);
    let position = 0;
    let dropped = 0;
    let stream: ReadableStream<Bytes> | undefined;
    // What is dropped, is so before the first read of a stream.
    const check = (bytes: Bytes = new Uint8Array()) => {
      position += source.droppedBytes - dropped;
      dropped = source.droppedBytes;
      const expected = all.slice(position, position + bytes.length);
      const same = bytes.every((byte, index) => byte === expected[index]);
      assert(same, `seed ${seed} at ${position}`);
      position += bytes.length;
    };
    const read = async () => {
      stream ??= source.stream;
      const reader = stream.getReader({ mode: "byob" });
      check((await reader.read(new Uint8Array(1 + random() * 30_000))).value);
      reader.releaseLock();
    };
    let written = 0;
    for (const part of pieces(all, random, 30_000)) {
      run.stdout.write(part);
      written += part.length;
      if (random() < 0.5) await turn();
      if (stream === undefined) await turn(); // until all is kept or dropped
      while (
        random() < 0.6 && position + source.droppedBytes - dropped < written
      ) {
        await read();
      }
      if (random() < 0.3) {
        await stream?.cancel();
        stream = undefined;
      }
    }
    await run.end();
    output.end();
    check(await allOf(stream ?? source.stream));
    assertEquals(position, all.length, `seed ${seed}`);
  }
});

Deno.test("Source.stream fills views of any size and type", async () => {
  const all = randomBytes(50_000);
  for (const size of [1, 7, 1_000, 16_384, 100_000]) {
    const { output, run } = start();
    run.stdout.write(all);
    await run.end();
    output.end();
    const reader = output.stdout.stream.getReader({ mode: "byob" });
    const chunks: Bytes[] = [];
    let view: Bytes = new Uint8Array(size);
    while (true) {
      const { done, value } = await reader.read(view);
      if (done) break;
      chunks.push(value.slice());
      view = new Uint8Array(value.buffer);
    }
    assertEquals(joined(chunks), all, `views of ${size}`);
  }
});

Deno.test("Source.stream fills a view up to a minimum", async () => {
  const { output, run } = start();
  const reader = output.stdout.stream.getReader({ mode: "byob" });
  const read = reader.read(new Uint8Array(10), { min: 6 });
  for (const part of ["ab", "cd", "ef", "gh"]) {
    run.stdout.write(part);
    await turn();
  }
  assertEquals((await read).value, encoder.encode("abcdef"));
  await run.end();
  output.end();
  await reader.cancel();
});

Deno.test("Source.stream fails a read whose element is never complete", async () => {
  const { output, run } = start();
  const reader = output.stdout.stream.getReader({ mode: "byob" });
  const read = reader.read(new Uint32Array(1));
  run.stdout.write("abc");
  await run.end();
  output.end(); // and does not throw
  await assertRejects(() => read, TypeError);
});

Deno.test("Source.stream goes on when its lock is released in between", async () => {
  for (const mode of [undefined, "byob"] as const) {
    const { output, run } = start();
    const { stream } = output.stdout;
    const reader = stream.getReader({ mode } as { mode: "byob" });
    const read = reader.read(new Uint8Array(2));
    await turn();
    reader.releaseLock();
    await assertRejects(() => read, TypeError);
    run.stdout.write("abcd");
    await run.end();
    output.end();
    assertEquals(await allOf(stream), encoder.encode("abcd"));
  }
});

Deno.test("Source.stream spans the runs and closes after the last", async () => {
  const output = new Output(
    { bufferBytes: 100, maxLineLength: 100 },
    systemClock,
  );
  const read = allOf(output.stdout.stream);
  const all = randomBytes(90_000);
  for (let number = 1; number <= 9; number++) {
    const run = new TestRun(output, number);
    run.stdout.write(all.slice((number - 1) * 10_000, number * 10_000));
    await run.end();
  }
  output.end();
  assertEquals(await read, all);
});

Deno.test("Source.stream closes for who waits and for who comes late", async () => {
  for (const mode of [undefined, "byob"] as const) {
    const { output, run } = start();
    const options = { mode } as { mode: "byob" };
    const reader = output.stdout.stream.getReader(options);
    const read = reader.read(new Uint8Array(1));
    await run.end();
    output.end();
    assertEquals((await read).done, true);
    await reader.closed;
    const late = output.stderr.stream.getReader(options);
    assertEquals((await late.read(new Uint8Array(1))).done, true);
  }
});

Deno.test("Source.stream gives all that arrives after the end of the run", async () => {
  const { output, run } = start({ bufferBytes: 10 });
  const all = randomBytes(300_000);
  const reader = output.stdout.stream.getReader();
  const first = reader.read();
  run.stdout.write(all);
  await run.end(); // although the reader does not ask for more
  output.end();
  const chunks = [(await first).value ?? new Uint8Array()];
  reader.releaseLock();
  chunks.push(await allOf(output.stdout.stream));
  assertEquals(joined(chunks), all);
});

Deno.test("Output.batches() keeps the order of both sources", async () => {
  const { output, run } = start();
  const write = async () => {
    for (let i = 0; i < 50; i++) {
      run[i % 3 ? "stdout" : "stderr"].write(`line ${i}\n`);
      await turn();
    }
  };
  await write();
  const early = Array.fromAsync(output.batches({}));
  await turn();
  await write();
  await run.end();
  output.end();
  const expected = Array.from(
    { length: 100 },
    (_, i) => `1${i % 50 % 3 ? "" : "E"} line ${i % 50}`,
  );
  assertEquals(told((await early).flat()), expected);
  const late = await Array.fromAsync(output.batches({}));
  assertEquals(told(late.flat()), expected);
  assertEquals(told(output.tail(1_000)), expected);
});

Deno.test("Output.batches() leaves out what is kept, if wanted", async () => {
  const { output, run } = start();
  run.stdout.write("old\n");
  await turn();
  const read = Array.fromAsync(output.batches({ buffered: false }));
  await turn();
  run.stdout.write("new\n");
  await run.end();
  output.end();
  assertEquals(told((await read).flat()), ["1 new"]);
  assertEquals(await Array.fromAsync(output.batches({ buffered: false })), []);
});

Deno.test("Output.batches() tells runs apart and ends their last lines", async () => {
  const { output, run } = start();
  const read = Array.fromAsync(output.batches({}));
  await turn();
  run.stdout.write("a\nb");
  run.stderr.write("c");
  await run.end();
  const second = new TestRun(output, 2);
  second.stdout.write("d\n");
  await second.end();
  output.end();
  assertEquals(told((await read).flat()).sort(), ["1 a", "1 b", "1E c", "2 d"]);
  assertEquals(told(output.tail(9, "stdout")), ["1 a", "1 b", "2 d"]);
});

Deno.test("Output.batches() makes the child wait for the slowest reader", async () => {
  const { output, run } = start();
  const slow = output.batches({});
  const first = slow.next();
  const fast = Array.fromAsync(output.batches({}));
  await turn();
  const text = Array.from({ length: 100_000 }, (_, i) => `line ${i}\n`).join(
    "",
  );
  run.stdout.write(text);
  await turn();
  const { unread } = run.stdout;
  assert(unread > 0, "it does not wait");
  await turn();
  assertEquals(run.stdout.unread, unread);

  const lines = (await first).value ?? [];
  const rest = Array.fromAsync(slow);
  await turn();
  assertEquals(run.stdout.unread, 0);
  await run.end();
  output.end();
  lines.push(...(await rest).flat());
  assertEquals(lines.map(({ text }) => `${text}\n`).join(""), text);
  assertEquals((await fast).flat().length, lines.length);
});

Deno.test("Output.batches() waits for nobody while a line goes on", async () => {
  const { output, run } = start({ maxLineLength: 100 });
  const read = Array.fromAsync(output.batches({}));
  await turn();
  for (let i = 0; i < 64; i++) run.stdout.write("x".repeat(16_384));
  await turn();
  assertEquals(run.stdout.unread, 0);
  await run.end();
  output.end();
  const lines = (await read).flat();
  assertEquals(lines.map(({ text, truncated }) => [text.length, truncated]), [
    [100, true],
  ]);
});

Deno.test("Output.batches() ends at once when it is left", async () => {
  const { output, run } = start();
  const left = output.batches({});
  const waiting = left.next();
  await turn();
  await left.return?.();
  assertEquals((await waiting).done, true);
  assertEquals((await left.next()).done, true);

  const unread = output.batches({});
  await unread.return?.();
  assertEquals((await unread.next()).done, true);

  // Neither makes the child wait.
  run.stdout.write("x\n".repeat(1_000_000));
  await turn();
  assertEquals(run.stdout.unread, 0);
  await run.end();
});

Deno.test("Output.batches() gives concurrent calls a batch each", async () => {
  const { output, run } = start();
  const batches = output.batches({});
  const calls = [batches.next(), batches.next(), batches.next()];
  await turn();
  for (const text of ["a\n", "b\nc\n"]) {
    run.stdout.write(text);
    await turn();
  }
  await run.end();
  output.end();
  const results = await Promise.all(calls);
  assertEquals(results.map(({ value }) => value && told(value)), [
    ["1 a"],
    ["1 b", "1 c"],
    undefined,
  ]);
});

Deno.test("Output.batches() counts as read", async () => {
  const { output, run } = start({ bufferBytes: 10 });
  const read = Array.fromAsync(output.batches({}));
  await turn();
  for (let i = 0; i < 100; i++) run.stdout.write("0123456789".repeat(9) + "\n");
  await run.end();
  output.end();
  assertEquals((await read).flat().length, 100);
  assertEquals(output.stdout.droppedBytes, 0);
});

Deno.test("Output.tail() lists the newest lines", async () => {
  const { output, run } = start();
  run.stdout.write("a\nb\n");
  await turn();
  run.stderr.write("c\nd");
  await turn();
  assertEquals(told(output.tail(2)), ["1E c", "1E d"]);
  assertEquals(told(output.tail(3)), ["1 b", "1E c", "1E d"]);
  assertEquals(told(output.tail(9, "stdout")), ["1 a", "1 b"]);
  assertEquals(output.tail(9, "stdout", 2), []);
  assertEquals(output.tail(0), []);
  await run.end();
});

Deno.test("Output.tail() refuses what is no number of lines", () => {
  const output = new Output({ bufferBytes: 1, maxLineLength: 1 }, systemClock);
  for (const count of [-1, NaN]) {
    assertThrows(
      () => output.tail(count),
      RangeError,
      `Option "count" must be a number >= 0: current value is ${count}`,
    );
  }
});

Deno.test("Output.pump() takes a pipe that breaks for one that ends", async () => {
  const { output, run } = start();
  const read = Array.fromAsync(output.batches({}));
  await turn();
  run.stdout.write("last words");
  await turn();
  run.stdout.fail();
  run.stderr.end();
  await run.drained;
  output.end();
  assertEquals(told((await read).flat()), ["1 last words"]);
  run.exit();
  await turn(); // a timer that it starts fails this test
});

Deno.test("Output.pump() leaves a pipe that others hold open", async () => {
  const clock = new TestClock();
  const { output, run } = start({}, clock);
  run.stdout.write("from the child");
  run.exit();
  await microtasks();
  await clock.tick(DRAIN_MS);
  assert(!run.stdout.cancelled);
  await clock.tick(2); // in which nothing arrives
  assert(run.stdout.cancelled && run.stderr.cancelled);
  await run.drained;
  assertEquals(told(output.tail(1)), ["1 from the child"]);
});

Deno.test("Output.pump() reads on while there is more, but not for ever", async () => {
  const clock = new TestClock();
  const { output, run } = start({}, clock);
  run.stderr.end();
  run.exit();
  await microtasks();
  await clock.tick(DRAIN_MS);
  let looks = 0;
  while (!run.stdout.cancelled) {
    run.stdout.write(new Uint8Array(16_384));
    await microtasks();
    await clock.tick(2);
    looks++;
  }
  await run.drained;
  assertEquals(looks, 65); // more than a pipe can hold has been read
  assertEquals(output.stdout.end, 65 * 16_384);
});

Deno.test("Output.flush() resolves when the file has all lines", async () => {
  const written: Line[] = [];
  let write = Promise.withResolvers<void>();
  const output = new Output(RULES, systemClock, {
    write: (lines) => {
      written.push(...lines);
      return write.promise;
    },
    close: () => Promise.resolve(),
  });
  assert(await output.flush(), "there is nothing yet");
  const run = new TestRun(output);
  run.stdout.write("a\nb");
  run.stderr.write("c");
  await run.end();

  let flushed = false;
  const flush = output.flush().then((all) => flushed = all);
  await turn();
  assert(!flushed);
  const first = write;
  write = Promise.withResolvers();
  first.resolve();
  await turn();
  assert(!flushed);
  write.resolve();
  assert(await flush);
  assertEquals(told(written).sort(), ["1 a", "1 b", "1E c"]);
  output.end();
});

Deno.test("Output.flush() does not wait for a file for ever", async () => {
  const clock = new TestClock();
  const hanging = new Promise<void>(() => {});
  const file = { write: () => hanging, close: () => hanging };
  const output = new Output(RULES, clock, file);
  const run = new TestRun(output);
  run.stdout.write("a\n");
  await run.end();
  let flushed: boolean | undefined;
  output.flush().then((all) => flushed = all);
  await clock.tick(FLUSH_MS - 1);
  assertEquals(flushed, undefined);
  await clock.tick(1);
  assertEquals(flushed, false);
  output.end();
});

Deno.test("Output makes the child wait for a file that is slow", async () => {
  let room = Promise.withResolvers<void>();
  let bytes = 0;
  const output = new Output(RULES, systemClock, {
    write: (lines) => {
      for (const { text } of lines) bytes += text.length + 1;
      return room.promise;
    },
    close: () => Promise.resolve(),
  });
  const run = new TestRun(output);
  run.stdout.write("0123456\n".repeat(250_000));
  await turn();
  const { unread } = run.stdout;
  assert(unread > 1_000_000, "it does not wait");
  await turn();
  assertEquals(run.stdout.unread, unread);
  const first = room;
  room = Promise.withResolvers();
  room.resolve();
  first.resolve();
  await run.end();
  assert(await output.flush());
  output.end();
  assertEquals(bytes, 2_000_000);
});

/** Lets promises settle without any timer. */
async function microtasks(): Promise<void> {
  for (let i = 0; i < 1_000; i++) await Promise.resolve();
}
