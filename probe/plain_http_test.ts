import { assertEquals, assertMatch } from "@std/assert";
import { Calls, RawServer, says } from "../tools/probe_testing.ts";
import { permitted } from "../tools/testing.ts";
import { http } from "./http.ts";

const ignore = !permitted("net");

/** Asks a server, and returns the request that it has got. */
async function requestTo(path: string, headers: Record<string, string> = {}) {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  const answered = (async () => {
    using connection = await listener.accept();
    const bytes = new Uint8Array(10_000);
    const count = await connection.read(bytes) ?? 0;
    await says("HTTP/1.1 200 OK\r\n\r\n")(connection);
    return new TextDecoder().decode(bytes.subarray(0, count));
  })();
  const probe = http(`http://127.0.0.1:${port}${path}`, { headers });
  assertEquals(await new Calls().ask(probe), true);
  return (await answered).replaceAll(String(port), "PORT");
}

async function answerTo(...parts: string[]): Promise<boolean | string> {
  await using server = new RawServer(async (connection) => {
    for (const part of parts) await says(part)(connection);
    await connection.closeWrite();
  });
  const url = `http://127.0.0.1:${server.port}/`;
  const answer = await new Calls().ask(http(url, { status: 200 }));
  return typeof answer === "string" ? answer.replace(url, "URL") : answer;
}

Deno.test({
  name: "http() asks for the path alone, as servers expect it",
  ignore,
  async fn() {
    const request = await requestTo("/health?x=%20", { "X-Name": "ü" });
    assertMatch(request, /^GET \/health\?x=%20 HTTP\/1\.1\r\n/);
    assertMatch(request, /\r\nhost: 127\.0\.0\.1:PORT\r\n/);
    assertMatch(request, /\r\nconnection: close\r\n/);
    assertMatch(request, /\r\n\r\n$/);
    const other = await requestTo("", { Host: "shop.example" });
    assertMatch(other, /^GET \/ HTTP\/1\.1\r\n/);
    assertMatch(other, /\r\nhost: shop\.example\r\n/);
    assertEquals(other.includes("127.0.0.1"), false);
  },
});

Deno.test({
  name: "http() reads the status of the final answer, however it arrives",
  ignore,
  async fn() {
    const early = "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n";
    const yes = [
      ["HTTP/1.1 200 OK\r\nA: b\r\n\r\nbody"],
      [..."HTTP/1.0 200\r\n\r\n"],
      ["HTTP/1.1 200 OK\n\n"],
      [`${early}HTTP/1.1 200 OK\r\n\r\n`],
      [early, early, "HTTP/1.1 200 OK\r\n", "\r\n"],
    ];
    for (const parts of yes) assertEquals(await answerTo(...parts), true);
    const closed = "URL: connection closed before an answer";
    const cases: [string[], string][] = [
      [["HTTP/1.1 503 X\r\n\r\n"], "URL: status 503"],
      [[early, "HTTP/1.1 404 X\r\n\r\n"], "URL: status 404"],
      [[early], closed],
      [["HTTP/1.1 200 OK\r\nA: "], closed],
      [["HTTP/2 200\r\n\r\n"], "URL: invalid HTTP: no status line"],
      [["hello"], "URL: invalid HTTP: no status line"],
      [
        [`HTTP/1.1 200 OK\r\nA: ${"x".repeat(70_000)}`],
        "URL: invalid HTTP: the headers do not end",
      ],
    ];
    for (const [parts, expected] of cases) {
      assertEquals(await answerTo(...parts), expected);
    }
  },
});
