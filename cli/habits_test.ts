import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { permitted } from "../tools/testing.ts";
import { Tool } from "../tools/tool.ts";
import { optionsOf } from "./command_spec.ts";
import { COMMANDS } from "./commands.ts";
import {
  COMMAND_HABITS,
  habitOfCommand,
  habitOfOption,
  OPTION_HABITS,
  OWN_OPTION_HABITS,
} from "./habits.ts";

const ignore = !permitted("read", "write", "net", "env");

const NAMES = COMMANDS.map(({ name }) => name);

/** Returns the options of a command as they are typed. */
function optionsNamed(command: string): string[] {
  const spec = COMMANDS.find(({ name }) => name === command);
  assert(spec, command);
  return optionsOf(spec).flatMap(({ long, short, also = [] }) => [
    ...[long, ...also].map((name) => `--${name}`),
    ...(short === undefined ? [] : [`-${short}`]),
  ]);
}

Deno.test("Habits name only what other tools have", () => {
  for (const name of Object.keys(COMMAND_HABITS)) {
    assert(!NAMES.includes(name), name);
  }
  for (const habit of Object.keys(OWN_OPTION_HABITS)) {
    const [command = "", option = ""] = habit.split(" ");
    assert(!optionsNamed(command).includes(option), habit);
  }
});

Deno.test("Habits lead to commands and options that exist", () => {
  const hints = [COMMAND_HABITS, OPTION_HABITS, OWN_OPTION_HABITS]
    .flatMap((table) => Object.values(table));
  for (const hint of hints) {
    for (const [, call = ""] of hint.matchAll(/"processman ([^"]*)"/g)) {
      const [command = "", ...args] = call.split(" -- ")[0]?.split(" ") ?? [];
      const options = args.filter((arg) => arg.startsWith("-"));
      for (const option of options) {
        assert(optionsNamed(command).includes(option), call);
      }
      assert(NAMES.includes(command), call);
    }
  }
});

Deno.test("Habits know no names of objects", () => {
  assertEquals(habitOfCommand("toString"), undefined);
  assertEquals(habitOfOption("up", "constructor"), undefined);
  assertEquals(habitOfOption("restart", "--build"), undefined);
  assertStringIncludes(habitOfOption("up", "--build") ?? "", "without images");
});

Deno.test({
  name: "processman tells users of other tools what to type instead",
  ignore,
  async fn() {
    await using tool = new Tool();
    assertEquals(
      await tool.run(`
        processman exec api sh
        processman -p shop up
        processman up --build
        processman kill -s HUP api
        processman run api env
        processman run api ls -l
        processman restart`),
      {
        stdout: "",
        stderr: `processman: there is no command "exec"; \
"processman run NAME -- COMMAND" does that
Run "processman --help" for all commands.
processman: write a command before the option -p; -S names a supervisor, \
and PORT in .env sets the ports of a Procfile
Run "processman --help" for all commands.
processman: there is no option --build; programs run without images, so \
there is nothing to do
Run "processman up --help" for its options.
processman: there is no option -s; it is "processman signal SIGNAL NAME"
Run "processman kill --help" for its options.
processman: write "--" between the name and the command: \
processman run api -- env
Run "processman run --help" for its options.
processman: there is no option -l; write "--" before a command with its options
Run "processman run --help" for its options.
processman: write the name of a process, or '*' for all
Run "processman restart --help" for its options.
`,
        status: 2,
      },
    );
  },
});
