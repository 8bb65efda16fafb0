/**
 * The view of a process, live and in a report, in a real browser.
 *
 * @module
 */

import {
  assert,
  assertEquals,
  assertMatch,
  assertStringIncludes,
} from "@std/assert";
import { ControlClient } from "../control/mod.ts";
import { constant } from "../mod.ts";
import { exec } from "../probe/mod.ts";
import { violationsOf } from "../tools/axe.ts";
import { browserTest, type Page, useChromium } from "../tools/browser.ts";
import {
  DashboardStage,
  type Entries,
  shell,
} from "../tools/dashboard_stage.ts";
import { eventOf } from "../tools/testing.ts";
import { reportPage } from "./report.ts";
import type { ReportData } from "./report_data.ts";

const open = useChromium();

/** A shop in which the worker crashes, and has crashed when it is shown. */
const SHOP: Entries = {
  db: {
    command: shell("echo ready; exec sleep 1000"),
    ready: exec("true", []),
    env: { DB_PASSWORD: "swordfish" },
  },
  worker: {
    command: shell("echo 'took a job'; echo 'Error: order 17' >&2; exit 3"),
    dependsOn: { db: "ready" },
    restart: {
      policy: "always",
      backoff: constant(600_000),
      limit: { restarts: 4 },
    },
  },
  api: { command: shell("exec sleep 1000"), replicas: 2 },
};

/** Opens the shop when its worker has crashed. */
async function shop(): Promise<DashboardStage> {
  await using stack = new AsyncDisposableStack();
  const stage = stack.use(await DashboardStage.open(SHOP));
  const { pm } = stage.supervisor;
  await stage.supervisor.started;
  const worker = pm.get("worker");
  assert(worker !== undefined);
  const events = worker.events();
  if (worker.state?.kind !== "backoff") await eventOf(events, "restart");
  await events.return?.();
  stack.move();
  return stage;
}

/** Returns the text of a panel of the view. */
async function panel(page: Page, title: string): Promise<string> {
  const region = page.getByRole("region", { name: title, exact: true });
  return await region.first().innerText();
}

/** Goes to the view of a process. */
async function show(page: Page, name: string): Promise<void> {
  await page.evaluate((hash) => location.hash = hash, `#/process/${name}`);
  await page.getByRole("heading", { name, exact: true, level: 2 }).waitFor();
}

/** Checks what is shown of the shop, live or in a report. */
async function checkShop(page: Page): Promise<void> {
  await show(page, "worker");
  const log = page.getByRole("region", { name: "Last lines of worker" });
  await log.getByText("took a job").waitFor();
  await page.getByRole("meter").waitFor();
  assertStringIncludes(await panel(page, "Now"), "3 left of 4 in a row");
  const crash = await panel(page, "Last crash");
  assertStringIncludes(crash, "crashed with code 3");
  assertStringIncludes(crash, "Error: order 17");
  assertStringIncludes(
    await panel(page, "Recent crashes"),
    "restarts in 10 min: attempt 1, 3 more restarts allowed",
  );
  const link = page.getByRole("link", { name: "Show on the time line" });
  const href = await link.getAttribute("href");
  assertMatch(href ?? "", /^#\/time\?name=worker&event=\d+$/);
  const dependencies = await panel(page, "Depends on");
  assertStringIncludes(dependencies, "must be ready");
  await page.getByRole("region", { name: "Depends on" })
    .getByRole("link", { name: "db" }).click();

  await page.getByRole("heading", { name: "db", exact: true, level: 2 })
    .waitFor();
  const probes = page.getByRole("region", { name: "Probes" });
  await probes.getByText("exec true").waitFor();
  await probes.getByText(/^\W*yes$/).waitFor();
  const command = await panel(page, "Command");
  assertStringIncludes(command, "DB_PASSWORD=…");
  assertStringIncludes(await panel(page, "Needed by"), "worker");
  assertEquals((await page.content()).includes("swordfish"), false);

  await show(page, "api.1");
  await page.getByRole("navigation", { name: "Replicas of api" })
    .getByRole("link", { name: "api.2" }).click();
  await page.getByRole("heading", { name: "api.2", exact: true }).waitFor();

  await page.evaluate(() => location.hash = "#/process/wrker");
  await page.getByRole("heading", { name: "No process “wrker”" }).waitFor();
  await page.getByRole("link", { name: "worker", exact: true }).last().click();
  await page.getByRole("heading", { name: "worker", exact: true, level: 2 })
    .waitFor();
}

browserTest("The view of a process tells everything about it", async () => {
  await using stage = await shop();
  await using visit = await open();
  const { page } = visit;
  await visit.goto(stage.link());
  await page.getByRole("link", { name: "worker" }).first().waitFor();
  await checkShop(page);
  await page.getByText("next try in", { exact: false }).first().waitFor();
});

browserTest(
  "The view of a process shows its charts, and as a table",
  async () => {
    await using stage = await shop();
    await using visit = await open();
    const { page } = visit;
    await visit.goto(stage.link());
    await page.getByRole("link", { name: "api.1" }).first().waitFor();
    await show(page, "api.1");
    await page.getByRole("img", { name: /^Memory: .* now, at most/ }).waitFor();
    await page.getByText("As a table").click();
    await page.getByRole("columnheader", { name: "Memory" }).waitFor();
    assert(await page.locator(".process-chart canvas").count() >= 2);
  },
);

browserTest("The page works in a browser without Symbol.dispose", async () => {
  await using stage = await shop();
  await using visit = await open();
  const { page } = visit;
  await page.addInitScript(() => {
    const { Symbol: real } = globalThis;
    const own: Record<PropertyKey, unknown> = {};
    const symbol = new Proxy(() => {}, {
      apply: (_, __, [text]) => real(text),
      get: (_, name) =>
        name === "dispose" ? own[name] : Reflect.get(real, name),
      set: (_, name, value) => Reflect.set(own, name, value),
    });
    Object.assign(globalThis, { Symbol: symbol });
  });
  await visit.goto(stage.link());
  await page.getByRole("link", { name: "worker" }).first().waitFor();
  await checkShop(page);
});

/** Asks a supervisor for what a report of it holds. */
async function reportOf(stage: DashboardStage): Promise<ReportData> {
  const client = new ControlClient(stage.supervisor.exposed.socket);
  const processes = await client.processes({ usage: true });
  const details = await Promise.all(
    processes.map(async ({ name }) =>
      [name, await client.details(name)] as const
    ),
  );
  return {
    version: "1.0.0",
    madeAt: Date.now(),
    since: 0,
    supervisor: await client.supervisor(),
    processes,
    details: Object.fromEntries(details),
    events: await Array.fromAsync(client.events()),
    logs: await Array.fromAsync(client.logs({})),
    redacted: 0,
    cut: false,
  };
}

browserTest(
  "A report opens as a file, offline, and asks for nothing",
  async () => {
    const folder = await Deno.makeTempDir({ prefix: "processman_" });
    try {
      const file = `${folder}/report.html`;
      {
        await using stage = await shop();
        await Deno.writeTextFile(file, await reportPage(await reportOf(stage)));
      }
      await using visit = await open({ offline: true });
      const { page } = visit;
      const requests: string[] = [];
      page.on("request", (request) => requests.push(request.url()));
      await page.addInitScript(() => {
        Object.defineProperty(globalThis, "sessionStorage", {
          get() {
            throw new Error("sessionStorage was touched");
          },
        });
      });
      const url = `file://${file}`;
      await visit.goto(url);
      await page.getByRole("link", { name: "worker" }).first().waitFor();
      await checkShop(page);
      assertEquals(await violationsOf(page, "others"), []);
      assertEquals(
        await page.getByRole("button", { name: /^Stop/ }).count(),
        0,
      );
      for (const view of ["log", "graph", "time"]) {
        await page.evaluate((hash) => location.hash = hash, `#/${view}`);
        await page.getByRole("main").getByText("worker")
          .filter({ visible: true }).first().waitFor();
      }
      const others = requests.filter((each) =>
        each !== url && !each.startsWith("data:")
      );
      assertEquals(others, []);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
);
