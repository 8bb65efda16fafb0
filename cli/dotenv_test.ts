import { assertEquals } from "@std/assert";
import { ConfigError, type ConfigFault, ConfigFaults } from "./config_fault.ts";
import { parseDotenv } from "./dotenv.ts";

function parsed(text: string): Record<string, string> | ConfigFault[] {
  const faults = new ConfigFaults();
  const found = parseDotenv(".env", text, faults);
  try {
    faults.throwAny();
  } catch (error) {
    if (error instanceof ConfigError) return [...error.faults];
  }
  return Object.fromEntries(found);
}

Deno.test("A file of variables is read as its author means it", () => {
  assertEquals(
    parsed(`# a comment
A=one
  B = two words  # a comment
export C=three
EMPTY=
HASH=a#b
URL=postgres://u:p@h/db?x=1
SINGLE='as it \\n is $A "here" # all'
DOUBLE="line\\nnext \\"q\\" \\\\ \\x $A" # a comment
LONG="first
second"
A.B=dotted
LAST=x`),
    {
      A: "one",
      B: "two words",
      C: "three",
      EMPTY: "",
      HASH: "a#b",
      URL: "postgres://u:p@h/db?x=1",
      SINGLE: 'as it \\n is $A "here" # all',
      DOUBLE: 'line\nnext "q" \\ \\x $A',
      LONG: "first\nsecond",
      "A.B": "dotted",
      LAST: "x",
    },
  );
});

Deno.test("A dollar in a file of variables is a dollar (docker/compose#11058)", () => {
  assertEquals(
    parsed('A=pa$$word$1\nB="x${A}y"\nC=$A'),
    { A: "pa$$word$1", B: "x${A}y", C: "$A" },
  );
});

Deno.test("A line that sets no variable is a fault with its place", () => {
  const line = "a line must be NAME=value, or a comment that begins with #";
  assertEquals(parsed("A=1\nwhat is this\n 2X=1\nB=2"), [
    { file: ".env", line: 2, column: 1, message: line },
    { file: ".env", line: 3, column: 2, message: line },
  ]);
  assertEquals(parsed('A="x'), [{
    file: ".env",
    line: 1,
    column: 3,
    message: 'the closing " is missing',
  }]);
  assertEquals(parsed("A='x' y"), [{
    file: ".env",
    line: 1,
    column: 3,
    message: "nothing can follow the quotes",
  }]);
});
