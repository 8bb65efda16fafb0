import { assertEquals } from "@std/assert";
import type { StartEvent } from "../mod.ts";
import { EventLog } from "./event_log.ts";

const NEVER = new AbortController().signal;

function start(run: number): StartEvent {
  return { kind: "start", name: "api", time: 1_000 + run, pid: 7, run };
}

async function textsOf(
  log: EventLog,
  after: number,
): Promise<[number, string][]> {
  const events = await Array.fromAsync(log.read(after, false, NEVER));
  return events.map(({ id, text }) => [id, text]);
}

Deno.test("EventLog numbers events and returns those after one", async () => {
  const log = new EventLog();
  log.add(start(1));
  log.add({ kind: "signal", signal: "SIGHUP", time: 5 });
  assertEquals(await textsOf(log, 0), [
    [1, "api started with PID 7, run 1"],
    [2, "the program received SIGHUP"],
  ]);
  assertEquals(await textsOf(log, 1), [[2, "the program received SIGHUP"]]);
  assertEquals(await textsOf(log, 2), []);
});

Deno.test("EventLog keeps the newest events and tells how many are missing", async () => {
  const log = new EventLog(3);
  for (let run = 1; run <= 20; run++) log.add(start(run));
  assertEquals((await textsOf(log, 0)).map(([id]) => id), [18, 19, 20]);
  assertEquals(await textsOf(log, 5), [
    [17, "12 events were dropped"],
    [18, "api started with PID 7, run 18"],
    [19, "api started with PID 7, run 19"],
    [20, "api started with PID 7, run 20"],
  ]);
});

Deno.test("EventLog gives everything to who knows events of an earlier supervisor", async () => {
  const log = new EventLog();
  log.add(start(1));
  assertEquals((await textsOf(log, 99)).map(([id]) => id), [1]);
});

Deno.test("EventLog follows events to the end, for several readers", async () => {
  const log = new EventLog();
  log.add(start(1));
  const readers = [1, 2].map(() => Array.fromAsync(log.read(0, true, NEVER)));
  await Promise.resolve();
  log.add(start(2));
  log.end();
  for (const events of await Promise.all(readers)) {
    assertEquals(events.map(({ id }) => id), [1, 2]);
  }
});

Deno.test("EventLog ends a reader by its signal, while it waits", async () => {
  const log = new EventLog();
  const over = new AbortController();
  const reading = Array.fromAsync(log.read(0, true, over.signal));
  await Promise.resolve();
  over.abort();
  assertEquals(await reading, []);
});

Deno.test("EventLog gives a slow follower what it has missed as a count", async () => {
  const log = new EventLog(2);
  log.add(start(1));
  const reader = log.read(0, true, NEVER);
  assertEquals((await reader.next()).value?.id, 1);
  for (let run = 2; run <= 9; run++) log.add(start(run));
  log.end();
  const rest = await Array.fromAsync(reader);
  assertEquals(rest.map(({ id, kind }) => [id, kind]), [
    [7, "lost"],
    [8, "start"],
    [9, "start"],
  ]);
});
