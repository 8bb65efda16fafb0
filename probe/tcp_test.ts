import { assertEquals, assertMatch, assertThrows } from "@std/assert";
import {
  abortEverywhere,
  Calls,
  descriptors,
  RawServer,
} from "../tools/probe_testing.ts";
import { permitted } from "../tools/testing.ts";
import { tcp } from "./tcp.ts";

const ignore = !permitted("net", "read");

Deno.test({
  name: "tcp() says yes while a server listens, and then why not",
  ignore,
  async fn() {
    const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const { port } = listener.addr;
    const calls = new Calls();
    assertEquals(await calls.ask(tcp({ port })), true);
    assertEquals(await calls.ask(tcp({ port, hostname: "localhost" })), true);
    listener.close();
    const answer = await calls.ask(tcp({ port }));
    assertMatch(`${answer}`, new RegExp(`^127\\.0\\.0\\.1:${port}: .*refused`));
  },
});

Deno.test({
  name: "tcp() connects to an IPv6 address",
  ignore,
  async fn() {
    let listener: Deno.TcpListener;
    try {
      listener = Deno.listen({ hostname: "::1", port: 0 });
    } catch {
      return; // This machine has no IPv6.
    }
    const probe = tcp({ hostname: "::1", port: listener.addr.port });
    assertEquals(await new Calls().ask(probe), true);
    assertEquals(probe.name, `tcp [::1]:${listener.addr.port}`);
    listener.close();
  },
});

Deno.test({
  name: "tcp() names a host that does not exist",
  ignore,
  async fn() {
    const probe = tcp({ hostname: "nowhere.invalid", port: 80 });
    const answer = await new Calls().ask(probe);
    assertMatch(`${answer}`, /^nowhere\.invalid:80: ./);
  },
});

Deno.test({
  name: "tcp() sends nothing, and leaves no connection, wherever it is aborted",
  ignore,
  async fn() {
    const before = descriptors();
    {
      await using server = new RawServer();
      const { yes, no } = await abortEverywhere(tcp({ port: server.port }));
      assertEquals(yes > 0 && no > 0, true);
    }
    assertEquals(descriptors(), before);
  },
});

Deno.test({
  name: "tcp() leaves nothing of a connection that is not accepted",
  ignore,
  async fn() {
    const before = descriptors();
    // The system holds back connections once the queue of the server is full.
    const server = Deno.listen({
      hostname: "127.0.0.1",
      port: 0,
      tcpBacklog: 0,
    });
    const { port } = server.addr;
    const { no } = await abortEverywhere(tcp({ port }), {
      tries: 20,
      limitMs: 20,
    });
    assertEquals(no > 0, true);
    server.close();
    assertEquals(descriptors(), before);
  },
});

Deno.test("tcp() describes itself", () => {
  const probe = tcp({ port: 5432 });
  assertEquals(probe.name, "tcp 127.0.0.1:5432");
  const form = { tcp: { hostname: "127.0.0.1", port: 5432 } };
  assertEquals(JSON.stringify(probe), JSON.stringify(form));
});

Deno.test("tcp() checks its options", () => {
  const cases: [unknown, string][] = [
    [{}, 'Option "port" must be a number: current value is undefined'],
    [
      { port: 0 },
      'Option "port" must be a whole number from 1 to 65535: current value is 0',
    ],
    [
      { port: 65_536 },
      'Option "port" must be a whole number from 1 to 65535: current value is 65536',
    ],
    [
      { port: 1, hostname: "" },
      'Option "hostname" must be a string that is not empty: current value is ""',
    ],
    [
      { port: 1, host: "a" },
      'Option "host" does not exist: the options are hostname, port',
    ],
    [
      new Map(),
      'Option "options" must be a plain object: current value is Map(0) {}',
    ],
    [80, 'Option "options" must be a plain object: current value is 80'],
  ];
  for (const [options, message] of cases) {
    assertThrows(() => tcp(options as { port: number }), Error, message);
  }
});
