/**
 * What the page says when what it shows is not current, in a real browser.
 *
 * @module
 */

import { assertEquals, assertNotEquals } from "@std/assert";
import { serveDashboard } from "./mod.ts";
import { browserTest, REFUSED, useChromium } from "../tools/browser.ts";
import { DashboardPage } from "../tools/dashboard_page.ts";
import { DashboardStage, shell } from "../tools/dashboard_stage.ts";
import { setHidden } from "../tools/dashboard_load.ts";
import { Tool } from "../tools/tool.ts";

const open = useChromium();

const SLEEPER = { command: shell("echo hello; exec sleep 1000") } as const;

browserTest(
  "The page survives a restart of the supervisor, and says so",
  async () => {
    await using stage = await DashboardStage.open({ before: SLEEPER });
    await using visit = await open();
    const { page } = visit;
    const shown = new DashboardPage(page);
    visit.expect(REFUSED);
    await visit.goto(stage.link());
    await shown.shows("before", "running");
    await stage.end();
    await page.getByText("shop has ended properly").first().waitFor();
    await stage.begin({ after: SLEEPER });
    await page.getByText("The supervisor was restarted").first().waitFor();
    await shown.shows("after", "running");
    assertEquals(await shown.row("before").count(), 0);
    await shown.button("Dismiss").click();
    await page.getByText("The supervisor was restarted").waitFor({
      state: "detached",
    });
    // It acts on the new one.
    await shown.button("Stop after").click();
    await shown.told("after is stopped");
  },
);

browserTest(
  "A page that comes late says that there is no supervisor, and waits",
  async () => {
    await using stage = await DashboardStage.open({ web: SLEEPER });
    await stage.end();
    await using visit = await open();
    visit.expect(REFUSED);
    await visit.goto(stage.link());
    await visit.page.getByText(/has ended properly|does not run/).first()
      .waitFor();
    await stage.begin({ web: SLEEPER });
    const shown = new DashboardPage(visit.page);
    await shown.shows("web", "running");
  },
);

browserTest(
  "The page says that its server does not answer, and that its key is not valid any more",
  async () => {
    await using stage = await DashboardStage.open({ web: SLEEPER });
    await using first = serveDashboard(stage.supervisor.exposed);
    await using visit = await open();
    const { page } = visit;
    const shown = new DashboardPage(page);
    visit.expect(REFUSED, /^console: Failed to load resource.*401/);
    await visit.goto(first.link());
    await shown.shows("web", "running");
    await first[Symbol.asyncDispose]();
    await page.getByText("The server of this page does not answer").first()
      .waitFor();
    // What was known is still shown.
    await shown.row("web").waitFor();
    const port = Number(new URL(first.url).port);
    await using _second = serveDashboard(stage.supervisor.exposed, { port });
    await page.getByText(/processman web/).first().waitFor();
    await page.getByText("The server of this page does not answer").waitFor({
      state: "detached",
    });
  },
);

browserTest(
  "A page that may change nothing offers nothing of that kind",
  async () => {
    await using stage = await DashboardStage.open({ web: SLEEPER }, {
      readOnly: true,
    });
    await using visit = await open();
    const { page } = visit;
    const shown = new DashboardPage(page);
    await visit.goto(stage.link());
    await shown.shows("web", "running");
    const verbs =
      /^(?:Start|Stop|Restart|Kill|Signal|Scale|Shut down|More for)/;
    assertEquals(await page.getByRole("button", { name: verbs }).count(), 0);
    await page.keyboard.press("Control+k");
    await page.keyboard.type("web");
    await page.getByRole("option", { name: /web/ }).first().waitFor();
    assertEquals(await page.getByRole("option", { name: verbs }).count(), 0);
    await page.keyboard.press("Escape");
    await shown.goto("#/process/web");
    await page.getByRole("heading", { name: "web" }).waitFor();
    assertEquals(await page.getByRole("button", { name: verbs }).count(), 0);
    // Nor does the server take what the page does not offer.
    visit.expect(/^console: Failed to load resource.*40[35]/);
    const status = await page.evaluate(`fetch("/v1/stop", {
    method: "POST",
    headers: {
      "content-type": "application/json",
      authorization: "Bearer " + JSON.parse(sessionStorage.processman).key,
    },
    body: JSON.stringify({ names: ["web"] }),
  }).then(({ status }) => status)`);
    assertNotEquals(status, 200);
    assertEquals(stage.supervisor.pm.get("web")?.state.kind, "running");
  },
);

browserTest(
  "A hidden page asks for nothing, and catches up when it is shown",
  async () => {
    await using stage = await DashboardStage.open({ web: SLEEPER });
    await using visit = await open();
    const { page } = visit;
    const shown = new DashboardPage(page);
    await visit.goto(stage.link());
    await shown.shows("web", "running");
    for (const view of ["log", "graph", "time", "grid"] as const) {
      await shown.open(view);
      await page.locator("main").getByText("web").first().waitFor();
      if (view === "log") await page.locator(".log-state-live").waitFor();
      await setHidden(page, true);
      const asked: string[] = [];
      page.on("request", (request) => asked.push(request.url()));
      // A poll would come within this time.
      await page.waitForTimeout(2_500);
      assertEquals(asked, [], view);
      await setHidden(page, false);
      await page.waitForRequest(/\/v1\//);
      page.removeAllListeners("request");
    }
    await setHidden(page, true);
    await stage.supervisor.app.stop("web");
    await setHidden(page, false);
    await shown.shows("web", "stopped");
  },
);

browserTest(
  "The page of the tool survives the supervisor, by whichever end",
  async () => {
    await using tool = new Tool();
    await tool.write(
      "processman.json",
      JSON.stringify({ processes: { web: { command: ["sleep", "1000000"] } } }),
    );
    assertEquals((await tool.run("processman up -d")).status, 0);
    const { stdout } = await tool.run("processman web -d");
    const [link = ""] = stdout.match(/http:\S+/) ?? [];
    await using visit = await open();
    const { page } = visit;
    const shown = new DashboardPage(page);
    visit.expect(REFUSED);
    await visit.goto(link);
    await shown.shows("web", "running");
    assertEquals((await tool.run("processman down")).status, 0);
    await page.getByText("has ended properly").first().waitFor();
    assertEquals((await tool.run("processman up -d")).status, 0);
    await page.getByText("The supervisor was restarted").first().waitFor();
    await shown.shows("web", "running");
    const [{ pid }] = JSON.parse(
      (await tool.run("processman ls --json")).stdout,
    );
    Deno.kill(pid, "SIGKILL");
    await page.getByText(/ died$/).first().waitFor();
    await page.getByText(/The guard then ended web/).first().waitFor();
    assertEquals((await tool.run("processman web --stop")).status, 0);
  },
);

browserTest("A report opens from a file, without any request", async () => {
  await using tool = new Tool();
  const script = 'echo "took a job"; echo "cannot parse order 17" >&2; exit 7';
  await tool.write(
    "processman.json",
    JSON.stringify({
      processes: {
        worker: {
          command: ["bash", "-c", script],
          env: { TOKEN: "hunter2-secret" },
          restart: { policy: "never" },
        },
        web: { command: ["sleep", "1000000"] },
      },
    }),
  );
  await tool.run("processman up -d");
  const written = await tool.run("processman report -o report.html");
  assertEquals(written.status, 0, written.stderr);
  await using visit = await open({ offline: true });
  const { page } = visit;
  const shown = new DashboardPage(page);
  const asked: string[] = [];
  page.on("request", (request) => asked.push(request.url()));
  const file = `file://${tool.folder}/report.html`;
  await page.goto(file);
  await page.getByText("This is a report").waitFor();
  await shown.row("worker").waitFor();
  assertEquals(await shown.button("Restart web").count(), 0);
  for (const view of ["log", "graph", "time", "grid"] as const) {
    await shown.open(view);
    await page.locator("main").getByText("worker").first().waitFor();
  }
  await shown.open("log");
  await page.getByText("took a job").first().waitFor();
  await shown.goto("#/process/worker");
  await page.getByText("cannot parse order 17").first().waitFor();
  assertEquals(asked, [file]);
  const text = await Deno.readTextFile(`${tool.folder}/report.html`);
  assertEquals(text.includes("hunter2-secret"), false);
});
