/**
 * Whether everybody can use the page: the rules of axe-core in all views, and
 * all that can be done, by the keyboard alone.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { ControlClient } from "../control/mod.ts";
import { violationsOf } from "../tools/axe.ts";
import {
  browserTest,
  type Page,
  REFUSED,
  useChromium,
} from "../tools/browser.ts";
import { DashboardPage } from "../tools/dashboard_page.ts";
import {
  DashboardStage,
  shell,
  troubledShop,
} from "../tools/dashboard_stage.ts";

const open = useChromium();

/** The places of the page, with a text that is there when the view is. */
const PLACES: Readonly<Record<string, string>> = {
  "#/": "worker",
  "#/log": "checkpoint complete",
  "#/graph": "worker",
  "#/graph?as=list": "worker",
  "#/time": "worker",
  "#/process/worker": "cannot parse order 17",
  "#/process/cache": "cache",
  "#/process/nobody": "nobody",
};

/** What opens over the page, by the keys that open it. */
const OVERLAYS: Readonly<Record<string, (page: Page) => Promise<void>>> = {
  "the palette": (page) => page.keyboard.press("Control+k"),
  "the shortcuts": (page) => page.keyboard.press("?"),
  "a menu": (page) =>
    page.getByRole("button", { name: "More for db" }).press("Enter"),
  "a question": (page) =>
    page.getByRole("button", { name: "Restart db" }).press("Enter"),
  "the choice of a signal": async (page) => {
    await page.getByRole("button", { name: "More for db" }).press("Enter");
    await page.getByRole("menuitem", { name: "Signal…" }).press("Enter");
  },
};

/** Whether all rules are checked in all looks, and not only those that differ. */
const full = Deno.args.includes("--full");

const WIDE = { width: 1280, height: 800 };
const NARROW = { width: 380, height: 800 };

/** Checks a page in light and dark, wide and narrow. */
async function assertAccessible(page: Page): Promise<void> {
  const found: string[] = [];
  const look = async (name: string, about: "all" | "colors" | "others") => {
    const violations = await violationsOf(page, full ? "all" : about);
    found.push(...violations.map((text) => `${name}: ${text}`));
  };
  await look("light, wide", "all");
  await page.emulateMedia({ colorScheme: "dark" });
  await look("dark, wide", "colors");
  await page.setViewportSize(NARROW);
  await look("dark, narrow", "others");
  const wider = await page.evaluate(
    "document.documentElement.scrollWidth - innerWidth",
  );
  if (Number(wider) > 0) found.push(`it is ${wider} pixels too wide`);
  await page.emulateMedia({ colorScheme: "light" });
  if (full) await look("light, narrow", "all");
  await page.setViewportSize(WIDE);
  assertEquals(found, []);
}

browserTest("No rule of axe is violated in any view and look", async (t) => {
  await using stage = await DashboardStage.open(troubledShop());
  await using visit = await open();
  const { page } = visit;
  const shown = new DashboardPage(page);
  await visit.goto(stage.link());
  await shown.shows("backup", "failed");
  for (const [place, text] of Object.entries(PLACES)) {
    await t.step(place, async () => {
      await shown.goto(place);
      await page.locator("main").getByText(text).first().waitFor({
        state: "attached",
      });
      await assertAccessible(page);
    });
  }
  await shown.goto("#/");
  await shown.row("web").waitFor();
  for (const [what, openIt] of Object.entries(OVERLAYS)) {
    await t.step(what, async () => {
      const overlay = page.getByRole(what === "a menu" ? "menu" : "dialog");
      await openIt(page);
      await overlay.waitFor();
      try {
        await assertAccessible(page);
      } finally {
        await page.keyboard.press("Escape");
      }
      await overlay.waitFor({ state: "detached" });
    });
  }
});

browserTest(
  "A page that shows nothing yet violates no rule of axe",
  async () => {
    await using stage = await DashboardStage.open({
      web: { command: shell("exec sleep 1000") },
    });
    await using visit = await open();
    visit.expect(REFUSED);
    await visit.goto(stage.dashboard.url);
    await visit.page.getByText(/processman web/).first().waitFor();
    await assertAccessible(visit.page);
    await stage.end();
    await visit.goto(stage.link());
    await visit.page.getByText(/has ended properly|does not run/).first()
      .waitFor();
    await assertAccessible(visit.page);
  },
);

/** Moves the focus with a key until it is on what has a name. */
async function focusOn(page: Page, name: string, key = "Tab"): Promise<void> {
  const focused = `(document.activeElement?.getAttribute("aria-label") ??
    document.activeElement?.textContent ?? "").trim()`;
  const passed: unknown[] = [];
  for (let i = 0; i < 120; i++) {
    const at = await page.evaluate(focused);
    if (at === name) {
      await assertVisibleFocus(page);
      return;
    }
    passed.push(at);
    await page.keyboard.press(key);
  }
  throw new Error(`${name} is not reached; these are: ${passed.join(", ")}`);
}

/** Checks that the focus can be seen. */
async function assertVisibleFocus(page: Page): Promise<void> {
  const style: { outline: string; shadow: string } = await page.evaluate(
    `(() => {
    const { outlineStyle, outlineWidth, boxShadow } =
      getComputedStyle(document.activeElement);
    return { outline: outlineStyle + " " + outlineWidth, shadow: boxShadow };
  })()`,
  );
  const seen = !/^none| 0px$/.test(style.outline) || style.shadow !== "none";
  assert(seen, `the focus is not visible: ${JSON.stringify(style)}`);
}

browserTest("All that can be done is done by the keyboard alone", async (t) => {
  const sleeper = { command: shell("exec sleep 1000") };
  await using stage = await DashboardStage.open({
    one: sleeper,
    two: sleeper,
    api: { ...sleeper, replicas: 2 },
  });
  await stage.supervisor.started;
  await using visit = await open();
  const { page } = visit;
  const { keyboard } = page;
  const shown = new DashboardPage(page);
  const client = new ControlClient(stage.supervisor.exposed.socket);
  const view = async (name: string) =>
    (await client.processes()).find((each) => each.name === name);
  await visit.goto(stage.link());
  await shown.shows("one", "running");

  await t.step("stop, and undo that", async () => {
    await focusOn(page, "Stop one");
    await keyboard.press("Enter");
    await shown.told("one is stopped");
    await focusOn(page, "Undo: one is stopped");
    await keyboard.press("Enter");
    await shown.told("one is started");
    // Rows change their order with their states, and then lose the focus.
    await shown.shows("one", "running");
    assertEquals((await view("one"))?.run, 2);
  });
  await t.step("restart", async () => {
    await focusOn(page, "Restart one");
    await keyboard.press("Space");
    await shown.dialog("Restart one?").waitFor();
    await focusOn(page, "Restart");
    await keyboard.press("Enter");
    await shown.told("one is restarted");
    await shown.shows("one", "running");
    assertEquals((await view("one"))?.run, 3);
  });
  await t.step("signal", async () => {
    await focusOn(page, "More for one");
    await keyboard.press("Enter");
    await focusOn(page, "Signal…", "ArrowDown");
    await keyboard.press("Enter");
    await shown.dialog("Send a signal to one").waitFor();
    await keyboard.press("ArrowDown");
    await focusOn(page, "Send SIGUSR1");
    await keyboard.press("Enter");
    await shown.told("one got SIGUSR1");
  });
  await t.step("kill", async () => {
    await focusOn(page, "More for two");
    await keyboard.press("Enter");
    await focusOn(page, "Kill…", "ArrowDown");
    await keyboard.press("Enter");
    await shown.dialog("Kill two?").waitFor();
    await focusOn(page, "Kill");
    await keyboard.press("Enter");
    await shown.told("two is killed");
    assertEquals((await view("two"))?.last?.signal, "SIGKILL");
  });
  await t.step("start by the palette", async () => {
    await keyboard.press("Control+k");
    await keyboard.type("start two");
    await page.getByRole("option", { name: /^Start two/ }).waitFor();
    await keyboard.press("Enter");
    await shown.told("two is started");
    await shown.shows("two", "running");
  });
  await t.step("the views, by their keys", async () => {
    for (
      const [key, title] of [
        ["2", "Log"],
        ["3", "Graph"],
        ["4", "Time line"],
        ["1", "Processes"],
      ] as const
    ) {
      await keyboard.press(key);
      await page.locator('[aria-current="page"]', { hasText: title }).waitFor();
    }
  });
  await t.step("the rows, where nothing has the focus", async () => {
    const row = (name: string) =>
      page.locator(`[data-key="process ${name}"]:focus`);
    await page.evaluate("document.activeElement.blur()");
    for (const [key, name] of [["j", "one"], ["j", "two"], ["k", "one"]]) {
      await keyboard.press(String(key));
      await row(String(name)).waitFor();
    }
    await keyboard.press("/");
    await page.locator("input:focus").waitFor();
    await keyboard.press("Escape");
    await keyboard.press("ArrowDown");
    await row("one").waitFor();
  });
  await t.step("a process", async () => {
    await focusOn(page, "one");
    await keyboard.press("Enter");
    await page.getByRole("heading", { name: "one", exact: true }).waitFor();
    await keyboard.press("1");
  });
  await t.step("several, after a question", async () => {
    for (const name of ["one", "two"]) {
      await focusOn(page, `Select ${name}`);
      await keyboard.press("Space");
    }
    await focusOn(page, "Stop selected: one, two");
    await keyboard.press("Enter");
    await page.getByRole("dialog").waitFor();
    await focusOn(page, "Stop");
    await keyboard.press("Enter");
    await shown.shows("two", "stopped");
    assertEquals((await view("one"))?.state, "stopped");
  });
  await t.step("shutdown", async () => {
    await keyboard.press("Control+k");
    await keyboard.type("shut down");
    await keyboard.press("Enter");
    await shown.dialog("Shut down the supervisor?").waitFor();
    await keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "detached" });
    assertEquals(stage.supervisor.pm.closing.aborted, false);
  });
});
