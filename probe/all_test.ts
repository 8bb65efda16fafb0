import { assertEquals, assertThrows } from "@std/assert";
import type { Probe } from "../mod.ts";
import { Calls, turn } from "../tools/probe_testing.ts";
import { all } from "./all.ts";
import { line } from "./line.ts";
import { tcp } from "./tcp.ts";

/** A probe that answers no, late, once it is aborted. */
function patient(): Probe & { calls: number; over: number } {
  const probe = Object.assign(async ({ signal }: { signal: AbortSignal }) => {
    probe.calls++;
    await new Promise((resolve) => signal.addEventListener("abort", resolve));
    await turn();
    probe.over++;
    throw signal.reason;
  }, { calls: 0, over: 0 });
  return probe;
}

Deno.test("all() says yes only if each probe does", async () => {
  const calls = new Calls();
  const yes = () => true;
  const late = () => turn().then(() => true);
  assertEquals(await calls.ask(all(yes)), true);
  assertEquals(await calls.ask(all(yes, late, yes)), true);
  assertEquals(await calls.ask(all(yes, () => false)), false);
  assertEquals(await calls.ask(all(late, () => Promise.resolve(false))), false);
});

Deno.test("all() answers with the first no, and ends the other calls", async () => {
  const waits = patient();
  const fails = () => turn(5).then(() => Promise.reject(new Error("late")));
  const first = async () => {
    await turn();
    throw new Error("first");
  };
  const answer = await new Calls().ask(all(waits, fails, first, waits));
  assertEquals(answer, "first");
  assertEquals([waits.calls, waits.over], [2, 2]);
});

Deno.test("all() contains a probe that throws at once", async () => {
  const waits = patient();
  const fails = () => {
    throw new Error("at once");
  };
  assertEquals(await new Calls().ask(all(waits, fails)), "at once");
  assertEquals([waits.calls, waits.over], [1, 1]);
});

Deno.test("all() ends with its signal, and passes the context on", async () => {
  const abort = new AbortController();
  const waits = patient();
  const calls = new Calls();
  const context = calls.context();
  const checks: Probe = ({ process, run, probing }) =>
    process === context.process && run === 1 && probing === context.probing;
  const answer = calls.ask(all(waits, checks), abort.signal);
  await turn();
  assertEquals(waits.over, 0);
  abort.abort(new Error("over"));
  assertEquals(await answer, "over");
  assertEquals(waits.over, 1);
  assertEquals(await calls.ask(all(waits), abort.signal), "over");
  assertEquals(waits.calls, 1);
});

Deno.test("all() describes itself", () => {
  const probe = all(tcp({ port: 80 }), all(line("up")));
  assertEquals(probe.name, "all(tcp 127.0.0.1:80, all(line up))");
  const tcpForm = { tcp: { hostname: "127.0.0.1", port: 80 } };
  const form = { all: [tcpForm, { all: [{ line: { pattern: "up" } }] }] };
  assertEquals(JSON.stringify(probe), JSON.stringify(form));
  const own = () => true;
  assertEquals(all(own).toJSON(), { all: [own] });
});

Deno.test("all() checks its probes", () => {
  const none = 'Option "probes" must be at least one function';
  assertThrows(() => all(), TypeError, none);
  const wrong = 'Option "probes[1]" must be a function: current value is 1';
  assertThrows(() => all(() => true, 1 as never), TypeError, wrong);
});
