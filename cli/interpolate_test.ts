import { assertEquals, assertThrows } from "@std/assert";
import { interpolate, InterpolationError } from "./interpolate.ts";

const VALUES: Readonly<Record<string, string>> = {
  A: "one",
  EMPTY: "",
  B_2: "two",
};

function replaced(text: string): string {
  return interpolate(text, (name) => VALUES[name]);
}

const RIGHT: readonly [text: string, result: string][] = [
  ["plain", "plain"],
  ["$A", "one"],
  ["${A}", "one"],
  ["x$A/$B_2.txt", "xone/two.txt"],
  ["${A}B", "oneB"],
  ["$NO", ""],
  ["${NO}", ""],
  ["${NO:-default}", "default"],
  ["${NO-default}", "default"],
  ["${EMPTY:-default}", "default"],
  ["${EMPTY-default}", ""],
  ["${A:-default}", "one"],
  ["${NO:-}", ""],
  ["${NO:-a b:c/d?e+f}", "a b:c/d?e+f"],
  ["${NO:-${A}}", "one"],
  ["${NO:-${NO:-${B_2}}}", "two"],
  ["${NO:-$A-$B_2}", "one-two"],
  ["${A:?is needed}", "one"],
  ["${EMPTY?is needed}", ""],
  ["${A:+there}", "there"],
  ["${A+there}", "there"],
  ["${EMPTY:+there}", ""],
  ["${EMPTY+there}", "there"],
  ["${NO:+there}", ""],
  ["${NO+there}", ""],
  ["${A:+$B_2}", "two"],
  ["${A:-${NO:?is needed}}", "one"],
  ["${A:-$$}", "one"],
  ["$$", "$"],
  ["$$A", "$A"],
  ["$${A}", "${A}"],
  ["$$$A", "$one"],
  ["$$$$", "$$"],
  ["pa$$word", "pa$word"],
  ["$[8000 + replica]", "$[8000 + replica]"],
  ["${NO:-$[1 + replica]}", "$[1 + replica]"],
];

const WRONG: readonly [text: string, message: string, offset: number][] = [
  ["a $1", "a dollar must be followed by a name", 2],
  ["5$", "a dollar must be followed by a name", 1],
  ["$ A", "a dollar must be followed by a name", 0],
  ["${}", "a name must follow ${", 0],
  ["${1}", "a name must follow ${", 0],
  ["x${A", "the } of ${A is missing", 1],
  ["${A:-x", "the } of ${A is missing", 0],
  ["${A x}", "after ${A must come", 0],
  ["${A:x}", "after ${A must come", 0],
  ["${NO:?is needed}", "the variable NO must be set: is needed", 0],
  ["${NO?}", "the variable NO must be set", 0],
  ["${EMPTY:?give one}", "the variable EMPTY must not be empty: give one", 0],
  ["${NO:-${ALSO:?not there}}", "the variable ALSO must be set: not there", 6],
];

Deno.test("Interpolation replaces what Compose replaces", () => {
  for (const [text, result] of RIGHT) {
    assertEquals(replaced(text), result, text);
  }
});

Deno.test("Interpolation says what is wrong, and where", () => {
  for (const [text, message, offset] of WRONG) {
    const error = assertThrows(
      () => replaced(text),
      InterpolationError,
      message,
    );
    assertEquals(error.offset, offset, text);
  }
});
