import { assert, assertEquals, assertThrows } from "@std/assert";
import type { Line } from "./lines.ts";
import { FLUSH_MS, Output } from "./output.ts";
import { systemClock } from "./system.ts";
import {
  allOf,
  microtasks,
  randomBytes,
  RULES,
  start,
  TestClock,
  TestRun,
  told,
  turn,
} from "./tools/output_testing.ts";
import { seededRandom } from "./testing/mod.ts";
import { pieces } from "./tools/testing.ts";

const encoder = new TextEncoder();

Deno.test("Output drains what nothing reads, and counts the bytes that it drops", async () => {
  const { output, run } = start({ bufferBytes: 1_000 });
  const all = randomBytes(100_000);
  for (const part of pieces(all, seededRandom(1), 3_000)) {
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

Deno.test("Output buffers nothing when bufferBytes is 0", async () => {
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

Deno.test("Output.batches() leaves out buffered lines if buffered is false", async () => {
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

Deno.test("Output.batches() makes no child wait while a line has no end", async () => {
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

  // A reader that has left does not make the child wait.
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

Deno.test("Output.batches() counts lines as read", async () => {
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

Deno.test("Output.tail() rejects a count that is not whole, or negative", () => {
  const output = new Output({ bufferBytes: 1, maxLineLength: 1 }, systemClock);
  for (const count of [-1, NaN, 0.5, -Infinity]) {
    assertThrows(
      () => output.tail(count),
      RangeError,
      `Option "count" must be a whole number >= 0: current value is ${count}`,
    );
  }
});

Deno.test("Output.flush() resolves when the file has all lines", async () => {
  const written: Line[] = [];
  let write = Promise.withResolvers<void>();
  const output = new Output(RULES, systemClock, {
    write: (lines: readonly Line[]) => {
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

Deno.test("Output.flush() gives up waiting for a file", async () => {
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

Deno.test("Output.end() gives up a file that a flush has waited for in vain", async () => {
  for (const late of [false, true]) {
    const clock = new TestClock();
    const taken = Promise.withResolvers<void>();
    let givenUp = false;
    const output = new Output(RULES, clock, {
      write: () => taken.promise,
      giveUp: () => givenUp = true,
      close: () => Promise.resolve(),
    });
    const run = new TestRun(output);
    run.stdout.write("a\n");
    await run.end();
    const flushed = output.flush();
    await clock.tick(FLUSH_MS);
    assertEquals(await flushed, false);
    if (late) taken.resolve(); // before the end, the file takes it after all
    await microtasks();
    assertEquals(givenUp, false);
    output.end();
    assertEquals(givenUp, !late);
    taken.resolve();
  }
});

Deno.test("Output makes the child wait for a file that is slow", async () => {
  let room = Promise.withResolvers<void>();
  let bytes = 0;
  const output = new Output(RULES, systemClock, {
    write: (lines: readonly Line[]) => {
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
