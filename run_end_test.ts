import { assert, assertEquals, assertMatch } from "@std/assert";
import { Processman } from "./mod.ts";
import { quoteOf } from "./run_end.ts";
import { outputOf, permitted, scriptDeno } from "./tools/testing.ts";

/** What programs write to stderr when they fail, and the line to quote. */
const LAST_WORDS: Record<string, [text: string, quote: string]> = {
  "nothing": ["", ""],
  "blank lines": ["\n  \n\t\n", ""],
  "a shell": [
    "sh: 1: foo: not found\n\n",
    "sh: 1: foo: not found",
  ],
  "plain lines": ["starting\nno database\n", "no database"],
  "indented lines": ["  first\n    second\n\n", "second"],
  "colors alone": ["\x1b[31mno database\x1b[0m\n\x1b[0m", "no database"],
  "Deno": [
    `\x1b[0m\x1b[1m\x1b[31merror\x1b[0m: Uncaught (in promise) TypeError: deep
function a(n) { throw new TypeError("deep"); }
\x1b[0m\x1b[31m                      ^\x1b[0m
    at \x1b[0m\x1b[1m\x1b[3ma\x1b[0m (\x1b[0m\x1b[36mfile:///a.ts\x1b[0m:1:29)
    at \x1b[0m\x1b[36mfile:///a.ts\x1b[0m:2:1`,
    "error: Uncaught (in promise) TypeError: deep",
  ],
  "Node": [
    `node:events:502
      throw er; // Unhandled 'error' event
      ^

Error: listen EADDRINUSE: address already in use :::8000
    at Server.setupListenHandle [as _listen2] (node:net:1886:21)
Emitted 'error' event on Server instance at:
    at emitErrorNT (node:net:1944:8) {
  code: 'EADDRINUSE'
}

Node.js v20.20.2`,
    "Error: listen EADDRINUSE: address already in use :::8000",
  ],
  "Node, without a stack": [
    "[Error: ENOENT: no such file, open 'a'] {\n  errno: -2\n}\n\nNode.js v22",
    "[Error: ENOENT: no such file, open 'a'] {",
  ],
  "Node, after a rejection": [
    "UnhandledPromiseRejection: the reason is 1.\n    at a:1:1\n\nNode.js v20",
    "UnhandledPromiseRejection: the reason is 1.",
  ],
  "Python": [
    `Traceback (most recent call last):
  File "<string>", line 1, in <module>
ValueError: x`,
    "ValueError: x",
  ],
  "Python, an exception of another name": [
    `Traceback (most recent call last):
  File "<string>", line 1, in <module>
subprocess.TimeoutExpired: Command 'sleep' timed out`,
    "subprocess.TimeoutExpired: Command 'sleep' timed out",
  ],
  "Python, an exception of a module": [
    "json.decoder.JSONDecodeError: Expecting value\nlogger: closed",
    "json.decoder.JSONDecodeError: Expecting value",
  ],
  "Java": [
    `Exception in thread "main" java.lang.RuntimeException: x
\tat Main.main(Main.java:3)`,
    'Exception in thread "main" java.lang.RuntimeException: x',
  ],
  "Go": [
    "panic: no database\n\ngoroutine 1 [running]:\nmain.main()\n\ta.go:4 +0x1d",
    "panic: no database",
  ],
  "Rust": [
    "thread 'main' panicked at src/main.rs:2:5:\nx\nnote: run with `RUST…`",
    "thread 'main' panicked at src/main.rs:2:5:",
  ],
  "several errors": ["error: first\nFATAL: second\n", "FATAL: second"],
  "words that only contain an error": [
    "errors: 3\nerror_count 3\nno error\nthe end",
    "the end",
  ],
};

Deno.test("quoteOf() finds the line that says what went wrong", () => {
  for (const [what, [text, quote]] of Object.entries(LAST_WORDS)) {
    const expected = quote === "" ? "" : `: ${quote}`;
    assertEquals(quoteOf(text.split("\n")), expected, what);
  }
});

/** A program that throws an error so deep that only some frames are printed. */
const DEEP = `
  function deep(n) {
    if (n === 0) throw new TypeError("no database");
    deep(n - 1);
  }
  deep(50);
`;

/** Runs a program that crashes; returns what is logged, and its stderr. */
async function crash(program: string, ...args: string[]) {
  const warnings: string[] = [];
  const none = () => {};
  const warn = (message: string) => void warnings.push(message);
  const logger = { debug: none, info: none, warn, error: none };
  await using pm = new Processman({ logger });
  const events = pm.events();
  // Deno prints colors into a pipe too, unless this variable is set.
  const command = ["-c", 'unset NO_COLOR; exec "$0" "$@"', program, ...args];
  await pm.command("sh", command, {
    name: "web",
    restart: { policy: "never" },
  }).finished;
  await pm.shutdown();
  for await (const event of events) {
    if (event.kind === "exit") return { warnings, stderr: event.stderr };
  }
  throw new Error("There was no exit");
}

/** What is logged for a crash, without the time. */
const logged = (line: string = "") =>
  line.replace(/after \d+ ms/, "after _ ms");

Deno.test("Processman logs why a program of Deno crashed", async () => {
  const { warnings, stderr } = await crash(scriptDeno, "eval", DEEP);
  assertEquals(warnings.map(logged), [
    'Process "web" crashed with code 1 after _ ms, not restarted ' +
    '(policy "never"): error: Uncaught (in promise) TypeError: no database',
  ]);
  // The event keeps the colors.
  assert(stderr.length > 10 && stderr.some((line) => line.includes("\x1b[")));
});

Deno.test({
  name: "Processman logs why a program of Node crashed",
  ignore: !permitted("run") || !await outputOf("sh", "-c", "command -v node"),
  async fn() {
    const { warnings, stderr } = await crash("node", "-e", DEEP);
    assertEquals(warnings.map(logged), [
      'Process "web" crashed with code 1 after _ ms, not restarted ' +
      '(policy "never"): TypeError: no database',
    ]);
    assertMatch(stderr.at(-1) ?? "", /^Node\.js v/);
  },
});
