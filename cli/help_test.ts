import { assert, assertEquals, assertMatch } from "@std/assert";
import { readPackage, root } from "../tools/package.ts";
import { permitted } from "../tools/testing.ts";
import { Tool } from "../tools/tool.ts";
import { readArguments } from "./arguments.ts";
import { optionsOf } from "./command_spec.ts";
import { COMMANDS } from "./commands.ts";
import { commandHelp, toolHelp } from "./help.ts";
import { widthOf } from "./text_width.ts";

const ignore = !permitted("read", "write", "net", "env");

Deno.test("The help has a page for each command", () => {
  for (const command of COMMANDS) {
    const page = commandHelp(command);
    assert(page.startsWith(`Usage: processman ${command.name} [OPTION]...`));
    for (const part of ["Options:", "Examples:", "Exit status:", "--help"]) {
      assert(page.includes(part), `${command.name} ${part}`);
    }
    for (const option of optionsOf(command)) {
      assert(page.includes(`--${option.long}`), option.long);
    }
    for (const line of page.split("\n")) {
      assert(widthOf(line) <= 80, `${command.name}: ${line}`);
      assertEquals(line, line.trimEnd());
    }
    assert(toolHelp().includes(`\n  ${command.name} `));
  }
});

Deno.test("The table of commands names each option once", () => {
  for (const command of COMMANDS) {
    const options = optionsOf(command);
    const longs = options.map(({ long }) => long);
    assertEquals(new Set(longs).size, longs.length, command.name);
    const shorts = options.flatMap(({ short }) => short ?? []);
    assertEquals(new Set(shorts).size, shorts.length, command.name);
    for (const { long, summary, kind, oneOf, value } of options) {
      assertMatch(long, /^[a-z]+(-[a-z]+)*$/);
      assertMatch(summary, /^[A-Z].*[^.]$/);
      if (kind !== undefined || oneOf !== undefined) assert(value, long);
    }
  }
});

Deno.test("The examples of the help are calls that the tool understands", () => {
  for (const { name, examples } of COMMANDS) {
    for (const { line } of examples) {
      const [call = ""] = line.split(" | ");
      const words = [...call.matchAll(/'([^']*)'|(\S+)/g)]
        .map(([, quoted, plain]) => quoted ?? plain ?? "");
      assertEquals(words.slice(0, 2), ["processman", name]);
      const command = COMMANDS.find((command) => command.name === name);
      assert(command);
      readArguments(command, words.slice(2), Date.now());
    }
  }
});

Deno.test({
  name: "Each command of the table can be loaded",
  ignore,
  async fn() {
    for (const { name, load } of COMMANDS) {
      assertEquals(typeof await load(), "function", name);
    }
  },
});

Deno.test({
  name: "processman prints its help, its version, and what was wrong",
  ignore,
  async fn() {
    await using tool = new Tool();
    const { version } = JSON.parse(
      await Deno.readTextFile(new URL("deno.json", root)),
    );
    const { stdout, stderr, status } = await tool.run(`
      processman --help; echo $?
      processman ps -h; echo $?
      processman help ps; echo $?
      processman --version; echo $?
      processman lgos; echo $?
      processman --json ps; echo $?
      processman ps --jsno; echo $?
      processman`);
    const ps = COMMANDS.find(({ name }) => name === "ps");
    assert(ps);
    const page = `${commandHelp(ps)}0\n`;
    assertEquals(
      stdout,
      `${toolHelp()}0\n${page}${page}processman ${version}\n0\n2\n2\n2\n`,
    );
    assertEquals(
      stderr,
      `processman: there is no command "lgos"; did you mean "logs"?
Run "processman --help" for all commands.
processman: write a command before the option --json
Run "processman --help" for all commands.
processman: there is no option --jsno; did you mean "--json"?
Run "processman ps --help" for its options.
${toolHelp()}`,
    );
    assertEquals(status, 2);
  },
});

Deno.test({
  name: "ps loads neither the core, nor plans, nor packages",
  ignore,
  async fn() {
    const loaded = new Set<string>();
    for (const module of ["mod.ts", "ps.ts"]) {
      const entry = new URL(module, import.meta.url).href;
      (await codeGraph(entry)).forEach((specifier) => loaded.add(specifier));
    }
    const others = [...loaded].filter((specifier) =>
      !/\/(cli|control)\/\w+\.ts$/.test(specifier) &&
      !specifier.startsWith("node:")
    );
    assertEquals(others, []);
    assert(loaded.size > 20);
    const { exports } = await readPackage(root);
    assertEquals(exports["./cli"], "./cli/mod.ts");
  },
});

/** Returns what Deno loads to run a module: what it names for types, it skips. */
async function codeGraph(entry: string): Promise<Set<string>> {
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["info", "--json", entry],
    stderr: "null",
  }).output();
  const { modules } = JSON.parse(new TextDecoder().decode(stdout));
  const found = new Set<string>();
  const visit = (specifier: string) => {
    if (found.has(specifier)) return;
    found.add(specifier);
    const { dependencies = [] } =
      modules.find((module: { specifier: string }) =>
        module.specifier === specifier
      ) ?? {};
    for (const { code } of dependencies) {
      if (code !== undefined) visit(code.specifier);
    }
  };
  visit(entry);
  return found;
}
