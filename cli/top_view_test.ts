import {
  assert,
  assertEquals,
  assertMatch,
  assertStringIncludes,
} from "@std/assert";
import { seededRandom } from "../testing/mod.ts";
import { view } from "../tools/fake_supervisor.ts";
import {
  chain,
  logLine,
  NOW,
  pressAll,
  topState,
} from "../tools/top_testing.ts";
import { uncolored } from "./styled_text.ts";
import { widthOf } from "./text_width.ts";
import { TOP_KEYS } from "./top_keys.ts";
import { opened } from "./top_log.ts";
import type { TopState } from "./top_state.ts";
import { viewOf } from "./top_view.ts";

/** Returns the rows as they look. */
function rows(state: TopState): string[] {
  return viewOf(state, NOW).map((row) => uncolored(row).trimEnd());
}

const CRASHED = view("api", {
  state: "backoff",
  ready: null,
  pid: null,
  since: null,
  until: NOW + 3_000,
  restarts: 2,
  usage: null,
});

Deno.test("top at 80 × 24 shows the list, the log and the keys", () => {
  const state = topState([...chain(2), CRASHED], {
    log: opened([logLine(1, "\x1b[31mred\x1b[0m 日本 \x1b[2Jx\ttab")]),
  });
  const text = rows(state).join("\n");
  assertEquals(
    text,
    `\
shop: 1 restarting, 2 running                                            up 60 s
  NAME  STATE              READY   PID  UPTIME  RESTARTS  LAST    CPU    MEMORY
> p0    running            yes    1000   5 min         0        0.4 %  38.1 MiB
  p1    running            yes    1000   5 min         0        0.4 %  38.1 MiB
  api   restarting in 3 s                              2
 p0  [log]  details   graph                                                live
red 日本 x      tab${"\n".repeat(16)}
Tab pane  Enter full  ←→ log, details, graph  s stop  r restart  ? help  q quit`,
  );
  const colored = viewOf(state, NOW).join("\n");
  assertStringIncludes(colored, "\x1b[31mred\x1b[0m");
  const plain = viewOf({ ...state, color: false }, NOW).join("\n");
  assertEquals(plain.includes("\x1b[3") || plain.includes("\x1b[9"), false);
});

Deno.test("top at 200 × 60 with 100 processes scrolls the list to the chosen one", () => {
  const size = { columns: 200, rows: 60 };
  const state = pressAll(topState(chain(100), { size }), "<last>").state;
  const all = rows(state);
  assertEquals(all.length, 60);
  assertMatch(all[1] ?? "", /76–100 of 100$/);
  assertMatch(all[26] ?? "", /^> p99 /);
  const graph = rows(pressAll(state, "g").state);
  assert(graph.some((row) => row.startsWith("> ") && row.includes("└─ p99")));
});

Deno.test("top at 80 × 24 cuts no state and no title of the list", () => {
  const [head, titles] = rows(topState(chain(100)));
  assertMatch(head ?? "", /^shop: 100 running +1–\d+ of 100$/);
  assertMatch(titles ?? "", / CPU +MEMORY$/);
  // Without a process that runs, there is nearly room for the last column.
  const last = {
    run: 2,
    time: NOW,
    code: 2,
    signal: null,
    crashed: true,
    requested: false,
    reason: "crashed with code 2",
    stderr: [],
  };
  const some = rows(topState([{ ...CRASHED, last }]));
  assertMatch(some[2] ?? "", /^> api +restarting in 3 s /);
});

Deno.test("top shows details, the graph and the help", () => {
  const state = topState([...chain(2), CRASHED]);
  const details = rows(pressAll(state, "jd").state);
  assert(details.includes("State       running, ready"));
  const graph = rows(pressAll(state, "jg").state);
  assert(
    graph.some((row) => /^> └─ p1 +running +p0 ready/.test(row)),
    graph.join("\n"),
  );
  const help = rows(pressAll(state, "?").state);
  assert(help.length <= 24);
  for (const [key, what] of TOP_KEYS) {
    assert(help.some((row) => row.includes(key) && row.endsWith(what)), what);
  }
});

Deno.test("top asks at the bottom, and says that the supervisor is gone", () => {
  const state = topState(chain(2));
  assertEquals(
    rows(pressAll(state, "s").state).at(-1),
    "Stop p0? This also stops p1. y/N",
  );
  assertEquals(
    rows(pressAll(state, "fa b").state).at(-1),
    "Show lines with: a b█",
  );
  const link = { kind: "lost", text: "the supervisor has ended" } as const;
  assertEquals(rows({ ...state, link })[0], "shop: the supervisor has ended");
});

Deno.test("top keeps to its size, whatever is shown and pressed", () => {
  const random = seededRandom(1);
  const whole = (least: number, most: number) =>
    least + Math.floor(random() * (most - least + 1));
  const pick = (texts: readonly string[]) =>
    texts[whole(0, texts.length - 1)] ?? "";
  const hostile = [
    ...chain(30),
    view("\x1b[2Jname\r\n", { why: "\x1b]0;title\x07 \u202e日本".repeat(20) }),
  ];
  const texts = [
    "\x1b[5;5H",
    "日本語".repeat(40),
    "a\tb\x1b[41m",
    "👨‍👩‍👧🇩🇪e\u0301",
    "\x9b2J",
  ];
  const keys = [
    "j",
    "k",
    "<page down>",
    "<tab>",
    "<enter>",
    "<left>",
    "<up>",
    "<first>",
    "<last>",
    "w",
    "t",
    "o",
    "s",
    "x",
    "n",
    "<escape>",
    "?",
    "z",
    "c",
    "/",
    "f",
  ];
  for (let round = 0; round < 150; round++) {
    const items = Array.from(
      { length: whole(0, 60) },
      (_, i) => logLine(i, pick(texts).repeat(whole(1, 4))),
    );
    let state = topState(hostile, {
      size: { columns: whole(1, 90), rows: whole(1, 30) },
      log: opened(items, { atStart: true }),
    });
    for (let i = 0; i < 8; i++) {
      state = pressAll(state, pick(keys)).state;
      const { columns, rows } = state.size;
      const shown = viewOf(state, NOW);
      assert(shown.length <= rows, `${shown.length} rows of ${rows}`);
      for (const row of shown) {
        const text = uncolored(row);
        assert(widthOf(text) <= columns, JSON.stringify([columns, row]));
        assertEquals(/\p{Cc}/u.exec(text), null, JSON.stringify(row));
      }
    }
  }
});
