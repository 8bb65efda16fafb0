import { assertEquals } from "@std/assert";
import { readEvents } from "./http.ts";

const TEXT =
  ': a comment\n\nevent: line\nid: api:1\ndata: {"text":"ä 🦕"}\n\n' +
  "retry: 5\ndata:no space\r\ndata: second\r\n\r\n" +
  "event: line\n\ndata\n\nevent: missed\ndata: cut off";

const EVENTS = [
  { kind: "line", data: '{"text":"ä 🦕"}' },
  { kind: "message", data: "no space\nsecond" },
  { kind: "message", data: "" },
];

Deno.test("readEvents reads streams that are split at any byte", async () => {
  const bytes = new TextEncoder().encode(TEXT);
  for (let at = 0; at <= bytes.length; at++) {
    const chunks = [bytes.subarray(0, at), bytes.subarray(at)];
    const stream = ReadableStream.from(chunks);
    assertEquals(await Array.fromAsync(readEvents(stream)), EVENTS);
  }
  const single = ReadableStream.from(
    Array.from(bytes, (b) => Uint8Array.of(b)),
  );
  assertEquals(await Array.fromAsync(readEvents(single)), EVENTS);
});

Deno.test("readEvents does not wait for more than a whole event", async () => {
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
  const writer = writable.getWriter();
  const events = readEvents(readable);
  const written = writer.write(new TextEncoder().encode("data: 1\n\n"));
  assertEquals((await events.next()).value, { kind: "message", data: "1" });
  await events.return(undefined);
  await written;
});
