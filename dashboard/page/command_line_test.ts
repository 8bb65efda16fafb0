import { assertEquals } from "@std/assert";
import { permitted } from "../../tools/testing.ts";
import { commandLine, commandText, shellWord } from "./command_line.ts";

Deno.test("shellWord() quotes only what a shell would not take as it is", () => {
  const cases: readonly [string, string][] = [
    ["sleep", "sleep"],
    ["--port=80,90", "--port=80,90"],
    ["/a/b-c_d.e", "/a/b-c_d.e"],
    ["", "''"],
    ["a b", "'a b'"],
    ["$HOME", "'$HOME'"],
    ["it's", "'it'\\''s'"],
    ["~", "'~'"],
    ["a;b", "'a;b'"],
    ["two\nlines\t", "'two\nlines\t'"],
    ["\x1b[201~rm\r", "$'\\x1b[201~rm\\x0d'"],
    ["\u202eit's \\", "$'\\u202eit\\'s \\\\'"],
    ["\x9b", "$'\\u009b'"],
    ["größe", "'größe'"],
  ];
  for (const [word, expected] of cases) {
    assertEquals(shellWord(word), expected);
  }
});

Deno.test("commandText() quotes what a shell would change", () => {
  assertEquals(commandText(["deno", "run", "-A", "a.ts"]), "deno run -A a.ts");
  assertEquals(commandText(["echo", "it's", ""]), `echo 'it'\\''s' ''`);
  assertEquals(commandText(["A=b", "A=b"]), "'A=b' A=b");
});

Deno.test("commandLine() sets the folder and placeholders for variables", () => {
  const command = ["run", "a b"];
  assertEquals(commandLine({ command }), "run 'a b'");
  assertEquals(
    commandLine({ command, cwd: "/my shop", environment: ["A", "B_2"] }),
    "cd '/my shop' && A=… B_2=… run 'a b'",
  );
  assertEquals(
    commandLine({ command, cwd: "-x", environment: ["A", "my-var"] }),
    "cd ./-x && env 'A=…' 'my-var=…' run 'a b'",
  );
  assertEquals(
    commandLine({ command, environment: ["A"], clearEnv: true }),
    "env -i A=… run 'a b'",
  );
  assertEquals(
    commandLine({ command, clearEnv: true }),
    "env -i run 'a b'",
  );
  assertEquals(commandLine({ command: ["A=1", "B=2"] }), "'A=1' B=2");
});

Deno.test({
  name: "A shell runs the command that commandLine() writes",
  ignore: !permitted("run"),
  async fn() {
    const words = [
      "",
      "a b",
      "it's",
      "$(id) `id` $HOME",
      "*?[!~#",
      "\\n \\",
      "two\nlines",
      "\x1b[31m\r\x07",
      "\u202e right to left",
      "größe 🦕",
      '"quoted"',
      "-n",
      "A=1",
    ];
    const command = ["printf", "<%s>", ...words];
    const script = commandLine({ command, cwd: "/", environment: ["X"] });
    const { stdout, stderr } = await new Deno.Command("bash", {
      args: ["-c", script],
      env: { LC_ALL: "C.UTF-8" },
    }).output();
    const decoder = new TextDecoder();
    assertEquals(decoder.decode(stderr), "");
    assertEquals(
      decoder.decode(stdout),
      words.map((word) => `<${word}>`).join(""),
    );
  },
});
