import { assertEquals } from "@std/assert";
import { groupsAgree } from "./terminal_mode.ts";

Deno.test("groupsAgree() reads the groups after any name of a program", () => {
  const stat = (group: number, foreground: number) =>
    `12 (a) b) (c) S 1 ${group} 12 34816 ${foreground} 4194304 1`;
  assertEquals(groupsAgree(stat(12, 12)), true);
  assertEquals(groupsAgree(stat(12, 40)), false);
  assertEquals(groupsAgree(stat(12, -1)), false);
});
