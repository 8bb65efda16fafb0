import { assertEquals, assertStringIncludes } from "@std/assert";
import { clockTime } from "./format.ts";
import { deathWords, goneWords } from "./gone_words.ts";

const RECORD = {
  name: "shop",
  pid: 7,
  version: "1",
  startedAt: 1,
  config: "/a b/processman.yaml",
  logs: null,
  log: null,
};

Deno.test("goneWords() says how a supervisor died, and what the guard did", () => {
  const orphan = { time: 9_000, name: "db", pid: 8, signal: 15, killed: true };
  const presence = {
    kind: "died",
    record: RECORD,
    at: 9_000,
    orphans: [orphan],
  } as const;
  const { title, text, command } = goneWords({ since: 9_500, presence }, null);
  assertEquals(title, "shop died");
  assertEquals(
    text[0],
    `Its process 7 died at ${clockTime(9_000)} without stopping its ` +
      "processes. The guard then ended db (8, by SIGKILL).",
  );
  assertEquals(command, "processman up -d -f '/a b/processman.yaml'");
});

Deno.test("goneWords() does not claim what is not known", () => {
  const died = { kind: "died", record: RECORD, at: null, orphans: [] } as const;
  const text = goneWords({ since: 1, presence: died }, null).text[0];
  assertEquals(text, "Its process 7 died without stopping its processes.");
  const unknown = goneWords({ since: 1, presence: null }, null);
  assertEquals(unknown.title, "The supervisor does not run any more");
  assertEquals(unknown.command, null);
});

Deno.test("goneWords() tells a proper end from one that does not answer", () => {
  const ended = goneWords({ since: 1, presence: { kind: "none" } }, null);
  assertStringIncludes(ended.title, "has ended properly");
  const presence = { kind: "running", record: RECORD } as const;
  const mute = goneWords({ since: 1, presence }, null);
  assertEquals(mute.title, "shop does not answer");
});

Deno.test("deathWords() says in a report that the supervisor had died", () => {
  const died = { kind: "died", record: RECORD, at: null, orphans: [] } as const;
  assertEquals(deathWords(died, null), {
    title: "shop had died",
    text: ["Its process 7 died without stopping its processes."],
  });
  const running = { kind: "running", record: RECORD } as const;
  for (const other of [null, running, { kind: "none" } as const]) {
    assertEquals(deathWords(other, null), undefined);
  }
});
