/**
 * What each view shows of real processes, in a real browser.
 *
 * @module
 */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { constant } from "../mod.ts";
import { exec } from "../probe/mod.ts";
import {
  browserTest,
  type Locator,
  type Page,
  useChromium,
} from "../tools/browser.ts";
import { DashboardPage } from "../tools/dashboard_page.ts";
import {
  DashboardStage,
  shell,
  troubledShop,
} from "../tools/dashboard_stage.ts";
import { lineOf } from "../tools/testing.ts";

const open = useChromium();

/** The lines of the log that are on the screen. */
function linesOf(page: Page): Locator {
  return page.getByRole("listbox", { name: "Lines" }).getByRole("option");
}

/** Something that crashes at once, and is not restarted soon. */
const CRASHER = {
  command: shell(
    'echo "took a job"; echo "Error: cannot parse order 17" >&2; exit 7',
  ),
  restart: { policy: "always", backoff: constant(60_000) },
} as const;

browserTest("A link to a line of the log opens at that line", async () => {
  await using stage = await DashboardStage.open({
    writer: {
      command: shell(
        'for i in {1..900}; do echo "line $i"; done; exec sleep 1000',
      ),
    },
    other: { command: shell("echo nothing; exec sleep 1000") },
  });
  await using visit = await open();
  const { page } = visit;
  const shown = new DashboardPage(page);
  await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
  await visit.goto(stage.link());
  await shown.open("log");
  const row = (text: string) =>
    linesOf(page).filter({ hasText: new RegExp(`${text}$`) });
  await row("line 900").waitFor();
  // It searches what is not on the screen.
  await page.getByRole("searchbox", { name: /Search/ }).fill("line 40[12]$");
  await row("line 401").click();
  await shown.button("Copy link").click();
  const link = String(await page.evaluate("navigator.clipboard.readText()"));
  assertStringIncludes(link, stage.dashboard.url);
  // A page of its own, as if the link was pasted into the address bar.
  await shown.open("grid");
  await visit.goto(link);
  await page.reload();
  await row("line 401").waitFor();
  assertEquals(await row("line 401").getAttribute("aria-selected"), "true");
  // What is around it is there too, though it was not what was searched for.
  await row("line 400").waitFor();
  await row("line 403").waitFor();
  const box = await row("line 401").boundingBox();
  assert(box !== null && box.y > 0 && box.y < 800, "it is on the screen");
});

browserTest("A pause of the log loses nothing", async () => {
  await using stage = await DashboardStage.open({
    writer: {
      command: shell(
        'exec {pipe}<> <(:); while read -t 0.02 -u $pipe; [ $? -gt 128 ]; do echo "line $((++i)) end"; done',
      ),
    },
  });
  await using visit = await open();
  const { page } = visit;
  const shown = new DashboardPage(page);
  await visit.goto(stage.link());
  await shown.open("log");
  const rows = linesOf(page);
  const numbers = async () =>
    (await rows.allInnerTexts())
      .flatMap((text) => text.match(/line (\d+) end/)?.[1] ?? []).map(Number);
  await rows.filter({ hasText: /line \d+ end/ }).first().waitFor();
  await page.keyboard.press("p");
  await page.getByText("Paused").waitFor();
  const held = await numbers();
  const writer = stage.supervisor.pm.get("writer");
  assert(writer);
  await lineOf(writer, `line ${(held.at(-1) ?? 0) + 100} end`);
  assertEquals(await numbers(), held);
  await page.keyboard.press("p");
  const last = (held.at(-1) ?? 0) + 100;
  while ((await numbers()).every((number) => number <= last));
  const after = await numbers();
  const [first = 0] = after;
  assertEquals(after, after.map((_, index) => first + index));
});

browserTest("The graph says what is awaited", async () => {
  await using stage = await DashboardStage.open(troubledShop());
  await using visit = await open();
  const { page } = visit;
  const shown = new DashboardPage(page);
  await visit.goto(stage.link());
  await shown.open("graph");
  const main = page.locator("main");
  const web = main.getByRole("button", { name: /web/ }).first();
  await web.waitFor();
  await web.click();
  const panel = page.locator(".graph-panel, .time-detail");
  await panel.getByText("web waits until cache is ready").waitFor();
  await panel.getByRole("button", { name: "cache" }).click();
  await panel.getByRole("heading", { name: "cache" }).waitFor();
  await page.keyboard.press("Escape");
  await panel.waitFor({ state: "detached" });
  await stage.supervisor.app.stop("api");
  await main.getByRole("button", { name: /api.*stopped/s }).first().waitFor();
});

browserTest(
  "A crash on the time line says what happened and what followed",
  async () => {
    await using stage = await DashboardStage.open({ worker: CRASHER });
    await using visit = await open();
    const { page } = visit;
    const shown = new DashboardPage(page);
    await visit.goto(stage.link());
    await shown.open("time");
    await page.locator("main").getByRole("button", { name: /crashed with/ })
      .first()
      .click();
    const detail = page.locator(".graph-panel, .time-detail");
    await detail.getByText("cannot parse order 17").waitFor();
    await detail.getByText(/code 7/).first().waitFor();
    await detail.getByText(/restart/i).first().waitFor();
    await detail.getByRole("link", { name: /^Log (?:at|around|from)/ }).click();
    await linesOf(page).filter({ hasText: "cannot parse order 17" })
      .first().waitFor();
  },
);

browserTest("The view of a process answers what is asked of it", async () => {
  await using stage = await DashboardStage.open({
    api: {
      command: shell("exec sleep 1000"),
      env: { API_TOKEN: "hunter2-secret" },
      ready: exec("true", []),
      live: exec("false", []),
      restart: { limit: { restarts: 5, withinMs: 60_000 } },
    },
    worker: CRASHER,
  });
  await stage.supervisor.pm.get("api")?.ready;
  await using visit = await open();
  const { page } = visit;
  const shown = new DashboardPage(page);
  await visit.goto(stage.link());
  await shown.row("api").getByRole("link", { name: "api" }).click();
  const main = page.locator("main");
  for (
    const text of [
      /exec true/,
      /exec false/,
      /API_TOKEN/,
      /exec sleep 1000/,
      /\b5\b/,
    ]
  ) {
    await main.getByText(text).first().waitFor();
  }
  const all = await page.evaluate("document.documentElement.outerHTML");
  assert(!String(all).includes("hunter2-secret"), "a value is shown");
  await shown.button("Stop api").click();
  await shown.told("api is stopped");
  await main.getByText(/SIGTERM/).first().waitFor();
  await shown.goto("#/process/worker");
  await main.getByText("cannot parse order 17").first().waitFor();
  await shown.goto("#/process/nobody");
  await main.getByText(/nobody/).first().waitFor();
});

browserTest("What is wrong, and why, is said on the first view", async () => {
  await using stage = await DashboardStage.open({
    ...troubledShop(),
    missing: {
      type: "task",
      command: shell("exit 3"),
      restart: { policy: "never" },
    },
    dependent: {
      command: shell("exec sleep 1000"),
      dependsOn: { missing: "completed" },
    },
  });
  await using visit = await open();
  const { page } = visit;
  await visit.goto(stage.link());
  const main = page.locator("main");
  // A crash loop, a full disk, a hung readiness, and a failed dependency.
  await main.getByText(/cannot parse order 17/).first().waitFor();
  await main.getByText(/No space left on device/).first().waitFor();
  await main.getByText(/cache.*not ready|not ready/).first().waitFor();
  await main.getByText(/blocked/).first().waitFor();
});
