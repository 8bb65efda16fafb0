import { assert, assertEquals } from "@std/assert";
import { lineOf, outputOf, permitted, runScript } from "../tools/testing.ts";
import {
  CLAIM_MODULE,
  PLACE_MODULE,
  recordOf,
  RuntimeFolder,
  takePlace,
} from "../tools/place_testing.ts";
import { type Place, placeOfName, type Presence } from "./place.ts";
import { inspect, since, timeOfDeath } from "./inspect.ts";

const ignore = !permitted("read", "write", "env", "sys");

const ROUNDS = Deno.args.includes("--full") ? 2_000 : 300;

const orphan = { name: "a", pid: 1, signal: 15, killed: false };

Deno.test("Time of death is that of the first run that the guard ended", () => {
  const at = (sign: number | null, ...times: number[]) =>
    timeOfDeath(sign, times.map((time) => ({ ...orphan, time })));
  assertEquals(at(null), null);
  assertEquals(at(50_500), 50_500);
  assertEquals(at(null, 52_000, 51_000), 51_000);
  assertEquals(at(50_500, 58_000, 53_000), 53_000);
  // The guard has whole seconds.
  assertEquals(at(50_500, 50_000), 50_500);
  // The run took its grace period: it died before the next sign was due.
  assertEquals(at(50_500, 99_000), 60_500);
});

Deno.test("What the guard of an earlier supervisor has ended is left out", () => {
  const times = [49_000, 50_000, 51_000];
  const orphans = times.map((time) => ({ ...orphan, time }));
  assertEquals(since(50_500, orphans).map(({ time }) => time), [
    50_000,
    51_000,
  ]);
});

Deno.test({
  name: "Inspection finds a supervisor that died, and what the guard did",
  ignore,
  async fn() {
    await using _runtime = new RuntimeFolder();
    await using program = runScript(
      `
      import { claim } from ${CLAIM_MODULE};
      import { placeOfName } from ${PLACE_MODULE};
      import { Processman } from "@isbm/processman";
      const place = await placeOfName("mine");
      await claim(place, {
        name: "mine", pid: Deno.pid, version: "1", startedAt: Date.now(),
        config: null, logs: null, log: null,
      });
      Deno.listen({ transport: "unix", path: place.socket });
      const pm = new Processman({ logger: null, orphanLog: place.orphanLog });
      const web = pm.command("sleep", ["500"], { name: "web" });
      console.log("pids", Deno.pid, web.pid);
      `,
      { permission: "-A" },
    );
    const [supervisor = 0, web] = (await lineOf(program, /^pids/))
      .split(" ").slice(1).map(Number);
    const place = await placeOfName("mine");
    const before = await inspect(place);
    assert(before.kind === "running");
    assertEquals(before.record.pid, supervisor);

    const killedAt = Date.now();
    Deno.kill(supervisor, "SIGKILL");
    await program.finished;
    const died = await diedWithOrphan(place);
    assertEquals(died.record, before.record);
    assertEquals(died.orphans.map(({ time: _, ...rest }) => rest), [
      { name: "web", pid: web, signal: 15, killed: false },
    ]);
    const distance = (died.at ?? 0) - killedAt;
    assert(distance > -1_500 && distance < 10_000, `${distance} ms`);

    // The socket that was left behind is in nobody's way.
    await using _next = await takePlace(place);
    await assertGone(place.socket);
    await assertGone(place.orphanLog);
    assertEquals((await inspect(place)).kind, "running");
  },
});

async function diedWithOrphan(
  place: Place,
): Promise<Extract<Presence, { kind: "died" }>> {
  for (const deadline = Date.now() + 10_000; Date.now() < deadline;) {
    const presence = await inspect(place);
    // The lock is free as soon as the program has ended, whatever it started.
    assert(presence.kind === "died", presence.kind);
    if (presence.orphans.length > 0) return presence;
    await outputOf("sleep", "0.02");
  }
  throw new Error("the guard has written nothing");
}

Deno.test({
  name: "Inspection finds none before the start and after the end",
  ignore,
  async fn() {
    await using runtime = new RuntimeFolder();
    const place = await placeOfName("mine");
    assertEquals(await inspect(place), { kind: "none" });
    await assertGone(`${runtime.path}/processman`);
    {
      await using _held = await takePlace(place);
      using _listener = Deno.listen({ transport: "unix", path: place.socket });
      assertEquals((await inspect(place)).kind, "running");
    }
    assertEquals(await inspect(place), { kind: "none" });
    await assertGone(place.socket);
    await assertGone(place.record);
  },
});

Deno.test({
  name: "Inspection never makes a program fail that takes the place",
  ignore,
  async fn() {
    await using _runtime = new RuntimeFolder();
    await using program = runScript(
      `
      import { inspect, placeOfName } from ${PLACE_MODULE};
      const place = await placeOfName("mine");
      console.log("looks");
      const kinds = new Set();
      for (let last = ""; last !== "over";) {
        const presence = await inspect(place);
        kinds.add(presence.kind);
        last = presence.record?.name;
      }
      console.log([...kinds].sort().join(" "));
      `,
      { permission: "-A" },
    );
    const last = lineOf(program, /died/);
    await lineOf(program, "looks");
    const place = await placeOfName("mine");
    const leave = (name: string) =>
      Deno.writeTextFileSync(place.record, JSON.stringify(recordOf(name)));
    for (let round = 0; round < ROUNDS; round++) {
      // Beside a free lock, the record says that a supervisor has died.
      await (await takePlace(place))[Symbol.asyncDispose]();
      leave("dead");
    }
    leave("over");
    await last;
  },
});

async function assertGone(path: string): Promise<void> {
  const found = await Deno.lstat(path).then(() => true, () => false);
  assert(!found, path);
}
