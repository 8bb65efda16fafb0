import { assertEquals } from "@std/assert";
import {
  type ConsoleAction,
  type ConsoleState,
  NOTHING,
  press,
} from "./console_state.ts";
import type { Key } from "./keys.ts";

const NAMES = ["db", "api.1", "api.2"];

/** Presses keys: texts, and the kinds of others in angle brackets. */
function type(keys: string, names = NAMES, from = NOTHING) {
  let state: ConsoleState = from;
  const actions: ConsoleAction[] = [];
  for (const [piece] of keys.matchAll(/<\w+>|[^<]/gu)) {
    const key = piece.startsWith("<")
      ? { kind: piece.slice(1, -1) } as Key
      : { kind: "text", text: piece } as const;
    const pressed = press(state, key, names);
    state = pressed.state;
    if (pressed.action) actions.push(pressed.action);
  }
  return { ...state, actions };
}

Deno.test("press() focuses by number, by name, and on the next process", () => {
  const show = (name: string) => ({ kind: "show", name } as const);
  assertEquals(type("2").focus, "api.1");
  assertEquals(type("2").actions, [show("api.1")]);
  assertEquals(type("nap<tab><enter>").focus, "api.1");
  assertEquals(type("napi.2<enter>").focus, "api.2");
  assertEquals(type("<tab><tab>").focus, "api.1");
  assertEquals(type("3<tab>").focus, undefined);
  assertEquals(type("30").focus, undefined);
  assertEquals(type("3<escape>").focus, undefined);
  assertEquals(type("9").notice, "there is no process 9");
  assertEquals(type("nweb<enter>").notice, 'there is no process "web"');
});

Deno.test("press() takes numbers of two digits if there are ten processes", () => {
  const names = Array.from({ length: 12 }, (_, i) => `p${i + 1}`);
  assertEquals(type("12<enter>", names).focus, "p12");
  assertEquals(type("1<enter>", names).focus, "p1");
});

Deno.test("press() restarts, stops and starts only the process in focus", () => {
  assertEquals(type("rs").actions, []);
  assertEquals(
    type("r").notice,
    "focus on a process first: type its number, or n",
  );
  assertEquals(type("1r").actions, [
    { kind: "show", name: "db" },
    { kind: "restart", name: "db" },
  ]);
  assertEquals(type("s", NAMES, { ...NOTHING, focus: "db" }).actions, [
    { kind: "toggle", name: "db" },
  ]);
});

Deno.test("press() edits a filter and a search like a line of text", () => {
  assertEquals(type("ferrox<backspace><enter>").filter, "erro");
  assertEquals(type("ferror<enter>f<clear><enter>").filter, "");
  assertEquals(type("ferror<enter>f<escape>").filter, "error");
  assertEquals(type("/日本<backspace><enter>").actions, [
    { kind: "search", text: "日" },
  ]);
  assertEquals(type("/<enter>").actions, []);
  // Within a text, the letters of commands are letters.
  assertEquals(type("/q").actions, []);
  assertEquals(type("?q").actions.map(({ kind }) => kind), ["help", "quit"]);
  assertEquals(type("q").actions, [{ kind: "quit" }]);
});
