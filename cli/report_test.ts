import {
  assert,
  assertEquals,
  assertMatch,
  assertStringIncludes,
} from "@std/assert";
import type { ReportData } from "../dashboard/mod.ts";
import { permitted } from "../tools/testing.ts";
import { Tool } from "../tools/tool.ts";
import { clientOf, untilView } from "../tools/tool_client.ts";

const ignore = !permitted("read", "write", "net", "env", "run", "sys");

/** Returns the data in a report. */
function dataIn(html: string): ReportData {
  const [, json = ""] = html.match(
    /<script type="application\/json" id="report">(.*?)<\/script>/s,
  ) ?? [];
  return JSON.parse(json);
}

/** Waits until the log of a process has a line. */
async function untilLine(tool: Tool, text: string): Promise<void> {
  const signal = AbortSignal.timeout(20_000);
  for await (const item of clientOf(tool).logs({ follow: true }, signal)) {
    if (item.kind === "line" && item.text.includes(text)) return;
  }
}

/** A private key, which is split so that no line is found in this file. */
const KEY_LINES = [
  "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7planted1Kq9T",
  "xZ4planted2Rk8vWmQ3sYbN6uJhLcPfGdEaXoIrVtBzCyMwKqHjUeSgFnDpOlAi0T",
  "Yk7planted3==",
];

/** What is written to stdout; what is planted is between ⟦ and ⟧. */
const LINES = [
  "GET / 200",
  "env ⟦env-value-planted⟧ file ⟦file-value-planted⟧",
  "dotenv ⟦dotenv-value-planted⟧ up ⟦up-shell-planted⟧",
  "own ⟦report-shell-planted⟧",
  "encoded ⟦c3BlY2lhbC9wbGFudGVkOnZhbHVl⟧ ⟦special%2Fplanted%3Avalue⟧",
  "Authorization: Bearer ⟦bearer-planted-1⟧",
  "Authorization: Basic ⟦YmFzaWM6cGxhbnRlZA==⟧",
  '{"user":"bob","password":"⟦json planted, 1⟧"}',
  'config: {\\"apiKey\\":\\"⟦escaped-planted⟧\\"}',
  "  db_password: ⟦yaml planted with spaces⟧",
  "token=⟦pair-planted⟧; expires=3",
  "Set-Cookie: sid=⟦cookie-planted⟧; HttpOnly",
  "connect postgres://bob:⟦url-planted⟧@db/shop",
  "clone https://⟦0123456789plantedabcdef⟧@github.com/a/b",
  "aws ⟦AKIAPLANTED000000001⟧",
  "aws_secret_access_key = ⟦wJalrXUtnFEMI/K7MDENG/planted⟧",
  "⟦ghp_planted0123456789012345678901234567⟧",
  "⟦github_pat_11PLANTED0123456789_0123456789⟧",
  "⟦glpat-planted0123456789ab⟧",
  "⟦xoxb-1234567890-planted⟧",
  "⟦sk_live_planted0123456789abcdef⟧",
  "⟦sk-planted-0123456789abcdefghij⟧",
  "⟦eyJhbGciOiJub25lIn0.eyJwbGFudGVkIjoxfQ.c2lnbmVkcGxhbnRlZA⟧",
  "password\u001b[0m=\u001b[32m⟦color-planted⟧\u001b[0m",
  "-----BEGIN PRIVATE KEY-----",
  ...KEY_LINES.map((line) => `⟦${line}⟧`),
  "-----END PRIVATE KEY-----",
  "</script><script>alert(1)</script><!-- \u2028",
  "all lines are written",
];

/** What is written to stderr before a crash. */
const ERRORS = [
  "Error: login failed with password=⟦crash-planted⟧",
  "-----BEGIN RSA PRIVATE KEY-----",
  ...KEY_LINES.map((line) => `⟦${line.replace("planted", "stderrs")}⟧`),
];

const CONFIG = `
name: shop
processes:
  web:
    shell: 'cat lines.txt; exec sleep 600'
    envFiles: [.env.web]
    env:
      DB_PASSWORD: env-value-planted
      SPECIAL_KEY: special/planted:value
      DATABASE_URL: postgres://bob:\${POSTGRES_PASSWORD}@db/shop
    ready:
      http: http://bob:probe-planted@127.0.0.1:1/
      withinMs: 60000
  tool:
    command: [sh, -c, exec sleep 600, --password, arg-planted-1, --api-key=arg-planted-2]
  mysql:
    shell: 'exec sleep 600 # mysql -uroot -parg-planted-3 shop'
  crash:
    shell: 'cat errors.txt >&2; exit 3'
    restart: { policy: never }
`;

/** What is planted in other places than lines. */
const OTHERS = [
  "probe-planted",
  "arg-planted-1",
  "arg-planted-2",
  "arg-planted-3",
  "special/planted:value",
];

function planted(lines: readonly string[]): string[] {
  return lines.flatMap((line) =>
    Array.from(line.matchAll(/⟦(.*?)⟧/g), ([, secret = ""]) => secret)
  );
}

async function shop(): Promise<Tool> {
  const tool = new Tool();
  await tool.write("processman.yaml", CONFIG);
  await tool.write(".env", "POSTGRES_PASSWORD=dotenv-value-planted\n");
  await tool.write(".env.web", "CLIENT_SECRET=file-value-planted\n");
  const text = (lines: readonly string[]) =>
    lines.map((line) => `${line.replace(/[⟦⟧]/g, "")}\n`).join("");
  await tool.write("lines.txt", text(LINES));
  await tool.write("errors.txt", text(ERRORS));
  return tool;
}

Deno.test({
  name: "report has everything of a supervisor but none of 30 planted secrets",
  ignore,
  async fn() {
    await using tool = await shop();
    await tool.run("processman up -d", {
      env: { UP_TOKEN: "up-shell-planted" },
    });
    await untilLine(tool, "all lines are written");
    await untilView(
      tool,
      "crash",
      ({ state }) => state === "failed" || state === "ended",
    );
    const { stdout, stderr, status } = await tool.run(
      "processman report -o report.html",
      { env: { MY_TOKEN: "report-shell-planted" } },
    );
    assertEquals([stdout, status], ["", 0], stderr);
    assertMatch(
      stderr,
      /^Wrote report\.html \(\d\.\d MB\): 4 processes, \d+ events, \d+ lines of the last hour; \d\d values were redacted\. Read it before you send it\.\n$/,
    );
    const path = `${tool.folder}/report.html`;
    assertEquals((await Deno.stat(path)).mode ?? 0 & 0o777, 0o100600);
    const html = await Deno.readTextFile(path);
    const secrets = [...planted(LINES), ...planted(ERRORS), ...OTHERS];
    assert(secrets.length >= 30);
    for (const secret of secrets) {
      // Only Linux tells the environment of another process.
      if (secret === "up-shell-planted" && Deno.build.os !== "linux") continue;
      const forms = [secret, JSON.stringify(secret).slice(1, -1)];
      for (const form of forms) assert(!html.includes(form), secret);
    }
    const data = dataIn(html);
    assertEquals(data.supervisor.name, "shop");
    assertEquals(data.supervisor.cwd, tool.folder);
    assertEquals(data.presence?.kind, "running");
    assertEquals(
      data.processes.map(({ name }) => name).sort(),
      ["crash", "mysql", "tool", "web"],
    );
    assertEquals(
      data.details["web"]?.environment.includes("DB_PASSWORD"),
      true,
    );
    assert(
      data.events.some(({ name, kind }) => name === "crash" && kind === "exit"),
    );
    const texts = data.logs.flatMap((item) =>
      item.kind === "line" && item.source === "stdout" ? item.text : []
    );
    assertEquals(texts.length, LINES.length);
    assertEquals(texts[0], "GET / 200");
    assertEquals(
      texts[1],
      "env [redacted DB_PASSWORD] file [redacted CLIENT_SECRET]",
    );
    assertEquals(texts.at(-2), LINES.at(-2));
    const crash = data.processes.find(({ name }) => name === "crash");
    assertEquals(
      crash?.last?.stderr[0],
      "Error: login failed with password=[redacted]",
    );
    assertEquals([data.cut, data.redacted > 30], [false, true]);
  },
});

Deno.test({
  name: "The page of a report is one file in which lines are no markup",
  ignore,
  async fn() {
    await using tool = await shop();
    await tool.run("processman up -d");
    await untilLine(tool, "all lines are written");
    const { stdout, status } = await tool.run("processman report -o -");
    assertEquals(status, 0);
    assertEquals(stdout.match(/<script/g)?.length, 2);
    assertEquals(stdout.match(/<\/script/g)?.length, 2);
    assert(!/\s(src|href)=(?!"data:)/.test(stdout.replace(/<script>.*/s, "")));
    assert(!stdout.includes("\u2028"));
    const [, policy = ""] = stdout.match(
      /http-equiv="Content-Security-Policy" content="(.*?)"/,
    ) ?? [];
    assertMatch(
      policy,
      /^default-src 'none'; style-src 'sha256-\S+'; script-src 'sha256-\S+'; img-src data:;/,
    );
  },
});

Deno.test({
  name: "report does not overwrite a file, unless it is told to",
  ignore,
  async fn() {
    await using tool = await shop();
    await tool.run("processman up -d");
    await tool.write("report.html", "mine");
    const refused = await tool.run("processman report -o report.html");
    assertEquals(
      [refused.stderr, refused.status],
      ["processman: report.html exists already: --force overwrites it\n", 1],
    );
    const read = () => Deno.readTextFile(`${tool.folder}/report.html`);
    assertEquals(await read(), "mine");
    const forced = await tool.run("processman report -o report.html --force");
    assertEquals(forced.status, 0);
    assertStringIncludes(await read(), "<!DOCTYPE html>");
    const named = await tool.run("processman report");
    assertEquals(named.status, 0);
    const [, file = ""] = named.stderr.match(/^Wrote (\S+) /) ?? [];
    assertMatch(file, /^shop-report-\d{8}-\d{6}\.html$/);
    assertStringIncludes(
      await Deno.readTextFile(`${tool.folder}/${file}`),
      "<!DOCTYPE html>",
    );
  },
});

Deno.test({
  name: "report leaves no part of a file that does not fit on the disk",
  ignore,
  async fn() {
    await using tool = await shop();
    await tool.run("processman up -d");
    // The limit of a file stands for a disk that is full.
    const cut = await tool.run(
      "trap '' XFSZ; ulimit -f 100; exec processman report -o report.html",
    );
    assertMatch(
      cut.stderr,
      /^processman: report\.html cannot be written: File too large/,
    );
    assertEquals(cut.status, 1);
    const again = await tool.run("processman report -o report.html");
    assertEquals(again.status, 0);
    const missing = await tool.run("processman report -o none/report.html");
    assertMatch(
      missing.stderr,
      /^processman: none\/report\.html cannot be written: No such file/,
    );
  },
});

Deno.test({
  name: "report without a supervisor has the lines that are on disk",
  ignore,
  async fn() {
    await using tool = await shop();
    const none = await tool.run("processman report");
    assertEquals([none.stdout, none.status], ["", 3]);
    await tool.run("processman up -d");
    await untilLine(tool, "all lines are written");
    const { pid } = await clientOf(tool).supervisor();
    await tool.run("processman down");
    for (const kind of ["none", "died"]) {
      if (kind === "died") {
        await tool.run("processman up -d");
        const { pid } = await clientOf(tool).supervisor();
        Deno.kill(pid, "SIGKILL");
      }
      const { stdout, stderr, status } = await tool.run(
        "processman report -o - --since 10m",
      );
      assertEquals(status, 0, stderr);
      assertMatch(
        stderr,
        /^Wrote a report .*: 0 processes, 0 events, \d+ lines of the last 10 min;/,
      );
      assert(!stdout.includes("dotenv-value-planted"));
      const data = dataIn(stdout);
      assertEquals(data.presence?.kind, kind);
      assertEquals(data.supervisor.name, kind === "died" ? "shop" : "project");
      assert(kind === "none" || data.supervisor.pid !== pid);
      assertEquals(data.processes, []);
      assert(
        data.logs.some((item) =>
          item.kind === "line" && item.text === "GET / 200"
        ),
      );
    }
  },
});

Deno.test({
  name: "report keeps the newest 50,000 lines, and says that it left some out",
  ignore,
  async fn() {
    await using tool = new Tool();
    await tool.write(
      "Procfile",
      "many: seq 1 50010; exec sleep 600\n",
    );
    await tool.run("processman up -d");
    await untilLine(tool, "50010");
    const { stderr } = await tool.run("processman report -o r.html");
    assertMatch(
      stderr,
      /, 50,000 lines of the last hour; .* Older lines were left out\. Read it/,
    );
    const data = dataIn(await Deno.readTextFile(`${tool.folder}/r.html`));
    const numbers = data.logs.flatMap((item) =>
      item.kind === "line" ? Number(item.text) : []
    );
    assertEquals([numbers.length, numbers[0], numbers.at(-1)], [
      50_000,
      11,
      50_010,
    ]);
    assert(data.cut);
  },
});

Deno.test({
  name: "report says that a wrong configuration hides values from it",
  ignore,
  async fn() {
    await using tool = await shop();
    await tool.run("processman up -d");
    await tool.write("processman.yaml", "processes: 1\n");
    const { stderr, status } = await tool.run("processman report -o r.html");
    assertEquals(status, 0);
    assertStringIncludes(stderr, "the values of its variables are not known");
  },
});
