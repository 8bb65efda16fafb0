import { assertEquals } from "@std/assert";
import { storyOf } from "./crash_story.ts";
import type { EventView } from "./source.ts";

function event(
  id: number,
  kind: string,
  details: Record<string, unknown> = {},
  name = "api",
): EventView {
  return { id, kind, time: id * 1_000, name, text: `${name} ${kind}`, details };
}

const restart = {
  kind: "restart",
  reason: "crash",
  attempt: 2,
  delayMs: 3_000,
  restartsLeft: 3,
};

function exit(id: number, decision?: Record<string, unknown>): EventView {
  return event(id, "exit", { run: 2, stderr: ["Error: no"], decision });
}

Deno.test("storyOf() tells the decision, and what followed until it was ready", () => {
  const crash = exit(1, restart);
  const events = [
    crash,
    event(2, "restart", { decision: restart }),
    event(3, "start", {}, "db"),
    event(4, "start", { run: 3 }),
    event(5, "ready", { run: 3 }),
    event(6, "unready", { run: 3 }),
  ];
  assertEquals(storyOf(crash, events), {
    time: 1_000,
    run: 2,
    ended: "api exit",
    stderr: ["Error: no"],
    decision: "Restart after 3 s, attempt 2, 3 more restarts allowed",
    followed: [
      { id: 2, time: 2_000, text: "api restart" },
      { id: 4, time: 4_000, text: "api start" },
      { id: 5, time: 5_000, text: "api ready" },
    ],
  });
});

Deno.test("storyOf() says why a process was given up", () => {
  const decided = (decision: Record<string, unknown>) => {
    const crash = exit(1, decision);
    return storyOf(crash, [crash, event(2, "failed")]).decision;
  };
  const limit = { kind: "fail", reason: "limit" };
  assertEquals(
    decided({ ...limit, limit: { restarts: 2, withinMs: 60_000 } }),
    "Given up: it would need more than 2 restarts within 1 min",
  );
  assertEquals(
    decided({ ...limit, limit: { restarts: 1 } }),
    "Given up: it would need more than 1 restart in a row",
  );
  assertEquals(
    decided({ kind: "fail", reason: "backoff" }),
    "Given up: api failed",
  );
});

Deno.test("storyOf() says why there is no restart", () => {
  const decided = (decision?: Record<string, unknown>) =>
    storyOf(exit(1, decision), []).decision;
  assertEquals(
    decided({ kind: "leave", reason: "never" }),
    "No restart: its restart policy is never",
  );
  assertEquals(decided(), "A request decides what follows");
});

Deno.test("storyOf() tells of a run that could not be started", () => {
  const decision = { ...restart, reason: "spawn", restartsLeft: 1 };
  const spawn = event(1, "restart", { decision, error: "no such file" });
  const story = storyOf(spawn, [spawn]);
  assertEquals(story.ended, "cannot be started: no such file");
  assertEquals(
    story.decision,
    "Restart after 3 s, attempt 2, 1 more restart allowed",
  );
  const failed = event(2, "failed", { error: "no such file" });
  assertEquals(storyOf(failed, [failed]).decision, "api failed");
});
