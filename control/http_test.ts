import { assertEquals, assertRejects } from "@std/assert";
import { type Answer, HttpError, readAnswer, requestBytes } from "./http.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** A connection that gives what it has in reads of these lengths. */
function duplex(text: string, lengths: Iterable<number>) {
  const bytes = encoder.encode(text);
  const sizes = [...lengths];
  let at = 0;
  return {
    read(into: Uint8Array): Promise<number | null> {
      const length = Math.min(sizes.shift() ?? Infinity, bytes.length - at);
      into.set(bytes.subarray(at, at + length));
      at += length;
      return Promise.resolve(length === 0 ? null : length);
    },
    write: (some: Uint8Array) => Promise.resolve(some.length),
  };
}

async function bodyText({ body }: Answer): Promise<string> {
  let text = "";
  for await (const bytes of body) text += decoder.decode(bytes);
  return text;
}

const CHUNKED = "HTTP/1.1 100 Continue\r\n\r\n" +
  "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nX-A:1\r\nx-a: 2 \r\n\r\n" +
  "3\r\nabc\r\nA;name=value\r\n0123\r\n6789\r\n0\r\nTrailer: x\r\n\r\n";
const COUNTED =
  "HTTP/1.1 404 Not Found\r\ncontent-length: 7\r\n\r\n{\r\n\r\n}x";

Deno.test("readAnswer reads answers that are split at any byte", async () => {
  for (let at = 1; at < CHUNKED.length; at++) {
    const answer = await readAnswer(duplex(CHUNKED, [at]));
    assertEquals(answer.status, 200);
    assertEquals(answer.fields.get("x-a"), "1, 2");
    assertEquals(await bodyText(answer), "abc0123\r\n6789");
  }
  for (let at = 1; at < COUNTED.length; at++) {
    const answer = await readAnswer(duplex(COUNTED, [at]));
    assertEquals(answer.status, 404);
    assertEquals(await bodyText(answer), "{\r\n\r\n}x");
  }
  const ones = Array.from(CHUNKED, () => 1);
  const answer = await readAnswer(duplex(CHUNKED, ones));
  assertEquals(await bodyText(answer), "abc0123\r\n6789");
});

Deno.test("readAnswer reads a body without a length to the end", async () => {
  const text = "HTTP/1.1 200 \r\nconnection: close\r\n\r\nall of\r\nit";
  assertEquals(
    await bodyText(await readAnswer(duplex(text, [30, 15, 3]))),
    "all of\r\nit",
  );
  const none = "HTTP/1.1 204 No Content\r\n\r\n";
  assertEquals(await bodyText(await readAnswer(duplex(none, []))), "");
});

Deno.test("readAnswer rejects what is cut off, wherever", async () => {
  const whole = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n" +
    "3\r\nabc\r\n0\r\n\r\n";
  for (let length = 0; length < whole.length; length++) {
    const cut = whole.slice(0, length);
    const error = await assertRejects(
      async () => await bodyText(await readAnswer(duplex(cut, []))),
      HttpError,
    );
    assertEquals(error.ended, true, `cut after ${length} bytes`);
  }
});

Deno.test("readAnswer rejects what is no HTTP/1.1", async () => {
  const ok = "HTTP/1.1 200 OK\r\n";
  const wrong = [
    "SSH-2.0-OpenSSH_9.6\r\n",
    "HTTP/1.0 200 OK\r\n\r\n",
    "HTTP/1.1 20 OK\r\n\r\n",
    "HTTP/1.1 200 OK\n\n",
    `${ok}no field\r\n\r\n`,
    `${ok}space : 1\r\n\r\n`,
    `${ok}content-length: -1\r\n\r\n`,
    `${ok}content-length: 1\r\ncontent-length: 1\r\n\r\na`,
    `${ok}content-length: 1\r\ntransfer-encoding: chunked\r\n\r\na`,
    `${ok}transfer-encoding: gzip\r\n\r\n`,
    `${ok}transfer-encoding: chunked\r\n\r\nxyz\r\n`,
    `${ok}transfer-encoding: chunked\r\n\r\n3\r\nabcd\r\n0\r\n\r\n`,
    `${ok}transfer-encoding: chunked\r\n\r\nfffffffff\r\n`,
    `${ok}x: ${"a".repeat(20_000)}`,
    ok + "x: 1\r\n".repeat(200),
  ];
  for (const text of wrong) {
    const error = await assertRejects(
      async () => await bodyText(await readAnswer(duplex(text, []))),
      HttpError,
      "the answer is no HTTP: expected",
      text.slice(0, 80),
    );
    assertEquals(error.ended, false);
  }
});

Deno.test("requestBytes writes the length of a body in bytes", () => {
  const text = (bytes: Uint8Array) => decoder.decode(bytes);
  assertEquals(
    text(requestBytes("POST", "/v1/stop", { names: ["ä"] })),
    "POST /v1/stop HTTP/1.1\r\nHost: localhost\r\n" +
      "Content-Type: application/json\r\nContent-Length: 16\r\n" +
      'Connection: close\r\n\r\n{"names":["ä"]}',
  );
  assertEquals(
    text(requestBytes("GET", "/v1/supervisor")),
    "GET /v1/supervisor HTTP/1.1\r\nHost: localhost\r\n" +
      "Connection: close\r\n\r\n",
  );
});
