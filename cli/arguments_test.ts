import { assertEquals, assertThrows } from "@std/assert";
import { readArguments, splitCall } from "./arguments.ts";
import { CliError, STATUS } from "./call.ts";
import type { CommandSpec } from "./command_spec.ts";

const NOW = Date.parse("2026-03-01T12:00:00Z");

const TRY: CommandSpec = {
  name: "try",
  summary: "",
  usage: "",
  description: [],
  names: { least: 1, most: 2, what: "a name" },
  options: [
    { long: "all", short: "a", summary: "" },
    { long: "follow", short: "f", summary: "" },
    {
      long: "lines",
      short: "n",
      also: ["tail"],
      value: "N",
      kind: "count",
      summary: "",
    },
    { long: "run", value: "N", kind: "integer", summary: "" },
    { long: "wait", value: "TIME", kind: "duration", summary: "" },
    { long: "since", value: "TIME", kind: "time", summary: "" },
    { long: "label", short: "l", value: "L", many: true, summary: "" },
    { long: "level", value: "L", oneOf: ["info", "warn"], summary: "" },
  ],
  json: true,
  examples: [{ line: "", what: "" }, { line: "", what: "" }],
  statuses: [],
  load: () => Promise.reject(new Error()),
};

function read(line: string, command = TRY) {
  return readArguments(command, line.split(" "), NOW);
}

Deno.test("readArguments takes options before and after names", () => {
  const { options, names } = read(
    "-a one --lines 5 two --json -l x --label=y=z",
  );
  assertEquals(names, ["one", "two"]);
  assertEquals(options.flag("all"), true);
  assertEquals(options.flag("json"), true);
  assertEquals(options.flag("follow"), false);
  assertEquals(options.count("lines"), 5);
  assertEquals(options.values("label"), ["x", "y=z"]);
  assertEquals(options.value("label"), "y=z");
  assertEquals(options.value("level"), undefined);
});

Deno.test("readArguments takes all forms of an option with a value", () => {
  for (
    const line of [
      "-n5",
      "-n=5",
      "-n 5",
      "--lines=5",
      "-afn5",
      "-fan 5",
      "--tail 5",
    ]
  ) {
    assertEquals(read(`${line} x`).options.count("lines"), 5, line);
  }
  assertEquals(read("x -n 1 -n 2").options.count("lines"), 2);
  assertEquals(read("x --run -1").options.integer("run"), -1);
  assertEquals(read("x --run=-1").options.integer("run"), -1);
  assertEquals(read("x --wait 1m30s").options.duration("wait"), 90_000);
  assertEquals(read("x --since 10m").options.time("since"), NOW - 600_000);
  assertEquals(read("x --level warn").options.value("level"), "warn");
  // The options of the command hide the short names of those of all commands.
  assertEquals(read("x -f --file y").options.values("file"), ["y"]);
});

Deno.test("readArguments takes what follows -- for names, or for a program", () => {
  assertEquals(read("-- -a --json").names, ["-a", "--json"]);
  assertEquals(read("- x").names, ["-", "x"]);
  const run: CommandSpec = {
    ...TRY,
    names: { least: 1, most: 1 },
    rest: "needed",
  };
  const { names, rest } = read("x -a -- sh -c exit -- 1", run);
  assertEquals(names, ["x"]);
  assertEquals(rest, ["sh", "-c", "exit", "--", "1"]);
  for (const line of ["x", "x --"]) {
    assertThrows(() => read(line, run), CliError, 'write "--" and a command');
  }
  for (
    const [line, message] of [
      ["x env", "between the name and the command: processman try x -- env"],
      ["x rm y", "between the name and the command: processman try x -- rm y"],
      ["x ls -q", 'no option -q; write "--" before a command'],
    ] as const
  ) {
    assertThrows(() => read(line, run), CliError, message);
  }
});

Deno.test("readArguments says what is wrong, and what would be right", () => {
  const wrong: Record<string, string> = {
    "x --line 5": 'there is no option --line; did you mean "--lines"?',
    "x --xyz": "there is no option --xyz\n",
    "x -q": "there is no option -q\n",
    "x -aq": "there is no option -q in -aq",
    "x --lines": "the option --lines needs a value: --lines N",
    "x -n": "the option -n needs a value: -n N",
    "x -n five": 'the option -n needs a whole number such as 10, not "five"',
    "x -n -5": 'the option -n needs a whole number such as 10, not "-5"',
    "x --run 1.5": "--run needs a whole number such as 3 or -1",
    "x --wait soon": "--wait needs a duration such as 500ms, 10s, 5m or 2h",
    "x --since 31.12.": "--since needs a time such as 2026-03-01T12:00",
    "x --level debug": '--level needs one of info, warn, not "debug"',
    "x --label=": "--label needs a text that is not empty",
    "x --all=yes": "the option --all takes no value",
    "-a": "write a name",
    "x y z": 'takes at most 2 names, so "z" is one too many',
  };
  for (const [line, message] of Object.entries(wrong)) {
    const error = assertThrows(() => read(line), CliError, message, line);
    assertEquals(error.status, STATUS.usage);
    assertEquals(error.message.split("\n").length, 2);
  }
});

Deno.test("readArguments lets --help pass with anything that is an option", () => {
  assertEquals(read("--help").options.flag("help"), true);
  assertEquals(read("a b c -h").options.flag("help"), true);
});

Deno.test("Options knows only what the table declares", () => {
  const { options } = read("x --level info");
  assertThrows(() => options.flag("lines"), TypeError, "--lines");
  assertThrows(() => options.value("all"), TypeError, "--all");
  assertThrows(() => options.value("nothing"), TypeError, "--nothing");
  assertThrows(() => options.count("level"), TypeError, "--level");
});

Deno.test("splitCall takes options of the configuration before the command", () => {
  const calls: Record<string, [string | undefined, ...string[]]> = {
    "ps -a x": ["ps", "-a", "x"],
    "-f a.yaml logs -f": ["logs", "--file=a.yaml", "-f"],
    "-fa.yaml --file=b -S shop up": [
      "up",
      "--file=a.yaml",
      "--file=b",
      "--supervisor=shop",
    ],
    "--profile web up -d": ["up", "--profile=web", "-d"],
    "--help": ["--help"],
    "--version": ["--version"],
    "--json ps": ["--json", "ps"],
    "-f x": [undefined, "--file=x"],
  };
  for (const [line, [command, ...args]] of Object.entries(calls)) {
    assertEquals(splitCall(line.split(" ")), { command, args }, line);
  }
});
