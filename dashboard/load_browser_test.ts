// deno-lint-ignore-file no-console
/**
 * What the page costs while processes write: in short, or as the project
 * promises with `-- --full`.
 *
 * @module
 */

import { assert, assertEquals, assertGreater, assertLess } from "@std/assert";
import { cpuOf, pause } from "../bench/compare/processes.ts";
import {
  browserTest,
  launchChromium,
  useChromium,
  visit,
} from "../tools/browser.ts";
import { DashboardPage } from "../tools/dashboard_page.ts";
import {
  firstViewOf,
  LoadStage,
  measureLoad,
  rendererCpu,
  setHidden,
} from "../tools/dashboard_load.ts";
import { DashboardStage, jobs } from "../tools/dashboard_stage.ts";

const full = Deno.args.includes("--full");

const open = useChromium();

/**
 * What is promised is promised of a machine that does nothing else; the gate
 * does a lot at the same time.
 */
const SLACK = full ? 1 : 4;

/** The longest frame, in milliseconds. */
const FRAME_MS = 100;

/** The longest time until the first view, in milliseconds. */
const VIEW_MS = 300;

/** How much memory may grow after the first seconds, in bytes. */
const GROWTH_BYTES = 4_000_000;

browserTest("The first view is there at once", async () => {
  await using stage = await DashboardStage.open(jobs(20));
  await using visited = await open();
  const taken = await firstViewOf(visited, stage.link(), "job-1");
  console.log(`first view: ${taken.toFixed(0)} ms`);
  assertLess(taken, VIEW_MS * SLACK);
});

browserTest("What a row used is drawn when the row is in sight", async () => {
  await using stage = await DashboardStage.open(jobs(60));
  await using visited = await open();
  const shown = new DashboardPage(visited.page);
  await visited.goto(stage.link());
  const first = shown.row("job-1").locator(".spark-line");
  const last = shown.row("job-60").locator(".spark-line");
  await first.first().waitFor({ state: "attached" });
  assertEquals(await last.count(), 0);
  await shown.row("job-60").scrollIntoViewIfNeeded();
  await last.first().waitFor({ state: "attached" });
});

browserTest("The page bears many lines, and slows nothing down", async () => {
  const browser = await launchChromium();
  await using _ = { [Symbol.asyncDispose]: () => browser.close() };
  const load = { processes: full ? 100 : 30, linesPerSecond: 100 };
  const found = await measureLoad(browser, load, {
    aloneS: full ? 20 : 2,
    pageS: full ? 60 : 4,
  });
  console.log(JSON.stringify(found));
  const { alone, watched, smooth, heap: [early, late] } = found;
  assertGreater(watched.linesPerSecond, 0.9 * alone.linesPerSecond);
  assertLess(smooth.frame, FRAME_MS * SLACK);
  assertLess(smooth.task, FRAME_MS * SLACK);
  assertLess(late, early * 1.1 + GROWTH_BYTES);
});

// In the gate, another test holds that a hidden page asks for nothing.
if (full) {
  browserTest(
    "A hidden page costs nothing, nor does one that nobody looks at",
    async () => {
      const seconds = 10;
      // A tenth of a percent: what an idle supervisor may take anyway.
      const limit = 0.001 * seconds * 1_000;
      await using stage = await LoadStage.open({
        processes: 20,
        linesPerSecond: 0,
      });
      const link = await stage.link();
      // V8 collects garbage some seconds after the last work, so of two
      // measurements in a row, the smaller one tells what goes on.
      const once = async (cpu: () => Promise<number>) => {
        const before = await cpu();
        await pause(seconds * 1_000);
        return await cpu() - before;
      };
      const used = (cpu: () => Promise<number>) => async () =>
        Math.min(await once(cpu), await once(cpu));
      const web = used(() => Promise.resolve(cpuOf(stage.web)));
      const supervisor = used(() => Promise.resolve(cpuOf(stage.supervisor)));
      const browser = await launchChromium();
      await using _ = { [Symbol.asyncDispose]: () => browser.close() };
      const renderer = used(() => rendererCpu(browser));
      {
        await using visited = await visit(browser);
        const shown = new DashboardPage(visited.page);
        await visited.goto(link);
        await shown.shows("job-1", "running");
        for (const view of ["log", "grid"] as const) {
          await shown.open(view);
          const visible = await Promise.all([web(), supervisor(), renderer()]);
          console.log(
            `visible ${view}: ${visible.map((ms) => ms.toFixed(1))} ms`,
          );
          await setHidden(visited.page, true);
          await pause(500);
          const [a, b, c] = await Promise.all([
            web(),
            supervisor(),
            renderer(),
          ]);
          console.log(
            `hidden ${view}: ${[a, b, c].map((ms) => ms.toFixed(1))} ms`,
          );
          assertLess(a, limit, "the web process");
          assertLess(b, limit, "the supervisor");
          // The browser has timers of its own, and counts in steps of 10 ms.
          assertLess(c, 10 * limit, "the page");
          await setHidden(visited.page, false);
        }
      }
      await pause(500);
      const [a, b] = await Promise.all([web(), supervisor()]);
      console.log(`nobody: ${[a, b].map((ms) => ms.toFixed(1))} ms`);
      assert(a < limit && b < limit, `web ${a} ms, supervisor ${b} ms`);
    },
  );
}
