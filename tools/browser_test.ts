/**
 * What tests in a browser rely on: that what goes wrong in a page is noticed.
 *
 * @module
 */

import { assert, AssertionError, assertRejects } from "@std/assert";
import { browserTest, useChromium, type Visit } from "./browser.ts";

const open = useChromium();

/** A page that says what a test makes it do. */
function serve(
  body: string,
  headers: Record<string, string> = {},
): { url: string } & AsyncDisposable {
  const server = Deno.serve(
    { port: 0, onListen() {} },
    () =>
      new Response(body, {
        headers: { "content-type": "text/html", ...headers },
      }),
  );
  return {
    url: `http://127.0.0.1:${server.addr.port}/`,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

/** Checks that a visit of a page fails, and says what went wrong. */
async function assertNoticed(
  url: string,
  wanted: string,
  wait: (visit: Visit) => Promise<unknown>,
): Promise<void> {
  const error = await assertRejects(async () => {
    await using visit = await open();
    const done = wait(visit);
    await visit.goto(url);
    await done;
  }, AssertionError);
  assert(error.message.includes(wanted), error.message);
}

browserTest(
  "A visit notices what is written to the console as an error",
  async () => {
    await using server = serve("<script>console.error('oh no')</script>");
    await assertNoticed(
      server.url,
      "console: oh no",
      ({ page }) => page.waitForEvent("console"),
    );
  },
);

browserTest("A visit notices what a page throws", async () => {
  await using server = serve(
    "<script>throw new Error('thrown there')</script>",
  );
  await assertNoticed(
    server.url,
    "thrown there",
    ({ page }) => page.waitForEvent("pageerror"),
  );
});

browserTest("A visit notices a violation of the policy", async () => {
  await using server = serve("<p style='color: red'>red</p>", {
    "content-security-policy": "default-src 'self'",
  });
  await assertNoticed(
    server.url,
    "CSP: style-src-attr inline",
    ({ page }) =>
      page.waitForEvent(
        "console",
        (message) => message.text().startsWith("CSP"),
      ),
  );
});

browserTest("A visit notices requests to other origins", async () => {
  await using other = serve("<p>other</p>");
  await using server = serve(`<iframe src="${other.url}"></iframe>`);
  await assertNoticed(
    server.url,
    `request: ${other.url}`,
    ({ page }) => page.waitForEvent("frameattached"),
  );
});
