import { assert, assertEquals, assertMatch } from "@std/assert";
import { type Process, Processman } from "@isbm/processman";
import { hasTerminals, openTerminal } from "../tools/terminal.ts";
import {
  alive,
  lineOf,
  outputOf,
  permitted,
  stepsSideBySide,
} from "../tools/testing.ts";

const ignore = !permitted("run");
const CTRL_C = "\x03";
// deno-lint-ignore no-control-regex
const ESCAPE = /\x1b\[[^a-zA-Z]*[a-zA-Z]/g;
/** Bold, dim, or one of the colors that a terminal defines; or the end of it. */
const PALETTE = /\[([012]|3[1-6])m$/;

/** What each example does. */
const EXAMPLES: Readonly<Record<string, () => Promise<void>>> = {
  "demo.ts shows the main job and leaves nothing": async () => {
    await using pm = manager();
    const demo = example(pm, "demo.ts", ["--allow-run"]);
    assertEquals((await demo.finished).code, 0);

    const lines = textOf(demo);
    const said = lines.join("\n");
    assertMatch(lines[0] ?? "", /^Four programs .* Ctrl-C ends the demo\.$/);
    assertMatch(said, / web +\| listening on http:/);
    assertMatch(said, / visit +\| got 200, "hello from pid \d+"/);
    assertMatch(said, / worker crashed \(code 1\): "job \d went wrong"/);
    assertMatch(
      said,
      / worker restarts in \d+ ms\n(.*\n)*.* worker restarted, pid \d+/,
    );
    assertMatch(
      said,
      /kill -9 (\d+)(.*\n)+.* web +crashed \(SIGKILL\)\n(.*\n)*.* web +restarts in \d+ ms\n(.*\n)*.* web +restarted/,
    );
    assertMatch(said, / loader given up: its limit is 2 restarts in 60 s\n/);
    assertMatch(said, /stops everything: [2-9] processes are alive/);
    assertEquals(summaryOf(lines), expectedSummary(lines));
    assertMatch(said, /^loader +3 +2 +3 × code 2, "no database" +given up$/m);
    assertMatch(said, /^clock +1 +0 +none +stopped by SIGTERM$/m);
    assertFits(lines, 80);
    await assertGone(pidsIn(said));
  },
  "demo.ts stops all at Ctrl-C": async () => {
    await using pm = manager();
    const demo = example(pm, "demo.ts", ["--allow-run"]);
    await lineOf(demo, /worker \| job 1 done/);
    await lineOf(demo, /visit +\| got 200/);
    const family = await descendants(demo);
    demo.signal("SIGINT");
    assertEquals(await demo.finished, { success: true, code: 0, signal: null });

    const lines = textOf(demo);
    const said = lines.join("\n");
    assertMatch(
      said,
      /got SIGINT and stops everything\n(.*\n)*.*none left\.\n/,
    );
    assertEquals(summaryOf(lines), expectedSummary(lines));
    for (const name of ["web", "worker", "clock"]) {
      assertMatch(said, new RegExp(`^${name} .* stopped (by SIG|in)`, "m"));
    }
    await assertGone([...family, ...pidsIn(said)]);
  },
  "web_server.ts restarts the server after a crash, and when it hangs":
    async () => {
      await using pm = manager();
      const web = example(pm, "web_server.ts", [
        "--allow-run",
        "--allow-net=127.0.0.1",
      ]);
      const ready = (run: number) =>
        lineOf(web, new RegExp(`^Run ${run} is ready`));
      const [, address = ""] = (await ready(1)).match(/: (\S+)/) ?? [];
      await visit(pm, `${address}crash`).finished;

      const [, again = "", pid] =
        (await ready(2)).match(/: (\S+) \(pid (\d+)\)/) ??
          [];
      const visitor = visit(pm, again);
      await lineOf(visitor, `got 200, "hello from pid ${pid}"`);
      await visitor.finished;
      await visit(pm, `${again}hang`).finished;
      await lineOf(
        web,
        /^WARN Ended process "web" .* because it was unhealthy: no answer within 1000 ms, restarting/,
      );
      await ready(3);
      const family = await descendants(web);
      web.signal("SIGINT");
      assertEquals((await web.finished).code, 130);
      const lines = textOf(web);
      assert(lines.includes("web: asked to crash"));
      assert(lines.includes("web: closed"));
      await assertGone(family);
    },
  "procfile.ts prefixes lines and restarts": async () => {
    await using pm = manager();
    const procfile = example(
      pm,
      "procfile.ts",
      ["--allow-run", "--allow-read"],
      [path("Procfile")],
    );
    await lineOf(procfile, /^[\d:]{8} counter \| count 1$/);
    await lineOf(procfile, /^[\d:]{8} clock {3}\| [\d:]{8}$/);
    await lineOf(
      procfile,
      /^WARN Process "flaky" crashed with code 1 after \d+ ms, restarting in \d+ ms/,
    );
    let runs = 0;
    for await (const { text } of procfile.lines()) {
      if (/^[\d:]{8} flaky {3}\| out of luck$/.test(text) && ++runs === 2) {
        break;
      }
    }
    const family = await descendants(procfile);
    procfile.signal("SIGTERM");
    assertEquals((await procfile.finished).code, 143);
    await assertGone(family);
  },
  "container.ts ends by the signal that it gets": async () => {
    await using pm = manager();
    const program =
      "trap 'echo bye; exit' TERM; echo up; while :; do sleep 1; done";
    const container = example(pm, "container.ts", ["--allow-run"], [
      "sh",
      "-c",
      program,
    ]);
    await lineOf(container, "up");
    const family = await descendants(container);
    assert(family.length > 0);
    container.signal("SIGTERM");
    assertEquals(await container.finished, {
      success: false,
      code: 143,
      signal: "SIGTERM",
    });
    assert(textOf(container).includes("bye"));
    await assertGone(family);
  },
  "container.ts ends with the code of its program": async () => {
    await using pm = manager();
    const run = async (...args: string[]) => {
      const container = example(pm, "container.ts", ["--allow-run"], args);
      const { code } = await container.finished;
      return [code, textOf(container)] as const;
    };
    assertEquals(await run("echo", "done"), [0, [
      "done",
      'INFO Critical process "main" ended: shutting down',
    ]]);
    assertEquals(await run(), [2, ["Usage: container.ts PROGRAM ARGS…"]]);

    const [code, lines] = await run("sh", "-c", "echo try; exit 3");
    assertEquals(code, 3);
    assertEquals(lines.filter((line) => line === "try").length, 4);
  },
};

Deno.test("The examples do what they say", { ignore }, async (t) => {
  await stepsSideBySide(t, EXAMPLES, (check) => check());
});

Deno.test({
  name: "demo.ts fits the terminal",
  ignore: ignore || !hasTerminals(),
}, async () => {
  await Promise.all([
    [40, "NO_COLOR=1"],
    [80, "NO_COLOR="],
    [200, "NO_COLOR=1"],
  ].map(async ([columns, color]) => {
    await using terminal = openTerminal(
      "",
      `stty cols ${columns}; ${color} "$DENO" run --quiet --no-prompt ` +
        `--allow-run ${path("demo.ts")}`,
    );
    const { process } = terminal;
    await lineOf(process, / loader .*given up/);
    await terminal.type(CTRL_C);
    await process.finished;

    const shown = textOf(process)
      .map((line) => line.replace(/^\^C/, "").trimEnd());
    const colored = color === "NO_COLOR=";
    const escapes = shown.join("\n").match(ESCAPE) ?? [];
    assertEquals(escapes.length > 0, colored);
    // A palette of the terminal fits its background; other colors may not.
    assertEquals(escapes.filter((code) => !PALETTE.test(code)), []);
    const lines = shown.map((line) => line.replaceAll(ESCAPE, ""));
    assertFits(lines, Number(columns));
    assertEquals(lines.some((line) => line.endsWith("…")), columns === 40);
    if (columns === 40) return;
    assertEquals(summaryOf(lines), expectedSummary(lines));
  }));
});

function manager(): Processman {
  return new Processman({
    logger: null,
    defaults: { restart: { policy: "never" } },
  });
}

/** Starts an example with the permissions that it says it needs. */
function example(
  pm: Processman,
  file: string,
  permissions: string[],
  args: string[] = [],
): Process {
  return deno(pm, [...permissions, path(file), ...args]);
}

/** Visits an address, for which only the visitor needs a permission. */
function visit(pm: Processman, address: string): Process {
  return deno(pm, [
    "--allow-net=127.0.0.1",
    path("programs/visit.ts"),
    address,
  ]);
}

/** Runs a program of Deno, with no permission but those that are named. */
function deno(pm: Processman, args: string[]): Process {
  return pm.command(
    Deno.execPath(),
    ["run", "--quiet", "--no-prompt", ...args],
    { env: { NO_COLOR: "1" } },
  );
}

function path(file: string): string {
  return `${import.meta.dirname}/${file}`;
}

/** Lists all that a process has printed. */
function textOf(process: Process): string[] {
  return process.tail(10_000).map(({ text }) => text);
}

/** Reads the summary of the demo: what it says about each process, and in all. */
function summaryOf(lines: string[]): unknown {
  const begin = lines.findIndex((line) => line.startsWith("process "));
  const end = lines.indexOf("", begin);
  const rows = lines.slice(begin + 1, end).map((line) => {
    const [name, runs, restarts, crashes] = line.split(/ {2,}/);
    return [
      name,
      Number(runs),
      Number(restarts),
      crashes?.replace(/, ".*/, ""),
    ];
  });
  return [rows, lines[end + 1]];
}

/** Computes the summary of the demo from all that it printed before. */
function expectedSummary(lines: string[]): unknown {
  const happened = lines.flatMap((line) => {
    const [, name, what, how = ""] = line.match(
      /^ *\d+\.\d\d (\w+) +(started|restarted|crashed)(?: \((.*?)\))?/,
    ) ?? [];
    return name ? [{ name, what, how }] : [];
  });
  const times = (name: string, what: string) =>
    happened.filter((each) => each.name === name && each.what === what).length;
  const names = [...new Set(happened.map(({ name }) => name))];
  const rows = names.map((name) => {
    const again = times(name, "restarted");
    const crashes = times(name, "crashed");
    const how = happened.find((each) => each.name === name && each.how)?.how;
    const why = how ? `${crashes} × ${how}` : "none";
    return [name, times(name, "started") + again, again, why];
  });
  const children = happened.filter(({ what }) => what !== "crashed");
  const again = children.filter(({ what }) => what === "restarted");
  return [
    rows,
    `${children.length} children started (${again.length} by restarts), none left.`,
  ];
}

function assertFits(lines: string[], columns: number): void {
  assertEquals(lines.filter((line) => [...line].length > columns), []);
}

/** Lists the process IDs of all that were started. */
function pidsIn(output: string): number[] {
  return [...output.matchAll(/started, pid (\d+)/g)]
    .map(([, pid]) => Number(pid));
}

/** Lists what a process started, and what that started. */
async function descendants({ pid }: Process): Promise<number[]> {
  const table = (await outputOf("ps", "-A", "-o", "pid=,ppid="))
    .split("\n")
    .map((line) => line.trim().split(/\s+/).map(Number));
  const found = [pid];
  for (const ancestor of found) {
    for (const [child, parent] of table) {
      if (parent === ancestor && child !== undefined) found.push(child);
    }
  }
  return found.slice(1).filter((each) => each !== undefined);
}

/** How long the guard of a program may take to notice that it is not needed. */
const GUARD_MS = 5_000;

async function assertGone(pids: number[]): Promise<void> {
  assert(pids.length > 0);
  const until = performance.now() + GUARD_MS;
  let left = [...new Set(pids)];
  do {
    const alives = await Promise.all(left.map(alive));
    left = left.filter((_, i) => alives[i]);
  } while (left.length > 0 && performance.now() < until);
  assertEquals(left, []);
}
