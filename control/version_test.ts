import { assertEquals } from "@std/assert";
import { readPackage, root } from "../tools/package.ts";
import { permitted } from "../tools/testing.ts";
import { VERSION } from "./version.ts";

Deno.test({
  name: "VERSION is that of deno.json",
  ignore: !permitted("read"),
  async fn() {
    assertEquals(VERSION, (await readPackage(root)).version);
  },
});
