import { assertEquals, assertMatch } from "@std/assert";
import { changesText, failureText, loopText } from "./file_watch_text.ts";

Deno.test("changesText() names a file, and counts the others", () => {
  const text = (files: number) => changesText({ path: "src/a.ts", files });
  assertEquals(text(1), "src/a.ts changed");
  assertEquals(text(2), "src/a.ts and 1 more file changed");
  assertEquals(text(1_000), "src/a.ts and 999 more files changed");
});

Deno.test("loopText() names the file, and what to do", () => {
  assertEquals(
    loopText({ path: "src/gen.ts", rounds: 5 }, "api"),
    "api is no longer restarted when files change, because src/gen.ts " +
      "changed after each of its last 5 starts: if api writes that file, add " +
      'it to "watch.ignore"; to watch again, restart the process',
  );
});

Deno.test("failureText() says which limit to raise", () => {
  const text = (message: string) => failureText(new Error(message), 12_345);
  // The messages of Deno.
  assertMatch(
    text('OS file watch limit reached. about ["/a"]'),
    /12345 folders.*max_user_watches/,
  );
  assertMatch(
    text("No space left on device (os error 28)"),
    /max_user_watches/,
  );
  assertMatch(text("Too many open files (os error 24)"), /max_user_instances/);
  assertEquals(text("odd"), "12345 folders cannot be watched: odd");
});
