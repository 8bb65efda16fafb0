import { assertEquals } from "@std/assert";
import { filterFor, summarize } from "./summary.ts";

const output = `\x1b[38;5;245mrunning 2 tests from ./a_test.ts\x1b[0m
a ... \x1b[32mok\x1b[0m \x1b[38;5;245m(1ms)\x1b[0m
needs (more) ... \x1b[33mignored\x1b[0m \x1b[38;5;245m(0ms)\x1b[0m
running 1 test from ./b_test.ts
steps ...
  one ... ignored (0ms)
steps ... ok (1ms)
needs a/b too ... ignored (0ms)

\x1b[32mok\x1b[0m | 2 passed (1 step) | 0 failed | 2 ignored (1 step) (12ms)
`;

Deno.test("summarize() counts tests and names those ignored", () => {
  assertEquals(summarize(output), {
    passed: 2,
    failed: 0,
    ignored: [
      { file: "./a_test.ts", name: "needs (more)" },
      { file: "./b_test.ts", name: "needs a/b too" },
    ],
    line: "ok | 2 passed (1 step) | 0 failed | 2 ignored (1 step) (12ms)",
  });
  const failed = "FAILED | 12 passed | 3 failed (2s)";
  assertEquals(summarize(failed)?.failed, 3);
  assertEquals(summarize("error: Type checking failed."), undefined);
});

Deno.test("filterFor() finds the tests by their whole names", () => {
  assertEquals(
    filterFor(summarize(output)?.ignored ?? []),
    "/^(?:needs \\(more\\)|needs a/b too)$/",
  );
});
