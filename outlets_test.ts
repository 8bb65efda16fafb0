import { assertEquals } from "@std/assert";
import { Outlets } from "./outlets.ts";

Deno.test("Outlets.empty() waits for everything, also for what is added meanwhile", async () => {
  const outlets = new Outlets();
  const first = Promise.withResolvers<void>();
  const second = Promise.withResolvers<void>();
  outlets.add("first", first.promise);
  const empty = outlets.empty().then(() => "empty");
  assertEquals(outlets.names(), ["first"]);
  outlets.add("second", second.promise);
  outlets.add("second", second.promise.then(() => {}));
  first.reject(new Error("it fails"));
  assertEquals(await Promise.race([empty, after(first.promise)]), "later");
  assertEquals(outlets.names(), ["second"]);
  second.resolve();
  assertEquals(await empty, "empty");
  assertEquals(outlets.names(), []);
});

Deno.test("Outlets.empty() resolves at once when there is nothing", async () => {
  await new Outlets().empty();
});

/** Resolves some turns after a promise is settled. */
async function after(promise: Promise<void>): Promise<string> {
  await promise.catch(() => {});
  for (let i = 0; i < 20; i++) await undefined;
  return "later";
}
