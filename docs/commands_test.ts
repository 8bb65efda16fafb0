import { assertEquals } from "@std/assert";
import { COMMAND_PAGE, commandPage } from "../tools/command_page.ts";
import { permitted } from "../tools/testing.ts";

Deno.test("docs/commands.md is what deno task commands writes", {
  ignore: !permitted("read", "env"),
}, async () => {
  assertEquals(await Deno.readTextFile(COMMAND_PAGE), await commandPage());
});
