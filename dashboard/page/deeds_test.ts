import { assertEquals } from "@std/assert";
import {
  bodyOf,
  dependentsOf,
  doneText,
  failureText,
  fits,
  keyOf,
  pendingText,
  questionOf,
  undoOf,
} from "./deeds.ts";
import type { DependencyView, ProcessView } from "./source.ts";
import { viewOf } from "./testing.ts";

function onEntry(
  name: string,
  restart: DependencyView["restart"],
): Partial<ProcessView> {
  const edge = {
    name,
    when: "started",
    required: true,
    awaited: false,
  } as const;
  return { dependencies: [{ ...edge, restart }] };
}

const SHOP = [
  viewOf("db"),
  viewOf("api.1", { entry: "api", ...onEntry("db", "always") }),
  viewOf("api.2", { entry: "api", ...onEntry("db", "always") }),
  viewOf("web", onEntry("api", "explicit")),
  viewOf("cron", onEntry("db", "never")),
];

Deno.test("fits() offers what can be done in a state", () => {
  const states = [
    "running",
    "failed",
    "stopped",
    "completed",
    "backoff",
  ] as const;
  const table = states.map((state) => {
    const pid = state === "running" ? 7 : null;
    const process = viewOf("a", { state, pid });
    const actions = ["start", "stop", "restart", "kill", "signal"] as const;
    return [state, actions.filter((action) => fits(action, process))];
  });
  assertEquals(table, [
    ["running", ["stop", "restart", "kill", "signal"]],
    ["failed", ["start", "restart"]],
    ["stopped", ["start"]],
    ["completed", ["restart"]],
    ["backoff", ["stop", "restart", "kill"]],
  ]);
});

Deno.test("questionOf() asks before something ends, but for a single stop", () => {
  const asks = (deed: Parameters<typeof questionOf>[0]) =>
    questionOf(deed, SHOP)?.title;
  assertEquals(asks({ action: "start", names: ["db"] }), undefined);
  assertEquals(asks({ action: "stop", names: ["db"] }), undefined);
  assertEquals(
    asks({ action: "stop", names: ["db", "web"] }),
    "Stop db and web?",
  );
  assertEquals(asks({ action: "restart", names: ["db"] }), "Restart db?");
  assertEquals(asks({ action: "kill", names: ["db"] }), "Kill db?");
  assertEquals(
    asks({ action: "shutdown", names: [] }),
    "Shut down the supervisor?",
  );
  assertEquals(
    asks({ action: "scale", names: ["api"], replicas: 3 }),
    undefined,
  );
  assertEquals(
    asks({ action: "scale", names: ["api"], replicas: 1 }),
    "Scale api down to 1 replica?",
  );
});

Deno.test("questionOf() does not ask before a restart that ends no run", () => {
  const failed = viewOf("db", { state: "failed", pid: null });
  const deed = { action: "restart", names: ["db"] } as const;
  assertEquals(questionOf(deed, [failed]), undefined);
});

Deno.test("questionOf() names the processes that are restarted too", () => {
  const deed = { action: "restart", names: ["db"] } as const;
  assertEquals(questionOf(deed, SHOP)?.text, [
    "api.1, api.2 and web are restarted too, because they depend on it.",
  ]);
});

Deno.test("dependentsOf() follows dependencies, but survives circles", () => {
  assertEquals(dependentsOf(["api.1"], SHOP), ["web"]);
  const circle = [
    viewOf("a", onEntry("b", "always")),
    viewOf("b", onEntry("a", "always")),
  ];
  assertEquals(dependentsOf(["a"], circle), ["b"]);
});

Deno.test("bodyOf() and keyOf() say what is asked for", () => {
  const scale = { action: "scale", names: ["api"], replicas: 3 } as const;
  const signal = { action: "signal", names: ["a"], signal: "SIGHUP" } as const;
  assertEquals(bodyOf(scale), { name: "api", replicas: 3 });
  assertEquals(bodyOf(signal), { names: ["a"], signal: "SIGHUP" });
  assertEquals(bodyOf({ action: "shutdown", names: [] }), {});
  assertEquals(keyOf(scale) === keyOf({ ...scale, replicas: 4 }), false);
  assertEquals(keyOf(scale), keyOf({ ...scale }));
});

Deno.test("doneText(), pendingText() and failureText() are sentences", () => {
  const one = { action: "stop", names: ["a"] } as const;
  const two = { action: "restart", names: ["a", "b"] } as const;
  assertEquals(doneText(one), "a is stopped");
  assertEquals(doneText(two), "a and b are restarted");
  assertEquals(
    doneText({ action: "scale", names: ["a"], replicas: 2 }),
    "a has 2 replicas",
  );
  assertEquals(
    doneText({ action: "signal", names: ["a"], signal: "SIGHUP" }),
    "a got SIGHUP",
  );
  assertEquals(pendingText(two), "a and b are started, and not ready yet");
  assertEquals(failureText(two), "Could not restart a and b");
  assertEquals(
    failureText({ action: "shutdown", names: [] }),
    "Could not shut down the supervisor",
  );
});

Deno.test("undoOf() takes back a stop alone", () => {
  const names = ["a"];
  assertEquals(undoOf({ action: "stop", names }), { action: "start", names });
  assertEquals(undoOf({ action: "kill", names }), undefined);
});
