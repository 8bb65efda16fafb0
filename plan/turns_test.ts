import { assertEquals, assertRejects } from "@std/assert";
import { Turns } from "./turns.ts";

Deno.test("Turns run one operation after another, and an aborted one at once", async () => {
  const turns = new Turns();
  const log: string[] = [];
  const first = Promise.withResolvers<void>();
  const begun = (name: string, over?: Promise<void>) => async () => {
    log.push(`${name} begins`);
    await over;
    log.push(`${name} ends`);
  };
  const one = turns.take(begun("one", first.promise));
  const abort = new AbortController();
  const two = turns.take(begun("two"), abort.signal);
  const three = turns.take(begun("three"));
  abort.abort(new Error("no longer wanted"));
  await assertRejects(() => two, Error, "no longer wanted");
  assertEquals(log, ["one begins"]);
  first.resolve();
  await Promise.all([one, three]);
  assertEquals(log, ["one begins", "one ends", "three begins", "three ends"]);
});

Deno.test("Turns.end() ends all operations, and those that come later run", async () => {
  const turns = new Turns();
  const reason = new Error("the plan is stopped");
  const one = turns.take(async (signal) => {
    await new Promise((resolve) => signal.addEventListener("abort", resolve));
    signal.throwIfAborted();
  });
  const two = turns.take(() => Promise.resolve());
  await Promise.resolve();
  turns.end(reason);
  for (const ended of [one, two]) {
    await assertRejects(() => ended, Error, reason.message);
  }
  assertEquals(await turns.take(() => Promise.resolve(3)), 3);
});
