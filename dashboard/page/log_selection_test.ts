import { assertEquals } from "@std/assert";
import { keyOfRow, moved, selectedLines } from "./log_selection.ts";
import { LogWindow } from "./log_window.ts";

/** A window with a line, a fold of two lines, and a line. */
function traced(): LogWindow {
  const window = new LogWindow(true);
  const texts = ["Error: no", "  at a", "  at b", "next"];
  window.append(texts.map((text, i) => ({
    kind: "line",
    process: "p",
    seq: i + 1,
    time: i,
    text,
    run: 1,
    source: "stdout",
    truncated: false,
  })));
  return window;
}

/** Returns the numbers of the lines between two rows. */
function between(window: LogWindow, from: number, to: number): number[] {
  const place = (index: number) => {
    const row = window.rows[index];
    return { key: row === undefined ? "" : keyOfRow(row), at: index };
  };
  const selection = { head: place(to), anchor: place(from) };
  return selectedLines(window, selection).map(({ seq }) => seq);
}

Deno.test("selectedLines() has the lines of a fold once, open or closed", () => {
  const window = traced();
  assertEquals(between(window, 0, 0), [1]);
  assertEquals(between(window, 1, 1), [2, 3]);
  assertEquals(between(window, 2, 0), [1, 2, 3, 4]);
  const fold = window.rows[1];
  if (fold?.kind !== "fold") throw new Error("no fold");
  window.toggle(fold);
  assertEquals(between(window, 1, 1), [2, 3]);
  assertEquals(between(window, 1, 3), [2, 3]);
  assertEquals(between(window, 2, 2), [2]);
  assertEquals(between(window, 0, 4), [1, 2, 3, 4]);
});

Deno.test("selectedLines() has nothing of what is not held", () => {
  const window = traced();
  const gone = { key: "q:9", at: 0 };
  assertEquals(selectedLines(window, { head: gone, anchor: gone }), []);
  assertEquals(selectedLines(window, undefined), []);
});

Deno.test("moved() stays in the list", () => {
  const list = { page: 10, end: 20 };
  assertEquals(moved("ArrowUp", 0, list), 0);
  assertEquals(moved("ArrowDown", 20, list), 20);
  assertEquals(moved("PageDown", 5, list), 15);
  assertEquals(moved("PageUp", 5, list), 0);
  assertEquals(moved("Home", 20, list), 0);
  assertEquals(moved("x", 5, list), undefined);
});
