import { assertEquals } from "@std/assert";
import { seededRandom } from "../testing/mod.ts";
import { FullScreen } from "./full_screen.ts";

/** What gives the terminal back. */
const LEAVE = "\x1b[0m\x1b[2J\x1b[999H\x1b[?7h\x1b[?25h\x1b[?1049l";

/** What a terminal shows of rows that are written by their numbers. */
class Paper {
  rows: string[] = [];
  written = "";

  write(text: string): Promise<void> {
    this.written += text;
    if (text.includes("\x1b[2J")) this.rows = [];
    // deno-lint-ignore no-control-regex
    const ROW = /\x1b\[(\d+)H\x1b\[0m\x1b\[K((?:[a-z]|\x1b\[7m)*)/g;
    for (const [, row, content = ""] of text.matchAll(ROW)) {
      this.rows[Number(row) - 1] = content;
    }
    return Promise.resolve();
  }

  get shown(): string {
    return Array.from(this.rows, (row) => row ?? "").join("\n").trimEnd();
  }
}

Deno.test("FullScreen writes what differs, and shows the last rows", async () => {
  const paper = new Paper();
  const screen = new FullScreen(paper);
  await screen.enter();
  const random = seededRandom(1);
  const word = () => ["", "a", "b", "\x1b[7mc"][Math.floor(random() * 4)] ?? "";
  for (let i = 0; i < 200; i++) {
    const rows = Array.from({ length: Math.floor(random() * 6) }, word);
    if (i % 50 === 0) await screen.clear();
    await screen.draw(rows);
    assertEquals(paper.shown, rows.join("\n").trimEnd());
    paper.written = "";
    await screen.draw([...rows]);
    assertEquals(paper.written, "", "the same rows again");
  }
});

Deno.test("FullScreen gives the terminal back after what is being drawn", async () => {
  const written: string[] = [];
  const screen = new FullScreen({
    write: async (text) => {
      // A terminal takes a text in parts.
      for (const part of text.match(/.{1,4}/gs) ?? []) {
        await Promise.resolve();
        written.push(part);
      }
    },
  });
  await screen.enter();
  await Promise.all([screen.draw(["a long row"]), screen.leave()]);
  assertEquals(
    written.join("").endsWith(LEAVE),
    true,
  );
});

Deno.test("FullScreen gives the terminal back once, and draws no more", async () => {
  const paper = new Paper();
  const screen = new FullScreen(paper);
  await screen.enter();
  assertEquals(paper.written, "\x1b[?1049h\x1b[?25l\x1b[?7l\x1b[2J");
  paper.written = "";
  await screen.leave();
  await screen.leave();
  await screen.draw(["late"]);
  assertEquals(paper.written, LEAVE);
});
