import { assert, assertEquals, assertMatch } from "@std/assert";
import { StreamFile } from "./stream_file.ts";
import { systemClock } from "./system.ts";
import { Folder, permitted, runScript, scriptDeno } from "./tools/testing.ts";

/** Returns a program that supervises one process. */
function program(
  body: string,
  options: string,
  args: readonly string[],
): string {
  const [name, ...rest] = args;
  return `
    import { Processman } from "${import.meta.resolve("./mod.ts")}";
    const warnings = [];
    const warn = (message) => warnings.push(message);
    const logger = { debug() {}, info() {}, warn, error: warn };
    const pm = new Processman({ logger });
    const output = { file: ${options} };
    const job = pm.command("${name}", ${JSON.stringify(rest)}, { output });
    ${body}
  `;
}

/** Starts a program through a shell; `"$@"` in the script runs it. */
async function start(
  script: string,
  permission: string,
  source: string,
): Promise<Deno.ChildProcess> {
  const run = ["run", "--quiet", "--no-prompt", "--ext=ts", permission, "-"];
  const child = new Deno.Command("sh", {
    args: ["-c", script, "sh", scriptDeno, ...run],
    env: { NO_COLOR: "1" },
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
    // A program that does not end is killed, and fails.
    signal: AbortSignal.timeout(60_000),
  }).spawn();
  await new Response(source).body?.pipeTo(child.stdin);
  return child;
}

Deno.test("Process writes to the streams of its program with --allow-run alone", async () => {
  const script = "seq 20000; seq 20001 20009 >&2";
  await using run = runScript(program(
    "await job.finished; await pm.shutdown(); console.log(...warnings);",
    '{ path: "/dev/stdout", stderr: "/proc/self/fd/2", maxBytes: 99 }',
    ["sh", "-c", script],
  ));
  const lines = await Array.fromAsync(run.lines());
  const { code } = await run.finished;
  assertEquals(code, 0);
  const texts = (name: string) =>
    lines.filter(({ source }) => source === name).map(({ text }) => text);
  const numbers = Array.from({ length: 20_009 }, (_, i) => `${i + 1}`);
  assertEquals(texts("stdout"), [...numbers.slice(0, 20_000), ""]);
  assertEquals(texts("stderr"), numbers.slice(20_000));
});

Deno.test({
  name: "Process writes to /dev/stdout that is a file, and does not rename it",
  ignore: !permitted("read", "write"),
  async fn() {
    await using folder = new Folder();
    // A link of its own, so that no mistake can rename that of the machine.
    const path = `${folder.path}/out`;
    await Deno.symlink("/dev/stdout", path);
    const child = await start(
      `exec "$@" >> ${folder.log}`,
      "-A",
      program(
        "await job.finished; await pm.shutdown(); console.error(...warnings);",
        `{ path: "${path}", maxBytes: 99 }`,
        ["seq", "999"],
      ),
    );
    const { code, stderr } = await child.output();
    assertEquals([code, new TextDecoder().decode(stderr)], [0, "\n"]);
    const numbers = Array.from({ length: 999 }, (_, i) => `${i + 1}\n`);
    assertEquals(await folder.read(), [numbers.join("")]);
    const names = Array.from(Deno.readDirSync(folder.path), ({ name }) => name);
    assertEquals(names.sort(), ["log", "out"]);
    assertEquals(await Deno.readLink(path), "/dev/stdout");
  },
});

Deno.test("Process goes on when nothing reads the stdout of its program", async () => {
  const child = await start(
    `"$@" | head -n 2`,
    "--allow-run",
    program(
      `const { code } = await job.finished;
       await pm.shutdown();
       console.error(code, ...warnings);`,
      '{ path: "/dev/stdout" }',
      ["seq", "300000"],
    ),
  );
  const { stdout, stderr } = await child.output();
  assertEquals(new TextDecoder().decode(stdout), "1\n2\n");
  assertMatch(
    new TextDecoder().decode(stderr),
    /^0 Cannot write to "\/dev\/stdout": lines are lost until a write succeeds: Broken pipe .* Cannot write to "\/dev\/stdout": \d+ lines were lost$/m,
  );
});

Deno.test("A program ends after the shutdown, though its stdout takes no more", async () => {
  const source = program(
    `const second = pm.command("seq", ["9"], { output });
     await job.finished;
     await second.finished;
     await pm.shutdown();
     console.error("shut down", ...warnings);
     addEventListener("unload", () => console.error("ended", ...warnings));`,
    '{ path: "/dev/stdout" }',
    ["sh", "-c", "head -c 100000 /dev/zero | tr '\\0' '\\n'"],
  );
  const child = await start('exec "$@"', "--allow-run", source);
  // Nothing reads its stdout while it runs.
  const text = await new Response(child.stderr).text();
  const { success } = await child.status;
  const read = await new Response(child.stdout).bytes();
  assertEquals(success, true, text);
  assertMatch(text, /^shut down/m);
  const lost = text.match(
    /^ended .*Cannot write to "\/dev\/stdout": (\d+) lines were lost$/m,
  )?.[1];
  assert(read.length > 0 && read.length < 100_000);
  assert(Number(lost) >= 100_009 - read.length, text);
});

Deno.test("StreamFile starts another Worker after one has failed", async () => {
  const { Worker } = globalThis;
  const bad = "data:text/javascript,throw new Error('no')";
  let [started, now] = [0, 0];
  const patience = new AbortController();
  const timer = setTimeout(() => patience.abort(), 10_000);
  globalThis.Worker = class extends Worker {
    constructor(url: string | URL, options?: WorkerOptions) {
      super(started++ === 0 ? bad : url, options);
    }
  };
  try {
    const warnings: string[] = [];
    const file = new StreamFile(
      { kind: "stdout", path: "/dev/stdout", renamable: false },
      (message) => warnings.push(message),
      { ...systemClock, now: () => now },
    );
    await file.append(Uint8Array.of(10), patience);
    now += 60_000;
    await file.append(Uint8Array.of(10), patience);
    await file.close();
    assertEquals(warnings.length, 2);
    assertMatch(warnings[1] ?? "", /again: 1 line was lost$/);
    assertEquals(started, 2);
  } finally {
    clearTimeout(timer);
    globalThis.Worker = Worker;
  }
});
