import { assertEquals } from "@std/assert";
import { levelOf } from "./log_level.ts";

Deno.test("levelOf() finds the level that programs write", () => {
  const levels: Record<string, string[]> = {
    debug: [
      "DEBUG query took 3 ms",
      '{"level":20,"msg":"error"}',
      "time=1 level=debug msg=x",
      "[trace] a",
    ],
    info: [
      "2026-11-27T21:30:48.123Z INFO listening",
      "LOG:  database system is ready",
      '{"severity":"NOTICE"}',
      "\x1b[32minfo\x1b[0m: started",
      "I/O ERRORS were 0, level: info",
    ],
    warn: [
      "npm WARN deprecated x",
      "(node:1) Warning: y",
      '{"level":"warn"}',
      "[Warning] z",
    ],
    error: [
      "TypeError: x is not a function",
      "ERROR 1045 (28000)",
      "2026/11/27 [error] 7#7: *1 open() failed",
      "error: Uncaught (in promise) TypeError: no database",
      "FATAL:  the database system is starting up",
      "Traceback (most recent call last):",
      "java.lang.IllegalStateException: x",
      "npm ERR! code 1",
      '{"level":50}',
    ],
    undefined: [
      "",
      "    at main.ts:3:4",
      "0 errors, 1 warning",
      "GET /error 200",
      "GET /ERROR/ 200",
      "user.error.count 3",
      "terror: no",
    ],
  };
  for (const [level, texts] of Object.entries(levels)) {
    for (const text of texts) assertEquals(String(levelOf(text)), level, text);
  }
});
