import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { reportPage } from "./report.ts";
import type { ReportData } from "./report_data.ts";

const TEXT = "</script><script>alert(1)</script><!-- \u2028 \u2029 & é 😀";

const DATA: ReportData = {
  version: "1.2.3",
  madeAt: 2,
  since: 1,
  supervisor: {
    name: "shop",
    pid: 1,
    version: "1.2.3",
    startedAt: 1,
    config: null,
    source: null,
    cwd: "/",
    logs: null,
    log: null,
    metrics: null,
    plan: false,
    canApply: false,
  },
  processes: [],
  details: {},
  events: [],
  logs: [{
    kind: "line",
    seq: 1,
    process: TEXT,
    time: 1,
    source: "stdout",
    run: 1,
    text: TEXT,
    truncated: false,
  }],
  redacted: 0,
  cut: false,
};

/** Returns the hash of a text, as a policy has it. */
async function hashOf(text: string): Promise<string> {
  const bytes = new TextEncoder().encode(text);
  const hash = await crypto.subtle.digest("SHA-256", bytes);
  return `'sha256-${btoa(String.fromCharCode(...new Uint8Array(hash)))}'`;
}

Deno.test("reportPage() has the data in it, and no text of it is markup", async () => {
  const page = await reportPage(DATA);
  assertEquals(page.split("</script>").length - 1, 2);
  assert(!page.includes("\u2028") && !page.includes("\u2029"));
  const [, json = ""] = page.match(
    /<script type="application\/json" id="report">([^<]*)<\/script>/,
  ) ?? [];
  assertEquals(JSON.parse(json), DATA);
});

Deno.test("reportPage() allows its own script and style alone", async () => {
  const page = await reportPage(DATA);
  const [, script = ""] = page.match(/<script>(.*?)<\/script>/s) ?? [];
  const [, style = ""] = page.match(/<style>(.*?)<\/style>/s) ?? [];
  assert(script.length > 100 && style.length > 100);
  const [, policy = ""] = page.match(
    /<meta http-equiv="Content-Security-Policy" content="([^"]*)">/,
  ) ?? [];
  assertEquals(policy.split("; "), [
    "default-src 'none'",
    `style-src ${await hashOf(style)}`,
    `script-src ${await hashOf(script)}`,
    "img-src data:",
    "base-uri 'none'",
    "form-action 'none'",
  ]);
  // Before the policy, there is nothing that it would concern.
  const [before = ""] = page.split("<meta http-equiv");
  assert(!/<(script|style|link)/.test(before));
  const markup = page.replace(script, "").replace(style, "");
  assertEquals(markup.match(/\b(?:src|href)="(?!data:)[^"]*"/g), null);
  assertStringIncludes(markup, '<link rel="icon" href="data:image/svg+xml,');
});
