import { assertEquals } from "@std/assert";
import type { EventView, ProcessView } from "./source.ts";
import { attemptOf, isBlocked, stateWords, whyText } from "./state_words.ts";
import { crashOf, NOW, viewOf } from "./testing.ts";

const view = (change: Partial<ProcessView>) => viewOf("api", change);

Deno.test("stateWords() says what a process does", () => {
  const table: [Partial<ProcessView>, string, string, string][] = [
    [{ state: "idle" }, "not started", "", "idle"],
    [{ state: "starting" }, "starting", "", "busy"],
    [{}, "running", "", "good"],
    [
      {
        ready: false,
        why: "api has been running for 90 s and is not ready: status 503: no",
      },
      "not ready",
      "for 90 s: status 503: no",
      "warn",
    ],
    [{ ready: false }, "not ready", "for 90 s", "warn"],
    [
      {
        state: "waiting",
        why: "api waits for db to be ready: db is running and not ready",
      },
      "waiting",
      "for db to be ready: db is running and not ready",
      "warn",
    ],
    [
      { state: "waiting", why: "api is blocked: db failed: no" },
      "blocked",
      "db failed: no",
      "bad",
    ],
    [
      { state: "stopping", until: NOW + 3_200 },
      "stopping",
      "SIGKILL in 4 s",
      "busy",
    ],
    [{ state: "stopping" }, "stopping", "", "busy"],
    [
      { state: "stopping", pid: null, last: crashOf(), until: NOW + 900 },
      "cleaning up",
      "after a crash",
      "bad",
    ],
    [{ state: "completed" }, "completed", "", "good"],
    [{ state: "ended" }, "ended", "is not restarted", "idle"],
    [{ state: "ended", last: crashOf() }, "crashed", "is not restarted", "bad"],
    [{ state: "failed", why: "api failed: no" }, "failed", "no", "bad"],
    [
      {
        state: "failed",
        why: 'api failed: Cannot restart process "api": 2 restarts: disk full',
      },
      "failed",
      "2 restarts: disk full",
      "bad",
    ],
    [{ state: "stopped" }, "stopped", "", "idle"],
  ];
  for (const [change, label, detail, tone] of table) {
    const words = stateWords(view(change), { now: NOW });
    assertEquals(words, { label, detail, tone });
  }
});

Deno.test("stateWords() says when a process is restarted, and what is left", () => {
  const backoff = { state: "backoff", until: NOW + 2_500 } as const;
  const table: [Partial<ProcessView>, object, string, string][] = [
    [
      { restartsLeft: 1 },
      { attempt: 4, limit: 5 },
      "restarting in 3 s",
      "fourth attempt, 1 left of 5",
    ],
    [
      { restartsLeft: 1 },
      {},
      "restarting in 3 s",
      "1 more restart allowed",
    ],
    [{}, { attempt: 12 }, "restarting in 3 s", "12th attempt"],
    [{ until: NOW }, {}, "restarting now", ""],
  ];
  for (const [change, known, label, detail] of table) {
    const process = view({ ...backoff, ...change });
    const words = stateWords(process, { now: NOW, ...known });
    assertEquals(words, { label, detail, tone: "bad" });
  }
});

Deno.test("whyText() leaves out the name, isBlocked() looks at the rest", () => {
  const why = "is blocked: x";
  assertEquals(whyText(view({ why: `api ${why}` })), why);
  assertEquals(whyText(view({ why: "apiary hums" })), "apiary hums");
  assertEquals(
    isBlocked(view({ state: "waiting", why: `api ${why}` })),
    true,
  );
  assertEquals(isBlocked(view({ why: `api ${why}` })), false);
});

Deno.test("attemptOf() finds the newest attempt of a process", () => {
  const event = (name: string, attempt: unknown): EventView => ({
    id: 1,
    kind: "restart",
    time: NOW,
    name,
    text: "",
    details: { decision: { kind: "restart", attempt } },
  });
  const events = [event("a", 1), event("b", "x"), event("a", 2)];
  assertEquals(attemptOf(events, "a"), 2);
  assertEquals(attemptOf(events, "b"), 0);
  assertEquals(attemptOf(events, "c"), 0);
});
