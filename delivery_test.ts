import { assert, assertEquals } from "@std/assert";
import { Delivery } from "./delivery.ts";
import type { Clock, ProcessEntry } from "./kernel.ts";
import type { Run } from "./run.ts";
import type { StopRequest } from "./stop.ts";

/** A run of process 100 that notes what it is sent. */
class FakeRun {
  readonly pid = 100;
  readonly sent: string[] = [];
  group = true;
  alive = true;
  asked: Run["asked"];
  readonly #send = (target: string) => {
    this.sent.push(target);
    return true;
  };
  trySignal = (signal: string) => this.#send(`child ${signal}`);
  trySignalGroup = (signal: string, group: number) =>
    this.#send(`group ${group} ${signal}`);
  trySignalMember = (signal: string, pid: number) =>
    this.#send(`process ${pid} ${signal}`);
}

function deliveryTo(run: FakeRun): Delivery {
  let now = 0;
  const clock = { now: () => now += 10 } as Partial<Clock> as Clock;
  return new Delivery(run as Partial<Run> as Run, clock);
}

function request(
  signal: Deno.Signal,
  to: "group" | "leader" = "group",
): StopRequest {
  return { signal, to, gracePeriodMs: 1_000, explicit: false };
}

const MEMBERS = [[100, 100], [101, 100], [102, 102]].map(([pid, group]) =>
  ({ pid, group }) as Partial<ProcessEntry> as ProcessEntry
);

Deno.test("Delivery sends each group each signal once", () => {
  const run = new FakeRun();
  const delivery = deliveryTo(run);
  assert(delivery.add(request("SIGTERM")));
  assert(!delivery.add(request("SIGTERM")));
  assert(!delivery.add(request("SIGTERM", "leader")));
  assert(delivery.send([100]));
  assert(delivery.send([100, 102], MEMBERS));
  assert(!delivery.send([100, 102], MEMBERS));
  assertEquals(run.sent, ["group 100 SIGTERM", "group 102 SIGTERM"]);
  assertEquals(delivery.asked, {
    signal: "SIGTERM",
    to: "group",
    groups: [100, 102],
  });
});

Deno.test("Delivery to the leader reaches the rest once the leader has ended", () => {
  const run = new FakeRun();
  const delivery = deliveryTo(run);
  delivery.add(request("SIGTERM", "leader"));
  assert(!delivery.send([100]));
  assert(!delivery.send([100, 102], MEMBERS));
  assertEquals(run.sent, ["child SIGTERM"]);
  assertEquals(delivery.asked, { signal: "SIGTERM", to: "leader", groups: [] });
  run.alive = false;
  assert(delivery.send([100]));
  assertEquals(run.sent, ["child SIGTERM", "group 100 SIGTERM"]);
});

Deno.test("Delivery does not repeat a signal to a child when its group gets it", () => {
  const run = new FakeRun();
  run.asked = { signal: "SIGTERM", at: 5 };
  const delivery = deliveryTo(run);
  delivery.add(request("SIGTERM"));
  assert(!delivery.send([100]));
  assert(delivery.send([100, 102], MEMBERS));
  assert(!delivery.send([100, 102], MEMBERS));
  assertEquals(run.sent, ["group 102 SIGTERM", "process 101 SIGTERM"]);
  assertEquals(delivery.asked, {
    signal: "SIGTERM",
    to: "group",
    groups: [102, 100],
  });
});

Deno.test("Delivery lists the first time of each signal", () => {
  const run = new FakeRun();
  const delivery = deliveryTo(run);
  assert(!delivery.effective);
  delivery.add(request("SIGTERM"));
  delivery.send([100, 102]);
  delivery.add(request("SIGINT"));
  delivery.send([100, 102]);
  delivery.kill([102]);
  delivery.kill();
  assert(delivery.effective);
  assertEquals(delivery.stepsUntil(100), [
    { signal: "SIGTERM", durationMs: 10 },
    { signal: "SIGINT", durationMs: 10 },
    { signal: "SIGKILL", durationMs: 70 },
  ]);
});
