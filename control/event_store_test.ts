import { assert, assertEquals, assertLess } from "@std/assert";
import type { ExitEvent } from "../mod.ts";
import { EventLog } from "./event_log.ts";
import { EventStore } from "./event_store.ts";
import type { EventView } from "./wire.ts";

const NEVER = new AbortController().signal;

function view(id: number, name: string | null, text = ""): EventView {
  return { id, kind: "start", time: id, name, text, details: {} };
}

/** Returns how many events of each process are kept. */
function counts(store: EventStore): Record<string, number> {
  const groups = Map.groupBy(store.after(0), ({ name }) => String(name));
  return Object.fromEntries(
    [...groups].map(([name, { length }]) => [name, length]),
  );
}

Deno.test("EventStore keeps the newest events of each process, in order", () => {
  const store = new EventStore({ perProcess: 3 });
  store.add(view(1, "db"));
  for (let id = 2; id <= 100; id++) store.add(view(id, "crashing"));
  store.add(view(101, null));
  assertEquals(store.after(0).map(({ id }) => id), [1, 98, 99, 100, 101]);
  assertEquals(store.after(1).map(({ id }) => id), [98, 99, 100, 101]);
  assertEquals(store.after(98).map(({ id }) => id), [99, 100, 101]);
  assertEquals(store.after(101), []);
});

Deno.test("EventStore drops events of the process that has most, when there are too many", () => {
  const store = new EventStore({ perProcess: 10, together: 12 });
  let id = 0;
  for (let time = 0; time < 10; time++) store.add(view(++id, "crashing"));
  for (const name of ["a", "b", "c", "d"]) {
    store.add(view(++id, name));
    store.add(view(++id, name));
  }
  assertEquals(counts(store), { crashing: 4, a: 2, b: 2, c: 2, d: 2 });
  for (let time = 0; time < 50; time++) store.add(view(++id, "crashing"));
  const kept = counts(store);
  assertEquals(Object.values(kept).reduce((a, b) => a + b), 12);
  for (const name of ["a", "b", "c", "d"]) assert(kept[name], name);
});

Deno.test("EventStore keeps what is added last, even if each process has one event", () => {
  const store = new EventStore({ together: 50 });
  for (let id = 1; id <= 200; id++) store.add(view(id, `job-${id}`));
  assertEquals(store.after(0).map(({ id }) => id).at(-1), 200);
  assertEquals(store.after(0).length, 50);
});

Deno.test("EventStore bounds the characters of all events, and spares small processes", () => {
  const store = new EventStore({ characters: 10_000 });
  const long = "x".repeat(1_000);
  store.add(view(1, "db"));
  for (let id = 2; id <= 100; id++) store.add(view(id, "crashing", long));
  const kept = store.after(0);
  assertEquals(kept[0]?.id, 1);
  assertEquals(kept.at(-1)?.id, 100);
  assertLess(JSON.stringify(kept).length, 10_100);
  // One event that is larger than everything together stays alone.
  store.add(view(101, "crashing", "x".repeat(20_000)));
  assertEquals(store.after(0).map(({ id }) => id), [101]);
});

Deno.test("EventLog bounds its memory, however many processes crash and whatever they write", async () => {
  const log = new EventLog();
  const line = "é".repeat(1_000_000);
  const exit: ExitEvent = {
    kind: "exit",
    name: "api",
    time: 1,
    pid: 7,
    run: 1,
    status: { success: false, code: 1, signal: null },
    durationMs: 5,
    requested: false,
    crashed: true,
    decision: undefined,
    verdict: { reason: "unhealthy", answer: line },
    stderr: [line, "the end"],
    outputError: new Error(line),
  };
  log.add({ ...exit, name: "db", verdict: undefined, stderr: [] });
  for (let round = 0; round < 60; round++) {
    for (let job = 0; job < 20; job++) log.add({ ...exit, name: `job-${job}` });
  }
  const events = await Array.fromAsync(log.read(0, false, NEVER));
  assertEquals(events[0]?.name, "db");
  assertLess(JSON.stringify(events).length, 4_300_000);
  const stderr = events.at(-1)?.details["stderr"];
  assert(Array.isArray(stderr));
  assertEquals(stderr[0].length, 2_001);
  assertEquals(stderr[1], "the end");
});
