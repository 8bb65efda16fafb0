import { assertEquals } from "@std/assert";
import type { EventView } from "./source.ts";
import { crashEvent, crashOf, NOW, viewOf, waitingFor } from "./testing.ts";
import { calmText, troublesOf } from "./troubles.ts";

Deno.test("troublesOf() finds nothing wrong with what is as it should be", () => {
  const processes = [
    viewOf("a"),
    viewOf("young", { ready: false, since: NOW - 9_000 }),
    viewOf("off", { state: "stopped", pid: null }),
    viewOf("done", { state: "completed", pid: null }),
    viewOf("patient", waitingFor("young")),
  ];
  assertEquals(troublesOf(processes, [], NOW), []);
});

Deno.test("troublesOf() tells a crash loop, also while a run is alive", () => {
  const last = crashOf("Error: cannot parse order 17", "    at main (x.js:1)");
  const events = [10, 6, 2].map((age) => crashEvent("w", NOW - age * 1_000));
  const expected = [{
    name: "w",
    what: "keeps crashing",
    reason: "Error: cannot parse order 17",
    more: "3 crashes in 10 s",
    tone: "bad" as const,
    holds: [],
  }];
  const backoff = viewOf("w", { state: "backoff", last, pid: null });
  const running = viewOf("w", { last, since: NOW - 1_000 });
  const sweeping = viewOf("w", { state: "stopping", last, pid: null });
  assertEquals(troublesOf([backoff], events, NOW), expected);
  assertEquals(troublesOf([running], events, NOW), expected);
  assertEquals(troublesOf([sweeping], events, NOW), expected);
});

Deno.test("troublesOf() tells a hang from a crash", () => {
  const reason = "was ended because it was not ready in time: no answer";
  const last = { ...crashOf(), reason };
  const process = viewOf("w", { state: "backoff", pid: null, last });
  const ended = (age: number, verdict: string) => {
    const event = crashEvent("w", NOW - age);
    const details = { ...event.details, verdict: { reason: verdict } };
    return { ...event, details };
  };
  const told = (...events: EventView[]) => {
    const [found] = troublesOf([process], events, NOW);
    return [found?.what, found?.more];
  };
  const late = [9_000, 1_000].map((age) => ended(age, "not-ready"));
  assertEquals(told(...late), ["does not get ready", "ended 2 times in 9 s"]);
  assertEquals(told(...late.slice(1)), ["was not ready in time", ""]);
  const hung = ended(1_000, "unhealthy");
  assertEquals(told(hung), ["became unhealthy", ""]);
});

Deno.test("troublesOf() counts a run of a minute as recovered", () => {
  const last = crashOf("no");
  const events = [80, 70].map((age) => crashEvent("w", NOW - age * 1_000));
  const process = viewOf("w", { last, since: NOW - 60_000 });
  assertEquals(troublesOf([process], events, NOW), []);
});

Deno.test("troublesOf() names what waits with its cause, also indirectly", () => {
  const processes = [
    viewOf("web", waitingFor("api", "cache")),
    viewOf("api", waitingFor("db")),
    viewOf("db", {
      state: "failed",
      pid: null,
      last: crashOf("write error: No space left on device"),
      why: 'db failed: Cannot restart process "db": 2 restarts within 60000 ms',
    }),
    viewOf("cache", {
      ready: false,
      since: NOW - 240_000,
      why: "cache has been running for 4 min and is not ready: status 503",
    }),
  ];
  assertEquals(troublesOf(processes, [], NOW), [
    {
      name: "db",
      what: "failed",
      reason: "write error: No space left on device",
      more: "",
      tone: "bad",
      holds: ["web", "api"],
    },
    {
      name: "cache",
      what: "has not been ready for 4 min",
      reason: "the probe says: status 503",
      more: "",
      tone: "warn",
      holds: ["web"],
    },
  ]);
});

Deno.test("troublesOf() says why a process is blocked if nothing else does", () => {
  const process = viewOf("api", {
    ...waitingFor("db"),
    why: "api is blocked: db was stopped",
  });
  const db = viewOf("db", { state: "stopped", pid: null });
  const [found] = troublesOf([process, db], [], NOW);
  assertEquals(found?.what, "is blocked");
  assertEquals(found?.reason, "db was stopped");
});

Deno.test("troublesOf() survives a circle of waits", () => {
  const processes = [
    viewOf("a", waitingFor("b")),
    viewOf("b", waitingFor("a")),
  ];
  assertEquals(troublesOf(processes, [], NOW), []);
});

Deno.test("troublesOf() falls back on why a process was given up", () => {
  const process = viewOf("db", {
    state: "failed",
    pid: null,
    why: 'db failed: Cannot start process "db": no such program',
  });
  assertEquals(troublesOf([process], [], NOW)[0]?.reason, "no such program");
});

Deno.test("troublesOf() tells a run that is not ready after a crash at once", () => {
  const reason =
    "was ended because it was not ready in time: no answer within 1 s";
  const last = { ...crashOf(), reason };
  const process = viewOf("search", {
    last,
    ready: false,
    since: NOW - 1_000,
    why: "search has been running for 1 s and is not ready: refused",
  });
  const [found] = troublesOf(
    [process],
    [crashEvent("search", NOW - 2_000)],
    NOW,
  );
  assertEquals(found?.what, "has not been ready for 1 s");
  assertEquals(found?.reason, `the run before ${reason}`);
});

Deno.test("troublesOf() says that a crash left nothing on stderr", () => {
  const process = viewOf("w", { state: "failed", pid: null, last: crashOf() });
  assertEquals(
    troublesOf([process], [], NOW)[0]?.reason,
    "crashed with code 1, and wrote nothing to stderr",
  );
});

Deno.test("calmText() tells what still starts from what has started", () => {
  const running = [viewOf("a"), viewOf("b", { ready: null })];
  assertEquals(calmText(running), {
    settled: true,
    text: "Nothing needs attention: 2 processes, 2 running",
  });
  const starting = [
    ...running,
    viewOf("db", { ready: false }),
    viewOf("api", waitingFor("db")),
  ];
  assertEquals(calmText(starting), {
    settled: false,
    text: "Nothing has failed so far: 4 processes, 2 running, " +
      "1 not ready yet, 1 waiting",
  });
});
