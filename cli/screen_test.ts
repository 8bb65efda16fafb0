import { assertEquals } from "@std/assert";
import { Screen } from "./screen.ts";

/** A screen whose output is kept. */
function fake(color = false) {
  const terminal = { text: "", width: 80 };
  const screen = new Screen({
    color,
    write: (text) => {
      terminal.text += text;
      return Promise.resolve();
    },
    columns: () => terminal.width,
  });
  const taken = () => {
    const { text } = terminal;
    terminal.text = "";
    return text;
  };
  return { screen, terminal, taken };
}

Deno.test("Screen keeps the status line below what is printed", async () => {
  const { screen, taken } = fake();
  await screen.status("1 running");
  assertEquals(taken(), "1 running");
  await screen.print("db | hello\n");
  assertEquals(taken(), "\r\x1b[Jdb | hello\n1 running");
  await screen.status("1 running");
  assertEquals(taken(), "");
  await screen.close();
  assertEquals(taken(), "\r\x1b[J");
  await screen.print("db | bye\n");
  await screen.status("0 running");
  assertEquals(taken(), "db | bye\n");
});

Deno.test("Screen erases a status line that a narrower terminal has wrapped", async () => {
  const { screen, terminal, taken } = fake();
  await screen.status("x".repeat(50));
  terminal.width = 20;
  taken();
  await screen.status("short");
  assertEquals(taken(), "\x1b[2A\r\x1b[Jshort");
});

Deno.test("Screen shows the status line in reverse if it may use colors", async () => {
  const { screen, taken } = fake(true);
  await screen.status("1 running");
  assertEquals(taken(), "\x1b[7m1 running\x1b[0m");
  await screen.print("db | hello\n");
  assertEquals(taken(), "\r\x1b[Jdb | hello\n\x1b[7m1 running\x1b[0m");
  await screen.clear();
  taken();
  await screen.print("db | hello\n");
  assertEquals(taken(), "db | hello\n");
});

Deno.test("Screen prints what comes after a write that failed", async () => {
  let fails = true;
  let text = "";
  const screen = new Screen({
    write: (some) => {
      if (fails) return Promise.reject(new Error("gone"));
      text += some;
      return Promise.resolve();
    },
    columns: () => 80,
  });
  const first = screen.print("a\n").catch(({ message }) => message);
  assertEquals(await first, "gone");
  fails = false;
  await screen.print("b\n");
  assertEquals(text, "b\n");
});
