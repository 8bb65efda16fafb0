/**
 * What the page does to processes, in a real browser with real processes.
 *
 * @module
 */

import { assert, assertEquals, assertLess } from "@std/assert";
import { ControlClient, type ProcessView } from "../control/mod.ts";
import { constant } from "../mod.ts";
import {
  browserTest,
  REFUSED,
  useChromium,
  type Visit,
} from "../tools/browser.ts";
import { DashboardPage } from "../tools/dashboard_page.ts";
import {
  DashboardStage,
  type Entries,
  shell,
} from "../tools/dashboard_stage.ts";
import { eventOf, lineOf } from "../tools/testing.ts";

const open = useChromium();

/** Something that runs until it is ended, and is not restarted soon. */
const SLEEPER = {
  command: shell("exec sleep 1000"),
  restart: { policy: "always", backoff: constant(60_000) },
} as const;

/** A visit of the dashboard of a plan, with what tests ask of both. */
interface Scene extends AsyncDisposable {
  readonly stage: DashboardStage;
  readonly visit: Visit;
  readonly shown: DashboardPage;
  view(name: string): Promise<ProcessView>;
}

/** Shows a plan, all of which runs. */
async function scene(entries: Entries): Promise<Scene> {
  await using stack = new AsyncDisposableStack();
  const stage = stack.use(await DashboardStage.open(entries));
  await stage.supervisor.started;
  const visit = stack.use(await open());
  const shown = new DashboardPage(visit.page);
  await visit.goto(stage.link());
  const [first = ""] = Object.keys(entries);
  await visit.page.getByRole("link", { name: first }).first().waitFor();
  const client = new ControlClient(stage.supervisor.exposed.socket);
  const rest = stack.move();
  return {
    stage,
    visit,
    shown,
    async view(name) {
      const found = await client.processes();
      const process = found.find((each) => each.name === name);
      assert(process, `there is ${name}`);
      return process;
    },
    [Symbol.asyncDispose]: () => rest.disposeAsync(),
  };
}

browserTest("A crash appears on the page within a second", async () => {
  const names = ["one", "two", "three"];
  await using place = await scene(
    Object.fromEntries(names.map((name) => [name, SLEEPER])),
  );
  const { shown, stage } = place;
  for (const name of names) {
    await shown.shows(name, "running");
    const appeared = shown.seen(name, /restarting in/);
    const process = stage.supervisor.pm.get(name);
    assert(process?.pid !== undefined);
    const events = process.events();
    Deno.kill(process.pid, "SIGKILL");
    const { time } = await eventOf(events, "exit");
    await events.return?.();
    assertLess(await appeared - time, 1_000);
  }
});

browserTest("A restart by the button is one restart", async () => {
  await using place = await scene({ web: SLEEPER, other: SLEEPER });
  const { shown } = place;
  const before = await place.view("other");
  await shown.button("Restart web").click();
  // A second press of the button does nothing.
  await shown.dialog("Restart web?").getByRole("button", { name: "Restart" })
    .dblclick();
  await shown.told("web is restarted");
  await shown.button("Restart web").click();
  await shown.dialog("Restart web?").getByRole("button", { name: "Cancel" })
    .click();
  await shown.shows("web", "running");
  assertEquals((await place.view("web")).run, 2);
  assertEquals((await place.view("other")).pid, before.pid);
});

browserTest("A stop can be undone", async () => {
  await using place = await scene({ web: SLEEPER });
  const { shown } = place;
  await shown.button("Stop web").click();
  await shown.told("web is stopped");
  await shown.shows("web", "stopped");
  assertEquals((await place.view("web")).state, "stopped");
  await shown.button("Undo: web is stopped").click();
  await shown.told("web is started");
  await shown.shows("web", "running");
  const { run, state } = await place.view("web");
  assertEquals({ run, state }, { run: 2, state: "running" });
});

browserTest("A kill asks first, and then leaves no time", async () => {
  const stubborn = { ...SLEEPER, command: shell("trap '' TERM; sleep 1000") };
  await using place = await scene({ web: stubborn });
  const { shown } = place;
  const { pid } = await place.view("web");
  await shown.choose("web", "Kill…");
  await shown.dialog("Kill web?").getByRole("button", { name: "Cancel" })
    .click();
  assertEquals((await place.view("web")).pid, pid);
  await shown.choose("web", "Kill…");
  await shown.dialog("Kill web?").getByRole("button", { name: "Kill" }).click();
  await shown.told("web is killed");
  await shown.shows("web", "stopped");
  const { state, last } = await place.view("web");
  assertEquals([state, last?.signal], ["stopped", "SIGKILL"]);
});

browserTest("A signal reaches the process", async () => {
  const listener = {
    ...SLEEPER,
    command: shell(
      "trap 'echo got USR1' USR1; echo ready; while :; do sleep 0.1; done",
    ),
  };
  await using place = await scene({ web: listener });
  const { shown, stage } = place;
  const process = stage.supervisor.pm.get("web");
  assert(process);
  const line = lineOf(process, "got USR1");
  await shown.choose("web", "Signal…");
  const dialog = shown.dialog("Send a signal to web");
  await dialog.getByRole("radio", { name: /SIGUSR1/ }).check();
  await dialog.getByRole("button", { name: "Send SIGUSR1" }).click();
  await shown.told("web got SIGUSR1");
  assertEquals(await line, "got USR1");
});

browserTest(
  "Several processes are stopped together, after a question",
  async () => {
    await using place = await scene({ a: SLEEPER, b: SLEEPER, c: SLEEPER });
    const { shown, visit: { page } } = place;
    await page.getByRole("checkbox", { name: "Select a", exact: true }).check();
    await page.getByRole("checkbox", { name: "Select b", exact: true }).check();
    await shown.button("Stop selected: a, b").click();
    const dialog = shown.dialog(/Stop/);
    await dialog.getByText("a", { exact: true }).waitFor();
    await dialog.getByRole("button", { name: "Stop" }).click();
    await shown.shows("a", "stopped");
    await shown.shows("b", "stopped");
    const states = ["a", "b", "c"].map(async (name) =>
      (await place.view(name)).state
    );
    assertEquals(await Promise.all(states), ["stopped", "stopped", "running"]);
  },
);

browserTest("Replicas are added, and taken away after a question", async () => {
  await using place = await scene({ api: { ...SLEEPER, replicas: 2 } });
  const { shown } = place;
  await shown.shows("api.2", "running");
  await shown.button("One replica more of api").click();
  await shown.shows("api.3", "running");
  await shown.button("One replica less of api").click();
  await shown.dialog("Scale api down to 2 replicas?")
    .getByRole("button", { name: "Scale down" }).click();
  await shown.row("api.3").waitFor({ state: "detached" });
  for (const name of ["api.1", "api.2"]) {
    assertEquals((await place.view(name)).run, 1);
  }
});

browserTest(
  "A shutdown asks first, and the page says that it is done",
  async () => {
    await using place = await scene({ web: SLEEPER });
    const { shown, stage, visit } = place;
    const { page } = visit;
    visit.expect(REFUSED);
    await page.keyboard.press("Control+k");
    await page.keyboard.type("shut down");
    await page.keyboard.press("Enter");
    const dialog = shown.dialog("Shut down the supervisor?");
    await dialog.getByRole("button", { name: "Shut down" }).click();
    await stage.supervisor.pm.finished;
    await page.getByText(/no supervisor|has ended|is gone|shut down/i).first()
      .waitFor();
  },
);

browserTest(
  "What the supervisor refuses is said, and stays on the page",
  async () => {
    await using place = await scene({
      web: SLEEPER,
      broken: {
        command: ["/no/such/program"],
        restart: { policy: "never" },
      },
    });
    const { shown, visit } = place;
    const { page } = visit;
    // Chromium says so of each answer that is not a success.
    visit.expect(/^console: Failed to load resource: .* status of 500/);
    await shown.button("Start broken").click();
    const messages = page.getByRole("region", { name: "Messages" });
    await messages.getByText("Could not start broken").waitFor();
    await messages.getByText(/no.such.program/).waitFor();
    await shown.button("Dismiss: Could not start broken").click();
    await messages.getByText("Could not start broken").waitFor({
      state: "detached",
    });
  },
);
