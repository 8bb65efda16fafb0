/**
 * How iterations over events and lines end: by themselves, by `break` and
 * `await using`, and at an abort.
 *
 * @module
 */

import { assert, assertEquals, assertThrows } from "@std/assert";
import { getEventListeners } from "node:events";
import { type DisposableIterator, type Process, Processman } from "./mod.ts";
import { FakeKernel } from "./testing/mod.ts";

/** A manager of programs that write two lines, and then run until stopped. */
async function setUp(): Promise<
  { kernel: FakeKernel; pm: Processman; process: Process }
> {
  const kernel = new FakeKernel({
    programs: {
      talker: (child) => child.write("one\ntwo\n"),
      other: () => {},
    },
  });
  const pm = new Processman({ kernel, logger: null });
  const process = pm.command("talker");
  await kernel.clock.settle();
  return { kernel, pm, process };
}

type Options = { signal?: AbortSignal | undefined };

/** Every kind of iteration, each with something to read after `act()`. */
const ITERATIONS: Record<
  string,
  (
    options: Options | undefined,
    pm: Processman,
    process: Process,
  ) => DisposableIterator<unknown>
> = {
  "Processman.events()": (options, pm) => pm.events(options),
  "Process.events()": (options, _, process) => process.events(options),
  "Process.lines()": (options, _, process) =>
    process.lines(options)[Symbol.asyncIterator](),
  "Process.lines().batches()": (options, _, process) =>
    process.lines(options).batches(),
};

/** Lets the process be heard of, by events and by lines. */
async function act(kernel: FakeKernel, process: Process): Promise<void> {
  await kernel.clock.until(process.restart());
  await kernel.clock.settle();
}

const END = { done: true, value: undefined } as const;

for (const [name, open] of Object.entries(ITERATIONS)) {
  Deno.test(`${name} ends at an abort, and drops what was not read`, async () => {
    const { kernel, pm, process } = await setUp();
    const { signal, ...abort } = abortable();
    const iterator = open({ signal }, pm, process);
    await act(kernel, process);
    assertEquals((await iterator.next()).done, false);
    abort.abort();
    assertEquals(await iterator.next(), END);
    await act(kernel, process);
    assertEquals(await iterator.next(), END);
    assertEquals(getEventListeners(signal, "abort"), []);
    await pm.shutdown();
  });

  Deno.test(`${name} answers the calls that wait at an abort`, async () => {
    const { kernel, pm, process } = await setUp();
    const { signal, ...abort } = abortable();
    const iterator = open({ signal }, pm, process);
    while (kernel.started.length < 2) await act(kernel, process);
    const calls = Array.from({ length: 50 }, () => iterator.next());
    await kernel.clock.settle();
    abort.abort();
    assertEquals((await Promise.all(calls)).at(-1), END);
    await pm.shutdown();
  });

  Deno.test(`${name} throws the reason of a signal that was aborted before`, async () => {
    const { pm, process } = await setUp();
    for (const reason of [new RangeError("too late"), "a text", null]) {
      const signal = AbortSignal.abort(reason);
      let caught: unknown = "nothing";
      try {
        open({ signal }, pm, process);
      } catch (error) {
        caught = error;
      }
      assertEquals(caught, reason);
    }
    await pm.shutdown();
  });

  Deno.test(`${name} leaves no listener on its signal, however it ends`, async () => {
    const { kernel, pm, process } = await setUp();
    const { signal } = new AbortController();
    const listeners = () => getEventListeners(signal, "abort").length;
    const iterate = () => open({ signal }, pm, process);

    const returned = iterate();
    await act(kernel, process);
    await returned.next();
    assertEquals(listeners(), 1);
    await returned.return?.();
    assertEquals(listeners(), 0);

    {
      await using disposed = iterate();
      await act(kernel, process);
      await disposed.next();
      assertEquals(listeners(), 1);
    }
    assertEquals(listeners(), 0);

    const unread = iterate();
    await act(kernel, process);
    await unread.next();
    await act(kernel, process);
    await kernel.clock.until(process.stop());
    await pm.shutdown();
    assertEquals(listeners(), 0, "the source has ended, and nobody reads on");
    assertEquals((await unread.next()).done, false);

    await Array.fromAsync(iterate());
    assertEquals(listeners(), 0);
  });

  Deno.test(`${name} is ended by await using, as by break`, async () => {
    const { kernel, pm, process } = await setUp();
    let kept: DisposableIterator<unknown>;
    {
      await using iterator: AsyncIterableIterator<unknown> & AsyncDisposable =
        open(undefined, pm, process);
      kept = iterator;
      await act(kernel, process);
      assertEquals((await iterator.next()).done, false);
    }
    assertEquals(await kept.next(), END);
    assertEquals(kept[Symbol.asyncIterator](), kept);
    await pm.shutdown();
  });

  Deno.test(`${name} refuses what is no signal`, async () => {
    const { pm, process } = await setUp();
    for (const signal of [null, "SIGTERM", {}, new AbortController()]) {
      assertThrows(
        () => open({ signal: signal as AbortSignal }, pm, process),
        TypeError,
        'Option "signal" must be an AbortSignal',
      );
    }
    await open({ signal: undefined }, pm, process).return?.();
    await pm.shutdown();
  });
}

Deno.test("Process.lines() gives no more of a batch that was begun before an abort", async () => {
  const { kernel, pm, process } = await setUp();
  const { signal, ...abort } = abortable();
  const texts: string[] = [];
  for await (const { text } of process.lines({ signal })) {
    texts.push(text);
    abort.abort();
  }
  assertEquals(texts, ["one"]);
  assertEquals(process.tail().map(({ text }) => text), ["one", "two"]);
  await kernel.clock.until(pm.shutdown());
});

Deno.test("Process.lines() ends at once if the abort comes before the first line is read", async () => {
  const { kernel, pm, process } = await setUp();
  const { signal, ...abort } = abortable();
  const lines = process.lines({ signal });
  const begun = lines[Symbol.asyncIterator]();
  abort.abort();
  assertEquals(await begun.next(), END);
  assertEquals(await Array.fromAsync(lines), []);
  assertEquals(await Array.fromAsync(lines.batches()), []);
  await kernel.clock.until(pm.shutdown());
});

Deno.test("Process.lines() lets a child that waits for the reader go on at an abort", async () => {
  await using pm = new Processman({ logger: null });
  const { signal, ...abort } = abortable();
  const yes = pm.command("sh", ["-c", "yes | head -c 3000000"]);
  const iterator = yes.lines({ signal })[Symbol.asyncIterator]();
  await iterator.next();
  abort.abort();
  assert((await yes.finished).success);
});

Deno.test("Process.events() gives the events of this process alone", async () => {
  const { kernel, pm, process } = await setUp();
  const events = process.events();
  const other = pm.command("other");
  await kernel.clock.until(other.stop());
  await kernel.clock.until(process.stop());
  await kernel.clock.until(process.start());
  await kernel.clock.until(pm.shutdown());
  const kinds = await Array.fromAsync(
    events,
    (event) => "name" in event ? `${event.name} ${event.kind}` : event.kind,
  );
  assertEquals(
    kinds,
    ["exit", "stop", "start", "exit", "stop"].map((kind) => `talker ${kind}`),
  );
});

Deno.test("Process.events() knows a process by itself, not by its name", async () => {
  const { kernel, pm, process } = await setUp();
  await using events = process.events();
  await kernel.clock.until(process.stop());
  const successor = pm.command("other", [], { name: process.name });
  await kernel.clock.until(successor.stop());
  await kernel.clock.until(pm.shutdown());
  assertEquals(await Array.fromAsync(events, ({ kind }) => kind), [
    "exit",
    "stop",
  ]);
});

Deno.test("Process.events() ends after a shutdown, and is empty from then on", async () => {
  const { kernel, pm, process } = await setUp();
  const waiting = process.events();
  await kernel.clock.until(process.stop());
  const rest = Array.fromAsync(waiting, ({ kind }) => kind);
  await kernel.clock.until(pm.shutdown());
  assertEquals(await rest, ["exit", "stop"]);
  assertEquals(await Array.fromAsync(process.events()), []);
});

/** Returns a signal, and what aborts it. */
function abortable(): { signal: AbortSignal; abort: () => void } {
  const controller = new AbortController();
  return { signal: controller.signal, abort: () => controller.abort() };
}
