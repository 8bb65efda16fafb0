import { assertEquals, assertMatch } from "@std/assert";
import { INIT_TABLES, initPage } from "../tools/init_tables.ts";
import { root } from "../tools/package.ts";
import { permitted } from "../tools/testing.ts";

const ignore = !permitted("read", "run", "env");

for (const page of Object.keys(INIT_TABLES)) {
  Deno.test(`${page} says what becomes of each key`, { ignore }, async () => {
    const text = await Deno.readTextFile(new URL(page, root));
    assertMatch(text, /<!-- Written by tools\/init_tables.ts -->/);
    assertEquals(text, await initPage(page, text), "tools/init_tables.ts");
  });
}
