import { assertEquals, assertMatch } from "@std/assert";
import { view } from "../tools/fake_supervisor.ts";
import { chain, logLine, pressAll, topState } from "../tools/top_testing.ts";
import { TOP_KEYS } from "./top_keys.ts";
import { opened } from "./top_log.ts";
import { withProcesses } from "./top_state.ts";

const HUNDRED = topState(chain(100));

Deno.test("Keys of top choose a process, and the choice stays with its name", () => {
  assertEquals(pressAll(HUNDRED, "jj<down>k").state.chosen, "p2");
  assertEquals(pressAll(HUNDRED, "<page down>").state.chosen, "p8");
  const last = pressAll(HUNDRED, "<last>").state;
  assertEquals(last.chosen, "p99");
  assertEquals(pressAll(last, "<down><first>").state.chosen, "p0");
  const { state } = pressAll(HUNDRED, "jj");
  const others = state.processes.filter(({ name }) => name !== "p0");
  assertEquals(withProcesses(state, others).chosen, "p2");
  // What has come to its place is chosen if it is gone.
  const without = state.processes.filter(({ name }) => name !== "p2");
  assertEquals(withProcesses(state, without).chosen, "p3");
  assertEquals(withProcesses(state, []).chosen, undefined);
});

Deno.test("Keys of top narrow the list by names, and order it by use", () => {
  const { state } = pressAll(HUNDRED, "/9");
  assertEquals(state.chosen, "p9");
  assertEquals(pressAll(state, "<enter>j").state.chosen, "p19");
  assertEquals(pressAll(state, "<escape>").state.names, "");
  assertEquals(pressAll(state, "<enter><escape>").state.names, "");
  const used = topState([
    view("a"),
    view("b", { usage: { cpu: 0.5, memory: 1, processes: 1 } }),
  ]);
  assertEquals(pressAll(used, "o<first>").state.chosen, "b");
  assertEquals(pressAll(used, "oo<first>").state.chosen, "a");
});

Deno.test("Keys of top ask before they end a run", () => {
  const state = topState([
    ...chain(2),
    view("off", { state: "stopped", pid: null }),
  ]);
  const asked = pressAll(state, "s");
  assertEquals(asked.action, undefined);
  assertEquals(asked.state.question?.text, "Stop p0? This also stops p1.");
  assertEquals(pressAll(asked.state, "y").action, { kind: "stop", name: "p0" });
  const no = pressAll(asked.state, "<enter>");
  assertEquals([no.action, no.state.notice?.text], [
    undefined,
    "nothing was done",
  ]);
  assertEquals(pressAll(state, "jry").action, { kind: "restart", name: "p1" });
  assertMatch(pressAll(state, "x").state.question?.text ?? "", /^Kill p0\?/);
  // Nothing ends, so nothing is asked.
  assertEquals(pressAll(state, "<last>s").action, {
    kind: "start",
    name: "off",
  });
});

Deno.test("Keys of top send signals, and scale", () => {
  const state = topState([view("api.1"), view("api.2"), view("api.3")]);
  const signal = (name: string) => ({
    kind: "signal" as const,
    name: "api.1",
    signal: name,
  });
  assertEquals(pressAll(state, "zhup<enter>").action, signal("SIGHUP"));
  assertEquals(pressAll(state, "zt<tab><enter>").action, signal("SIGTERM"));
  assertEquals(pressAll(state, "z<enter>").action, undefined);
  const scale = (replicas: number) => ({
    kind: "scale" as const,
    name: "api",
    replicas,
  });
  assertEquals(pressAll(state, "c4<enter>").action, scale(4));
  const down = pressAll(state, "c1<enter>").state;
  assertEquals(
    down.question?.text,
    "Scale api to 1? This stops api.2 and api.3.",
  );
  assertEquals(pressAll(down, "y").action, scale(1));
  const wrong = pressAll(state, "c0<enter>");
  assertEquals(wrong.state.notice?.text, '"0" is no count of replicas');
  assertEquals(wrong.action, undefined);
});

Deno.test("Keys of top scroll and search the log", () => {
  const items = Array.from({ length: 50 }, (_, i) => logLine(i + 1));
  const state = topState(chain(3), { log: opened(items, { atStart: true }) });
  const up = pressAll(state, "<tab><up><up>").state.log;
  assertEquals([up.follows, up.end], [false, 48]);
  assertEquals(pressAll(state, "<tab><up><last>").state.log.want, {
    kind: "newest",
  });
  const found = pressAll(state, "<tab>/LINE 7").state;
  assertEquals(
    pressAll(found, "<enter>").state.log.note,
    "no earlier line matches",
  );
  const { log } = pressAll(state, "<tab>/line 7<enter>").state;
  assertEquals([log.found, log.follows], [7, false]);
  const older = pressAll(state, "<tab>/line 3<enter>nn").state;
  assertEquals(older.log.found, 37);
  assertEquals(pressAll(older, "N").state.log.found, 38);
  assertEquals(pressAll(older, "<escape>").state.search, "");
  const filtered = pressAll(state, "fline 7<enter>").state;
  assertEquals([filtered.filter, filtered.log.want?.kind], [
    "line 7",
    "newest",
  ]);
  assertEquals(pressAll(filtered, "<escape>").state.filter, "");
});

Deno.test("Keys of top show panes, the help, and quit", () => {
  assertEquals(pressAll(HUNDRED, "<right>").state.pane, "details");
  assertEquals(pressAll(HUNDRED, "<left>").state.pane, "graph");
  assertEquals(pressAll(HUNDRED, "dl").state.pane, "log");
  const zoomed = pressAll(HUNDRED, "g<enter><last>").state;
  assertEquals([zoomed.zoomed, zoomed.scroll], [true, 80]);
  assertEquals(pressAll(zoomed, "<escape>").state.focus, "list");
  assertEquals(pressAll(HUNDRED, "?q").state.help, false);
  assertEquals(pressAll(HUNDRED, "q").screen, "quit");
  assertEquals(pressAll(HUNDRED, "<redraw>").screen, "redraw");
  assertEquals(pressAll(HUNDRED, "K").state.notice?.text, "? shows the keys");
});

Deno.test("Each key in the help of top does something", () => {
  const letters = TOP_KEYS.flatMap(([key]) =>
    key.split(" ").filter((each) => /^[a-zN/?]$/.test(each))
  );
  for (const letter of letters) {
    const { state } = pressAll(HUNDRED, letter);
    assertEquals(state.notice?.text === "? shows the keys", false, letter);
  }
});
