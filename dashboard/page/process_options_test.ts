import { assertEquals } from "@std/assert";
import { describeCommand, exponential } from "../../mod.ts";
import {
  type OptionGroup,
  optionGroups,
  restartLimit,
} from "./process_options.ts";

/** Shows options as `Title: name=value, …`. */
function shown(groups: readonly OptionGroup[]): string[] {
  return groups.map(({ title, items }) =>
    `${title}: ${items.map(({ name, value }) => `${name}=${value}`).join("; ")}`
  );
}

Deno.test("optionGroups() puts options and their values in words", () => {
  const groups = optionGroups({
    critical: false,
    stdin: "null",
    live: null,
    restart: {
      policy: "always",
      limit: { restarts: 5, withinMs: 60_000 },
      backoff: { uniform: 5_000 },
      stopCodes: [],
      successCodes: [0, 3],
      leftovers: { signal: "SIGTERM", gracePeriodMs: 1_000 },
    },
    stop: { gracePeriodMs: 3_000, to: "group" },
    ready: { intervalMs: 200, withinMs: "Infinity" },
    output: {
      file: { path: "/a.log", maxBytes: 1_048_576 },
      bufferBytes: 65_536,
    },
    prepare: "(function)",
    future: { someMs: 1_500, other: "(unknown)" },
  });
  assertEquals(shown(groups), [
    "Restart: policy=always; limit=5 restarts in 1 min; " +
    "backoff=random, up to 5 s; stop codes=none; success codes=0, 3; " +
    "what it leaves behind=signal SIGTERM, grace period 1 s",
    "Stop: grace period=3 s; signal goes to=group",
    "Probe: ready: interval=200 ms; deadline=no limit",
    "Output: file=path /a.log, max size 1.0 MiB; buffer=64.0 KiB",
    "future: some=1.5 s; other=not known",
    "Process: critical=no; stdin=null; prepared by=a function",
  ]);
  const [, stop] = groups;
  assertEquals(stop?.items[0]?.exact, "stop.gracePeriodMs: 3000");
  assertEquals(
    groups.at(-1)?.items[0]?.exact,
    "critical: false",
  );
});

Deno.test("optionGroups() says each backoff and each limit", () => {
  const cases: readonly [Record<string, unknown>, string][] = [
    [{ backoff: { constant: 500 } }, "backoff=always 500 ms"],
    [{ backoff: "(function)" }, "backoff=a function"],
    [{ backoff: { new: 1 } }, 'backoff={"new":1}'],
    [
      JSON.parse(JSON.stringify({
        backoff: exponential({ initialMs: 200, maxMs: 10_000 }),
      })),
      "backoff=from 200 ms to 10 s, × 2, jitter full",
    ],
    [{ limit: null }, "limit=no limit"],
    [{ limit: { restarts: 1 } }, "limit=1 restart in a row"],
  ];
  for (const [restart, expected] of cases) {
    assertEquals(shown(optionGroups({ restart })), [`Restart: ${expected}`]);
  }
});

Deno.test("optionGroups() has words for all options of a command", () => {
  const { restart, stop, output } = describeCommand("true");
  const options = JSON.parse(JSON.stringify({ restart, stop, output }));
  for (const { items } of optionGroups(options)) {
    for (const { name, value } of items) {
      assertEquals(name.match(/[A-Z]/), null);
      assertEquals(value.match(/\{|\[object/), null);
    }
  }
});

Deno.test("restartLimit() finds the limit of the options", () => {
  const limitOf = (limit: unknown) => restartLimit({ restart: { limit } });
  assertEquals(limitOf({ restarts: 5, withinMs: 100 }), {
    restarts: 5,
    withinMs: 100,
  });
  assertEquals(limitOf({ restarts: 5 }), { restarts: 5, withinMs: null });
  assertEquals(limitOf(null), undefined);
  assertEquals(restartLimit({}), undefined);
});
