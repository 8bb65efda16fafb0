import { assertEquals, assertThrows } from "@std/assert";
import { difference, plan, type PlanEntry } from "../plan/mod.ts";
import {
  changesOf,
  changesText,
  type Configured,
  isSame,
  readChanges,
} from "./changes.ts";

/** A configuration of one entry. */
function configured(
  api: Record<string, unknown>,
  { name = "shop", manager = {}, maxBytes = 1 } = {},
): Configured {
  const entry: PlanEntry = { command: ["api"], ...api };
  return {
    config: {
      name,
      files: ["/p"],
      source: { files: ["/p"], profiles: [] },
      cwd: "/",
      options: {},
      logs: { folder: null, maxBytes, maxAgeMs: 1 },
      processes: {},
    },
    built: {
      plan: plan({ api: entry }),
      autoStart: ["api"],
      labels: () => [],
      manager,
    },
  };
}

function changes(old: Configured, next: Configured) {
  return changesOf(difference(old.built.plan, next.built.plan), old, next);
}

Deno.test("changesOf() keeps the values of environment variables to itself", () => {
  const old = configured({ env: { KEY: "secret", OLD: "1" }, critical: false });
  const next = configured({ env: { KEY: "other", NEW: "2" }, critical: true });
  const found = changes(old, next);
  assertEquals([...found.changes].sort(), [
    "~ api.critical: false → true",
    "~ api.env.KEY: changes (restart)",
    "~ api.env.NEW: is set (restart)",
    "~ api.env.OLD: is removed (restart)",
  ]);
  assertEquals(found.later, []);
});

Deno.test("changesOf() keeps the values of webhooks to itself", () => {
  const at = (onFailed: unknown): Configured => {
    const { config, built } = configured({});
    const processes = { api: { command: ["api"], onFailed } };
    return { config: { ...config, processes }, built };
  };
  const found = changes(at("https://a/secret"), at({ url: "https://a/other" }));
  assertEquals(found.changes, ["~ api.onFailed: changes"]);
});

Deno.test("changesOf() names what has no effect before the next start", () => {
  const old = configured({});
  const next = configured({}, {
    name: "store",
    manager: { exitDeadlineMs: 5 },
    maxBytes: 2,
  });
  const found = changes(old, next);
  assertEquals(found, {
    changes: [],
    later: ["name", "options.exitDeadlineMs", "logs.maxBytes"],
  });
  assertEquals(
    changesText({ changes: ["+ web"], later: ["name"] }),
    '+ web\n! name: needs "processman down" and "up"\n',
  );
  assertEquals(isSame(found), false);
  assertEquals(isSame(changes(old, old)), true);
});

Deno.test("readChanges() refuses what is no list of changes", () => {
  const found = { changes: ["+ web"], later: [] };
  assertEquals(readChanges(JSON.parse(JSON.stringify(found))), found);
  for (const answer of [null, undefined, {}, { changes: [1], later: [] }]) {
    assertThrows(() => readChanges(answer), TypeError, "list of changes");
  }
});
