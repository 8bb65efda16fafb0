import { assertEquals } from "@std/assert";
import { stateFolder } from "./state_folder.ts";

Deno.test("stateFolder() follows XDG_STATE_HOME if it is absolute", () => {
  const place = { folder: "/run/user/1/processman/0a1b" };
  const of = (env: Record<string, string>) =>
    stateFolder(place, (name) => env[name]).ownLog;
  const end = "processman/0a1b/supervisor.log";
  assertEquals(of({ HOME: "/h" }), `/h/.local/state/${end}`);
  assertEquals(
    of({ HOME: "/h/", XDG_STATE_HOME: "x" }),
    `/h/.local/state/${end}`,
  );
  assertEquals(of({ HOME: "/h", XDG_STATE_HOME: "/s/" }), `/s/${end}`);
  assertEquals(of({}), `/.local/state/${end}`);
});
