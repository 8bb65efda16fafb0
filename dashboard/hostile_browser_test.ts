/**
 * Attacks on the page, in a real browser: by what processes write, by their
 * names, and by other pages.
 *
 * @module
 */

import { assert, assertEquals, assertNotEquals } from "@std/assert";
import {
  browserTest,
  type Page,
  useChromium,
  type Visit,
} from "../tools/browser.ts";
import { DashboardStage, shell } from "../tools/dashboard_stage.ts";

const open = useChromium();

/** What would show that something ran. */
const RAN = "document.documentElement.dataset.ran = 'yes'";

/** Texts that become elements, or run, where a page is careless. */
const MARKUP = [
  `<img src=x onerror="${RAN}">`,
  `<script>${RAN}</script>`,
  `<a href="javascript:${RAN}">markup</a>`,
  `javascript:${RAN}`,
  `"><svg onload="${RAN}">`,
  `{{constructor.constructor("${RAN}")()}}`,
  `</script></style></textarea><b id=injected>bold</b>`,
];

/** Sequences that make terminals do things; links of OSC 8 among them. */
const ESCAPES = [
  `\\e]8;;javascript:${RAN}\\e\\\\link of OSC 8\\e]8;;\\e\\\\`,
  `\\e]8;;data:text/html,<script>${RAN}</script>\\aanother\\e]8;;\\a`,
  `\\e]0;title of the terminal\\a`,
  `\\e[31mred <b>bold</b>\\e[0m`,
  `\\e[31;"onmouseover=${RAN}"mstyle\\e[0m`,
  `\\e[2J\\e[Hcleared\\u202Edesrever`,
];

/** A name that is markup. Those of a plan cannot be that, others can. */
const NAME = `<img src=x onerror="${RAN}">'"&amp;/../#?`;

/** A script that writes all of it to both outputs, and crashes. */
const SCRIPT = [
  ...MARKUP.map((text) => `printf '%s\\n' ${quoted(text)} | tee /dev/stderr`),
  ...ESCAPES.map((text) => `printf '%b\\n' ${quoted(text)} | tee /dev/stderr`),
  "exit 1",
].join("\n");

function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

const SLEEPER = shell("exec sleep 1000");

const VIEWS: readonly string[] = [
  "#/",
  "#/log",
  "#/graph",
  "#/time",
  `#/process/${encodeURIComponent(NAME)}`,
];

/** A supervisor of something that attacks whoever looks at it. */
async function hostile(): Promise<DashboardStage> {
  const stage = await DashboardStage.open((pm) => {
    const [shell, ...args] = SLEEPER;
    pm.command(shell, args, { name: "victim" });
    const restart = { policy: "never" } as const;
    pm.command("bash", ["-c", SCRIPT, ...MARKUP], { name: NAME, restart });
  });
  const { pm } = stage.supervisor;
  await pm.get("victim")?.ready;
  await pm.get(NAME)?.finished;
  return stage;
}

/** Checks that nothing of what a page shows has run or become an element. */
async function assertHarmless(page: Page): Promise<void> {
  const found = await page.evaluate(`({
    ran: document.documentElement.dataset.ran ?? null,
    elements: [...document.querySelectorAll(
      "img, iframe, object, embed, base, #injected, script:not([src='/page.js'])",
    ), ...[...document.querySelectorAll("b")]
      .filter(({ textContent }) => textContent === "bold"),
    ].map((element) => element.outerHTML),
    handlers: [...document.querySelectorAll("*")].flatMap((element) =>
      [...element.attributes].map(({ name }) => name)
        .filter((name) => name.startsWith("on"))
    ),
    links: [...document.querySelectorAll("[href], [src]")]
      .map((element) => new URL(
        element.getAttribute("href") ?? element.getAttribute("src"),
        location.href,
      ).protocol)
      .filter((protocol) => !["http:", "https:"].includes(protocol)),
    title: document.title.includes("terminal"),
  })`);
  assertEquals(found, {
    ran: null,
    elements: [],
    handlers: [],
    links: [],
    title: false,
  });
}

browserTest(
  "What processes write and are called is text in all views",
  async (t) => {
    await using stage = await hostile();
    await using visit = await open();
    const { page } = visit;
    await visit.goto(stage.link());
    await page.getByText(MARKUP[0] ?? "").first().waitFor();
    for (const view of VIEWS) {
      await t.step(view, async () => {
        await show(visit, view);
        // Whatever the view makes of the name or the lines is there then.
        await page.locator("main").getByText("onerror").first().waitFor({
          state: "attached",
        });
        await assertHarmless(page);
      });
    }
    await t.step("the log has the lines as they were written", async () => {
      await show(visit, "#/log");
      for (const text of MARKUP) {
        await page.locator("main").getByText(text).first().waitFor();
      }
      await page.getByText("link of OSC 8").first().waitFor();
      assertEquals(await page.locator("main a[href^='javascript']").count(), 0);
    });
  },
);

/** Goes to another view, as a link in the page does. */
async function show({ page }: Visit, view: string): Promise<void> {
  await page.evaluate(`location.hash = ${JSON.stringify(view)}`);
}

/** A server on another port of loopback, as a supervised program may be one. */
function foreignServer(body: string): { url: string } & AsyncDisposable {
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    () => new Response(body, { headers: { "content-type": "text/html" } }),
  );
  return {
    url: `http://127.0.0.1:${server.addr.port}/`,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

/** What a foreign page tries, by names; each returns what it got. */
const ATTEMPTS: Readonly<Record<string, (url: string) => string>> = {
  "reads the processes": (url) =>
    `fetch("${url}v1/processes").then((response) => response.text())`,
  "reads the page": (url) =>
    `fetch("${url}").then((response) => response.text())`,
  "acts with JSON": (url) =>
    `fetch("${url}v1/kill", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ names: ["victim"] }),
    }).then((response) => response.text())`,
  "acts without a preflight": (url) =>
    `fetch("${url}v1/kill", {
      method: "POST",
      mode: "no-cors",
      headers: { "content-type": "text/plain" },
      body: JSON.stringify({ names: ["victim"] }),
    }).then((response) => response.text() || response.type)`,
  "acts with the credentials of the browser": (url) =>
    `fetch("${url}v1/kill", {
      method: "POST",
      mode: "no-cors",
      credentials: "include",
      body: JSON.stringify({ names: ["victim"] }),
    }).then((response) => response.text() || response.type)`,
  "acts by a beacon": (url) =>
    `navigator.sendBeacon("${url}v1/kill", '{"names":["victim"]}') && "sent"`,
  "frames the page": (url) =>
    `new Promise((resolve) => {
      const frame = document.createElement("iframe");
      frame.onload = () => resolve(frame.contentDocument?.body?.innerText ?? "nothing");
      frame.src = "${url}";
      document.body.append(frame);
    })`,
  "runs the script of the page": (url) =>
    `new Promise((resolve) => {
      const script = document.createElement("script");
      script.onload = () => resolve("loaded");
      script.onerror = () => resolve("refused");
      script.src = "${url}page.js";
      document.body.append(script);
    })`,
};

browserTest("A page of another port can neither read nor act", async (t) => {
  await using stage = await hostile();
  await using foreign = foreignServer("<p>foreign</p>");
  await using visit = await open({ origins: [foreign.url] });
  // The same visitor has a page of the dashboard open, with a key.
  const { page } = visit;
  await visit.goto(stage.link());
  await page.getByText("victim").first().waitFor();
  const other = await visit.context.newPage();
  visit.expect(/^console: .*(?:CORS|Failed to load resource|X-Frame|frame)/);
  visit.expect(/^console: .*(?:blocked|Refused|refused)/);
  await other.goto(foreign.url);
  const victim = () => stage.supervisor.pm.get("victim")?.pid;
  const before = victim();
  assertNotEquals(before, undefined);
  for (const [name, attempt] of Object.entries(ATTEMPTS)) {
    await t.step(name, async () => {
      const got = await other.evaluate(
        `(async () => String(await ${attempt(stage.dashboard.url)}))()
          .catch((error) => "error: " + error.name)`,
      );
      assert(
        ["error: TypeError", "opaque", "nothing", "refused", "sent"]
          .includes(String(got)),
        `it got ${got}`,
      );
    });
  }
  // What was sent has been answered when a later request has been.
  await page.reload();
  await page.getByText("victim").first().waitFor();
  assertEquals(victim(), before);
});

browserTest("A form of another port cannot act", async () => {
  await using stage = await hostile();
  await using foreign = foreignServer(
    `<form method="post" enctype="text/plain" action="${stage.dashboard.url}v1/kill">
      <input name='{"names":["victim"],"x":"' value='"}'><button>Win</button>
    </form>`,
  );
  await using visit = await open();
  visit.expect(/^console: Failed to load resource.*40\d/);
  await visit.goto(stage.link());
  const before = stage.supervisor.pm.get("victim")?.pid;
  await visit.goto(foreign.url);
  await visit.page.getByRole("button", { name: "Win" }).click();
  await visit.page.getByText('"error"').waitFor();
  assertEquals(stage.supervisor.pm.get("victim")?.pid, before);
});

browserTest(
  "A page that opens the dashboard cannot reach into it",
  async () => {
    await using stage = await hostile();
    await using foreign = foreignServer("<p>foreign</p>");
    await using visit = await open({ origins: [stage.dashboard.url] });
    const { page } = visit;
    await visit.goto(foreign.url);
    const opened = page.context().waitForEvent("page");
    await page.evaluate(`opened = open("${stage.link()}")`);
    const popup = await opened;
    await popup.getByText("victim").first().waitFor();
    assertEquals(await popup.evaluate("opener"), null);
    assertEquals(await page.evaluate("opened.closed"), true);
  },
);

browserTest(
  "The token is in no address, no history and no referrer",
  async () => {
    await using stage = await hostile();
    await using foreign = foreignServer("<p>foreign</p>");
    await using visit = await open();
    const { page } = visit;
    const link = stage.link();
    const token = link.split("token=")[1] ?? "";
    assert(token.length > 20);
    await visit.goto(foreign.url);
    await visit.goto(link);
    await page.getByText("victim").first().waitFor();
    const seen: string[] = [page.url()];
    seen.push(
      String(await page.evaluate("document.documentElement.outerHTML")),
    );
    seen.push(
      String(await page.evaluate("JSON.stringify({ ...sessionStorage })")),
    );
    seen.push(
      String(await page.evaluate("JSON.stringify({ ...localStorage })")),
    );
    seen.push(String(await page.evaluate("document.cookie")));
    await page.goBack();
    seen.push(page.url(), String(await page.evaluate("document.referrer")));
    await page.goForward();
    await page.getByText("victim").first().waitFor();
    seen.push(page.url());
    await visit.goto(foreign.url);
    seen.push(String(await page.evaluate("document.referrer")));
    for (const text of seen) assert(!text.includes(token), text);
    assertEquals(seen.at(-1), "");
  },
);

browserTest("A token works once", async () => {
  await using stage = await hostile();
  const link = stage.link();
  await using first = await open();
  await first.goto(link);
  await first.page.getByText("victim").first().waitFor();
  await using second = await open();
  second.expect(/^console: Failed to load resource.*401/);
  await second.goto(link);
  await second.page.getByText(/processman web/).first().waitFor();
  assertEquals(await second.page.getByText("victim").count(), 0);
  // The first one still works.
  await first.page.reload();
  await first.page.getByText("victim").first().waitFor();
});
