import { assertEquals } from "@std/assert";
import { VirtualClock } from "../testing/mod.ts";
import { type Changes, type Loop, loopIn, Pace } from "./file_watch_pace.ts";

/** A pace, and what it has done, with the times. */
class Stage {
  readonly clock = new VirtualClock();
  readonly restarts: (Changes & { at: number })[] = [];
  readonly loops: Loop[] = [];
  readonly ending = new AbortController();
  wanted = true;
  /** How long a restart takes, in milliseconds. */
  restartMs = 0;
  readonly pace = new Pace({
    clock: this.clock,
    debounceMs: 200,
    signal: this.ending.signal,
    wanted: () => this.wanted,
    restart: async (changes) => {
      this.restarts.push({ ...changes, at: this.clock.now() });
      if (this.restartMs > 0) await this.clock.delay(this.restartMs);
    },
    paused: (loop) => this.loops.push(loop),
  });

  /** Changes a file some time after each start, as a program would do. */
  async rounds(...delays: readonly number[]): Promise<void> {
    for (const delay of delays) {
      await this.clock.advance(delay);
      this.pace.changed("/out");
      await this.clock.advance(200);
    }
  }
}

Deno.test("1,000 changes in a second are one restart", async () => {
  const { clock, pace, restarts } = new Stage();
  for (let i = 0; i < 1_000; i++) {
    pace.changed(`/src/${i % 500}`);
    await clock.advance(1);
  }
  assertEquals(restarts, []);
  await clock.advance(10_000);
  assertEquals(restarts, [{ path: "/src/499", files: 500, at: 1_199 }]);
});

Deno.test("Changes that never end restart the process all the same", async () => {
  const { clock, pace, restarts } = new Stage();
  for (let i = 0; i < 110; i++) {
    pace.changed("/log");
    await clock.advance(100);
  }
  assertEquals(restarts.map(({ at }) => at), [5_000, 10_000]);
});

Deno.test("Changes during a restart lead to one more restart after it", async () => {
  const stage = new Stage();
  const { clock, pace, restarts } = stage;
  stage.restartMs = 3_000;
  pace.changed("/a");
  await clock.advance(1_000);
  for (const path of ["/b", "/c", "/b"]) {
    pace.changed(path);
    await clock.advance(500);
  }
  assertEquals(restarts.length, 1);
  await clock.advance(10_000);
  assertEquals(restarts, [
    { path: "/a", files: 1, at: 200 },
    { path: "/c", files: 2, at: 3_200 },
  ]);
});

Deno.test("A process that is not to run is not restarted, and changes are forgotten", async () => {
  const stage = new Stage();
  stage.wanted = false;
  await stage.rounds(...Array(20).fill(0));
  stage.wanted = true;
  await stage.clock.advance(1_000);
  assertEquals([stage.restarts, stage.loops], [[], []]);
  await stage.rounds(0);
  assertEquals(stage.restarts.length, 1);
});

Deno.test("A process that changes its own files is restarted no more, until it is armed", async () => {
  const stage = new Stage();
  await stage.rounds(100_000, 3_000, 3_100, 2_900, 3_200, 3_000, 3_000, 3_000);
  assertEquals(stage.restarts.length, 5);
  assertEquals(stage.loops, [{ path: "/out", rounds: 5 }]);
  assertEquals(stage.pace.loop, stage.loops[0]);
  // Someone restarts it.
  stage.pace.started();
  stage.pace.arm();
  assertEquals(stage.pace.loop, undefined);
  await stage.rounds(3_000, 3_000, 3_000, 3_000, 3_000);
  assertEquals(stage.restarts.length, 9);
  assertEquals(stage.loops.length, 2);
});

Deno.test("A process that writes while it is restarted is found, too", async () => {
  const stage = new Stage();
  stage.restartMs = 1_000;
  stage.pace.changed("/src");
  await stage.clock.advance(200);
  for (let i = 0; i < 10; i++) {
    await stage.clock.advance(500);
    stage.pace.changed("/state");
    await stage.clock.advance(500);
  }
  // The first change has nothing to do with it.
  assertEquals(stage.loops, [{ path: "/state", rounds: 5 }]);
  assertEquals(stage.restarts.length, 5);
});

Deno.test("loopIn() tells programs from people", () => {
  assertEquals(loopIn([]), 0);
  assertEquals(loopIn([40, 45, 300, 20]), 0);
  assertEquals(loopIn([40, 45, 300, 20, 60]), 5);
  assertEquals(loopIn([900, 40, 45, 300, 20, 60]), 5);
  // A slow build differs by more, but not much in proportion.
  assertEquals(loopIn([10_000, 11_500, 9_800, 11_000, 10_200]), 5);
  // An editor that saves whenever its user pauses.
  assertEquals(loopIn([900, 1_600, 1_100, 2_500, 1_200]), 0);
  const hasty = [100, 1_900, 700, 1_500, 1_000, 200, 1_800, 900, 1_400];
  assertEquals(loopIn(hasty), 0);
  assertEquals(loopIn([...hasty, 600]), 10);
  assertEquals(loopIn([...hasty, 6_000]), 0);
});

Deno.test("Nothing is done after the end", async () => {
  const { clock, pace, restarts, ending } = new Stage();
  pace.changed("/a");
  await clock.advance(100);
  ending.abort();
  await pace.idle;
  pace.changed("/b");
  await clock.advance(1_000);
  assertEquals([restarts, clock.pending], [[], 0]);
});
