import { assertEquals } from "@std/assert";
import {
  filterParameters,
  grepFault,
  lineLink,
  logLink,
  NO_FILTER,
  parseFilter,
  queryOf,
  targetOf,
} from "./log_filter.ts";
import { parseRoute } from "./route.ts";

const LINE = {
  process: "a b:1",
  seq: 7,
  time: 1_000,
  run: 1,
  source: "stdout",
  text: "x",
  truncated: false,
} as const;

Deno.test("parseFilter() reads what filterParameters() writes", () => {
  const filter = {
    names: ["api", "a&b"],
    grep: "x=\\d+&y",
    level: "warn",
    source: "stderr",
    run: -1,
    last: 300_000,
    since: undefined,
    until: undefined,
  } as const;
  assertEquals(parseFilter(filterParameters(filter)), filter);
  assertEquals(parseFilter(new URLSearchParams()), NO_FILTER);
});

Deno.test("parseFilter() leaves out what is wrong", () => {
  const query = "level=loud&source=x&run=one&since=1e99&until=";
  assertEquals(parseFilter(new URLSearchParams(query)), NO_FILTER);
});

Deno.test("queryOf() counts back from the time", () => {
  const filter = { ...NO_FILTER, last: 300, grep: "x" };
  assertEquals(queryOf(filter, 1_000), { since: 700, grep: "x" });
  assertEquals(queryOf(NO_FILTER, 1_000), {});
});

Deno.test("targetOf() reads what lineLink() writes, with the names", () => {
  const { view, query } = parseRoute(lineLink(LINE, ["a b:1"]));
  assertEquals(view, "log");
  assertEquals(targetOf(query), { process: "a b:1", seq: 7, time: 1_000 });
  assertEquals(parseFilter(query).names, ["a b:1"]);
  assertEquals(targetOf(new URLSearchParams("line=x")), undefined);
  assertEquals(targetOf(new URLSearchParams("line=x:1")), undefined);
});

Deno.test("logLink() has only what is asked for", () => {
  assertEquals(logLink({}), "#/log");
  assertEquals(logLink({ names: ["w"] }), "#/log?name=w");
});

Deno.test("grepFault() takes the reason out of the answer", () => {
  assertEquals(
    grepFault('"grep" is malformed: Unterminated group'),
    "Unterminated group",
  );
  assertEquals(grepFault('There is no process "x"'), undefined);
});
