import { assertEquals } from "@std/assert";
import { keyLine } from "./key_line.ts";

Deno.test("keyLine() finds what went wrong", () => {
  const table: [string[], string | undefined][] = [
    [[], undefined],
    [["", "  "], undefined],
    [["took a job", "bye"], "bye"],
    [
      [
        "      throw er; // Unhandled 'error' event",
        "Error: listen EADDRINUSE: address already in use 127.0.0.1:4310",
        "    at doListen (node:net:2139:7)",
        "Emitted 'error' event on Server instance at:",
        "    at emitErrorNT (node:net:1944:8) {",
        "  code: 'EADDRINUSE',",
        "}",
        "",
        "Node.js v20.20.2",
      ],
      "Error: listen EADDRINUSE: address already in use 127.0.0.1:4310",
    ],
    [
      [
        "thread 'main' panicked at src/main.rs:2:5:",
        "the queue is closed",
        "note: run with `RUST_BACKTRACE=1` environment variable to display a backtrace",
      ],
      "the queue is closed",
    ],
    [["Error: no order 17", "    at parse (w.js:3:7)"], "Error: no order 17"],
    [
      ["Error: no order", "    at parse (w.js:3:7)", "", "Node.js v22.1.0"],
      "Error: no order",
    ],
    [
      [
        "Traceback (most recent call last):",
        '  File "w.py", line 1, in <module>',
        "    main()",
        "ValueError: no order 17",
      ],
      "ValueError: no order 17",
    ],
    [["\x1b[31merror\x1b[0m: port in use"], "error: port in use"],
    [
      ["write error: No space left on device", "done"],
      "write error: No space left on device",
    ],
    [["    only a frame"], "only a frame"],
  ];
  for (const [lines, line] of table) assertEquals(keyLine(lines), line);
});

Deno.test("keyLine() cuts a line that is too long", () => {
  assertEquals(keyLine(["x".repeat(201)]), `${"x".repeat(200)}…`);
});
