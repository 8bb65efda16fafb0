import { assertEquals } from "@std/assert";
import type { OwnEvent } from "../control/mod.ts";
import { constant, type Logger, Processman } from "../mod.ts";
import { plan, type PlanEntry, up } from "../plan/mod.ts";
import { type ChildScript, FakeKernel } from "../testing/mod.ts";
import type { ResolvedConfig } from "./resolved.ts";
import { ScheduleBook } from "./schedule_book.ts";
import {
  BACK_MS,
  decide,
  LATE_MS,
  LOOK_MS,
  ScheduleKeeper,
} from "./schedules.ts";

const [MINUTE, HOUR, DAY] = [60_000, 3_600_000, 86_400_000];

/** A system whose clock can be set. */
class SetKernel extends FakeKernel {
  /** By how much the clock has been set forward. */
  set = 0;
  override time(): number {
    return super.time() + this.set;
  }
}

/** A process: options of the plan, and what the keeper reads. */
interface Kept {
  readonly entry: PlanEntry;
  readonly keys: Readonly<Record<string, unknown>>;
}

/** A supervisor on a fake system, whose clock begins at midnight UTC. */
async function keeping(
  script: ChildScript,
  processes: Readonly<Record<string, Kept>>,
  random = 0,
) {
  const kernel = new SetKernel({ programs: { job: script, db: () => {} } });
  const warnings: string[] = [];
  const ignore = () => {};
  const warn = (text: string) => void warnings.push(text);
  const logger: Logger = { debug: ignore, info: ignore, warn, error: warn };
  const pm = new Processman({ kernel, logger: null, signals: [] });
  const entries = Object.entries(processes);
  const planned = plan(
    Object.fromEntries(entries.map(([name, { entry }]) => [name, entry])),
  );
  const app = await up(pm, planned, { names: [] });
  const end = new AbortController();
  const events: string[] = [];
  const note = ({ text }: OwnEvent) => void events.push(text);
  const schedules = new ScheduleBook();
  const env = () => undefined;
  const { signal } = end;
  const attending = { pm, app, logger, note, schedules, env, signal };
  const keeper = new ScheduleKeeper(attending, () => random);
  const configure = (changed: Readonly<Record<string, unknown>> = {}) => {
    const keys = entries.map(([name, { keys }]) => [name, keys]);
    keeper.configure({
      processes: { ...Object.fromEntries(keys), ...changed },
    } as unknown as ResolvedConfig);
  };
  configure();
  const starts = () =>
    kernel.started.filter(({ program }) => program === "job").length;
  return {
    kernel,
    app,
    events,
    warnings,
    schedules,
    configure,
    starts,
    end,
    advance: (ms: number) => kernel.clock.advance(ms),
    hours: () =>
      Math.round((schedules.of("job")?.next ?? NaN) - kernel.time()) / HOUR,
    async [Symbol.asyncDispose]() {
      end.abort();
      await keeper[Symbol.asyncDispose]();
      await kernel.clock.until(pm.shutdown());
      assertEquals(kernel.clock.pending, 0);
      kernel.assertNothingLeft();
    },
  };
}

const TASK: PlanEntry = {
  command: ["job"],
  type: "task",
  restart: { policy: "never" },
};
const UTC = { timeZone: "UTC" };

/** A task that runs at three every night. */
const nightly = (more: object = {}): Kept => ({
  entry: TASK,
  keys: { schedule: { cron: "0 3 * * *", ...UTC, ...more } },
});

Deno.test("A scheduled task runs at its times, and not before", async () => {
  await using all = await keeping(() => 0, { job: nightly() });
  assertEquals([all.starts(), all.hours()], [0, 3]);
  await all.advance(3 * HOUR - 1);
  assertEquals(all.starts(), 0);
  await all.advance(1);
  assertEquals([all.starts(), all.hours()], [1, 24]);
  assertEquals(all.app.why("job").state.kind, "done");
  await all.advance(10 * DAY);
  assertEquals(all.starts(), 11);
  assertEquals(all.warnings, []);
});

Deno.test("A time that is further away than a timer can run comes at its time", async () => {
  const job = nightly({ cron: "0 3 27 * *" });
  await using all = await keeping(() => 0, { job });
  assertEquals(all.hours(), 26 * 24 + 3);
  await all.advance(26 * DAY + 3 * HOUR - 1);
  assertEquals(all.starts(), 0);
  await all.advance(1);
  assertEquals(all.starts(), 1);
});

Deno.test("A run that is still going makes the next one be skipped, and said", async () => {
  const job = nightly({ cron: "0 * * * *" });
  await using all = await keeping(
    (_, clock) => clock.delay(90 * MINUTE).then(() => 0),
    { job },
  );
  await all.advance(2 * HOUR);
  assertEquals(all.starts(), 1);
  assertEquals(all.warnings.map((text) => text.replace(/\d\d:00/, "TIME")), [
    'Skipped the run of "job" at TIME: the last one is not over, job has been running for 60 min',
  ]);
  assertEquals(all.events.at(-1), all.warnings[0]);
  await all.advance(2 * HOUR + 45 * MINUTE);
  assertEquals([all.starts(), all.warnings.length], [2, 2]);
});

Deno.test("The restart policy decides within a run, and the next run comes anyhow", async () => {
  const entry: PlanEntry = {
    ...TASK,
    restart: { backoff: constant(MINUTE), limit: { restarts: 1 } },
  };
  await using all = await keeping(() => 1, { job: { ...nightly(), entry } });
  await all.advance(4 * HOUR);
  assertEquals([all.starts(), all.app.why("job").state.kind], [2, "failed"]);
  await all.advance(DAY);
  assertEquals([all.starts(), all.warnings], [4, []]);
});

Deno.test("A run waits for what the task depends on", async () => {
  const db: Kept = { entry: { command: ["db"] }, keys: {} };
  const entry: PlanEntry = { ...TASK, dependsOn: { db: "started" } };
  await using all = await keeping(() => 0, {
    db,
    job: { ...nightly(), entry },
  });
  await all.advance(4 * HOUR);
  assertEquals([all.starts(), all.app.why("job").state.kind], [0, "waiting"]);
  await all.advance(DAY);
  assertEquals(all.warnings.length, 1);
  await all.app.start("db");
  await all.kernel.clock.settle();
  assertEquals(all.starts(), 1);
});

Deno.test("What is stopped does not run until it is started", async () => {
  await using all = await keeping(() => 0, { job: nightly() });
  all.schedules.asked("stop", "job");
  assertEquals(all.schedules.of("job"), {
    action: "run",
    next: null,
    suspended: true,
  });
  assertEquals(all.schedules.awaitsRuns, true);
  await all.advance(2 * DAY);
  assertEquals(all.starts(), 0);
  all.schedules.asked("start", "job");
  assertEquals(all.hours(), 3);
  await all.advance(DAY);
  assertEquals([all.starts(), all.warnings], [1, []]);
});

Deno.test("A schedule that a reload changes, adds or removes has effect at once", async () => {
  await using all = await keeping(() => 0, { job: nightly() });
  await all.advance(HOUR);
  all.configure();
  assertEquals(all.hours(), 2);
  all.configure({ job: { schedule: { cron: "0 6 * * *", ...UTC } } });
  assertEquals(all.hours(), 5);
  all.configure({ job: {} });
  assertEquals([all.schedules.of("job"), all.kernel.clock.pending], [
    undefined,
    0,
  ]);
  await all.advance(DAY);
  assertEquals(all.starts(), 0);
});

Deno.test("Jitter delays each time by a part of it", async () => {
  await using all = await keeping(() => 0, {
    job: nightly({ jitterMs: 2 * HOUR - 1 }),
  }, 0.5);
  assertEquals(all.hours(), 4);
  await all.advance(4 * HOUR - 1);
  assertEquals(all.starts(), 0);
  await all.advance(1);
  assertEquals([all.starts(), all.hours()], [1, 24]);
});

Deno.test("What a computer sleeps through runs once, or is skipped, and said", async () => {
  for (const catchUp of [true, false]) {
    await using all = await keeping(() => 0, { job: nightly({ catchUp }) });
    await all.advance(HOUR);
    all.kernel.set += 2 * DAY + 6 * HOUR;
    await all.advance(LOOK_MS);
    assertEquals(
      [all.starts(), all.warnings.length],
      catchUp ? [1, 0] : [0, 1],
    );
    assertEquals(Math.ceil(all.hours()), 20);
  }
});

Deno.test("A clock that is set back a little repeats nothing; set back far, it begins anew", async () => {
  await using all = await keeping(() => 0, { job: nightly() });
  await all.advance(3 * HOUR);
  all.kernel.set -= HOUR / 2;
  await all.advance(HOUR);
  assertEquals(all.starts(), 1);
  all.kernel.set -= 100 * DAY;
  await all.advance(LOOK_MS);
  assertEquals(Math.ceil(all.hours()), 24);
  await all.advance(DAY);
  assertEquals(all.starts(), 2);
});

Deno.test("A service is restarted at its times, one replica after another, and stays stopped", async () => {
  const alive: number[] = [];
  const service: Kept = {
    entry: { command: ["job"], replicas: 3, roll: { order: "stop-first" } },
    keys: { restart: { schedule: { cron: "0 3 * * *", ...UTC } } },
  };
  await using all = await keeping(() => {}, { job: service });
  await all.advance(4 * HOUR);
  assertEquals(all.starts(), 0);
  await all.app.start("job");
  await all.app.stop("job.3");
  const count = async () => {
    for await (const _ of all.app.manager.events({ signal: all.end.signal })) {
      alive.push(all.kernel.alive.length);
    }
  };
  count();
  await all.advance(DAY);
  assertEquals([all.starts(), Math.min(...alive)], [5, 1]);
  assertEquals(all.app.why("job.3").state.kind, "stopped");
  assertEquals(all.schedules.of("job")?.action, "restart");
});

Deno.test("Nothing is kept any more when the supervisor is about to end", async () => {
  await using all = await keeping(() => 0, { job: nightly() });
  all.end.abort();
  await all.kernel.clock.settle();
  assertEquals(all.kernel.clock.pending, 0);
  all.configure();
  assertEquals(all.kernel.clock.pending, 0);
});

Deno.test("decide() looks at the clock at least once a minute", () => {
  const at = { before: 0, due: 10 * HOUR, catchUp: true };
  const kind = (now: number, more = {}) => decide({ ...at, now, ...more }).kind;
  assertEquals(decide({ ...at, now: 0 }), { kind: "wait", ms: LOOK_MS });
  assertEquals(decide({ ...at, now: at.due - 5 }), { kind: "wait", ms: 5 });
  assertEquals(kind(at.due), "act");
  assertEquals(kind(at.due + DAY), "act");
  assertEquals(kind(at.due + LATE_MS, { catchUp: false }), "act");
  assertEquals(kind(at.due + LATE_MS + 1, { catchUp: false }), "missed");
  assertEquals(kind(-BACK_MS), "wait");
  assertEquals(kind(-BACK_MS - 1), "recompute");
});
