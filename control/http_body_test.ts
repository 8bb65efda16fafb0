import { assertEquals, assertRejects } from "@std/assert";
import { VirtualClock } from "../testing/mod.ts";
import { bytesOf, chunkOf, Gathered, MUCH } from "./http_body.ts";

const decoder = new TextDecoder();

/** Sends into a list, and gathers for ten milliseconds. */
function gathered() {
  const clock = new VirtualClock();
  const sent: string[] = [];
  const waiting = new Gathered(
    (bytes) => {
      sent.push(decoder.decode(bytes));
      return Promise.resolve();
    },
    (signal) => clock.delay(10, { signal }),
  );
  return { clock, sent, waiting };
}

Deno.test("bytesOf joins texts and bytes", () => {
  const bytes = bytesOf("zwö", new Uint8Array([33]), "");
  assertEquals(decoder.decode(bytes), "zwö!");
  assertEquals(bytesOf().length, 0);
});

Deno.test("chunkOf counts bytes", () => {
  assertEquals(decoder.decode(chunkOf(bytesOf("zwö"))), "4\r\nzwö\r\n");
  assertEquals(decoder.decode(chunkOf(bytesOf())), "0\r\n\r\n");
});

Deno.test("Gathered sends the first part at once, and others together", async () => {
  const { clock, sent, waiting } = gathered();
  waiting.add("a");
  await clock.settle();
  assertEquals(sent, ["a"]);
  waiting.add("b");
  waiting.add(bytesOf("c"));
  waiting.add("");
  waiting.add("d");
  await clock.advance(9);
  assertEquals(sent, ["a"]);
  await clock.advance(1);
  assertEquals(sent, ["a", "bcd"]);
  await clock.advance(10);
  // Nothing is gathered while nothing comes.
  assertEquals(clock.pending, 0);
  waiting.add("e");
  await clock.settle();
  assertEquals(sent, ["a", "bcd", "e"]);
  await waiting.flush();
  assertEquals(clock.pending, 0);
});

Deno.test("Gathered.flush waits for nothing more", async () => {
  const { clock, sent, waiting } = gathered();
  waiting.add("a");
  waiting.add("b");
  await waiting.flush();
  assertEquals(sent, ["ab"]);
  waiting.add("c");
  await clock.settle();
  waiting.add("d");
  await waiting.flush();
  assertEquals(sent, ["ab", "c", "d"]);
  await waiting.flush();
  assertEquals(clock.pending, 0);
});

Deno.test("Gathered does not wait for more if there is much", async () => {
  const { clock, sent, waiting } = gathered();
  await waiting.add("x".repeat(MUCH + 1));
  assertEquals(sent.length, 1);
  assertEquals(clock.pending, 0);
});

Deno.test("Gathered rejects if it cannot send", async () => {
  const waiting = new Gathered(
    () => Promise.reject(new Error("gone")),
    () => Promise.resolve(),
  );
  await assertRejects(() => waiting.add("a"), Error, "gone");
  await waiting.flush();
});
