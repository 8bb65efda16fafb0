import { assertEquals } from "@std/assert";
import { type Key, KeyReader } from "./keys.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

Deno.test("KeyReader names keys, and leaves out arrows and unknown codes", () => {
  const keys = new KeyReader().read(
    bytes("rs\x1b[A\x1b[1;5C\x1bOP\t\r\x7f\x15\x04\x01\x1b"),
  );
  const kinds: Key[] = [
    { kind: "text", text: "r" },
    { kind: "text", text: "s" },
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
