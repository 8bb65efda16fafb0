import { assertEquals } from "@std/assert";
import { type Key, KeyReader } from "./keys.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

Deno.test("KeyReader names keys, and leaves out unknown codes", () => {
  const keys = new KeyReader().read(
    bytes("rs\x1b[A\x1b[1;5C\x1bOP\t\r\x7f\x15\x04\x01\x1b"),
  );
  const kinds: Key[] = [
    { kind: "text", text: "r" },
    { kind: "text", text: "s" },
    { kind: "move", to: "up" },
    { kind: "tab" },
    { kind: "enter" },
    { kind: "backspace" },
    { kind: "clear" },
    { kind: "end" },
    { kind: "escape" },
  ];
  assertEquals(keys, kinds);
});

Deno.test("KeyReader puts characters together that are split anywhere", () => {
  const reader = new KeyReader();
  const keys: Key[] = [];
  for (const byte of bytes("日本é")) {
    keys.push(...reader.read(new Uint8Array([byte])));
  }
  assertEquals(
    keys,
    ["日", "本", "é"].map((text) => ({ kind: "text", text })),
  );
});

Deno.test("KeyReader reads the keys of the cursor, also in two parts", () => {
  const codes = "\x1b[A \x1bOB \x1b[C \x1b[D \x1b[5~ \x1b[6~ \x1b[H \x1b[4~";
  const moves = ["up", "down", "right", "left", "page up", "page down"];
  for (let split = 0; split < 3; split++) {
    const reader = new KeyReader();
    const keys = codes.split(" ").flatMap((code) => [
      ...reader.read(bytes(code.slice(0, split && split + 1))),
      ...reader.read(bytes(code.slice(split && split + 1))),
    ]);
    const found = keys.map((key) => key.kind === "move" ? key.to : key.kind);
    assertEquals(found, [...moves, "first", "last"]);
  }
});
