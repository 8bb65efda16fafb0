import { assertEquals, assertRejects } from "@std/assert";
import { HEAD_BYTES, parseHead, RequestReader } from "./http_request.ts";
import { Problem } from "./problem.ts";

/** Reads a request that arrives in pieces of some length. */
function readerOf(text: string, piece = 7): RequestReader {
  const bytes = new TextEncoder().encode(text);
  let at = 0;
  return new RequestReader({
    read(into) {
      const part = bytes.subarray(at, at + Math.min(piece, into.length));
      into.set(part);
      at += part.length;
      return Promise.resolve(part.length === 0 ? null : part.length);
    },
  });
}

async function bodyOf(text: string, limit = 100): Promise<string> {
  const reader = readerOf(text);
  const head = await reader.head();
  if (head === undefined) throw new Error("there is no request");
  return new TextDecoder().decode(await reader.body(head, limit));
}

Deno.test("RequestReader reads a request that arrives in pieces", async () => {
  for (const piece of [1, 3, 1_000]) {
    const reader = readerOf(
      "POST /v1/stop?a=1&a=%20 HTTP/1.1\r\nHost: x\r\nContent-LENGTH:  5 \r\n\r\nhello",
      piece,
    );
    const head = await reader.head();
    if (head === undefined) throw new Error("there is no request");
    assertEquals(head.method, "POST");
    assertEquals(head.path, "/v1/stop");
    assertEquals(head.query.getAll("a"), ["1", " "]);
    assertEquals(head.headers.get("content-length"), "5");
    assertEquals(await reader.body(head, 5), new TextEncoder().encode("hello"));
  }
});

Deno.test("RequestReader reads a body in chunks", async () => {
  const head = "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n";
  assertEquals(
    await bodyOf(
      `${head}3\r\nabc\r\nA;x=y\r\n0123456789\r\n0\r\nEnd: 1\r\n\r\n`,
    ),
    "abc0123456789",
  );
});

Deno.test("RequestReader reads the path of an absolute target", () => {
  const { authority, path, query } = parseHead(
    "GET http://host:80/a?b=c HTTP/1.1",
  );
  assertEquals([authority, path, query.get("b")], ["host:80", "/a", "c"]);
  assertEquals(parseHead("GET /a HTTP/1.1").authority, undefined);
});

Deno.test("RequestReader finds no request if the client sends nothing", async () => {
  assertEquals(await readerOf("").head(), undefined);
});

const MALFORMED: readonly [string, RegExp][] = [
  ["GET\r\n\r\n", /request line/],
  ["GET / HTTP/2.0\r\n\r\n", /request line/],
  ["get / HTTP/1.1\r\n\r\n", /request line/],
  ["GET  / HTTP/1.1\r\n\r\n", /request line/],
  ["GET x HTTP/1.1\r\n\r\n", /path/],
  ["GET * HTTP/1.1\r\n\r\n", /path/],
  ["GET / HTTP/1.1\r\nno colon\r\n\r\n", /header field/],
  ["GET / HTTP/1.1\r\na : b\r\n\r\n", /header field/],
  ["GET / HTTP/1.1\r\na: b\r\n folded\r\n\r\n", /header field/],
  ["GET / HTTP/1.1\r\na: \0\r\n\r\n", /header field/],
  ["GET / HTTP/1.1\r\nHo", /ends in its header/],
  ["POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", /Content-Length/],
  [
    "POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
    /Content-Length/,
  ],
  ["POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\nab", /ends in its body/],
  ["POST / HTTP/1.1\r\nContent-Length: 101\r\n\r\n", /more than 100 bytes/],
  ["POST / HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n", /chunked/],
  [
    "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n",
    /chunked/,
  ],
  ["POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n", /size/],
  [
    "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n",
    /longer than its size/,
  ],
  [
    "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nffffffff\r\n",
    /more than 100 bytes/,
  ],
];

for (const [text, message] of MALFORMED) {
  Deno.test(`RequestReader refuses ${JSON.stringify(text)}`, async () => {
    const error = await assertRejects(() => bodyOf(text), Problem);
    if (!message.test(error.message)) throw error;
  });
}

Deno.test("RequestReader refuses a header that is too large", async () => {
  const field = `X: ${"y".repeat(HEAD_BYTES)}\r\n`;
  for (const text of [`GET / HTTP/1.1\r\n${field}\r\n`, "G".repeat(20_000)]) {
    const reader = readerOf(text, 5_000);
    const error = await assertRejects(() => reader.head(), Problem);
    assertEquals(error.code, "too-large");
  }
});
