import { assertEquals } from "@std/assert";
import { EventHub } from "./event_hub.ts";
import type { ProcessEvent } from "./events.ts";

/** Makes the start of a run. */
function started(run: number): ProcessEvent {
  return { kind: "start", name: "web", time: run, pid: 1_000 + run, run };
}

/** Returns what an event says, in short. */
function brief(event: ProcessEvent): number | string {
  switch (event.kind) {
    case "start":
      return event.run;
    case "lost":
      return `lost ${event.count} since ${event.time}`;
    default:
      return event.kind;
  }
}

/** Reads the events up to their end. */
function briefs(
  events: AsyncIterable<ProcessEvent>,
): Promise<(number | string)[]> {
  return Array.fromAsync(events, brief);
}

Deno.test("EventHub hands each reader all events since its subscription", async () => {
  const hub = new EventHub();
  hub.publish(started(1));
  const first = hub.subscribe();
  hub.publish(started(2));
  const second = hub.subscribe();
  const waiting = briefs(second);
  hub.publish(started(3));
  await Promise.resolve();
  hub.publish(started(4));
  hub.end();
  assertEquals(await briefs(first), [2, 3, 4]);
  assertEquals(await waiting, [3, 4]);
});

Deno.test("EventHub answers calls of next() in order", async () => {
  const hub = new EventHub();
  const events = hub.subscribe();
  hub.publish(started(1));
  const calls = [events.next(), events.next(), events.next(), events.next()];
  hub.publish(started(2));
  hub.publish(started(3));
  hub.end();
  const results = await Promise.all(calls);
  assertEquals(results.map(({ value }) => value && brief(value)), [
    1,
    2,
    3,
    undefined,
  ]);
});

Deno.test("EventHub forgets a reader that returns", async () => {
  const hub = new EventHub();
  const left = hub.subscribe();
  const other = hub.subscribe();
  hub.publish(started(1));
  hub.publish(started(2));
  for await (const event of left) if (brief(event) === 1) break;
  assertEquals(await left.next(), { done: true, value: undefined });
  hub.publish(started(3));
  assertEquals(await briefs(left), []);
  hub.end();
  assertEquals(await briefs(other), [1, 2, 3]);
});

Deno.test("EventHub ends a call that waits when its reader returns", async () => {
  const events = new EventHub().subscribe();
  const waiting = events.next();
  await events.return?.();
  assertEquals(await waiting, { done: true, value: undefined });
});

Deno.test("EventHub tells a slow reader how many events were dropped", async () => {
  const cases: [number, (number | string)[]][] = [
    [10_000, [1, 2]],
    [10_001, ["lost 2 since 1", 3]],
    [10_002, ["lost 3 since 1", 4]],
    [25_000, ["lost 15001 since 1", 15_002]],
  ];
  for (const [count, expected] of cases) {
    const hub = new EventHub();
    const events = hub.subscribe();
    for (let run = 1; run <= count; run++) hub.publish(started(run));
    hub.end();
    const read = await briefs(events);
    assertEquals(read.length, 10_000, `of ${count}`);
    assertEquals(read.slice(0, 2), expected);
    assertEquals(read.at(-1), count);
  }
});

Deno.test("EventHub tells a slow reader again when it drops more events", async () => {
  const hub = new EventHub();
  const events = hub.subscribe();
  const publish = (from: number, to: number) => {
    for (let run = from; run <= to; run++) hub.publish(started(run));
  };
  const read = async (count: number) => {
    const results: (number | string)[] = [];
    for (let i = 0; i < count; i++) {
      const { value } = await events.next();
      if (value) results.push(brief(value));
    }
    return results;
  };
  publish(1, 10_001);
  assertEquals(await read(2), ["lost 2 since 1", 3]);
  publish(10_002, 10_005);
  assertEquals(await read(2), ["lost 3 since 4", 7]);
  hub.end();
  assertEquals((await briefs(events)).length, 9_998);
});

Deno.test("EventHub ends its readers after the events that are kept for them", async () => {
  const hub = new EventHub();
  const events = hub.subscribe();
  hub.publish(started(1));
  hub.end();
  hub.publish(started(2));
  assertEquals(await briefs(events), [1]);
  assertEquals(await briefs(events), []);
  assertEquals(await briefs(hub.subscribe()), []);
});

Deno.test("EventHub hands a reader of one source its events, and counts what that loses", async () => {
  const hub = new EventHub();
  const [web, db] = [{}, {}];
  const events = hub.subscribe({}, web);
  for (let run = 1; run <= 10_001; run++) {
    hub.publish(started(run), web);
    hub.publish(started(-run), db);
  }
  hub.publish({ kind: "signal", signal: "SIGTERM", time: 1 });
  hub.end();
  const read = await briefs(events);
  assertEquals(read.slice(0, 2), ["lost 2 since 1", 3]);
  assertEquals([read.length, read.at(-1)], [10_000, 10_001]);
});
