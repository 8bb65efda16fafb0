import { assertEquals } from "@std/assert";
import { constant, Processman } from "../mod.ts";
import { type App, plan, type PlanEntry, up } from "../plan/mod.ts";
import { type ChildScript, FakeKernel } from "../testing/mod.ts";
import { FileWatch } from "./file_watch.ts";
import type { FolderWatchOptions } from "./file_watch_folders.ts";
import type { ResolvedConfig } from "./resolved.ts";
import { ScheduleBook } from "./schedule_book.ts";

/** A program that runs until it is asked to end. */
const server: ChildScript = async (child, clock) => {
  child.on("SIGTERM", () => child.exit(0));
  await clock.delay(1e9);
  return 0;
};

type Entry = PlanEntry & { watch?: unknown };

/** A plan that runs, and a watch whose changes the test tells. */
class Stage implements AsyncDisposable {
  readonly kernel = new FakeKernel({
    programs: { server, crash: () => 1, done: () => 0 },
  });
  readonly pm = new Processman({ kernel: this.kernel, logger: null });
  readonly log: string[] = [];
  readonly notes: string[] = [];
  readonly #ending = new AbortController();
  readonly #entries: Readonly<Record<string, Entry>>;
  app!: App;
  watch!: FileWatch;
  /** Tells that a file has changed. */
  changed!: (path: string) => void;
  /** Tells whether folders could be watched. */
  opened!: FolderWatchOptions["opened"];

  private constructor(entries: Readonly<Record<string, Entry>>) {
    this.#entries = entries;
  }

  static async of(entries: Readonly<Record<string, Entry>>): Promise<Stage> {
    const stage = new Stage(entries);
    const planned = Object.entries(entries).map((
      [name, { watch: _, ...entry }],
    ) => [name, entry]);
    const { pm, log, notes, kernel: { clock } } = stage;
    stage.app = await up(pm, plan(Object.fromEntries(planned)), { names: [] });
    const write = (message: string) => log.push(message);
    stage.watch = new FileWatch({
      pm,
      app: stage.app,
      logger: { debug: write, info: write, warn: write, error: write },
      note: ({ kind, name, text }) => notes.push(`${kind} ${name}: ${text}`),
      env: () => undefined,
      schedules: new ScheduleBook(),
      signal: stage.#ending.signal,
    }, ({ changed, opened }) => {
      stage.changed = (path) => changed(path, false);
      stage.opened = opened;
      const nothing = () => Promise.resolve();
      return { watch: nothing, [Symbol.asyncDispose]: nothing };
    });
    await stage.configure();
    await clock.advance(0);
    return stage;
  }

  /** Configures what all entries say, or something else for some. */
  async configure(
    watch: Readonly<Record<string, unknown>> = {},
  ): Promise<void> {
    const config = Object.entries(this.#entries)
      .map((
        [name, entry],
      ) => [name, { watch: entry.watch, ...Object(watch[name]) }]);
    await this.watch.configure({
      cwd: "/shop",
      logs: { folder: null },
      processes: Object.fromEntries(config),
    } as ResolvedConfig);
  }

  /** Starts entries, and lets them run for a while. */
  async start(...names: string[]): Promise<void> {
    this.app.start(names).catch(() => {});
    await this.kernel.clock.advance(100);
  }

  /** Changes a file, and waits until the restart is over. */
  async change(path: string, afterMs = 100_000): Promise<void> {
    const { clock } = this.kernel;
    await clock.advance(afterMs);
    this.changed(path);
    await clock.advance(1_000);
  }

  /** Returns the number of runs of some processes. */
  runs(...names: string[]): number[] {
    return names.map((name) => {
      const state = this.app.get(name)?.state;
      return state && "run" in state ? state.run : 0;
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ending.abort();
    await this.pm.shutdown();
    await this.watch[Symbol.asyncDispose]();
    this.kernel.assertNothingLeft();
  }
}

Deno.test("A change restarts the processes that watch the file, and tells the cause", async () => {
  await using stage = await Stage.of({
    api: { command: ["server"], replicas: 2, watch: ["/shop/src", "/shop/x"] },
    web: { command: ["server"], watch: ["/shop/web"] },
    db: { command: ["server"] },
  });
  await stage.start("api", "web", "db");
  await stage.change("/shop/src/a.ts");
  assertEquals(stage.runs("api.1", "api.2", "web", "db"), [2, 2, 1, 1]);
  const text = "src/a.ts changed: restarting api";
  assertEquals(stage.log, [text]);
  assertEquals(stage.notes, [`watch api: ${text}`]);
  assertEquals(
    stage.watch.remark("api"),
    "it was restarted because src/a.ts changed",
  );
  assertEquals(stage.watch.remark("web"), undefined);
  await stage.app.restart("api");
  await stage.kernel.clock.settle();
  assertEquals(stage.watch.remark("api"), undefined);
});

Deno.test("With cascade, the processes that depend on it are restarted too", async () => {
  const dependsOn = { lib: { when: "started", restart: "explicit" } } as const;
  for (const cascade of [false, true]) {
    await using stage = await Stage.of({
      lib: { command: ["server"], watch: { paths: ["/shop"], cascade } },
      api: { command: ["server"], dependsOn },
    });
    await stage.start("lib", "api");
    await stage.change("/shop/a");
    assertEquals(stage.runs("lib", "api"), [2, cascade ? 2 : 1]);
    assertEquals(stage.log.length, 1);
  }
});

Deno.test("A process that was stopped, or not started, stays so", async () => {
  const entry: Entry = { command: ["server"], watch: ["/shop"] };
  await using stage = await Stage.of({ api: entry, web: entry });
  await stage.start("api");
  assertEquals(stage.watch.awaits(), true);
  await stage.app.stop("api");
  await stage.change("/shop/a");
  assertEquals([stage.log, stage.watch.awaits()], [[], false]);
  // Changes of before the start are no reason.
  await stage.start("api");
  await stage.kernel.clock.advance(10_000);
  assertEquals(stage.log, []);
});

Deno.test("A process that waits for its restart, was given up or has ended is started at once", async () => {
  const watch = ["/shop"];
  const backoff = constant(1e6);
  await using stage = await Stage.of({
    waiting: { command: ["crash"], restart: { backoff }, watch },
    failed: {
      command: ["crash"],
      restart: { backoff, limit: { restarts: 0 } },
      watch,
    },
    ended: { command: ["done"], watch },
    task: { command: ["done"], type: "task", watch },
  });
  await stage.start("waiting", "failed", "ended", "task");
  const states = () => stage.app.whys().map(({ state }) => state.kind);
  assertEquals(states(), ["backoff", "failed", "ended", "done"]);
  const starts: string[] = [];
  const { signal } = new AbortController();
  (async () => {
    for await (const event of stage.pm.events({ signal })) {
      if (event.kind === "start") starts.push(event.name);
    }
  })();
  await stage.change("/shop/a", 0);
  assertEquals(starts.sort(), ["ended", "failed", "task", "waiting"]);
  assertEquals(states(), ["backoff", "failed", "ended", "done"]);
});

Deno.test("A process that writes its own files is left alone, until it is restarted or its options change", async () => {
  await using stage = await Stage.of({
    api: { command: ["server"], watch: ["/shop"] },
  });
  await stage.start("api");
  const loop = async () => {
    for (let i = 0; i < 8; i++) await stage.change("/shop/gen.ts", 500);
  };
  await loop();
  assertEquals(stage.runs("api"), [6]);
  assertEquals(stage.log.length, 6);
  const told = stage.log.at(-1) ?? "";
  assertEquals(
    told.startsWith(
      "api is no longer restarted when files change, because gen.ts changed",
    ),
    true,
  );
  assertEquals(stage.notes.at(-1), `watch api: ${told}`);
  assertEquals(stage.watch.remark("api"), told.replaceAll("api", "it"));
  assertEquals(stage.watch.awaits(), false);
  await stage.app.restart("api");
  await stage.kernel.clock.settle();
  assertEquals(stage.watch.remark("api"), undefined);
  await loop();
  assertEquals(stage.runs("api"), [12]);
  await stage.configure({
    api: { watch: { paths: ["/shop"], ignore: ["gen.ts"] } },
  });
  await loop();
  assertEquals([stage.runs("api"), stage.watch.remark("api")], [
    [12],
    undefined,
  ]);
  await stage.change("/shop/a.ts");
  assertEquals(stage.runs("api"), [13]);
});

Deno.test("Other options take effect without a restart, and without them nothing is watched", async () => {
  await using stage = await Stage.of({
    api: { command: ["server"], watch: ["/shop/src"] },
  });
  await stage.start("api");
  await stage.configure({
    api: { watch: { paths: ["/shop/lib"], debounceMs: 5_000 } },
  });
  await stage.change("/shop/src/a");
  await stage.change("/shop/lib/a");
  assertEquals(stage.runs("api"), [1]);
  await stage.kernel.clock.advance(5_000);
  assertEquals(stage.runs("api"), [2]);
  // What is being waited for ends with the option.
  stage.changed("/shop/lib/a");
  await stage.configure({ api: { watch: undefined } });
  await stage.kernel.clock.advance(10_000);
  assertEquals(stage.runs("api"), [2]);
});

Deno.test("A limit of the system is told once, and by why until it is gone", async () => {
  await using stage = await Stage.of({
    api: { command: ["server"], watch: ["/shop"] },
  });
  const error = new Error("OS file watch limit reached");
  stage.opened(9_000, error);
  stage.opened(9_000, error);
  assertEquals(stage.log.length, 1);
  assertEquals(
    stage.log[0],
    `Cannot watch files: ${stage.watch.remark("api")}`,
  );
  stage.opened(9_000);
  assertEquals(stage.watch.remark("api"), undefined);
});
