import { assertEquals } from "@std/assert";
import { NOTHING } from "./console_state.ts";
import { keysHelp, type ShownProcess, statusLine } from "./status_line.ts";
import { widthOf } from "./text_width.ts";

const running = (ready: boolean) =>
  ({ kind: "running", ready, since: 0 }) as const;

const PROCESSES: ShownProcess[] = [
  { name: "db", state: running(true) },
  { name: "api.1", state: running(true) },
  { name: "api.2", state: running(false) },
  {
    name: "worker",
    state: {
      kind: "backoff",
      cause: "it crashed",
      attempt: 2,
      until: 5_400,
      restartsLeft: 3,
    },
  },
  { name: "migrate", state: { kind: "done" } },
  { name: "spare", state: { kind: "idle" } },
];

Deno.test("statusLine() counts the processes by what they do", () => {
  assertEquals(
    statusLine(PROCESSES, { ...NOTHING, focus: "api.1" }, 4_000, 100),
    "2 running, 1 not ready, 1 restarting in 2 s, 1 completed · api.1 focused · ? help",
  );
  assertEquals(statusLine([], NOTHING, 0, 80), "nothing runs · ? help");
});

Deno.test("statusLine() fits into each width, also with wide characters", () => {
  const state = { ...NOTHING, focus: "api.1", filter: "日本語" };
  const typing = {
    ...NOTHING,
    prompt: { kind: "search", text: "語".repeat(90) },
  };
  for (let columns = 0; columns <= 120; columns++) {
    for (const each of [state, typing] as (typeof NOTHING)[]) {
      const line = statusLine(PROCESSES, each, 0, columns);
      assertEquals(widthOf(line) <= Math.max(0, columns - 1), true, line);
    }
  }
});

Deno.test("keysHelp() numbers the processes as the keys do", () => {
  assertEquals(keysHelp(PROCESSES).slice(-2), [
    "  5         migrate: completed",
    "  6         spare: not started",
  ]);
});
