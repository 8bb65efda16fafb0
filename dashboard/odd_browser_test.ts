/**
 * What few supervisors have, in a real browser: odd names, output that is no
 * text, processes that vanish while they are looked at, a supervisor that died.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { ControlClient } from "../control/client.ts";
import { plan } from "../plan/mod.ts";
import { browserTest, useChromium } from "../tools/browser.ts";
import { DashboardPage } from "../tools/dashboard_page.ts";
import { DashboardStage, shell } from "../tools/dashboard_stage.ts";
import { reportPage } from "./report.ts";

const open = useChromium();

const SLEEPER = { command: shell("echo hello; exec sleep 1000") } as const;

/** Names that are something else in addresses, in objects, or on a screen. */
const NAMES: readonly string[] = [
  "a/b",
  "%2f",
  "%",
  "a?b#c",
  "a:b",
  "<b>x</b>",
  "*",
  "@web",
  "__proto__",
  "constructor",
  "Web",
  "web",
  "\u{1f98a} fox",
  "\u65e5\u672c\u8a9e",
  "n".repeat(200),
];

browserTest("Processes can have any name", async (t) => {
  await using stage = await DashboardStage.open((pm) => {
    for (const name of NAMES) pm.command("sleep", ["1000"], { name });
  });
  await using visit = await open();
  const { page } = visit;
  const shown = new DashboardPage(page);
  await visit.goto(stage.link());
  await shown.row("web").waitFor();
  assertEquals(
    await page.evaluate(
      "document.documentElement.scrollWidth <= innerWidth",
    ),
    true,
  );
  for (const name of NAMES) {
    await t.step(name.slice(0, 20), async () => {
      await shown.open("grid");
      await page.getByRole("link", { name, exact: true }).first().click();
      await page.getByRole("heading", { name, exact: true }).waitFor();
      // It is known what the process was run with.
      await page.getByRole("heading", { name: "Probes" }).waitFor();
    });
  }
  await t.step("an action is for one of them alone", async () => {
    await shown.open("grid");
    for (const name of ["*", "a:b", "__proto__", "Web"]) {
      await shown.button(`Stop ${name}`).click();
      await shown.told(`${name} is stopped`);
    }
    await shown.shows("web", "running");
    assertEquals([...stage.supervisor.pm].length, NAMES.length - 4);
  });
});

/** Output that is no text, or too much of it. */
const JUNK = `
printf '%05000d end of 5000\\n' 1
head -c 20000 /dev/urandom; echo
head -c 3000000 /dev/zero | tr '\\0' x; echo
printf '\\xff\\xfe\\x00\\xc3\\x28 \\xe2\\x80\\xa8\\r\\x1b[2K\\x1b]0;t\\x07\\x1b[999mafter junk\\n'
exec sleep 1000`;

browserTest("The log shows output that is no text", async () => {
  await using stage = await DashboardStage.open({
    junk: { command: shell(JUNK) },
  });
  await using visit = await open({ viewport: { width: 380, height: 700 } });
  const { page } = visit;
  await visit.goto(stage.link());
  for (const view of ["#/log", "#/process/junk"]) {
    await new DashboardPage(page).goto(view);
    await page.locator("main").getByText("after junk").first().waitFor();
    assertEquals(
      await page.evaluate("document.documentElement.scrollWidth"),
      380,
    );
  }
});

browserTest("A process can vanish while it is looked at", async () => {
  const apply = async (names: readonly string[]) => {
    const entries = names.map((name) => [name, SLEEPER] as const);
    await stage.supervisor.app.apply(plan(Object.fromEntries(entries)));
  };
  await using stage = await DashboardStage.open({ db: SLEEPER, api: SLEEPER });
  await using visit = await open();
  // The page asks once for the details of a process that is gone.
  visit.expect(/status of 404 .*\/v1\/processes\/db\/details/);
  const { page } = visit;
  const shown = new DashboardPage(page);
  await visit.goto(stage.link());
  for (const view of ["#/process/db", "#/time?lane=db", "#/graph", "#/"]) {
    await shown.goto(view);
    await page.locator("main").getByText("db").first().waitFor();
    await apply(["database", "api"]);
    if (view.includes("process")) {
      await page.getByText("No process \u201cdb\u201d").waitFor();
    } else await page.locator("main").getByText("database").first().waitFor();
    await apply(["db", "api"]);
  }
  await shown.shows("db", "running");
});

browserTest("A report says that the supervisor had died", async () => {
  const folder = await Deno.makeTempDir({ prefix: "processman_" });
  try {
    await using stage = await DashboardStage.open({ web: SLEEPER });
    const client = new ControlClient(stage.supervisor.exposed.socket);
    const supervisor = await client.supervisor();
    const { pid, config, logs, log } = supervisor;
    const record = { name: "shop", pid, version: "1", startedAt: 1 };
    const orphan = { name: "web", pid: 8, signal: 15, killed: false, time: 2 };
    const html = await reportPage({
      version: "1",
      madeAt: Date.now(),
      since: 0,
      supervisor,
      presence: {
        kind: "died",
        record: { ...record, config, logs, log },
        at: 2,
        orphans: [orphan],
      },
      processes: [],
      details: {},
      events: [],
      logs: [],
      redacted: 0,
      cut: false,
    });
    const file = `${folder}/report.html`;
    await Deno.writeTextFile(file, html);
    await using visit = await open({ offline: true });
    await visit.goto(`file://${file}`);
    await visit.page.getByText("shop had died").waitFor();
    await visit.page.getByText("The guard then ended web (8)").waitFor();
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
