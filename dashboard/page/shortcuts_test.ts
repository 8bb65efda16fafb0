import { assertEquals } from "@std/assert";
import { type KeyPress, shortcutOf } from "./shortcuts.ts";

function press(key: string, held: Partial<KeyPress> = {}): KeyPress {
  return { key, ctrlKey: false, metaKey: false, altKey: false, ...held };
}

Deno.test("shortcutOf() opens the palette even while somebody types", () => {
  for (const held of [{ ctrlKey: true }, { metaKey: true }]) {
    assertEquals(shortcutOf(press("k", held), true), { kind: "palette" });
  }
});

Deno.test("shortcutOf() leaves other keys to what has the focus", () => {
  assertEquals(shortcutOf(press("?"), false), { kind: "help" });
  assertEquals(shortcutOf(press("/"), false), { kind: "search" });
  for (const key of ["j", "k", "ArrowDown", "ArrowUp"]) {
    assertEquals(shortcutOf(press(key), false), { kind: "rows" });
    assertEquals(shortcutOf(press(key), true), undefined);
  }
  assertEquals(shortcutOf(press("2"), false), { kind: "go", link: "#/log" });
  assertEquals(shortcutOf(press("?"), true), undefined);
  assertEquals(shortcutOf(press("2", { ctrlKey: true }), false), undefined);
  assertEquals(shortcutOf(press("toString"), false), undefined);
});
