import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import type { EventView, ProcessView } from "./source.ts";
import { viewOf } from "./testing.ts";
import { TimeLines } from "./time_line.ts";

function eventOf(id: number, kind: string, name: string | null): EventView {
  return {
    id,
    kind,
    time: 10 * id,
    name,
    text: `${name} ${kind}`,
    details: {},
  };
}

const timeLineOf = (
  events: readonly EventView[],
  processes: readonly ProcessView[],
  startedAt: number,
) => new TimeLines().of(events, processes, startedAt);

Deno.test("TimeLines says from when on everything is known", () => {
  const { knownFrom, whole } = timeLineOf([eventOf(1, "start", "a")], [], 4);
  assertEquals([knownFrom, whole], [4, true]);
  const late = timeLineOf([eventOf(9, "start", "a")], [], 4);
  assertEquals([late.knownFrom, late.whole], [90, false]);
  assertEquals(timeLineOf([], [], 40).knownFrom, 40);
});

Deno.test("TimeLines keeps what happened to the supervisor, and lanes of the removed", () => {
  const events = [eventOf(1, "start", "old"), eventOf(2, "signal", null)];
  const { lanes, notices } = timeLineOf(events, [viewOf("api")], 0);
  assertEquals(lanes.map(({ name }) => name), ["api", "old"]);
  assertEquals(notices.map(({ kind }) => kind), ["signal"]);
});

/** How many lanes of the second time line are not those of the first. */
function madeAgain(
  [events, processes]: [EventView[], ProcessView[]],
  [later, then]: [EventView[], ProcessView[]],
): string[] {
  const lines = new TimeLines();
  const { lanes } = lines.of(events, processes, 0);
  const after = lines.of(later, then, 0);
  assertEquals(after, timeLineOf(later, then, 0));
  return after.lanes.filter((lane) => !lanes.includes(lane)).map(({ name }) =>
    name
  );
}

Deno.test("TimeLines makes only the lanes again to which something happened", () => {
  const names = Array.from({ length: 100 }, (_, i) => `job-${i}`);
  const processes = names.map((name) => viewOf(name));
  const events = Array.from(
    { length: 5_000 },
    (_, i) =>
      eventOf(i + 1, i % 200 < 100 ? "start" : "exit", names[i % 100] ?? ""),
  );
  const next = eventOf(5_001, "start", "job-7");
  const forgotten = [...events, next].slice(-5_000);
  assertEquals(
    madeAgain([events, processes], [[...events, next], processes]),
    ["job-7"],
  );
  assertEquals(
    madeAgain([events, processes], [forgotten, processes]),
    ["job-0", "job-7"],
  );
  const told = processes.map((each) => ({
    ...each,
    why: "later",
    usage: null,
  }));
  assertEquals(madeAgain([events, processes], [events, told]), []);
  const stopped = processes.map((each, i) =>
    i === 3 ? { ...each, state: "stopping" } as const : each
  );
  assertEquals(madeAgain([events, processes], [events, stopped]), ["job-3"]);
  assertEquals(madeAgain([events, processes], [events, processes.slice(1)]), [
    "job-0",
  ]);
});

Deno.test("TimeLines takes an event of a new supervisor for another one", () => {
  const lines = new TimeLines();
  const [before] = lines.of([eventOf(1, "start", "a")], [], 0).lanes;
  const [after] = lines.of([eventOf(1, "start", "a")], [], 0).lanes;
  assertEquals(after, before);
  assert(after !== before);
});

Deno.test("TimeLines says what a process waits for now", () => {
  const lines = new TimeLines();
  const laneWith = (why: string) => {
    const process = viewOf("a", { state: "waiting", since: null, why });
    return lines.of([], [process], 0).lanes[0];
  };
  const first = laneWith("a waits");
  assertStrictEquals(laneWith("a waits"), first);
  const { segments: [segment] } = laneWith("a waits for b") ?? { segments: [] };
  assertEquals(segment?.text, "a waits for b");
});
