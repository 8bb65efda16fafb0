import { assert, assertEquals, assertThrows } from "@std/assert";
import type { Child, Kernel } from "./kernel.ts";
import { Run } from "./run.ts";

const EXIT: Deno.CommandStatus = { success: true, code: 0, signal: null };

/** A kernel with one child, which notes the signals that are sent. */
class Fake {
  readonly sent: [target: number | "child", signal: Deno.Signal | 0][] = [];
  readonly end = Promise.withResolvers<Deno.CommandStatus>();
  /** Whether there is the process group. */
  group = true;
  sessions = true;
  childError: Error | undefined;

  now = () => 5;

  spawn = () => {
    const kill = (signal: Deno.Signal) => {
      if (this.childError) throw this.childError;
      this.sent.push(["child", signal]);
    };
    const child = { pid: 100, status: this.end.promise, kill };
    return { child: child as Partial<Child> as Child };
  };

  kill = (target: number, signal: Deno.Signal | 0) => {
    this.sent.push([target, signal]);
    return this.group;
  };

  run(group: boolean = true): Run {
    const request = { name: "test", program: "test", command: {}, group };
    return new Run(request, this as Partial<Kernel> as Kernel);
  }
}

Deno.test("Run.signal() reports a child that is gone", async () => {
  const fake = new Fake();
  const run = fake.run();
  assert(run.signal("SIGTERM"));
  for (const error of [new TypeError(), new Deno.errors.NotFound()]) {
    fake.childError = error;
    assert(!run.signal("SIGTERM"));
  }
  fake.childError = new Deno.errors.PermissionDenied();
  assertThrows(() => run.signal("SIGTERM"), Deno.errors.PermissionDenied);
  assert(!run.trySignal("SIGTERM"));
  fake.end.resolve(EXIT);
  await run.status;
  assert(!run.signal("SIGTERM"));
});

Deno.test("Run.signalGroup() reaches the child while it has no group yet", () => {
  const fake = new Fake();
  fake.group = false;
  assert(fake.run().signalGroup("SIGTERM"));
  assertEquals(fake.sent, [[-100, "SIGTERM"], ["child", "SIGTERM"]]);
});

Deno.test("Run.signalGroup() reaches the child alone where groups are out of reach", () => {
  for (const how of ["no group", "no permission"]) {
    const fake = new Fake();
    const run = fake.run(how !== "no group");
    fake.sessions = how !== "no permission";
    assert(run.signalGroup("SIGTERM"));
    assert(!run.signalGroup("SIGTERM", 101), "another group");
    assert(!run.trySignalMember("SIGTERM", 102));
    assertEquals(fake.sent, [["child", "SIGTERM"]]);
  }
});

Deno.test("Run continues what it sends a signal that is to end it", () => {
  const fake = new Fake();
  const run = fake.run();
  assert(run.ask("SIGTERM"));
  assertEquals(run.asked, { signal: "SIGTERM", at: 5 });
  assert(run.trySignalGroup("SIGINT", 101));
  assert(run.trySignalGroup("SIGKILL", 101));
  assertEquals(fake.sent, [
    ["child", "SIGTERM"],
    ["child", "SIGCONT"],
    [-101, "SIGINT"],
    [-101, "SIGCONT"],
    [-101, "SIGKILL"],
  ]);
});

Deno.test("Run sends no signal to a group that is gone", async () => {
  const fake = new Fake();
  const run = fake.run();
  fake.end.resolve(EXIT);
  await run.status;
  assert(run.groupLeft());
  fake.group = false;
  assert(!run.groupLeft());
  fake.group = true; // It belongs to another program now.
  fake.sent.length = 0;
  assert(!run.groupLeft());
  assert(!run.signalGroup("SIGKILL"));
  assert(!run.signal("SIGKILL"));
  assertEquals(fake.sent, []);
});

Deno.test("Run gives a child without a status the code 128", async () => {
  const fake = new Fake();
  const run = fake.run();
  assert(run.alive);
  fake.end.reject(new TypeError("Unknown signal"));
  assertEquals(await run.status, { success: false, code: 128, signal: null });
  assert(!run.alive);
});
