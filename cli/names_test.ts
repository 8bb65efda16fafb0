import { assertEquals, assertThrows } from "@std/assert";
import { CliError } from "./call.ts";
import { expand, globMatches, type Named, select } from "./names.ts";

const PROCESSES: Named[] = [
  { name: "db", entry: "db", labels: [] },
  { name: "api.1", entry: "api", labels: ["web", "eu"] },
  { name: "api.2", entry: "api", labels: ["web", "eu"] },
  { name: "proxy", entry: "proxy", labels: ["web"] },
  { name: "odd*", entry: "odd*", labels: [] },
];

function selected(...names: string[]): string[] {
  return select(names, PROCESSES).map(({ name }) => name);
}

Deno.test("select takes names, entries, patterns and profiles", () => {
  assertEquals(selected().length, 5);
  assertEquals(selected("proxy", "db", "proxy"), ["db", "proxy"]);
  assertEquals(selected("api"), ["api.1", "api.2"]);
  assertEquals(selected("api.2"), ["api.2"]);
  assertEquals(selected("?pi.*", "d?"), ["db", "api.1", "api.2"]);
  assertEquals(selected("@web"), ["api.1", "api.2", "proxy"]);
  // A name that looks like a pattern is a name first.
  assertEquals(selected("odd*"), ["odd*"]);
});

Deno.test("select refuses what stands for nothing", () => {
  const wrong: Record<string, string> = {
    ap: 'there is no process "ap"; did you mean "api"?',
    "api.9": 'there is no process "api.9"; did you mean "api.1"?',
    "x*": 'no process matches "x*"',
    "@wbe": 'no process has the profile "wbe"; did you mean "@web"?',
    "": 'there is no process ""',
    all: `there is no process "all"; '*' stands for all, in quotes`,
    "api:*": 'no process matches "api:*"; api stands for all of its replicas',
    "api:api_00":
      'there is no process "api:api_00"; api stands for all of its replicas',
    "shop:api":
      'there is no process "shop:api"; there are no groups: name the processes',
    "pm2.json":
      'there is no process "pm2.json"; "processman init pm2.json" makes a configuration of a file',
  };
  for (const [name, message] of Object.entries(wrong)) {
    assertThrows(() => selected("db", name), CliError, message);
  }
});

Deno.test("expand leaves names to the supervisor, and resolves all else", () => {
  assertEquals(expand(["api", "api.1", "db"], PROCESSES), [
    "api",
    "api.1",
    "db",
  ]);
  assertEquals(expand(["@web", "proxy"], PROCESSES), ["api", "proxy"]);
  assertThrows(() => expand(["all"], PROCESSES), CliError, "'*'");
  assertEquals(expand(["api.*", "api.2"], PROCESSES), ["api.1", "api.2"]);
});

Deno.test("globMatches takes everything but * and ? literally", () => {
  assertEquals(globMatches("a.*", "a.1"), true);
  assertEquals(globMatches("a.*", "ab1"), false);
  assertEquals(globMatches("a?", "a🦕"), true);
  assertEquals(globMatches("*", ""), true);
  assertEquals(globMatches("(a|b)", "a"), false);
  // Many stars do not make it slow.
  assertEquals(globMatches("*".repeat(5_000) + "b", "a".repeat(5_000)), false);
});
