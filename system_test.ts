import { systemClock } from "./system.ts";

// This has to be the first test of the file: Deno loads its timers only once.
Deno.test("Clock.delay() that is aborted while Deno loads its timers leaves no timer", async () => {
  const abort = new AbortController();
  queueMicrotask(() => abort.abort());
  await systemClock.delay(60_000, { signal: abort.signal });
});
