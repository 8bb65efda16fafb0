import {
  assert,
  assertEquals,
  assertLessOrEqual,
  assertRejects,
} from "@std/assert";
import { Output } from "./output.ts";
import type { Source } from "./source.ts";
import { systemClock } from "./system.ts";
import {
  allOf,
  joined,
  randomBytes,
  start,
  TestRun,
  turn,
} from "./tools/output_testing.ts";
import { seededRandom } from "./testing/mod.ts";
import { pieces } from "./tools/testing.ts";

type Bytes = Uint8Array<ArrayBuffer>;

const encoder = new TextEncoder();

/** Reads at most some bytes, and cancels the stream. */
async function someOf(source: Source, length: number): Promise<Bytes> {
  const reader = source.stream.getReader({ mode: "byob" });
  const { value } = await reader.read(new Uint8Array(length));
  await reader.cancel();
  return value ?? new Uint8Array();
}

Deno.test("Source.stream starts with the buffered bytes and loses none after them", async () => {
  const { output, run } = start({ bufferBytes: 5_000 });
  const all = randomBytes(60_000);
  run.stdout.write(all.slice(0, 20_000));
  await turn();
  const read = allOf(output.stdout.stream);
  for (const part of pieces(all.slice(20_000), seededRandom(2), 20_000)) {
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
    assertEquals(
      run.stdout.unread,
      unread,
      "read although the reader did not ask",
    );
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

Deno.test("Source.stream is drained again after it is cancelled", async () => {
  const { output, run } = start({ bufferBytes: 10 });
  const all = randomBytes(100_000);
  run.stdout.write(all);
  await turn();
  assertEquals(output.stdout.droppedBytes, 99_990);
  // More bytes than are buffered wait for the reader when it cancels.
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

Deno.test("Source hands out or counts each byte, however it is read", async () => {
  for (let seed = 0; seed < 60; seed++) {
    const random = seededRandom(seed);
    const bufferBytes = Math.floor(random() ** 3 * 20_000);
    const { output, run } = start({ bufferBytes });
    const source = output.stdout;
    const all = randomBytes(100_000, random);
    let position = 0;
    let dropped = 0;
    let stream: ReadableStream<Bytes> | undefined;
    // Bytes are dropped only before the first read of a stream.
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
      if (stream === undefined) await turn(); // until all bytes are buffered or dropped
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
  output.end(); // which does not throw
  await assertRejects(() => read, TypeError);
});

Deno.test("Source.stream goes on after its lock was released during a read", async () => {
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

Deno.test("Source.stream closes for a reader that waits and for a late one", async () => {
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

Deno.test("Source.stream hands out what arrives after the end of the run", async () => {
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
