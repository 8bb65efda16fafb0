import { assert, assertEquals, assertRejects } from "@std/assert";
import { PipedStream } from "./piped_stream.ts";

/** Makes a stream of three numbers, and lists what has not been delivered. */
function numbers() {
  const left = new Set<Promise<unknown>>();
  let cancelled: unknown;
  let next = 1;
  const stream = new PipedStream<number>({
    pull: (controller) =>
      next <= 3 ? controller.enqueue(next++) : controller.close(),
    cancel: (reason) => void (cancelled = reason),
  }, (delivered) => {
    left.add(delivered);
    const remove = () => void left.delete(delivered);
    delivered.then(remove, remove);
  });
  return { stream, left, cancelled: () => cancelled };
}

/** A transform that repeats each number, so that output waits to be read. */
const twice = () =>
  new TransformStream<number, number>({
    transform(number, controller) {
      controller.enqueue(number);
      controller.enqueue(number);
    },
  });

/** Waits until everything has happened that needs no outside event. */
const settled = () => new Promise((resolve) => setTimeout(resolve));

Deno.test("PipedStream waits for the destination of a pipe to close", async () => {
  const { stream, left } = numbers();
  const { promise, resolve } = Promise.withResolvers<void>();
  const got: number[] = [];
  const piped = stream.pipeTo(
    new WritableStream({
      write: (number) => void got.push(number),
      close: () => promise,
    }),
  );
  await settled();
  assertEquals([got, left.size], [[1, 2, 3], 1]);
  resolve();
  await piped;
  assertEquals(left.size, 0);
});

Deno.test("PipedStream waits for what transforms give, and for branches", async () => {
  const ways = [
    (stream: ReadableStream<number>) => [stream.pipeThrough(twice())],
    (stream: ReadableStream<number>) => [
      stream.pipeThrough(twice()).pipeThrough(twice()),
    ],
    (stream: ReadableStream<number>) => stream.tee(),
    (stream: ReadableStream<number>) => stream.pipeThrough(twice()).tee(),
  ];
  for (const way of ways) {
    const { stream, left } = numbers();
    const [slow, fast] = way(stream);
    assert(slow);
    for await (const _ of fast ?? []);
    const reader = slow.getReader();
    let last = 0;
    while (true) {
      const { done, value } = await reader.read();
      if (done) break;
      await settled();
      assert(left.size > 0);
      last = value;
    }
    assertEquals(last, 3);
    await settled();
    assertEquals(left.size, 0);
  }
});

Deno.test("PipedStream hands on errors and cancels", async () => {
  const { stream, left, cancelled } = numbers();
  const error = new Error("full");
  const piped = stream.pipeTo(
    new WritableStream({ write: () => Promise.reject(error) }),
  );
  assertEquals(await assertRejects(() => piped), error);
  assertEquals([cancelled(), left.size], [error, 0]);

  for (const reads of [0, 1]) {
    const other = numbers();
    const reader = other.stream.pipeThrough(twice()).getReader();
    for (let i = 0; i < reads; i++) await reader.read();
    await reader.cancel("enough");
    await settled();
    assertEquals([other.cancelled(), other.left.size], ["enough", 0]);
  }

  const failing = numbers();
  const broken = failing.stream.pipeThrough(
    new TransformStream<number, number>({
      transform: () => Promise.reject(error),
    }),
  );
  assertEquals(await assertRejects(() => Array.fromAsync(broken)), error);
  await settled();
  assertEquals(failing.left.size, 0);
});

Deno.test("PipedStream does not lock the stream that it is piped through", async () => {
  const { stream } = numbers();
  const through = twice();
  stream.pipeThrough(through);
  assertEquals(await Array.fromAsync(through.readable), [1, 1, 2, 2, 3, 3]);
});
