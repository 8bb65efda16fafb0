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
  const log = new EventLog({ perProcess: 3 });
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
  const log = new EventLog({ perProcess: 2 });
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

Deno.test("EventLog keeps the events of others while one process crashes again and again", async () => {
  const log = new EventLog();
  log.add({ ...start(1), name: "db" });
  for (let run = 1; run <= 5_000; run++) log.add(start(run));
  log.add({ ...start(1), name: "web" });
  const events = await Array.fromAsync(log.read(0, false, NEVER));
  assertEquals(events.length, 502);
  assertEquals(events[0]?.name, "db");
  assertEquals(events.at(-1)?.name, "web");
  const ids = events.map(({ id }) => id);
  assertEquals(ids, ids.toSorted((a, b) => a - b));
});

Deno.test("EventLog tells a reader once of gaps between the events that are kept", async () => {
  const log = new EventLog({ perProcess: 2 });
  const names = ["api", "db", "api", "api", "web", "api", "db"];
  for (const name of names) log.add({ ...start(1), name });
  const events = await Array.fromAsync(log.read(1, false, NEVER));
  // Only 3 is gone.
  assertEquals(events.map(({ id, kind, details }) => [id, kind, details]), [
    [2, "start", { pid: 7, run: 1 }],
    [3, "lost", { count: 1 }],
    [4, "start", { pid: 7, run: 1 }],
    [5, "start", { pid: 7, run: 1 }],
    [6, "start", { pid: 7, run: 1 }],
    [7, "start", { pid: 7, run: 1 }],
  ]);
});

Deno.test("EventLog adds the number of the run to events that do not have it", async () => {
  const log = new EventLog();
  const error = new Error("the limit");
  log.add({ kind: "failed", name: "api", time: 1, error }, 4);
  log.add(start(5), 9);
  const events = await Array.fromAsync(log.read(0, false, NEVER));
  assertEquals(events.map(({ details }) => details), [
    { run: 4, error: "the limit" },
    { run: 5, pid: 7 },
  ]);
});
