import { assertEquals, assertRejects } from "@std/assert";
import { VirtualClock } from "./mod.ts";

Deno.test("VirtualClock.advance() ends waits in order, each at its own time", async () => {
  const clock = new VirtualClock();
  const ends: [string, number][] = [];
  const wait = async (name: string, ms: number) => {
    await clock.delay(ms);
    ends.push([name, clock.now()]);
  };
  wait("late", 30);
  wait("first", 10).then(() => wait("again", 5));
  wait("second", 10);
  await clock.advance(20);
  assertEquals(ends, [["first", 10], ["second", 10], ["again", 15]]);
  assertEquals([clock.now(), clock.pending], [20, 1]);
  await clock.advance(10);
  assertEquals([ends.at(-1), clock.pending], [["late", 30], 0]);
});

Deno.test("VirtualClock.delay() ends at an abort, also at an earlier one", async () => {
  const clock = new VirtualClock();
  const abort = new AbortController();
  const wait = clock.delay(1_000, { signal: abort.signal });
  abort.abort();
  await wait;
  await clock.delay(1_000, { signal: abort.signal });
  assertEquals([clock.now(), clock.pending], [0, 0]);
});

Deno.test("VirtualClock.until() moves no further than the promise needs", async () => {
  const clock = new VirtualClock(5_000);
  clock.delay(90);
  assertEquals(await clock.until(clock.delay(40).then(() => "done")), "done");
  assertEquals([clock.now(), clock.time()], [40, 5_040]);
  const failing = clock.delay(10).then(() => {
    throw new TypeError("no");
  });
  await assertRejects(() => clock.until(failing), TypeError, "no");
});

Deno.test("VirtualClock.until() refuses to wait for ever", async () => {
  const clock = new VirtualClock();
  const never = new Promise<void>(() => {});
  await assertRejects(() => clock.until(never), Error, "no timer is pending");
  clock.delay(20);
  await assertRejects(
    () => clock.until(never, 10),
    Error,
    "it did not settle within 10 ms",
  );
  await assertRejects(
    () => clock.advance(-1),
    RangeError,
    '"ms" must be a finite number >= 0',
  );
});
