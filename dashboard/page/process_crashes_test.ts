import { assertEquals } from "@std/assert";
import { crashesOf } from "./process_crashes.ts";
import type { EventView } from "./source.ts";

let id = 0;

function event(
  kind: string,
  text: string,
  details: Record<string, unknown>,
  name = "web",
): EventView {
  return { id: ++id, kind, time: id * 10, name, text, details };
}

function exit(details: Record<string, unknown>, name = "web"): EventView {
  const text = `${name} crashed with code 1 after 2 s`;
  const all = { run: 1, crashed: true, stderr: [], ...details };
  return event("exit", text, all, name);
}

Deno.test("crashesOf() finds the crashes of a process, the newest first", () => {
  const restart = { kind: "restart", reason: "crash", attempt: 1 };
  const events = [
    exit({ run: 1, decision: restart, stderr: ["bad", "worse"] }),
    event("restart", "web restarts", { run: 1, decision: restart }),
    exit({ run: 9 }, "api"),
    exit({ run: 2, crashed: false }),
    event("restart", "web restarts", {
      decision: { kind: "restart", reason: "spawn", attempt: 2, delayMs: 50 },
      error: "no such file",
    }),
  ];
  const crashes = crashesOf(events, "web");
  assertEquals(
    crashes.map(({ run, how, decision }) => [run, how, decision]),
    [
      [
        null,
        "could not be started: no such file",
        "restarts in 50 ms: attempt 2",
      ],
      [1, "crashed with code 1 after 2 s", "restarts: attempt 1"],
    ],
  );
  assertEquals(crashes[1]?.stderr, ["bad", "worse"]);
});

Deno.test("crashesOf() says what was decided", () => {
  const restart = { kind: "restart", reason: "crash", delayMs: 3_000 };
  const limit = { kind: "fail", reason: "limit" };
  const cases: readonly [unknown, string][] = [
    [restart, "restarts in 3 s"],
    [{ ...restart, attempt: 0 }, "restarts in 3 s"],
    [
      { ...restart, attempt: 2, restartsLeft: 1 },
      "restarts in 3 s: attempt 2, 1 more restart allowed",
    ],
    [
      { kind: "leave", reason: "never" },
      "is not restarted: the policy is never",
    ],
    [
      { kind: "leave", reason: "stop-code" },
      "is not restarted: the exit code is one of stopCodes",
    ],
    [
      { ...limit, limit: { restarts: 2, withinMs: 60_000 } },
      "is given up: the limit of 2 restarts in 1 min is reached",
    ],
    [
      { ...limit, limit: { restarts: 1 } },
      "is given up: the limit of 1 restart in a row is reached",
    ],
    [limit, "is given up: the limit of restarts is reached"],
    [
      { kind: "fail", reason: "spawn" },
      "is given up: it cannot be started",
    ],
    [{ kind: "fail", reason: "backoff" }, "is given up: its backoff failed"],
    [undefined, "a stop or restart was under way"],
  ];
  for (const [decision, expected] of cases) {
    const [crash] = crashesOf([exit({ decision })], "web");
    assertEquals(crash?.decision, expected);
  }
});
