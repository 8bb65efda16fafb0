import { assertEquals } from "@std/assert";
import { constant } from "../mod.ts";
import { describe } from "./describe.ts";
import { difference } from "./difference.ts";
import { plan } from "./plan.ts";

Deno.test("describe() shows each entry and each option that differs in a line", () => {
  const old = plan({
    api: { command: ["api"], replicas: 2, ready: () => true },
    cron: { command: ["cron"] },
  });
  const next = plan({
    api: {
      command: ["api", "--fast"],
      replicas: 3,
      ready: { probe: () => true, withinMs: Infinity },
      restart: { backoff: constant(10) },
      each: ({ replica }) => ({ env: { PORT: String(8000 + replica) } }),
    },
    db: { command: ["db"] },
  }, { startLimit: 2 });
  const lines = describe(difference(old, next)).split("\n");
  assertEquals(lines.slice(0, 3), [
    "- cron",
    "+ db",
    "~ startLimit: Infinity → 2",
  ]);
  assertEquals(lines.includes("~ api.replicas: 2 → 3"), true);
  assertEquals(
    lines.includes('~ api.command: ["api"] → ["api","--fast"] (restart)'),
    true,
  );
  assertEquals(
    lines.includes('~ api.1.env: none → {"PORT":"8001"} (restart)'),
    true,
  );
  assertEquals(
    lines.filter((line) => /restart:|probe|withinMs/.test(line)),
    [
      "~ api.ready.probe: (function) → (function)",
      "~ api.ready.withinMs: none → Infinity",
      '~ api.restart: none → {"backoff":{"constant":10}}',
    ],
  );
  assertEquals(describe(difference(old, old)), "");
});
