import { assertEquals } from "@std/assert";
import { seededRandom } from "../testing/mod.ts";
import { NASTY } from "../tools/random_plan.ts";
import { commandOf, wordsOf } from "../tools/unit_file.ts";
import {
  cleanPath,
  commandLine,
  isPlainProgram,
  linePath,
  projectName,
  shownText,
  timeSpan,
  unitText,
  unitWord,
} from "./systemd_text.ts";

/** Rules of systemd, by where its manual has them, and what follows from each. */
const WORDS: readonly [rule: string, text: string, written: string][] = [
  [
    "systemd.syntax, Quoting: a plain word needs no quotes",
    "a-b/c.d",
    "a-b/c.d",
  ],
  ["systemd.syntax, Quoting: spaces separate words", "a b", '"a b"'],
  ["systemd.syntax, Quoting: an empty word needs quotes", "", '""'],
  ["systemd.syntax, Quoting: quotes are removed", `"a'`, `"\\"a'"`],
  ["systemd.syntax, Quoting: a backslash is doubled", "\\n", '"\\\\n"'],
  ["systemd.syntax, Quoting: C-style escapes", "\n\r\t", '"\\n\\r\\t"'],
  [
    "systemd.syntax, Quoting: other characters by number",
    "\x1b\x7f",
    '"\\x1b\\x7f"',
  ],
  ["systemd.syntax, Quoting: UTF-8 needs no escape", "ä\u0085", '"ä\u0085"'],
  ["systemd.syntax: a comment begins with # or ;", "#", '"#"'],
  ["systemd.unit, Specifiers: %% is a percent sign", "50%", "50%%"],
];

Deno.test("unitWord() follows the rules of systemd", () => {
  for (const [rule, text, written] of WORDS) {
    assertEquals(unitWord(text), written, rule);
  }
});

const COMMANDS: readonly [rule: string, words: string[], written: string][] = [
  ["$$ is a dollar sign", ["echo", "$HOME", "$"], 'echo "$$HOME" "$$"'],
  ["the program is no variable", ["$x", "$x"], '"$x" "$$x"'],
  ["a lone ; separates commands", ["echo", ";"], 'echo ";"'],
  ["the program can contain spaces", ["/a b"], '"/a b"'],
];

Deno.test("commandLine() follows the section Command lines of systemd.service", () => {
  for (const [rule, words, written] of COMMANDS) {
    assertEquals(commandLine(words), written, rule);
  }
});

Deno.test("isPlainProgram() finds what systemd takes for something else", () => {
  for (const program of ["echo", "/a b/c", "$x", "a@b", "ä", "a%b"]) {
    assertEquals(isPlainProgram(program), true, program);
  }
  const odd = [
    "@a",
    "-a",
    ":a",
    "+a",
    "!a",
    "|a",
    "a\nb",
    'a"b',
    "a'b",
    "a\\b",
    "",
  ];
  for (const program of odd) {
    assertEquals(isPlainProgram(program), false, program);
  }
});

Deno.test("unitWord() and commandLine() write what systemd reads", () => {
  const random = seededRandom(1);
  const count = Deno.args.includes("--full") ? 10_000 : 200;
  const drawn = () => NASTY[Math.floor(random() * NASTY.length)] ?? "";
  for (let i = 0; i < count; i++) {
    const words = Array.from({ length: 4 }, () => drawn() + drawn());
    assertEquals(wordsOf(words.map(unitWord).join(" ")), words);
    assertEquals(commandOf(commandLine(["x", ...words])), ["x", ...words]);
  }
});

Deno.test("linePath() refuses what no line can hold", () => {
  assertEquals(linePath('/a b%/"c"\\d'), '/a b%%/"c"\\d');
  for (const path of ["/a\nb", "/a ", "/a\\", "/a\t"]) {
    assertEquals(linePath(path), undefined, JSON.stringify(path));
  }
});

Deno.test("cleanPath() leaves no parts that systemd refuses", () => {
  for (
    const [path, clean] of [
      ["/srv/./shop//bin/", "/srv/shop/bin"],
      ["/srv/shop/../other", "/srv/other"],
      ["/..", "/"],
      ["/", "/"],
      ["/a ./..b", "/a ./..b"],
    ] as const
  ) assertEquals(cleanPath(path), clean);
});

Deno.test("timeSpan() writes durations with a unit", () => {
  for (
    const [ms, text] of [
      [0, "0s"],
      [250, "250ms"],
      [2_500, "2500ms"],
      [90_000, "90s"],
      [0.5, "500us"],
      [1e-9, "1us"],
      [Infinity, "infinity"],
      [1e300, "infinity"],
    ] as const
  ) assertEquals(timeSpan(ms), text);
});

Deno.test("projectName() returns a name that no unit of the system has", () => {
  for (
    const [name, usable] of [
      ["shop", "shop"],
      ["My shop (2)", "My-shop-2"],
      ["ä", "project"],
      ["network", "processman-network"],
      ["multi-user", "processman-multi-user"],
      ["systemd", "processman-systemd"],
      ["userland", "userland"],
      ["-x.", "x"],
    ] as const
  ) assertEquals(projectName(name), usable);
});

Deno.test("unitText() does not let texts out of a comment", () => {
  const text = unitText(["a: b\n[Service]\u0085\u2028ExecStart=x\\"], []);
  assertEquals(text, "# a: b [Service] ExecStart=x\\\n");
});

Deno.test("unitText() wraps comments at 80 columns", () => {
  const text = unitText(["word ".repeat(40)], []);
  for (const line of text.split("\n")) {
    assertEquals(line.length <= 80, true, line);
  }
});

Deno.test("shownText() fits into a line", () => {
  assertEquals(shownText("a\nb 50% \\"), "a b 50%% ");
});
