import { assertEquals } from "@std/assert";
import { Folder, permitted, runScript, scriptDeno } from "../tools/testing.ts";
import { hasTerminals } from "../tools/terminal.ts";
import { Processman } from "../mod.ts";

const module = import.meta.resolve("./mod.ts");
const config = new URL("../deno.json", import.meta.url).pathname;

/** A program that prints what each probe says, and whether it is NotCapable. */
const PROGRAM = `
import { exec, file, http, line, tcp } from "${module}";
const { signal } = new AbortController();
async function* lines() {}
const process = { name: "a", pid: 1, tail: () => [], lines };
const probes = [
  tcp({ port: 5 }),
  tcp({ hostname: "::1", port: 5 }),
  http("http://localhost/"),
  http("https://[::1]/"),
  exec("true"),
  file("/etc/passwd"),
  file("/dev/null/x"),
  line("x"),
];
for (const probe of probes) {
  try {
    console.log(await probe({ process, run: 1, signal, probing: signal } as never));
  } catch (error) {
    console.log((error as Error).name, (error as Error).message);
  }
}
`;

const NONE = [
  'NotCapable Requires net access to "127.0.0.1:5", run again with --allow-net=127.0.0.1:5',
  'NotCapable Requires net access to "[::1]:5", run again with --allow-net=[::1]:5',
  'NotCapable Requires net access to "localhost:80", run again with --allow-net=localhost:80',
  'NotCapable Requires net access to "[::1]:443", run again with --allow-net=[::1]:443',
  'NotCapable Requires run access to "true", run again with --allow-run=true',
  'NotCapable Requires read access to "/etc/passwd", run again with --allow-read=/etc/passwd',
  'NotCapable Requires read access to "/dev/null/x", run again with --allow-read=/dev/null/x',
  'Error no line contains "x"',
];

const DENIED = [
  'NotCapable Requires net access to "127.0.0.1:5", run again without --deny-net=127.0.0.1:5',
  'NotCapable Requires net access to "[::1]:5", run again without --deny-net=[::1]:5',
  'NotCapable Requires net access to "localhost:80", run again without --deny-net=localhost:80',
  'NotCapable Requires net access to "[::1]:443", run again without --deny-net=[::1]:443',
  'NotCapable Requires run access to "true", run again without --deny-run=true',
  'NotCapable Requires read access to "/etc/passwd", run again without --deny-read=/etc/passwd',
  'NotCapable Requires read access to "/dev/null/x", run again without --deny-read=/dev/null/x',
  'Error no line contains "x"',
];

/** Returns the lines that the program prints. */
async function linesOf(...flags: string[]): Promise<string[]> {
  await using job = runScript(PROGRAM, {
    permission: "--allow-env=PATH",
    flags,
  });
  await job.finished;
  return job.tail(Infinity).map(({ text }) => text);
}

Deno.test("A probe without its permission says what is missing", async () => {
  assertEquals(await linesOf(), NONE);
});

Deno.test("A probe counts a permission that is denied as missing", async () => {
  const flags = ["net", "run", "read"].flatMap((name) => [
    `--allow-${name}`,
    `--deny-${name}`,
  ]);
  assertEquals(await linesOf(...flags), DENIED);
});

Deno.test("file() needs all permissions for a special file", async () => {
  const lines = await linesOf("--allow-read");
  assertEquals(lines.slice(5, 7), [
    "true",
    'NotCapable Requires all access to "/dev/null/x", run again with --allow-all',
  ]);
});

Deno.test({
  name: "A probe without its permission does not prompt on a terminal",
  ignore: !permitted("read", "write") || !hasTerminals(),
  async fn() {
    await using folder = new Folder();
    const path = `${folder.path}/program.ts`;
    await Deno.writeTextFile(path, PROGRAM);
    await using pm = new Processman({ logger: null, signals: [] });
    const command = `"$DENO" run --quiet --config=${config} ${path}`;
    const args = ["--quiet", "--return", "--command", command, "/dev/null"];
    const job = pm.command("script", args, {
      env: { DENO: scriptDeno, NO_COLOR: "1" },
      restart: { policy: "never" },
    });
    await job.finished;
    assertEquals(job.tail(Infinity).map(({ text }) => text), NONE);
  },
});
