import { assertEquals } from "@std/assert";
import { constant, exponential, type RestartOptions, uniform } from "../mod.ts";
import { crashLoop } from "./crash_loop.ts";

Deno.test("crashLoop() says what each kind of restart does", () => {
  const cases: readonly [restart: RestartOptions, text: string][] = [
    [
      {},
      "never gives up: about 1385 crashes in the first hour, with waits of 2.5 s",
    ],
    [{ policy: "never" }, "is not restarted after a crash"],
    [
      { policy: "always", backoff: constant(60_000) },
      "never gives up: about 60 crashes in the first hour, with waits of 60 s",
    ],
    [
      { backoff: uniform(100), limit: { restarts: 2 } },
      "gives up after 3 crashes, about 400 ms after its start, with waits of 50 ms",
    ],
    [
      {
        backoff: exponential({ initialMs: 200, maxMs: 10_000, jitter: "none" }),
        limit: { restarts: 8 },
      },
      "gives up after 9 crashes, about 34 s after its start, with waits of 200 ms, 400 ms … 10 s",
    ],
    [
      { backoff: constant(1_000), limit: { restarts: 5, withinMs: 60_000 } },
      "gives up after 6 crashes, about 5.6 s after its start, with waits of 1 s",
    ],
    [
      { backoff: uniform(40_000), limit: { restarts: 5, withinMs: 60_000 } },
      "never gives up: about 180 crashes in the first hour, with waits of 20 s",
    ],
  ];
  for (const [restart, text] of cases) {
    assertEquals(crashLoop(restart).text, text);
  }
});
