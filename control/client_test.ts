import { assertEquals, assertRejects } from "@std/assert";
import { Folder, permitted } from "../tools/testing.ts";
import { ConnectionError, ControlClient, ControlError } from "./client.ts";

const ignore = !permitted("read", "write", "net");

/** What the fake supervisor was asked. */
interface Asked {
  readonly method: string;
  readonly path: string;
  readonly body: string;
}

/** A supervisor that gives the answers of a test. */
function fake(
  answer: (asked: Asked, request: Request) => Response | Promise<Response>,
) {
  const folder = new Folder();
  const path = `${folder.path}/socket`;
  const asked: Asked[] = [];
  const server = Deno.serve({
    transport: "unix",
    path,
    onListen: () => {},
  }, async (request) => {
    const { pathname, search } = new URL(request.url);
    const one = {
      method: request.method,
      path: pathname + search,
      body: await request.text(),
    };
    asked.push(one);
    return answer(one, request);
  });
  return {
    asked,
    path,
    client: new ControlClient(path, { answerWithinMs: 300 }),
    async [Symbol.asyncDispose]() {
      await server.shutdown();
      await folder[Symbol.asyncDispose]();
    },
  };
}

/** A socket that says the same text to everybody, and closes. */
function saying(text: string, { close = true } = {}) {
  const folder = new Folder();
  const path = `${folder.path}/socket`;
  const listener = Deno.listen({ transport: "unix", path });
  const open = new Set<Deno.Conn>();
  const serving = (async () => {
    for await (const conn of listener) {
      open.add(conn);
      await conn.write(new TextEncoder().encode(text));
      if (close) await conn.read(new Uint8Array(4_096));
      if (close) conn.close();
    }
  })();
  return {
    client: new ControlClient(path, { answerWithinMs: 100 }),
    /** Waits until the other side has closed its connection. */
    async closed() {
      for (const conn of open) {
        while (await conn.read(new Uint8Array(4_096)) !== null);
      }
    },
    async [Symbol.asyncDispose]() {
      listener.close();
      await serving;
      if (!close) { for (const conn of open) conn.close(); }
      await folder[Symbol.asyncDispose]();
    },
  };
}

Deno.test({
  name: "ControlClient asks what its methods say",
  ignore,
  async fn() {
    await using server = fake(() => Response.json({}));
    const { client, asked } = server;
    await client.supervisor();
    await client.processes();
    await client.processes({ usage: true });
    await client.process("a/b ä?", { usage: true });
    await client.why("api.1");
    const names = ["api"];
    await client.start({ names, withinMs: 5 });
    await client.stop({ names });
    await client.restart({ names, roll: true });
    await client.kill({ names });
    await client.signal({ names, signal: "SIGHUP", to: "group" });
    await client.scale({ name: "api", replicas: 3 });
    assertEquals(await client.apply({ a: 1 }, { dryRun: true }), {});
    await client.shutdown();
    assertEquals(
      asked.map(({ method, path, body }) => `${method} ${path} ${body}`.trim()),
      [
        "GET /v1/supervisor",
        "GET /v1/processes",
        "GET /v1/processes?usage=true",
        "GET /v1/processes/a%2Fb%20%C3%A4%3F?usage=true",
        "GET /v1/processes/api.1/why",
        'POST /v1/start {"names":["api"],"withinMs":5}',
        'POST /v1/stop {"names":["api"]}',
        'POST /v1/restart {"names":["api"],"roll":true}',
        'POST /v1/kill {"names":["api"]}',
        'POST /v1/signal {"names":["api"],"signal":"SIGHUP","to":"group"}',
        'POST /v1/scale {"name":"api","replicas":3}',
        'POST /v1/apply {"config":{"a":1},"dryRun":true}',
        "POST /v1/shutdown {}",
      ],
    );
  },
});

Deno.test({
  name: "ControlClient reads logs and events with all parameters",
  ignore,
  async fn() {
    await using server = fake(({ path }) =>
      new Response(
        ReadableStream.from(
          ["event: line\nid: a:1\nda", `ta: ${JSON.stringify({ path })}\n\n`],
        ).pipeThrough(new TextEncoderStream()),
        { headers: { "content-type": "text/event-stream" } },
      )
    );
    const { client } = server;
    const logs = client.logs({
      names: ["a", "b&c"],
      lines: 0,
      since: 5,
      grep: "a|b",
      run: -1,
      follow: true,
      after: { "a:b": 7 },
      until: undefined,
    });
    assertEquals<unknown>(await Array.fromAsync(logs), [{
      path: "/v1/logs?name=a&name=b%26c&after=a%3Ab%3A7&lines=0&since=5" +
        "&grep=a%7Cb&run=-1&follow=true",
    }]);
    const events = client.events({ after: 0, follow: true });
    assertEquals<unknown>(await Array.fromAsync(events), [
      { path: "/v1/events?after=0&follow=true" },
    ]);
  },
});

Deno.test({
  name: "ControlClient throws the error of an answer, also within a stream",
  ignore,
  async fn() {
    const error = { code: "not-found", message: 'there is no "x"' };
    await using server = fake(({ path }) =>
      path.startsWith("/v1/logs")
        ? new Response(
          `data: {}\n\nevent: error\ndata: ${JSON.stringify({ error })}\n\n`,
        )
        : Response.json({ error }, { status: 404 })
    );
    const thrown = await assertRejects(
      () => server.client.why("x"),
      ControlError,
      'there is no "x"',
    );
    assertEquals([thrown.status, thrown.code], [404, "not-found"]);
    const logs = server.client.logs({});
    await logs.next();
    await assertRejects(() => logs.next(), ControlError, 'there is no "x"');
  },
});

Deno.test({
  name: "ControlClient reads a refusal before its request was read",
  ignore,
  async fn() {
    const error = { code: "too-large", message: "too large" };
    const text = JSON.stringify({ error });
    await using server = saying(
      `HTTP/1.1 413 Too Large\r\ncontent-length: ${text.length}\r\n\r\n${text}`,
    );
    const config = "x".repeat(4_000_000);
    await assertRejects(
      () => server.client.apply(config, { dryRun: true }),
      ControlError,
      "too large",
    );
  },
});

Deno.test({
  name: "ControlClient says that there is no supervisor",
  ignore,
  async fn() {
    await using folder = new Folder();
    await Deno.writeTextFile(folder.log, "");
    // A listener that has ended leaves its socket behind.
    const stale = `${folder.path}/stale`;
    Deno.listen({ transport: "unix", path: stale }).close();
    for (const path of [`${folder.path}/none`, stale, `${folder.log}/none`]) {
      const error = await assertRejects(
        () => new ControlClient(path).processes(),
        ConnectionError,
        path,
      );
      assertEquals(error.fault, "unreachable");
    }
  },
});

Deno.test({
  name: "ControlClient says that a supervisor ended before it took the call",
  ignore,
  async fn() {
    await using folder = new Folder();
    const path = `${folder.path}/socket`;
    const listener = Deno.listen({ transport: "unix", path });
    const asked = new ControlClient(path).processes();
    listener.close();
    const error = await assertRejects(() => asked, ConnectionError, path);
    assertEquals(error.fault, "unreachable");
  },
});

Deno.test({
  name: "ControlClient says that a supervisor ended, or is none",
  ignore,
  async fn() {
    const head = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
    for (
      const [text, fault, message] of [
        ["", "gone", "ended before it had answered"],
        [`${head}5\r\n[1,2`, "gone", "ended before it had answered"],
        [`${head}3\r\n[1,\r\n0\r\n\r\n`, "malformed", "no JSON"],
        ["220 mail.example ESMTP\r\n", "malformed", "no HTTP"],
      ] as const
    ) {
      await using server = saying(text);
      const error = await assertRejects(
        () => server.client.processes(),
        ConnectionError,
        message,
      );
      assertEquals(error.fault, fault);
    }
    await using server = saying(`${head}a\r\ndata: {}\n\n\r\n`);
    const logs = server.client.logs({ follow: true });
    assertEquals<unknown>((await logs.next()).value, {});
    await assertRejects(() => logs.next(), ConnectionError, "ended before");
  },
});

Deno.test({
  name: "ControlClient waits for an answer only as long as it was told",
  ignore,
  async fn() {
    await using server = saying("HTTP/1.1 200 OK\r\n", { close: false });
    const error = await assertRejects(
      () => server.client.supervisor(),
      ConnectionError,
      "no answer within 100 ms",
    );
    assertEquals(error.fault, "silent");
    await server.closed();
  },
});

Deno.test({
  name: "ControlClient closes its connection when a signal or a reader ends it",
  ignore,
  async fn() {
    await using server = saying(
      "HTTP/1.1 200 OK\r\n\r\ndata: 1\n\n",
      { close: false },
    );
    const abort = new AbortController();
    const logs = server.client.logs({ follow: true }, abort.signal);
    await logs.next();
    const next = logs.next();
    abort.abort("SIGINT");
    assertEquals(await next.catch((reason) => reason), "SIGINT");
    await server.closed();
    for await (const _ of server.client.events({ follow: true })) break;
    await server.closed();
    const stop = server.client.stop({ names: ["a"] }, abort.signal);
    assertEquals(await stop.catch((reason) => reason), "SIGINT");
  },
});

Deno.test({
  name: "ControlClient asks for no permission, and names what is missing",
  ignore: ignore || !permitted("run"),
  async fn() {
    const module = new URL("client.ts", import.meta.url).href;
    const code = `import { ControlClient } from "${module}";
      await new ControlClient("/nowhere/socket").processes()
        .catch((error) => console.log(error.name + ": " + error.message));`;
    const run = async (...flags: string[]) => {
      const { stdout } = await new Deno.Command(Deno.execPath(), {
        args: [
          "run",
          "--quiet",
          ...flags,
          `data:text/typescript,${encodeURIComponent(code)}`,
        ],
      }).output();
      return new TextDecoder().decode(stdout).trim();
    };
    assertEquals(
      await run("--allow-read"),
      'NotCapable: Requires access to the socket "/nowhere/socket", run again ' +
        "with --allow-net=unix:/nowhere/socket --allow-write=/nowhere/socket",
    );
    const path = "/nowhere/socket";
    assertEquals(
      await run(
        `--allow-net=unix:${path}`,
        `--allow-read=${path}`,
        `--allow-write=${path}`,
      ),
      "ConnectionError: nothing listens on /nowhere/socket",
    );
  },
});
