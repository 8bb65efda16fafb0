import { assert, assertEquals, assertRejects } from "@std/assert";
import { Stdin } from "./stdin.ts";

type Bytes = Uint8Array<ArrayBuffer>;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** A pipe that takes as many chunks as the test allows. */
class Pipe {
  readonly stream: WritableStream<Bytes>;
  readonly taken: string[] = [];
  end: "closed" | "aborted" | undefined;
  #room: number;
  #dead = false;
  #wake = Promise.withResolvers<void>();

  constructor(room = Infinity) {
    this.#room = room;
    this.stream = new WritableStream({
      write: (chunk, { signal }) => this.#take(chunk, signal),
      close: () => void (this.end = "closed"),
      abort: () => void (this.end = "aborted"),
    });
  }

  /** Allows some more chunks. */
  take(count: number): void {
    this.#room += count;
    this.#wake.resolve();
  }

  /** Fails each write, as the pipe of a child that has ended does. */
  die(): void {
    this.#dead = true;
    this.#wake.resolve();
  }

  async #take(chunk: Bytes, signal: AbortSignal): Promise<void> {
    signal.addEventListener("abort", () => this.die(), { once: true });
    while (this.#room === 0 && !this.#dead) {
      await this.#wake.promise;
      this.#wake = Promise.withResolvers();
    }
    if (this.#dead) throw new Deno.errors.BrokenPipe("no reader");
    this.#room--;
    this.taken.push(decoder.decode(chunk));
  }
}

/** Creates a stdin, and a way to write text to it. */
function start(): {
  input: Stdin;
  writer: WritableStreamDefaultWriter<Uint8Array>;
  write: (text: string) => Promise<void>;
} {
  const input = new Stdin("web");
  const writer = input.writable.getWriter();
  const write = (text: string) => writer.write(encoder.encode(text));
  return { input, writer, write };
}

/** Waits for a turn of the event loop, in which everything possible happens. */
function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve));
}

/** Returns whether a promise has settled. */
async function settled(promise: Promise<unknown>): Promise<boolean> {
  let done = false;
  promise.then(() => done = true, () => done = true);
  await turn();
  return done;
}

const ENDED = 'Cannot write to process "web": it has ended';

Deno.test("Stdin waits until there is a run", async () => {
  const { input, write } = start();
  const written = [write("a"), write("b")];
  assert(!await settled(Promise.race(written)));
  const run = new Pipe();
  input.attach(run.stream);
  await Promise.all(written);
  assertEquals(run.taken, ["a", "b"]);
});

Deno.test("Stdin writes as fast as the run takes it", async () => {
  const { input, write } = start();
  const run = new Pipe(1);
  input.attach(run.stream);
  await write("a");
  const next = write("b");
  assert(!await settled(next));
  run.take(1);
  await next;
  assertEquals(run.taken, ["a", "b"]);
});

Deno.test("Stdin writes a chunk that a run did not take to the next run, as a whole", async () => {
  const { input, write } = start();
  const runs = [new Pipe(1), new Pipe(0), new Pipe()] as const;
  input.attach(runs[0].stream);
  const written = [write("a"), write("b"), write("c")];
  await written[0];
  for (const [index, { stream }] of runs.entries()) {
    if (index === 0) continue;
    runs[index - 1]?.die();
    input.detach();
    await turn();
    input.attach(stream);
  }
  await Promise.all(written);
  assertEquals(runs.map(({ taken }) => taken), [["a"], [], ["b", "c"]]);
});

Deno.test("Stdin leaves a pipe that another process holds open after the run", async () => {
  const { input, write } = start();
  const held = new Pipe(0);
  input.attach(held.stream);
  const written = write("a");
  await turn();
  input.detach(); // the run is over, but the pipe stays open
  const next = new Pipe();
  input.attach(next.stream);
  await written;
  assertEquals([held.taken, next.taken], [[], ["a"]]);
});

Deno.test("Stdin waits for the next run when a run closes its stdin", async () => {
  const { input, write } = start();
  const deaf = new Pipe();
  deaf.die();
  input.attach(deaf.stream);
  const written = [write("a"), write("b")];
  assert(!await settled(Promise.race(written)));
  input.detach();
  const next = new Pipe();
  input.attach(next.stream);
  await Promise.all(written);
  assertEquals(next.taken, ["a", "b"]);
});

Deno.test("Stdin closes the pipe of a run that is over", async () => {
  const { input } = start();
  const run = new Pipe();
  input.attach(run.stream);
  input.detach();
  await turn();
  assertEquals(run.end, "aborted");
});

Deno.test("Stdin.writable closes the stdin of this run and of all later runs", async () => {
  const { input, writer, write } = start();
  const runs = [new Pipe(), new Pipe()] as const;
  input.attach(runs[0].stream);
  const written = write("last");
  await writer.close();
  await written;
  await turn();
  assertEquals([runs[0].taken, runs[0].end], [["last"], "closed"]);
  input.detach();
  input.attach(runs[1].stream);
  await turn();
  assertEquals(runs[1].end, "closed");
  input.detach();
  input.end();
});

Deno.test("Stdin.writable drops what waits when it is aborted", async () => {
  for (const attached of [true, false]) {
    const { input, writer, write } = start();
    const run = new Pipe(0);
    if (attached) input.attach(run.stream);
    const written = [write("a"), write("b")];
    const results = Promise.all(
      written.map((each) => each.catch((reason) => reason)),
    );
    await turn();
    assert(await settled(writer.abort("enough")), "it waits for the run");
    assertEquals(await results, ["enough", "enough"]);
    if (!attached) input.attach(run.stream);
    await turn();
    assertEquals([run.taken.length, run.end === undefined], [0, false]);
  }
});

Deno.test("Stdin.end() fails writes that wait and later ones", async () => {
  for (const attached of [true, false]) {
    const { input, writer, write } = start();
    if (attached) input.attach(new Pipe(0).stream);
    const written = write("a");
    await turn();
    input.end();
    await assertRejects(() => written, TypeError, ENDED);
    await assertRejects(() => write("b"), TypeError, ENDED);
    await assertRejects(() => writer.closed, TypeError, ENDED);
  }
});

Deno.test("Stdin.end() fails the first write after it", async () => {
  const { input, write } = start();
  input.end();
  await assertRejects(() => write("a"), TypeError, ENDED);
});

Deno.test("Stdin.end() causes no unhandled rejection when nothing writes", async () => {
  const { input, writer } = start();
  const run = new Pipe();
  input.attach(run.stream);
  run.die();
  input.end();
  await turn(); // an unhandled rejection would fail this test
  await writer.close();
});

Deno.test("Stdin rejects a chunk that is not a Uint8Array", async () => {
  for (const chunk of ["text", null, 5, [1, 2], {}]) {
    const { input, writer } = start();
    const run = new Pipe();
    input.attach(run.stream);
    const written = writer.write(chunk as unknown as Uint8Array);
    await assertRejects(
      () => written,
      TypeError,
      'Cannot write to process "web": a chunk must be a Uint8Array',
    );
    assertEquals(run.taken, []);
    await turn();
    assertEquals(run.end, "closed"); // so no run waits for more
  }
});
