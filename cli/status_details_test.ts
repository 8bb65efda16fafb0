import { assertEquals } from "@std/assert";
import type { ProcessDetails } from "../control/client.ts";
import {
  hookText,
  needsText,
  probeText,
  restartsText,
  stoppedText,
  stopText,
} from "./status_details.ts";

function details(options: Record<string, unknown>): ProcessDetails {
  return {
    name: "api",
    cwd: null,
    user: null,
    environment: [],
    options,
    ready: null,
    live: null,
    stopped: null,
  };
}

Deno.test("restartsText() tells the policy, the backoff and the limit", () => {
  const policy = "on-failure";
  const limit = null;
  const uniform = { uniform: 5_000 };
  const exponential = {
    exponential: { initialMs: 100, factor: 2, maxMs: 30_000, jitter: "full" },
  };
  const rows: [unknown, string][] = [
    [{ policy, limit, backoff: uniform }, "on-failure, within 5 s, no limit"],
    [
      { policy: "always", limit: { restarts: 3 }, backoff: { constant: 250 } },
      "always, after 250 ms, at most 3 in a row",
    ],
    [
      {
        policy,
        limit: { restarts: 5, withinMs: 600_000 },
        backoff: exponential,
      },
      "on-failure, after 100 ms to 30 s, at most 5 in 10 min",
    ],
    [
      { policy, limit, backoff: "(function)" },
      "on-failure, after a time that a function decides, no limit",
    ],
    [{ policy: "never", limit, backoff: uniform }, "never"],
  ];
  for (const [restart, text] of rows) {
    assertEquals(restartsText(details({ restart })), text);
  }
});

Deno.test("stopText() tells the signals and the time between them", () => {
  const rows: [unknown, string][] = [
    [
      { signal: "SIGINT", gracePeriodMs: 1_500, to: "group" },
      "SIGINT, SIGKILL after 1.5 s",
    ],
    [
      { signal: "SIGTERM", gracePeriodMs: 10_000, to: "leader" },
      "SIGTERM to the leader, SIGKILL after 10 s",
    ],
    [{ signal: "SIGTERM", gracePeriodMs: 0, to: "group" }, "SIGKILL at once"],
    [
      { command: ["shop", "quit"], signal: "SIGTERM", gracePeriodMs: 10_000 },
      "shop quit, SIGKILL after 10 s",
    ],
  ];
  for (const [stop, text] of rows) {
    assertEquals(stopText(details({ stop })), text);
  }
});

Deno.test("hookText() tells what runs before and after each run", () => {
  const after = { command: ["make", "clean"], timeoutMs: 30_000 };
  assertEquals(
    hookText(details({ after }), "after"),
    "make clean, within 30 s",
  );
  assertEquals(hookText(details({ after }), "before"), null);
});

Deno.test("needsText() tells what is awaited, optional, and restarts with it", () => {
  const edge = {
    name: "db",
    when: "ready",
    restart: "never",
    required: true,
    awaited: false,
  } as const;
  assertEquals(needsText([]), null);
  assertEquals(
    needsText([
      edge,
      { ...edge, name: "setup", when: "completed", awaited: true },
      { ...edge, name: "bus", restart: "explicit", required: false },
    ]),
    "db ready, setup completed (awaited), " +
      "bus ready (optional, is restarted with it)",
  );
});

Deno.test("probeText() and stoppedText() tell what came last", () => {
  const probe = {
    name: "tcp 127.0.0.1:80",
    intervalMs: 200,
    timeoutMs: 1_000,
    withinMs: 60_000,
    failures: null,
    last: { time: 1_000, ok: true, reason: null },
  };
  assertEquals(probeText(probe, 4_000), "tcp 127.0.0.1:80: yes, 3 s ago");
  assertEquals(
    probeText({ ...probe, failures: 1, last: null }, 4_000),
    "tcp 127.0.0.1:80, every 200 ms, 1 failure ends the run: not asked in this run",
  );
  const stop = {
    time: 1_000,
    durationMs: 30,
    signals: ["SIGTERM"],
    forced: false,
    survivors: [],
  };
  assertEquals(stoppedText(stop, 2_000), "by SIGTERM in 30 ms, 1 s ago");
  assertEquals(stoppedText({ ...stop, signals: [] }, 2_000), null);
});
