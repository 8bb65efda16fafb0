/**
 * What happens when much goes wrong at once, and when the system has no more to
 * give.
 *
 * @module
 */

import { assert, assertEquals, assertLess } from "@std/assert";
import { constant, Processman, RestartLimitError, SpawnError } from "./mod.ts";
import { seededRandom } from "./testing/mod.ts";
import { eventOf, outputOf, runScript, stateOf } from "./tools/testing.ts";

const silent = { logger: null };

Deno.test("Processman does not restart in step what crashed together", async () => {
  const random = seededRandom(20_261_123);
  await using pm = new Processman({
    ...silent,
    defaults: { restart: { random }, stop: { gracePeriodMs: 1_000 } },
  });
  const events = pm.events();
  const children = Array.from(
    { length: 200 },
    () => pm.command("sleep", ["500"]),
  );

  // The longest time for which the program could do nothing else.
  let longestMs = 0;
  let lastAt = performance.now();
  const pulse = setInterval(() => {
    longestMs = Math.max(longestMs, performance.now() - lastAt);
    lastAt = performance.now();
  }, 5);
  for (const child of children) child.signal("SIGKILL");
  const waits: number[] = [];
  while (waits.length < children.length) {
    waits.push((await eventOf(events, "restart")).decision.delayMs);
  }
  clearInterval(pulse);
  // On a busy machine it does not run all the time.
  assertLess(longestMs, 2_000);

  const fullest = Math.max(...Array.from(
    { length: 50 },
    (_, slot) => waits.filter((ms) => Math.floor(ms / 100) === slot).length,
  ));
  assertLess(fullest, 13, "of 200, in any tenth of a second of the five");
  assert(waits.every((ms) => ms >= 0 && ms < 5_000));
});

Deno.test("Processman gives up what is hopeless, and says why", async () => {
  await using pm = new Processman(silent);
  const jobs = Array.from(
    { length: 20 },
    (_, i) =>
      pm.command("sh", ["-c", `echo "job ${i}: no luck" >&2; exit 9`], {
        restart: {
          backoff: constant(0),
          limit: { restarts: 3, withinMs: 60_000 },
        },
      }),
  );
  await pm.finished;
  for (const [i, job] of jobs.entries()) {
    const { error } = stateOf(job, "failed");
    assert(error instanceof RestartLimitError);
    assertEquals(error.stderr, [`job ${i}: no luck`]);
    assertEquals(error.decision.attempt, 4);
    assertEquals(error.decision.limit, { restarts: 3, withinMs: 60_000 });
  }
});

Deno.test("Processman outlives a want of descriptors", async () => {
  await using parent = runScript(
    `
    import { constant, Processman, SpawnError } from "@isbm/processman";
    const pm = new Processman({
      logger: null,
      defaults: { restart: { backoff: constant(1_000) } },
    });
    const events = pm.events();
    async function next(kind) {
      while (true) {
        const { value } = await events.next();
        if (value.kind === kind) return value;
      }
    }
    const all = [];
    let error;
    while (error === undefined) {
      try {
        all.push(pm.command("sleep", ["500"]));
      } catch (thrown) {
        error = thrown;
      }
    }
    console.log(error instanceof SpawnError, all.length > 5, [...pm].length === all.length);

    // What a crash gives back is taken by somebody else, until it is let go.
    const greedy = [];
    const take = () => {
      try {
        while (true) {
          greedy.push(new Deno.Command("sleep", { args: ["500"], stdin: "piped" }).spawn());
        }
      } catch {
        // That was the last one.
      }
    };
    take();
    all[0].signal("SIGKILL");
    await next("restart");
    take();
    const again = await next("restart");
    console.log(again.decision.reason, again.error instanceof SpawnError);
    for (const child of greedy) {
      await child.stdin.close();
      child.kill("SIGKILL");
      await child.status;
    }
    while (all[0].state.kind !== "running") await next("start");
    console.log(all[0].state.kind);
    await pm.shutdown();
    console.log([...pm].length, pm.processes().size);
  `,
    { limits: "ulimit -n 64" },
  );
  await parent.finished;
  const lines = parent.tail(20).map(({ text }) => text);
  assertEquals(lines, ["true true true", "spawn true", "running", "0 0"]);
});

Deno.test("Process outlives the replacement of its program", async () => {
  await using pm = new Processman(silent);
  const folder = await outputOf("mktemp", "-d");
  const file = `${folder}/program`;
  const write = (text: string) =>
    outputOf(
      "sh",
      "-c",
      `printf '%s' "$1" > "$2.new"; chmod +x "$2.new"; mv "$2.new" "$2"`,
      "sh",
      text,
      file,
    );
  try {
    await write("#!/bin/sh\nexit 1\n");
    const events = pm.events();
    const job = pm.command(file, [], { restart: { backoff: constant(5) } });
    let restart = await eventOf(events, "restart");
    await outputOf("rm", file);
    while (restart.decision.reason !== "spawn") {
      restart = await eventOf(events, "restart");
    }
    assert(restart.error instanceof SpawnError);
    assert(restart.error.cause instanceof Deno.errors.NotFound);
    await write("#!/bin/sh\necho new\n");
    assertEquals((await job.finished).code, 0);
    assertEquals(job.tail(1).map(({ text }) => text), ["new"]);
  } finally {
    await outputOf("rm", "-r", folder);
  }
});
