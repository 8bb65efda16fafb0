import { assertEquals } from "@std/assert";
import { journalText, messageOf, syslogText } from "./line_message.ts";
import { targetsOf, targetText } from "./line_target.ts";

const time = Date.UTC(2026, 10, 28, 3);

Deno.test("messageOf() finds the severity of a line", () => {
  const rows: readonly ["stdout" | "stderr", string, number][] = [
    ["stdout", "ready", 6],
    ["stderr", "ready", 4],
    ["stderr", "INFO ready", 6],
    ["stdout", "ERROR no disk", 3],
    ["stdout", '{"level":"debug"}', 7],
    ["stdout", "<2>no disk", 2],
  ];
  for (const [source, text, severity] of rows) {
    assertEquals(messageOf({ source, text, time }, 1).severity, severity, text);
  }
  const { text } = messageOf({ source: "stdout", text: "<2>a", time }, 1);
  assertEquals(text, "a");
});

Deno.test("A message has the form of RFC 5424, or that of the journal", () => {
  const message = { text: "\x1b[31mno disk\x1b[0m", severity: 3, time, pid: 7 };
  const sender = {
    facility: "local0",
    host: "my host",
    identifier: "api.2",
  } as const;
  assertEquals(
    syslogText(message, sender),
    "<131>1 2026-11-28T03:00:00.000Z my_host api.2 7 - - no disk",
  );
  assertEquals(
    journalText({ ...message, text: "<0>a" }),
    "<3><0>a\n",
  );
});

Deno.test("targetsOf() fills in the name of the process, and leaves out what is off", () => {
  const targets = (output: object) => targetsOf("api.2", { output });
  assertEquals(targets({ journald: true, syslog: false }), [
    { kind: "journald", identifier: "api.2" },
  ]);
  assertEquals(targetsOf("api", {}), []);
  const [one] = targets({ syslog: { server: "tcp://[::1]:601", tag: "api" } });
  assertEquals(one && [one.identifier, targetText(one)], [
    "api",
    "tcp://[::1]:601",
  ]);
});
